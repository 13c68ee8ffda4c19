// The alternatives of a regular expression.
#ifndef KVMTEST_LANGUAGE_REGEX_ALTERNATIVES_H_
#define KVMTEST_LANGUAGE_REGEX_ALTERNATIVES_H_

#include <cstddef>
#include <string_view>
#include <vector>

namespace kvmtest::language {

// Behind the escape, set of characters, or single character that begins at `at`.
size_t BehindCharacter(std::string_view pattern, size_t at);

// a, b and c of `a|b|c` or `(a|b|c)`, parts of `pattern`: it is found where any of them is. Just
// the pattern where it has no alternatives there, or extensions, `(?...)`, that may reach across
// them, or a part that would be one in parentheses.
std::vector<std::string_view> AlternativesOf(std::string_view pattern);

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_REGEX_ALTERNATIVES_H_
