#include "language/json_string.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include <algorithm>
#include <bit>

namespace kvmtest::language {
namespace {

// Copied at once; as much room is there behind the text that is written.
constexpr size_t kStride = 16;

bool IsPlain(char c) {
  return static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\';
}

#ifdef __SSE2__
// A bit for each byte that needs an escape.
unsigned Special(__m128i bytes) {
  __m128i low = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1f)), bytes);
  __m128i quote = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
  __m128i backslash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
  return static_cast<unsigned>(
      _mm_movemask_epi8(_mm_or_si128(low, _mm_or_si128(quote, backslash))));
}

// Copies `Stride` bytes and says which of them are special.
template <size_t Stride>
unsigned CopyAndLook(const char* text, char* out) {
  if constexpr (Stride == kStride) {
    __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out), bytes);
    return Special(bytes);
  } else {
    static_assert(Stride == 8);
    __m128i bytes = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(text));
    _mm_storel_epi64(reinterpret_cast<__m128i*>(out), bytes);
    return Special(bytes) & 0xff;
  }
}
#endif

// Copies what needs no escape and says how much that was.
size_t CopyPlain(std::string_view text, char* out) {
  size_t i = 0;
#ifdef __SSE2__
  for (; i + kStride <= text.size(); i += kStride)
    if (unsigned found = CopyAndLook<kStride>(text.data() + i, out + i); found != 0)
      return i + static_cast<size_t>(std::countr_zero(found));
  // The rest together with bytes before it, which are known to be plain.
  size_t size = text.size();
  if (size >= kStride) {
    if (CopyAndLook<kStride>(text.end() - kStride, out + size - kStride) == 0) return size;
  } else if (size >= 8) {
    if ((CopyAndLook<8>(text.data(), out) | CopyAndLook<8>(text.end() - 8, out + size - 8)) == 0)
      return size;
  }
#endif
  for (; i < text.size() && IsPlain(text[i]); ++i) out[i] = text[i];
  return i;
}

char* WriteEscaped(char c, char* out) {
  static constexpr char kHex[] = "0123456789abcdef";
  static constexpr std::string_view kShort = "\"\\\b\t\n\f\r";
  *out++ = '\\';
  if (size_t at = kShort.find(c); at != kShort.npos) {
    *out++ = "\"\\btnfr"[at];
    return out;
  }
  for (char d : {'u', '0', '0', kHex[static_cast<unsigned char>(c) >> 4], kHex[c & 15]}) *out++ = d;
  return out;
}

// Every byte may become \u00XX.
size_t RoomFor(std::string_view text) {
  return 6 * text.size() + 2 + kStride;
}

// The end of what was written.
char* WriteString(std::string_view text, char* out) {
  *out++ = '"';
  while (true) {
    size_t plain = CopyPlain(text, out);
    out += plain;
    if (plain == text.size()) break;
    out = WriteEscaped(text[plain], out);
    text.remove_prefix(plain + 1);
  }
  *out++ = '"';
  return out;
}

}  // namespace

void JsonBuffer::Grow(size_t size) {
  capacity_ = std::max<size_t>(2 * (size_ + size), 4096);
  auto bytes = std::make_unique_for_overwrite<char[]>(capacity_);
  if (size_ != 0) std::memcpy(bytes.get(), bytes_.get(), size_);
  bytes_ = std::move(bytes);
}

void JsonBuffer::String(std::string_view text) {
  char* begin = Room(RoomFor(text));
  size_ += static_cast<size_t>(WriteString(text, begin) - begin);
}

void AppendJsonString(std::string_view text, std::string* out) {
  size_t size = out->size();
  out->resize(size + RoomFor(text));
  char* end = WriteString(text, out->data() + size);
  out->resize(static_cast<size_t>(end - out->data()));
}

}  // namespace kvmtest::language
