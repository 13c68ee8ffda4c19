#include "host/temporary.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <string_view>

#include "host/files.h"

namespace kvmtest::host {

namespace {

constexpr std::string_view kMark = ".kvmtest-";
constexpr std::string_view kEnd = ".tmp";
constexpr size_t kDigits = 8;

bool IsTemporary(const std::string& name) {
  size_t tail = kMark.size() + kDigits + kEnd.size();
  if (name.size() <= tail) return false;
  std::string_view end = std::string_view(name).substr(name.size() - tail);
  return end.substr(0, kMark.size()) == kMark && end.substr(kMark.size() + kDigits) == kEnd &&
         end.substr(kMark.size(), kDigits).find_first_not_of("0123456789abcdef") == end.npos;
}

std::string NewName(const std::string& place) {
  uint32_t number = 0;
  (void)!::getrandom(&number, sizeof number, 0);
  return fmt::format("{}{}{:08x}{}", place, kMark, number, kEnd);
}

bool IsAt(int fd, const std::string& path) {
  struct stat ours, there;
  return ::fstat(fd, &ours) == 0 && ::stat(path.c_str(), &there) == 0 &&
         ours.st_dev == there.st_dev && ours.st_ino == there.st_ino;
}

Fd NewFile(const std::string& path) {
  return Fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
}

Fd NewDirectory(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) != 0 || ::chmod(path.c_str(), 0700) != 0) return Fd();
  return Fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

}  // namespace

std::optional<Temporary> Temporary::Make(const std::string& place, bool directory) {
  for (int tries = 0; tries < 3; ++tries) {
    std::string path = NewName(place);
    Fd fd = directory ? NewDirectory(path) : NewFile(path);
    // A file system without locks does without: there nothing is ever found to be abandoned.
    if (fd) ::flock(fd.get(), LOCK_EX);
    // Before the lock was ours it may have been taken for abandoned.
    if (fd && IsAt(fd.get(), path)) return Temporary(place, path, std::move(fd));
  }
  return std::nullopt;
}

Temporary::~Temporary() {
  if (path_.empty()) return;
  int error = errno;
  RemoveTree(path_);
  errno = error;
}

bool Temporary::Publish() {
  struct stat status;
  if (::fstat(fd_.get(), &status) == 0 && S_ISDIR(status.st_mode)) RemoveTree(place_);
  if (::rename(path_.c_str(), place_.c_str()) != 0) return false;
  path_.clear();
  return true;
}

std::vector<std::string> RemoveAbandoned(const std::string& directory) {
  std::vector<std::string> removed;
  for (const std::string& name : ListDirectory(directory)) {
    if (!IsTemporary(name)) continue;
    std::string path = directory + "/" + name;
    Fd fd(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC));
    struct stat status;
    if (!fd || ::fstat(fd.get(), &status) != 0) continue;
    if (!S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode)) continue;
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0 || !IsAt(fd.get(), path)) continue;
    RemoveTree(path);
    removed.push_back(path);
  }
  return removed;
}

}  // namespace kvmtest::host
