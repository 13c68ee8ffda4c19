// Regular expressions as Python writes them -> as RE2 does. The two look alike and mean
// different things in many small ways (`{,3}`, `\Z`, `\w` beyond ASCII, what is an error), so
// a pattern is read as Python reads it and written anew from what RE2 has in common with it.
#ifndef KVMTEST_LANGUAGE_REGEX_SYNTAX_H_
#define KVMTEST_LANGUAGE_REGEX_SYNTAX_H_

#include <string>
#include <string_view>

namespace kvmtest::language {

struct Re2Pattern {
  std::string text;
  // Holds \b or \B where Python judges letters beyond ASCII, too, and RE2 does not.
  bool ascii_only = false;
  // Holds \b or \B, which Python never finds in an empty text: this is the pattern for that one.
  bool has_boundary = false;
  std::string for_empty_text;
};

// False with a message in `error`. `bytes`: as Python 2.7 reads byte strings, else as 3.11
// reads texts.
bool TranslateRegex(std::string_view pattern, bool bytes, Re2Pattern* out, std::string* error);

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_REGEX_SYNTAX_H_
