// What Python's str methods do, where the language's meaning hangs on them: the
// reference reads lines with splitlines/rstrip/expandtabs and identifiers with isalnum.
// Texts are valid UTF-8 (see FindInvalidUtf8).
#ifndef KVMTEST_LANGUAGE_PYTHON_TEXT_H_
#define KVMTEST_LANGUAGE_PYTHON_TEXT_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace kvmtest::language::python {

// Decodes the character at `pos` and moves past it.
char32_t DecodeAt(std::string_view text, size_t* pos);
// Offset of the first byte that is not UTF-8, or npos.
size_t FindInvalidUtf8(std::string_view text);

bool IsSpace(char32_t c);  // str.isspace
bool IsAlnum(char32_t c);  // str.isalnum, Unicode 14 (Python 3.11)

// Length in bytes of the white space or alphanumeric character at `pos`, else 0.
size_t SpaceAt(std::string_view text, size_t pos);

std::string_view StripLeft(std::string_view text);
std::string_view StripRight(std::string_view text);
inline std::string_view Strip(std::string_view text) {
  return StripLeft(StripRight(text));
}

// Tabs to columns of 8, counted in characters from the start of `line`.
std::string ExpandTabs(std::string_view line);

// repr() of a str: quoted as Python would.
std::string Repr(std::string_view text);

}  // namespace kvmtest::language::python

#endif  // KVMTEST_LANGUAGE_PYTHON_TEXT_H_
