// Source text -> the lines the modern dialect's parser sees: blank lines and comments
// gone, tabs expanded, white space stripped, indentation counted.
#ifndef KVMTEST_LANGUAGE_LINE_READER_H_
#define KVMTEST_LANGUAGE_LINE_READER_H_

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "language/arena.h"

namespace kvmtest::language {

struct Line {
  std::string_view text;  // stripped, tabs expanded, not empty
  int indent = 0;         // characters of white space before it
  uint32_t number = 0;    // counts \n, \r\n and \r only, as editors do
  uint32_t column = 0;    // of text's first byte, 1-based, tabs expanded
  uint32_t tab_end = 0;   // behind the last tab within the text, as expanded; 0: none
};

// Where a line begins that editors show as the rest of the one before.
struct HiddenLine {
  uint32_t number = 0;
  uint32_t column = 0;
  std::string_view end;  // the character that ends the line before
};

// The lines of `text`. They point into it; into `arena` where they differ from it
// (expanded tabs).
std::vector<Line> SplitLines(std::string_view text, Arena* arena,
                             std::vector<HiddenLine>* hidden = nullptr);

// Is there no end of a line in the text, of those that the language knows?
bool IsOneLine(std::string_view text);

// Hands out lines block by block.
class LineReader {
 public:
  explicit LineReader(std::span<const Line> lines) : lines_(lines) {}

  bool has_stored() const { return has_stored_; }
  // The next line if it is deeper than `prev_indent`; false at the end of the block,
  // nothing consumed. A line put back by Store is returned whatever its indentation.
  bool Next(int prev_indent, Line* line) {
    if (has_stored_) {
      has_stored_ = false;
      *line = stored_;
      return true;
    }
    if (at_ == lines_.size() || lines_[at_].indent <= prev_indent) return false;
    *line = lines_[at_++];
    return true;
  }

  // Does such a line come next in the text as it stands?
  bool NextIs(int indent, char first) const {
    return !has_stored_ && at_ < lines_.size() && lines_[at_].indent == indent &&
           lines_[at_].text[0] == first;
  }

  // Makes `text`, the rest of a line after a condition's colon, the next line.
  void Store(const Line& line) {
    stored_ = line;
    has_stored_ = true;
  }

  // The reference's lexer tries the assignment form only in this mode: switched off by a
  // `variants` header and on again by the next block.
  bool fast = true;

 private:
  std::span<const Line> lines_;
  size_t at_ = 0;
  bool has_stored_ = false;
  Line stored_;
};

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_LINE_READER_H_
