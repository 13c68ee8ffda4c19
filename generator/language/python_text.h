// What Python's str methods do, where the language's meaning hangs on them: the
// reference reads lines with splitlines/rstrip/expandtabs and identifiers with isalnum.
// Texts are valid UTF-8 (see FindInvalidUtf8).
#ifndef KVMTEST_LANGUAGE_PYTHON_TEXT_H_
#define KVMTEST_LANGUAGE_PYTHON_TEXT_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace kvmtest::language::python {

// Decodes the character at `pos` and moves past it.
char32_t DecodeAt(std::string_view text, size_t* pos);
// Offset of the first byte that is not UTF-8, or npos.
size_t FindInvalidUtf8(std::string_view text);

struct CharRange {
  char32_t first, last;
};

// Of the characters beyond ASCII.
std::span<const CharRange> WideSpaces();
std::span<const CharRange> WideAlnums();
// The decimal zeros; each is followed by the digits 1 to 9.
std::span<const char32_t> WideZeros();
bool IsWideSpace(char32_t c);
bool IsWideAlnum(char32_t c);
size_t WideSpaceAt(std::string_view text, size_t pos);

// str.isspace
inline bool IsSpace(char32_t c) {
  if (c < 0x80) return c == ' ' || (c >= 9 && c <= 13) || (c >= 0x1C && c < 0x20);
  return IsWideSpace(c);
}

// str.isalnum, Unicode 14 (Python 3.11)
inline bool IsAlnum(char32_t c) {
  if (c < 0x80) return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  return IsWideAlnum(c);
}

// Length in bytes of the white space at `pos`, else 0.
inline size_t SpaceAt(std::string_view text, size_t pos) {
  unsigned char c = static_cast<unsigned char>(text[pos]);
  return c < 0x80 ? IsSpace(c) : WideSpaceAt(text, pos);
}

std::string_view StripLeft(std::string_view text);
std::string_view StripRight(std::string_view text);
inline std::string_view Strip(std::string_view text) {
  return StripLeft(StripRight(text));
}

// Decimal digits of other scripts as those of ASCII, as int() and float() read them.
std::string AsciiDigits(std::string_view text);

// Tabs to columns of 8, counted in characters from the start of `line`.
std::string ExpandTabs(std::string_view line);

// repr() of a str: quoted as Python would.
std::string Repr(std::string_view text);

}  // namespace kvmtest::language::python

#endif  // KVMTEST_LANGUAGE_PYTHON_TEXT_H_
