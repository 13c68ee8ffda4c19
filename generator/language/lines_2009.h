// Source text -> the lines the 2009 dialect's parser sees: blank lines and comments gone, white
// space stripped, indentation counted.
#ifndef KVMTEST_LANGUAGE_LINES_2009_H_
#define KVMTEST_LANGUAGE_LINES_2009_H_

#include <algorithm>
#include <cstdint>
#include <string_view>

namespace kvmtest::language {

inline constexpr std::string_view kBlanks2009 = " \t\n\r\f\v";

inline std::string_view Strip2009(std::string_view text, std::string_view what = kBlanks2009) {
  size_t begin = text.find_first_not_of(what);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(what) - begin + 1);
}

struct Line2009 {
  std::string_view text;  // stripped
  int indent = 0;
  uint32_t number = 0;
  uint32_t column = 1;
};

class Lines2009 {
 public:
  explicit Lines2009(std::string_view text) : text_(text) {}

  bool Next(int prev_indent, Line2009* line) {
    if (!has_ahead_ && !(has_ahead_ = Read())) return false;
    if (ahead_.indent <= prev_indent) return false;
    has_ahead_ = false;
    *line = ahead_;
    return true;
  }
  // The line that Next looks at; empty at the end.
  std::string_view Peek() {
    has_ahead_ = has_ahead_ || Read();
    return has_ahead_ ? ahead_.text : std::string_view();
  }

 private:
  bool Read() {
    while (pos_ < text_.size()) {
      size_t end = std::min(text_.find('\n', pos_), text_.size());
      std::string_view raw = text_.substr(pos_, end - pos_);
      pos_ = end + 1;
      ++number_;
      std::string_view text = Strip2009(raw);
      if (text.empty() || text[0] == '#' || text.starts_with("//")) continue;
      int indent = 0;
      for (char c : raw) {
        if (c == '\t')
          indent += 8 - indent % 8;
        else if (c == ' ')
          ++indent;
        else
          break;
      }
      ahead_ = {text, indent, number_, static_cast<uint32_t>(indent + 1)};
      return true;
    }
    return false;
  }

  std::string_view text_;
  size_t pos_ = 0;
  uint32_t number_ = 0;
  bool has_ahead_ = false;
  Line2009 ahead_;
};

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_LINES_2009_H_
