// Source text -> the lines the modern dialect's parser sees: blank lines and comments
// gone, tabs expanded, white space stripped, indentation counted.
#ifndef KVMTEST_LANGUAGE_LINE_READER_H_
#define KVMTEST_LANGUAGE_LINE_READER_H_

#include <cstdint>
#include <string_view>

#include "language/arena.h"
#include "language/source.h"

namespace kvmtest::language {

struct Line {
  std::string_view text;  // stripped, tabs expanded, not empty
  int indent = 0;         // characters of white space before it
  uint32_t number = 0;    // counts \n, \r\n and \r only, as editors do
  uint32_t column = 0;    // of text's first byte, 1-based, tabs expanded
};

class LineReader {
 public:
  // `arena` gets the lines that differ from the source (expanded tabs).
  LineReader(std::string_view text, FileId file, Arena* arena);

  // The next line if it is deeper than `prev_indent`; false at the end of the block,
  // nothing consumed. A line put back by Store is returned whatever its indentation.
  bool Next(int prev_indent, Line* line);

  // Makes `text`, the rest of a line after a condition's colon, the next line.
  void Store(const Line& line);

  FileId file() const { return file_; }

  // The reference's lexer tries the assignment form only in this mode: switched off by a
  // `variants` header and on again by the next block.
  bool fast = true;

 private:
  bool ReadLine();                     // fills ahead_; false at the end of the text
  bool Prepare(std::string_view raw);  // strips and expands; false: drop the line
  size_t FindLineEnd(size_t begin, size_t* next, bool* counts) const;

  std::string_view text_;
  FileId file_;
  Arena* arena_;
  size_t pos_ = 0;
  uint32_t number_ = 1;  // of the line at pos_
  bool plain_;           // only printable ASCII, blanks and \n
  bool has_ahead_ = false;
  bool has_stored_ = false;
  Line ahead_;
  Line stored_;
};

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_LINE_READER_H_
