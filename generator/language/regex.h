// Regular expressions as the language means them (Python's), run by RE2: linear time, no
// stack overflow. What RE2 lacks (look-around, back references, possessive repetition) is
// an error when compiling.
#ifndef KVMTEST_LANGUAGE_REGEX_H_
#define KVMTEST_LANGUAGE_REGEX_H_

#include <memory>
#include <string>
#include <string_view>

namespace re2 {
class RE2;
}

namespace kvmtest::language {

// A letter, digit, '_' or '-': what labels are made of, and nearly all keys.
bool IsPlainCharacter(char c);

// Does the pattern match nothing but itself, for a plain reason: no character that may mean
// something?
bool IsLiteralPattern(std::string_view pattern);

class Regex {
 public:
  // Null with a message in `error` if the pattern is bad. `bytes`: pattern and text are not
  // taken as UTF-8 but byte by byte, as Python 2 did.
  static std::unique_ptr<Regex> Compile(const std::string& pattern, bool bytes, std::string* error);
  ~Regex();

  // False for the few texts of which RE2 cannot tell what Python would say, for this reason.
  bool CanJudge(std::string_view text) const;
  static constexpr std::string_view kCannotJudge =
      "'\\b' and '\\B' are not supported with keys beyond ASCII";
  // Python's re.match: at the start of `text`.
  bool MatchesStart(std::string_view text) const { return Match(text, /*at_start=*/true); }
  // Python's re.search: anywhere.
  bool Found(std::string_view text) const { return Match(text, /*at_start=*/false); }

 private:
  Regex();
  bool Match(std::string_view text, bool at_start) const;

  std::unique_ptr<re2::RE2> re_;
  std::unique_ptr<re2::RE2> for_empty_text_;  // if that needs another one
  bool bytes_ = false;
  bool ascii_only_ = false;
};

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_REGEX_H_
