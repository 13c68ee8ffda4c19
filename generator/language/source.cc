#include "language/source.h"

#include <fmt/format.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <iterator>

namespace kvmtest::language {

std::optional<std::string> DiskReader::Read(const std::string& path) {
  struct stat info;
  if (stat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return std::nullopt;
  std::ifstream in(path, std::ios::binary);
  if (!in) return std::nullopt;
  std::string text(static_cast<size_t>(info.st_size), '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(in.gcount()));
  // A file that grew since stat() is read to its end.
  text.append(std::istreambuf_iterator<char>(in), {});
  return text;
}

std::string DiskReader::Fault(const std::string& path) {
  struct stat info;
  if (stat(path.c_str(), &info) != 0) return strerror(errno);
  if (S_ISDIR(info.st_mode)) return strerror(EISDIR);
  if (!S_ISREG(info.st_mode)) return "Not a regular file";
  return strerror(access(path.c_str(), R_OK) != 0 ? errno : EIO);
}

std::optional<std::string> MemoryReader::Read(const std::string& path) {
  auto it = files_.find(path);
  if (it == files_.end()) return std::nullopt;
  return it->second;
}

std::string MemoryReader::Fault(const std::string&) {
  return strerror(ENOENT);
}

FileId SourceMap::AddFile(std::string path, std::shared_ptr<const std::string> text,
                          Span included_from) {
  sources_.push_back({std::move(path), std::move(text), included_from, false});
  return static_cast<FileId>(sources_.size() - 1);
}

FileId SourceMap::AddString(std::string text) {
  auto shared = std::make_shared<const std::string>(std::move(text));
  sources_.push_back({"<string>", std::move(shared), {}, true});
  return static_cast<FileId>(sources_.size() - 1);
}

std::string_view SourceMap::Line(FileId file, uint32_t line) const {
  std::string_view text = Text(file);
  size_t begin = 0;
  for (uint32_t number = 1; begin <= text.size(); ++number) {
    size_t end = text.find_first_of("\r\n", begin);
    if (end == text.npos) end = text.size();
    if (number == line) return text.substr(begin, end - begin);
    begin = end + (text.substr(end, 2) == "\r\n" ? 2 : 1);
  }
  return {};
}

namespace {

// Columns in the source count bytes after tabs are expanded; an editor counts
// characters, a tab being one.
uint32_t EditorColumn(std::string_view raw, uint32_t column) {
  uint32_t width = 0;  // characters of the expanded line so far
  uint32_t bytes = 0;  // bytes of the expanded line so far
  uint32_t shown = 1;
  for (size_t i = 0; i < raw.size() && bytes + 1 < column; ++i) {
    unsigned char c = static_cast<unsigned char>(raw[i]);
    if (c == '\t') {
      uint32_t step = 8 - width % 8;
      width += step;
      bytes += step;
      ++shown;
    } else {
      ++bytes;
      if ((c & 0xC0) != 0x80) {
        ++width;
        ++shown;
      }
    }
  }
  return bytes + 1 < column ? shown + (column - bytes - 1) : shown;
}

}  // namespace

std::string SourceMap::Describe(const Span& span) const {
  if (!span.IsKnown()) return "<unknown>";
  if (span.column == 0) return DescribeLine(span);
  uint32_t column = EditorColumn(Line(span.file, span.line), span.column);
  return fmt::format("{}:{}:{}", Path(span.file), span.line, column);
}

std::string SourceMap::DescribeLine(const Span& span) const {
  if (!span.IsKnown()) return "<unknown>";
  if (span.line == 0) return Path(span.file);
  return fmt::format("{}:{}", Path(span.file), span.line);
}

}  // namespace kvmtest::language
