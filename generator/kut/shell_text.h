// Values of unittests.cfg that kvm-unit-tests' own scripts hand to bash's `eval`.
#ifndef KVMTEST_KUT_SHELL_TEXT_H_
#define KVMTEST_KUT_SHELL_TEXT_H_

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace kvmtest::kut {

// A value with the place in its file of each byte: lines that a backslash joins are apart there.
struct ShellText {
  std::string text;
  std::vector<size_t> at;  // as long as text

  bool empty() const { return text.empty(); }
  void Append(std::string_view piece, size_t where) {
    for (size_t i = 0; i < piece.size(); ++i) {
      text += piece[i];
      at.push_back(where + i);
    }
  }
};

// What a shell makes of it, as far as that can be known before the test runs.
struct ShellWords {
  std::vector<std::string> words;
  // Command substitutions and what else only a shell can do at the time: words is of no use then.
  bool needs_shell = false;
  std::string error;    // for people; empty if all is well
  size_t error_at = 0;  // an index of the text
};

// Quotes, backslashes, comments, $NAME, ${NAME} and $((...)) for the variables that are known.
ShellWords Expand(const std::string& text, const std::map<std::string, std::string>& variables);

// The text as one word of kvmtest-run's extra_params, in printable ASCII without "${": every byte
// survives the Cartesian language.
std::string QuotedWord(std::string_view word);

}  // namespace kvmtest::kut

#endif  // KVMTEST_KUT_SHELL_TEXT_H_
