#ifndef KVMTEST_HOST_TEMPORARY_H_
#define KVMTEST_HOST_TEMPORARY_H_

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "host/fd.h"

namespace kvmtest::host {

// A file or directory that is made beside its place, PLACE.kvmtest-XXXXXXXX.tmp, and appears there,
// by a rename, when it is whole. Who makes it holds an flock on it: what nobody holds was left by
// somebody who was killed, in whatever container or boot that was.
class Temporary {
 public:
  // Nothing, and errno, if it cannot be made.
  static std::optional<Temporary> File(const std::string& place) { return Make(place, false); }
  // That only its owner may look into.
  static std::optional<Temporary> Directory(const std::string& place) { return Make(place, true); }
  Temporary(Temporary&& other) noexcept
      : place_(std::move(other.place_)),
        path_(std::exchange(other.path_, "")),
        fd_(std::move(other.fd_)) {}
  Temporary& operator=(Temporary&&) = delete;
  // What is not published goes.
  ~Temporary();

  const std::string& path() const { return path_; }
  int fd() const { return fd_.get(); }
  // In the place of what is there. False, and errno, if that cannot be.
  bool Publish();

 private:
  Temporary(std::string place, std::string path, Fd fd)
      : place_(std::move(place)), path_(std::move(path)), fd_(std::move(fd)) {}
  static std::optional<Temporary> Make(const std::string& place, bool directory);

  std::string place_;
  std::string path_;  // empty: nothing is there any more
  Fd fd_;
};

// Removes the temporaries in a directory (not below it) whose makers are gone. Returns their paths.
std::vector<std::string> RemoveAbandoned(const std::string& directory);

}  // namespace kvmtest::host

#endif  // KVMTEST_HOST_TEMPORARY_H_
