#include "language/line_reader.h"

#include <algorithm>
#include <cstring>

#include "language/python_text.h"

namespace kvmtest::language {

namespace {

// Only bytes that need no care: no tabs, no other control characters than \n, no UTF-8.
bool IsPlain(std::string_view text) {
  bool special = false;
  for (char c : text) {
    unsigned char byte = static_cast<unsigned char>(c);
    special |= byte >= 0x80;
    special |= byte < 0x20 && byte != '\n';
  }
  return !special;
}

}  // namespace

LineReader::LineReader(std::string_view text, FileId file, Arena* arena)
    : text_(text), file_(file), arena_(arena), plain_(IsPlain(text)) {}

// Finds where the line that begins at `begin` ends, as str.splitlines after universal
// newlines; `*counts` tells whether an editor begins a new line there too.
size_t LineReader::FindLineEnd(size_t begin, size_t* next, bool* counts) const {
  *counts = true;
  if (plain_) {
    const void* at = std::memchr(text_.data() + begin, '\n', text_.size() - begin);
    size_t end =
        at ? static_cast<size_t>(static_cast<const char*>(at) - text_.data()) : text_.size();
    *next = end + 1;
    return end;
  }
  for (size_t i = begin; i < text_.size(); ++i) {
    unsigned char c = static_cast<unsigned char>(text_[i]);
    if (c >= 0x20 && c < 0x80) continue;
    if (c == '\n' || c == '\r') {
      *next = i + (text_.substr(i, 2) == "\r\n" ? 2 : 1);
      return i;
    }
    if (c == '\v' || c == '\f' || (c >= 0x1C && c <= 0x1E)) {
      *next = i + 1;
      *counts = false;
      return i;
    }
    if (c == 0xC2 && text_.substr(i, 2) == "\xC2\x85") {
      *next = i + 2;
      *counts = false;
      return i;
    }
    if (c == 0xE2 && (text_.substr(i, 3) == "\u2028" || text_.substr(i, 3) == "\u2029")) {
      *next = i + 3;
      *counts = false;
      return i;
    }
  }
  *next = text_.size() + 1;
  return text_.size();
}

bool LineReader::Prepare(std::string_view raw) {
  std::string_view line;
  if (plain_) {
    size_t size = raw.size();
    while (size > 0 && raw[size - 1] == ' ') --size;
    line = raw.substr(0, size);
  } else {
    line = python::StripRight(raw);
    if (line.find('\t') != line.npos) line = arena_->Copy(python::ExpandTabs(line));
  }
  size_t bytes = 0;
  int indent = 0;
  while (bytes < line.size()) {
    size_t step = line[bytes] == ' ' ? 1 : python::SpaceAt(line, bytes);
    if (step == 0) break;
    bytes += step;
    ++indent;
  }
  std::string_view text = line.substr(bytes);
  if (text.empty() || text[0] == '#' || text.starts_with("//")) return false;
  ahead_ = {text, indent, number_, static_cast<uint32_t>(bytes + 1)};
  return true;
}

bool LineReader::ReadLine() {
  while (pos_ < text_.size()) {
    size_t next;
    bool counts;
    size_t end = FindLineEnd(pos_, &next, &counts);
    bool keep = Prepare(text_.substr(pos_, end - pos_));
    pos_ = std::min(next, text_.size());
    if (counts) ++number_;
    if (keep) return true;
  }
  return false;
}

bool LineReader::Next(int prev_indent, Line* line) {
  if (has_stored_) {
    has_stored_ = false;
    *line = stored_;
    return true;
  }
  if (!has_ahead_ && !(has_ahead_ = ReadLine())) return false;
  if (ahead_.indent <= prev_indent) return false;
  has_ahead_ = false;
  *line = ahead_;
  return true;
}

void LineReader::Store(const Line& line) {
  stored_ = line;
  has_stored_ = true;
}

}  // namespace kvmtest::language
