#include "kut/shell_text.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>
#include <utility>

#include "kut/arithmetic.h"

namespace kvmtest::kut {

namespace {

bool IsNameStart(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool IsBlank(char c) {
  return c == ' ' || c == '\t';
}

class Splitting {
 public:
  Splitting(const std::string& text, const std::map<std::string, std::string>& variables)
      : text_(text), variables_(variables) {}

  ShellWords Run() {
    while (pos_ < text_.size() && result_.error.empty()) Step();
    EndWord();
    return std::move(result_);
  }

 private:
  char Here() const { return text_[pos_]; }
  char Next(size_t by = 1) const { return pos_ + by < text_.size() ? text_[pos_ + by] : '\0'; }
  void Fail(std::string what, size_t at) {
    if (!result_.error.empty()) return;
    result_.error = std::move(what);
    result_.error_at = at;
  }
  void Add(char c) {
    word_ += c;
    in_word_ = true;
  }
  void EndWord() {
    if (in_word_) result_.words.push_back(std::exchange(word_, ""));
    in_word_ = false;
  }

  // One thing outside of quotes.
  void Step() {
    char c = Here();
    if (IsBlank(c)) {
      EndWord();
      ++pos_;
    } else if (c == '\'') {
      SingleQuoted();
    } else if (c == '"') {
      DoubleQuoted();
    } else if (c == '\\') {
      Escaped();
    } else if (c == '$') {
      Dollar(/*quoted=*/false);
    } else if (c == '`') {
      Backquoted();
    } else if (c == '#' && !in_word_) {
      pos_ = text_.size();  // a comment
    } else if (c == '\n') {
      Fail("a line end outside of quotes; a backslash before it would join the lines", pos_);
    } else if (std::string_view(";|&<>()").find(c) != std::string_view::npos) {
      Fail(fmt::format("'{}' outside of quotes", c), pos_);
    } else {
      if (c == '{' || (c == '~' && !in_word_)) result_.needs_shell = true;
      Add(c);
      ++pos_;
    }
  }

  void SingleQuoted() {
    size_t end = text_.find('\'', pos_ + 1);
    if (end == std::string::npos) return Fail("this quote is not closed", pos_);
    in_word_ = true;
    word_ += text_.substr(pos_ + 1, end - pos_ - 1);
    pos_ = end + 1;
  }

  void DoubleQuoted() {
    size_t begin = pos_++;
    in_word_ = true;
    while (pos_ < text_.size() && Here() != '"' && result_.error.empty()) {
      char c = Here();
      if (c == '\\' && std::string_view("$`\"\\\n").find(Next()) != std::string_view::npos) {
        if (Next() != '\n') word_ += Next();
        pos_ += 2;
      } else if (c == '$') {
        Dollar(/*quoted=*/true);
      } else if (c == '`') {
        Backquoted();
      } else {
        word_ += c;
        ++pos_;
      }
    }
    if (pos_ >= text_.size()) return Fail("this quote is not closed", begin);
    ++pos_;
  }

  void Escaped() {
    if (pos_ + 1 >= text_.size()) return Fail("nothing follows this backslash", pos_);
    if (Next() != '\n') Add(Next());
    pos_ += 2;
  }

  void Backquoted() {
    size_t begin = pos_++;
    while (pos_ < text_.size() && Here() != '`') pos_ += Here() == '\\' ? 2 : 1;
    if (pos_ >= text_.size()) return Fail("this '`' is not closed", begin);
    ++pos_;
    in_word_ = true;
    result_.needs_shell = true;
  }

  // To behind the parenthesis that closes the one at pos_; false if there is none.
  bool SkipParentheses() {
    int depth = 0;
    for (; pos_ < text_.size(); ++pos_) {
      if (Here() == '\\') {
        ++pos_;
      } else if (Here() == '\'' || Here() == '"') {
        size_t end = text_.find(Here(), pos_ + 1);
        if (end == std::string::npos) return false;
        pos_ = end;
      } else if (Here() == '(') {
        ++depth;
      } else if (Here() == ')' && --depth == 0) {
        ++pos_;
        return true;
      }
    }
    return false;
  }

  std::optional<long> NumberOf(std::string_view name) const {
    auto found = variables_.find(std::string(name));
    if (found == variables_.end()) return std::nullopt;
    const std::string& text = found->second;
    long number = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    bool whole = error == std::errc() && end == text.data() + text.size();
    return whole ? std::optional(number) : std::nullopt;
  }

  void Parenthesis(size_t begin) {
    ++pos_;
    if (!SkipParentheses()) return Fail("this '$(' is not closed", begin);
    in_word_ = true;
    std::string_view inside = std::string_view(text_).substr(begin + 2, pos_ - begin - 3);
    std::optional<long> value;
    if (inside.starts_with('(') && inside.ends_with(')')) {
      value = Arithmetic(inside.substr(1, inside.size() - 2),
                         [this](std::string_view name) { return NumberOf(name); });
    }
    if (value) {
      word_ += std::to_string(*value);
    } else {
      result_.needs_shell = true;
    }
  }

  void Variable(std::string_view name) {
    in_word_ = true;
    auto found = variables_.find(std::string(name));
    if (found == variables_.end()) {
      result_.needs_shell = true;
    } else {
      word_ += found->second;
    }
  }

  void Brace(size_t begin) {
    size_t end = text_.find('}', pos_);
    if (end == std::string::npos) return Fail("this '${' is not closed", begin);
    // Anything but a name, such as ${A:-b}, is nobody's name and so the shell's.
    Variable(std::string_view(text_).substr(pos_ + 2, end - pos_ - 2));
    pos_ = end + 1;
  }

  void Dollar(bool quoted) {
    size_t begin = pos_;
    if (Next() == '(') return Parenthesis(begin);
    if (Next() == '{') return Brace(begin);
    if (IsNameStart(Next())) {
      size_t end = pos_ + 1;
      while (end < text_.size() && IsNameByte(text_[end])) ++end;
      Variable(std::string_view(text_).substr(pos_ + 1, end - pos_ - 1));
      pos_ = end;
      return;
    }
    // $1, $?, $'...' and the like.
    bool special = Next() != '\0' &&
                   std::string_view("0123456789?$!@*#-").find(Next()) != std::string_view::npos;
    if (special || (!quoted && (Next() == '\'' || Next() == '"'))) result_.needs_shell = true;
    Add('$');
    ++pos_;
  }

  const std::string& text_;
  const std::map<std::string, std::string>& variables_;
  size_t pos_ = 0;
  std::string word_;
  bool in_word_ = false;
  ShellWords result_;
};

}  // namespace

ShellWords Expand(const std::string& text, const std::map<std::string, std::string>& variables) {
  return Splitting(text, variables).Run();
}

std::string QuotedWord(std::string_view word) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./,:@%*";
  if (!word.empty() && word.find_first_not_of(kPlain) == word.npos) return std::string(word);
  bool simple = word.find("${") == word.npos;
  for (char c : word) simple = simple && c >= ' ' && c <= '~' && c != '\'';
  if (simple) return fmt::format("'{}'", word);
  std::string quoted = "$'";
  for (char c : word) {
    if (c == '\'' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (c < ' ' || c > '~' || c == '$') {
      quoted += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      quoted += c;
    }
  }
  return quoted + "'";
}

}  // namespace kvmtest::kut
