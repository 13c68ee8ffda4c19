// Nearly every line is printable ASCII and blanks up to a \n, and is cut out without a
// second look. FindSpecial tells where the next byte is that needs care.
#include "language/line_reader.h"

#include <algorithm>

#include "language/python_text.h"

namespace kvmtest::language {

namespace {

// A tab or another control character but \n, or a part of a longer UTF-8 character.
constexpr bool IsSpecial(char c) {
  unsigned char byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && byte != '\n') || byte >= 0x80;
}

// The next special byte from `pos` on, or the end.
size_t FindSpecial(std::string_view text, size_t pos) {
  constexpr size_t kBlock = 64;  // compilers turn the inner loop into vectors
  for (; pos + kBlock <= text.size(); pos += kBlock) {
    char special = 0;
    for (size_t i = 0; i < kBlock; ++i) special |= static_cast<char>(IsSpecial(text[pos + i]));
    if (special != 0) break;
  }
  while (pos < text.size() && !IsSpecial(text[pos])) ++pos;
  return pos;
}

struct LineEnd {
  size_t begin;
  size_t next;  // where the next line begins
  bool counts;  // an editor begins a new line there too
};

// The first line end from `pos` on, as str.splitlines after universal newlines.
LineEnd FindLineEnd(std::string_view text, size_t pos) {
  for (size_t i = pos; i < text.size(); ++i) {
    unsigned char c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c < 0x80) continue;
    if (c == '\n') return {i, i + 1, true};
    if (c == '\r') return {i, i + (text.substr(i, 2) == "\r\n" ? 2 : 1), true};
    if (c == '\v' || c == '\f' || (c >= 0x1C && c <= 0x1E)) return {i, i + 1, false};
    if (text.substr(i, 2) == "\u0085") return {i, i + 2, false};
    if (text.substr(i, 3) == "\u2028" || text.substr(i, 3) == "\u2029") return {i, i + 3, false};
  }
  return {text.size(), text.size(), true};
}

bool IsComment(std::string_view text) {
  return text[0] == '#' || text.starts_with("//");
}

// A line without special bytes.
Line PlainLine(std::string_view raw) {
  size_t begin = 0;
  while (raw.substr(begin).starts_with("        ")) begin += 8;
  while (begin < raw.size() && raw[begin] == ' ') ++begin;
  size_t end = raw.size();
  while (end > begin && raw[end - 1] == ' ') --end;
  return {.text = raw.substr(begin, end - begin),
          .indent = static_cast<int>(begin),
          .column = static_cast<uint32_t>(begin + 1)};
}

Line SpecialLine(std::string_view raw, Arena* arena) {
  std::string_view line = python::StripRight(raw);
  size_t tab_end = 0;
  if (size_t tab = line.rfind('\t'); tab != line.npos) {
    tab_end = python::ExpandTabs(line.substr(0, tab + 1)).size();
    line = arena->Copy(python::ExpandTabs(line));
  }
  Line out;
  size_t bytes = 0;
  while (bytes < line.size()) {
    size_t step = python::SpaceAt(line, bytes);
    if (step == 0) break;
    bytes += step;
    ++out.indent;
  }
  out.text = line.substr(bytes);
  out.column = static_cast<uint32_t>(bytes + 1);
  if (tab_end > bytes) out.tab_end = static_cast<uint32_t>(tab_end - bytes);
  return out;
}

// How many bytes a part of a line takes where tabs are expanded.
size_t ShownWidth(std::string_view part) {
  return part.find('\t') == part.npos ? part.size() : python::ExpandTabs(part).size();
}

bool IsBlank(std::string_view text) {
  size_t pos = 0;
  while (pos < text.size() && python::SpaceAt(text, pos) > 0) pos += python::SpaceAt(text, pos);
  return pos == text.size();
}

}  // namespace

bool IsOneLine(std::string_view text) {
  return FindLineEnd(text, 0).begin == text.size();
}

std::vector<Line> SplitLines(std::string_view text, Arena* arena, std::vector<HiddenLine>* hidden) {
  std::vector<Line> lines;
  lines.reserve(text.size() / 32);  // few configurations have shorter lines
  uint32_t number = 1;
  // What editors show on the same line before this one, and the last line end there.
  size_t shown_width = 0;
  bool shown_text = false;
  std::string_view hidden_end;
  size_t special = FindSpecial(text, 0);
  for (size_t pos = 0; pos < text.size();) {
    LineEnd end;
    Line line;
    size_t newline = std::min(text.substr(0, special).find('\n', pos), special);
    if (newline < special || special == text.size()) {
      end = {newline, newline + 1, true};
      line = PlainLine(text.substr(pos, newline - pos));
    } else {
      end = FindLineEnd(text, special);
      line = SpecialLine(text.substr(pos, end.begin - pos), arena);
      special = FindSpecial(text, end.next);
    }
    line.number = number;
    line.column += static_cast<uint32_t>(shown_width);
    if (!line.text.empty() && !IsComment(line.text)) {
      lines.push_back(line);
      if (shown_text && hidden != nullptr) hidden->push_back({number, line.column, hidden_end});
    }
    if (end.counts) {
      ++number;
      shown_width = 0;
      shown_text = false;
    } else {
      shown_width += ShownWidth(text.substr(pos, end.next - pos));
      shown_text |= !IsBlank(text.substr(pos, end.begin - pos));
      hidden_end = text.substr(end.begin, end.next - end.begin);
    }
    pos = end.next;
  }
  return lines;
}

}  // namespace kvmtest::language
