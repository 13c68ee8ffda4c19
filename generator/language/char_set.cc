#include "language/char_set.h"

#include <fmt/format.h>

#include <algorithm>

namespace kvmtest::language {

namespace {

constexpr char32_t kLastChar = 0x10FFFF;

CharSet AsciiClass(char name) {
  CharSet set;
  if (name == 's') {
    set.Add('\t', '\r');
    set.Add(' ', ' ');
    return set;
  }
  set.Add('0', '9');
  if (name == 'd') return set;
  set.Add('A', 'Z');
  set.Add('a', 'z');
  set.Add('_', '_');
  return set;
}

}  // namespace

CharSet CharSet::Class(char name, bool ascii) {
  CharSet set = AsciiClass(name);
  if (ascii) return set;
  if (name == 's') set.Add(0x1C, 0x1F);
  if (name == 'd') {
    for (char32_t zero : python::WideZeros()) set.Add(zero, zero + 9);
    return set;
  }
  for (const Range& range : name == 'w' ? python::WideAlnums() : python::WideSpaces())
    set.Add(range.first, range.last);
  return set;
}

CharSet CharSet::Complement() const {
  std::vector<Range> sorted = ranges_;
  std::sort(sorted.begin(), sorted.end(),
            [](const Range& a, const Range& b) { return a.first < b.first; });
  CharSet rest;
  char32_t next = 0;
  for (const Range& range : sorted) {
    if (range.first > next) rest.Add(next, range.first - 1);
    next = std::max<char32_t>(next, range.last + 1);
  }
  if (next <= kLastChar) rest.Add(next, kLastChar);
  return rest;
}

bool CharSet::Has(char32_t c) const {
  return std::any_of(ranges_.begin(), ranges_.end(),
                     [c](const Range& range) { return range.first <= c && c <= range.last; });
}

// Beyond ASCII Python takes dotless and dotted i, the Kelvin sign and the long s for cases of
// i, k and s.
void CharSet::AddOtherCase(bool ascii) {
  const CharSet original = *this;
  for (char32_t lower = 'a'; lower <= 'z'; ++lower) {
    char32_t upper = lower - 'a' + 'A';
    if (!original.Has(lower) && !original.Has(upper)) continue;
    Add(lower, lower);
    Add(upper, upper);
    if (ascii) continue;
    if (lower == 'i') Add(0x130, 0x131);
    if (lower == 'k') Add(0x212A, 0x212A);
    if (lower == 's') Add(0x17F, 0x17F);
  }
}

bool CharSet::IsAscii() const {
  return std::all_of(ranges_.begin(), ranges_.end(),
                     [](const Range& range) { return range.last < 0x80; });
}

std::string CharSet::ToRe2(bool negated, char32_t largest) const {
  std::string out = negated ? "[^" : "[";
  for (const Range& range : ranges_) {
    if (range.first > largest) continue;
    out += fmt::format("\\x{{{:x}}}-\\x{{{:x}}}", static_cast<uint32_t>(range.first),
                       static_cast<uint32_t>(std::min(range.last, largest)));
  }
  return out + "]";
}

}  // namespace kvmtest::language
