#include "language/python_text.h"

#include <algorithm>
#include <cstring>
#include <iterator>

namespace kvmtest::language::python {

namespace {

// clang-format off
constexpr CharRange kAlnumRanges[] = {
#include "language/alnum_ranges.inc"
};
constexpr char32_t kZeros[] = {
#include "language/decimal_zeros.inc"
};
// clang-format on
constexpr CharRange kSpaceRanges[] = {{0x85, 0x85},     {0xA0, 0xA0},     {0x1680, 0x1680},
                                      {0x2000, 0x200A}, {0x2028, 0x2029}, {0x202F, 0x202F},
                                      {0x205F, 0x205F}, {0x3000, 0x3000}};

bool IsIn(std::span<const CharRange> ranges, char32_t c) {
  auto it = std::upper_bound(ranges.begin(), ranges.end(), c,
                             [](char32_t value, const CharRange& r) { return value < r.first; });
  return it != ranges.begin() && c <= std::prev(it)->last;
}

unsigned char Byte(std::string_view text, size_t pos) {
  return static_cast<unsigned char>(text[pos]);
}

// Length that the first byte of a character promises; 0 if it cannot begin one.
size_t SequenceLength(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return 2;
  if (lead >= 0xE0 && lead <= 0xEF) return 3;
  if (lead >= 0xF0 && lead <= 0xF4) return 4;
  return 0;
}

// Overlong forms, surrogates and characters beyond U+10FFFF.
bool BadSecondByte(unsigned char lead, unsigned char second) {
  return (lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F) ||
         (lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F);
}

}  // namespace

char32_t DecodeAt(std::string_view text, size_t* pos) {
  unsigned char lead = Byte(text, *pos);
  size_t length = SequenceLength(lead);
  if (length <= 1 || *pos + length > text.size()) {
    ++*pos;
    return lead;
  }
  char32_t c = lead & (0x7Fu >> length);
  for (size_t i = 1; i < length; ++i) c = (c << 6) | (Byte(text, *pos + i) & 0x3Fu);
  *pos += length;
  return c;
}

size_t FindInvalidUtf8(std::string_view text) {
  size_t pos = 0;
  while (pos < text.size()) {
    if (uint64_t word; pos + sizeof word <= text.size()) {
      std::memcpy(&word, text.data() + pos, sizeof word);
      if ((word & 0x8080808080808080) == 0) {
        pos += sizeof word;
        continue;
      }
    }
    unsigned char lead = Byte(text, pos);
    if (lead < 0x80) {
      ++pos;
      continue;
    }
    size_t length = SequenceLength(lead);
    if (length == 0 || pos + length > text.size()) return pos;
    if (BadSecondByte(lead, Byte(text, pos + 1))) return pos;
    for (size_t i = 1; i < length; ++i)
      if ((Byte(text, pos + i) & 0xC0) != 0x80) return pos;
    pos += length;
  }
  return std::string_view::npos;
}

std::span<const CharRange> WideSpaces() {
  return kSpaceRanges;
}
std::span<const CharRange> WideAlnums() {
  return kAlnumRanges;
}
std::span<const char32_t> WideZeros() {
  return kZeros;
}

bool IsWideSpace(char32_t c) {
  return c == 0x85 || c == 0xA0 || (c >= 0x1680 && IsIn(kSpaceRanges, c));
}

bool IsWideAlnum(char32_t c) {
  return IsIn(kAlnumRanges, c);
}

size_t WideSpaceAt(std::string_view text, size_t pos) {
  size_t next = pos;
  return IsSpace(DecodeAt(text, &next)) ? next - pos : 0;
}

std::string_view StripLeft(std::string_view text) {
  size_t pos = 0;
  while (pos < text.size()) {
    size_t length = SpaceAt(text, pos);
    if (length == 0) break;
    pos += length;
  }
  return text.substr(pos);
}

std::string_view StripRight(std::string_view text) {
  while (!text.empty()) {
    unsigned char last = Byte(text, text.size() - 1);
    if (last < 0x80) {
      if (!IsSpace(last)) break;
      text.remove_suffix(1);
      continue;
    }
    size_t begin = text.size() - 1;
    while (begin > 0 && (Byte(text, begin) & 0xC0) == 0x80) --begin;
    if (SpaceAt(text, begin) == 0) break;
    text = text.substr(0, begin);
  }
  return text;
}

std::string AsciiDigits(std::string_view text) {
  std::string out;
  for (size_t pos = 0; pos < text.size();) {
    size_t begin = pos;
    char32_t c = DecodeAt(text, &pos);
    const char32_t* after = c < 0x80 ? kZeros : std::upper_bound(kZeros, std::end(kZeros), c);
    if (after != kZeros && c - after[-1] < 10)
      out += static_cast<char>('0' + (c - after[-1]));
    else
      out += text.substr(begin, pos - begin);
  }
  return out;
}

std::string ExpandTabs(std::string_view line) {
  std::string out;
  size_t column = 0;
  for (char c : line) {
    if (c == '\t') {
      size_t step = 8 - column % 8;
      out.append(step, ' ');
      column += step;
    } else {
      out += c;
      if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) ++column;
    }
  }
  return out;
}

std::string Repr(std::string_view text) {
  const bool double_quotes = text.find('\'') != text.npos && text.find('"') == text.npos;
  const char quote = double_quotes ? '"' : '\'';
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out(1, quote);
  for (size_t pos = 0; pos < text.size();) {
    size_t begin = pos;
    char32_t c = DecodeAt(text, &pos);
    if (c == static_cast<unsigned char>(quote) || c == '\\') {
      out += '\\';
      out += static_cast<char>(c);
    } else if (c == '\n' || c == '\r' || c == '\t') {
      out += c == '\n' ? "\\n" : c == '\r' ? "\\r" : "\\t";
    } else if (c < 0x20 || (c >= 0x7F && c <= 0xA0) || c == 0xAD) {
      out += "\\x";
      out += kHex[c >> 4];
      out += kHex[c & 15];
    } else if (c > 0xA0 && c < 0x10000 && IsSpace(c)) {
      out += "\\u";
      for (int shift = 12; shift >= 0; shift -= 4) out += kHex[(c >> shift) & 15];
    } else {
      out += text.substr(begin, pos - begin);
    }
  }
  return out += quote;
}

}  // namespace kvmtest::language::python
