#include <utility>

#include "vm/vm_config.h"

namespace kvmtest::vm {

namespace {

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

class Splitter {
 public:
  explicit Splitter(const std::string& text) : text_(text) {}

  std::optional<std::vector<std::string>> Run() {
    while (pos_ < text_.size()) {
      if (!Step()) return std::nullopt;
    }
    EndWord();
    return std::move(words_);
  }

 private:
  char At(size_t pos) const { return pos < text_.size() ? text_[pos] : '\0'; }
  void EndWord() {
    if (in_word_) words_.push_back(std::exchange(word_, ""));
    in_word_ = false;
  }

  // One thing outside of quotes; false if a quote stays open.
  bool Step() {
    char c = text_[pos_];
    if (c == ' ' || c == '\t' || c == '\n') {
      EndWord();
      ++pos_;
      return true;
    }
    in_word_ = true;
    if (c == '\'' || c == '"') return Quoted(c);
    if (c == '$' && At(pos_ + 1) == '\'') return Encoded();
    if (c == '\\' && pos_ + 1 < text_.size()) c = text_[++pos_];
    word_ += c;
    ++pos_;
    return true;
  }

  bool Quoted(char quote) {
    for (++pos_; pos_ < text_.size(); ++pos_) {
      char c = text_[pos_];
      if (c == quote) {
        ++pos_;
        return true;
      }
      if (c == '\\' && quote == '"' && pos_ + 1 < text_.size()) c = text_[++pos_];
      word_ += c;
    }
    return false;
  }

  // $'...', bash's form for any byte.
  bool Encoded() {
    for (pos_ += 2; pos_ < text_.size();) {
      char c = text_[pos_++];
      if (c == '\'') return true;
      word_ += c == '\\' && pos_ < text_.size() ? Escape() : c;
    }
    return false;
  }

  // What follows a backslash there.
  char Escape() {
    char c = text_[pos_++];
    if (c == 'n') return '\n';
    if (c == 't') return '\t';
    if (c == 'r') return '\r';
    int high = HexDigit(At(pos_)), low = HexDigit(At(pos_ + 1));
    if (c != 'x' || high < 0 || low < 0) return c;
    pos_ += 2;
    return static_cast<char>(high * 16 + low);
  }

  const std::string& text_;
  size_t pos_ = 0;
  std::vector<std::string> words_;
  std::string word_;
  bool in_word_ = false;
};

}  // namespace

std::optional<std::vector<std::string>> SplitShellWords(const std::string& text) {
  return Splitter(text).Run();
}

}  // namespace kvmtest::vm
