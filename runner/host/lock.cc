#include "host/lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <string.h>
#include <sys/file.h>

#include <cerrno>
#include <utility>

#include "host/files.h"

namespace kvmtest::host {

std::optional<Lock> Lock::TryAcquire(const std::string& path, const std::string& who,
                                     std::string* holder, bool* broken) {
  *broken = false;
  Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
  if (!fd) {
    *broken = true;
    *holder = fmt::format("cannot open {}: {}", path, ::strerror(errno));
    return std::nullopt;
  }
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    *broken = errno != EWOULDBLOCK && errno != EINTR;
    *holder = *broken ? fmt::format("cannot lock {}: {}", path, ::strerror(errno))
                      : ReadFile(path).value_or("");
    while (!holder->empty() && holder->back() == '\n') holder->pop_back();
    if (holder->empty()) *holder = "an unknown process";
    return std::nullopt;
  }
  (void)!::ftruncate(fd.get(), 0);
  WriteAll(fd.get(), who + "\n");
  return Lock(std::move(fd));
}

void Lock::Release() {
  if (!fd_) return;
  (void)!::ftruncate(fd_.get(), 0);
  ::flock(fd_.get(), LOCK_UN);
  fd_.Close();
}

}  // namespace kvmtest::host
