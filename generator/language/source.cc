#include "language/source.h"

#include <fmt/format.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iterator>

#include "language/python_text.h"

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

// Device and inode: links and detours lead to the same.
std::string DiskReader::Identity(const std::string& path) {
  struct stat info;
  if (stat(path.c_str(), &info) != 0) return {};
  return fmt::format("{}:{}", info.st_dev, info.st_ino);
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
  auto known = by_path_.find(path);
  if (known != by_path_.end())
    return Add({std::move(path), std::move(text), included_from}, known->second);
  FileId file = static_cast<FileId>(sources_.size());
  Add({std::move(path), std::move(text), included_from}, file);
  by_path_.emplace(sources_[file].path, file);
  return file;
}

FileId SourceMap::AddString(std::string text) {
  auto shared = std::make_shared<const std::string>(std::move(text));
  return Add({"<string>", std::move(shared), {}, /*is_string=*/true},
             static_cast<FileId>(sources_.size()));
}

FileId SourceMap::Add(Source source, FileId same) {
  sources_.push_back(std::move(source));
  same_files_->push_back(same);
  return static_cast<FileId>(sources_.size() - 1);
}

namespace {

// Lines end as in editors: at \n, \r\n and \r. This is where the next one begins, or npos.
size_t NextLine(std::string_view text, size_t begin) {
  size_t end = text.find('\n', begin);
  size_t carriage = text.substr(begin, end - begin).find('\r');
  if (carriage == text.npos) return end == text.npos ? end : end + 1;
  carriage += begin;
  return carriage + 1 == end ? end + 1 : carriage + 1;
}

// How many lines end in `text`, of which `next` is the byte behind.
uint32_t CountLineEnds(std::string_view text, char next) {
  uint32_t count = 0;
  constexpr size_t kStep = 128;  // compilers turn the inner loop into vectors
  for (size_t begin = 0; begin < text.size(); begin += kStep) {
    uint8_t some = 0;
    for (char c : text.substr(begin, kStep)) some += c == '\n';
    count += some;
  }
  for (size_t i = text.find('\r'); i != text.npos; i = text.find('\r', i + 1))
    if ((i + 1 < text.size() ? text[i + 1] : next) != '\n') ++count;
  return count;
}

}  // namespace

std::string_view SourceMap::Line(FileId file, uint32_t line) const {
  const Source& source = sources_[file];
  std::string_view text = *source.text;
  std::vector<uint32_t>& ends = source.line_ends;
  if (ends.empty()) {
    uint32_t count = 0;
    for (size_t begin = 0; begin <= text.size(); begin += kBlock) {
      ends.push_back(count);
      std::string_view block = text.substr(begin, kBlock);
      char next = begin + kBlock < text.size() ? text[begin + kBlock] : '\0';
      count += CountLineEnds(block, next);
    }
  }
  if (line == 0) return {};
  // The block in which the line before ends, and then that end.
  auto block = std::lower_bound(ends.begin(), ends.end(), line - 1);
  if (block != ends.begin()) --block;
  size_t begin = static_cast<size_t>(block - ends.begin()) * kBlock;
  for (uint32_t left = line - 1 - *block; left > 0; --left) {
    begin = NextLine(text, begin);
    if (begin == text.npos) return {};
  }
  text.remove_prefix(begin);
  return text.substr(0, text.find_first_of("\r\n"));
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

Span SourceMap::PlaceOf(FileId file, size_t pos) const {
  std::string_view before = Text(file).substr(0, pos);
  const uint32_t line = 1 + CountLineEnds(before, Text(file)[pos]);
  before.remove_prefix(before.find_last_of("\r\n") + 1);
  return {file, line, static_cast<uint32_t>(python::ExpandTabs(before).size() + 1), 1};
}

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
