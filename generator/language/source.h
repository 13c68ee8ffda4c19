// Source text and places in it.
//
// Everything the language reads comes through a FileReader, so that a test can bring
// its own files; everything it says about a place goes through a SourceMap, which keeps
// the text of every file and string that was read for as long as the Config lives.
#ifndef KVMTEST_LANGUAGE_SOURCE_H_
#define KVMTEST_LANGUAGE_SOURCE_H_

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace kvmtest::language {

using FileId = uint32_t;
inline constexpr FileId kNoFile = UINT32_MAX;

// A place: `line` and `column` count from 1; columns count bytes of the line after its
// tabs were expanded to eighths, as the language itself does. SourceMap::Describe gives
// the column that an editor shows.
struct Span {
  FileId file = kNoFile;
  uint32_t line = 0;
  uint32_t column = 0;
  uint32_t length = 0;

  bool IsKnown() const { return file != kNoFile; }
  friend bool operator==(const Span&, const Span&) = default;
};

// The only edge between the language and the disk.
class FileReader {
 public:
  virtual ~FileReader() = default;
  // The bytes of the regular file `path`, or nothing if there is none.
  virtual std::optional<std::string> Read(const std::string& path) = 0;
  // Why Read gave nothing: "No such file or directory".
  virtual std::string Fault(const std::string& path) = 0;
  // What all paths to a file or directory have in common; "" if there is nothing.
  virtual std::string Identity(const std::string& path) { return path; }
};

class DiskReader : public FileReader {
 public:
  std::optional<std::string> Read(const std::string& path) override;
  std::string Fault(const std::string& path) override;
  std::string Identity(const std::string& path) override;
};

// Files in memory, for tests.
class MemoryReader : public FileReader {
 public:
  void Add(const std::string& path, std::string text) { files_[path] = std::move(text); }
  std::optional<std::string> Read(const std::string& path) override;
  std::string Fault(const std::string& path) override;

 private:
  std::map<std::string, std::string> files_;
};

class SourceMap {
 public:
  // A file, as it was named when read; `included_from` is the `include` line, unknown
  // for the main file.
  FileId AddFile(std::string path, std::shared_ptr<const std::string> text, Span included_from);
  // A command-line string. Its path is "<string>" as in the reference's file maps.
  FileId AddString(std::string text);

  size_t size() const { return sources_.size(); }
  const std::string& Path(FileId file) const { return sources_[file].path; }
  std::string_view Text(FileId file) const { return *sources_[file].text; }
  Span IncludedFrom(FileId file) const { return sources_[file].included_from; }
  bool IsString(FileId file) const { return sources_[file].is_string; }

  // By file: the first of the same path. A file that is included again is another, since it is
  // included from elsewhere. The table grows with the map and lives as long as anyone holds it.
  std::shared_ptr<const std::vector<FileId>> same_files() const { return same_files_; }

  // The text of a line without its end, tabs as they are; "" past the end. The first call for a
  // file looks for all its lines, so calls must come from one thread at a time.
  std::string_view Line(FileId file, uint32_t line) const;
  // The place of a byte of the text.
  Span PlaceOf(FileId file, size_t pos) const;
  // "kvm_hosts.cfg:31:14", "<string>:1:6"; "kvm_hosts.cfg:31" if the column is 0.
  std::string Describe(const Span& span) const;
  // "kvm_hosts.cfg:31".
  std::string DescribeLine(const Span& span) const;

 private:
  struct Source {
    std::string path;
    std::shared_ptr<const std::string> text;
    Span included_from;
    bool is_string = false;
    // Line ends before each block of kBlock bytes; made when a line is first asked for.
    mutable std::vector<uint32_t> line_ends = {};
  };
  static constexpr size_t kBlock = 4096;

  FileId Add(Source source, FileId same);

  std::unordered_map<std::string_view, FileId> by_path_;
  std::shared_ptr<std::vector<FileId>> same_files_ = std::make_shared<std::vector<FileId>>();
  std::deque<Source> sources_;  // paths and texts are viewed: they must not move
};

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_SOURCE_H_
