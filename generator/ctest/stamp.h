// Is what was generated still true? A stamp holds what a generation was made from: the arguments,
// each file that was read, and each that was looked for in vain. When sizes, times (to the
// nanosecond) and inodes are as they were, nothing has changed; else the contents decide.
#ifndef KVMTEST_CTEST_STAMP_H_
#define KVMTEST_CTEST_STAMP_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kvmtest::ctest {

struct FileFacts {
  uint64_t size = 0;
  int64_t mtime_ns = 0;
  uint64_t inode = 0;
  // Of the last change of contents or facts: unlike mtime, nobody can set it back.
  int64_t ctime_ns = 0;

  bool operator==(const FileFacts&) const = default;
};

// The edge to the disk.
class FileProbe {
 public:
  virtual ~FileProbe() = default;
  // Nothing if there is no such regular file.
  virtual std::optional<FileFacts> Stat(const std::string& path) = 0;
  virtual std::optional<std::string> Read(const std::string& path) = 0;
  virtual int64_t NowNs() = 0;
};

class DiskProbe : public FileProbe {
 public:
  std::optional<FileFacts> Stat(const std::string& path) override;
  std::optional<std::string> Read(const std::string& path) override;
  int64_t NowNs() override;
};

struct StampedFile {
  std::string path;
  bool present = true;
  // False: the file was so young when it was read that a later change might leave its times as
  // they are; its facts prove nothing then.
  bool settled = true;
  FileFacts facts;
  uint64_t hash = 0;

  bool operator==(const StampedFile&) const = default;
};

// Reads a file and notes what it was like; the text is nothing if there is no such file.
struct Observed {
  std::optional<std::string> text;
  StampedFile file;
};
Observed Observe(FileProbe& probe, const std::string& path);

struct Stamp {
  std::string arguments;  // their digest
  bool failed = false;    // the generation ended with errors
  std::vector<StampedFile> files;

  bool operator==(const Stamp&) const = default;
};

std::string WriteStamp(const Stamp& stamp);
// Nothing if the text is no stamp, or one of another version.
std::optional<Stamp> ReadStamp(std::string_view text);

enum class Freshness {
  kFresh,
  kTouched,  // fresh, but the stamp was brought up to date and should be written again
  kStale,
};
Freshness CheckFiles(FileProbe& probe, Stamp* stamp);

}  // namespace kvmtest::ctest

#endif  // KVMTEST_CTEST_STAMP_H_
