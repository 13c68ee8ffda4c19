#include "host/lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <utility>

#include "host/clock.h"
#include "host/files.h"

namespace kvmtest::host {

namespace {

// Who has the lock writes its name after it has got it, and removes it before it lets go: a file
// that is empty for longer is of a process that was killed between.
constexpr Duration kNameless(500);

bool Locks(int fd) {
  return ::flock(fd, LOCK_EX | LOCK_NB) == 0;
}

// What the one who has the lock has written. Where there is nothing, *got says whether the lock
// could be had meanwhile.
std::string ReadHolder(const std::string& path, int fd, bool* got) {
  TimePoint until = Clock::now() + kNameless;
  for (;;) {
    std::string holder = ReadFile(path).value_or("");
    while (!holder.empty() && holder.back() == '\n') holder.pop_back();
    *got = holder.empty() && Locks(fd);
    if (*got || !holder.empty()) return holder;
    if (Clock::now() >= until) return "an unknown process";
    ::usleep(1000);
  }
}

}  // namespace

std::optional<Lock> Lock::TryAcquire(const std::string& path, const std::string& who,
                                     std::string* holder, bool* broken) {
  *broken = false;
  Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
  if (!fd) {
    *broken = true;
    *holder = fmt::format("cannot open {}: {}", path, ::strerror(errno));
    return std::nullopt;
  }
  bool got = Locks(fd.get());
  *broken = !got && errno != EWOULDBLOCK && errno != EINTR;
  if (*broken) {
    *holder = fmt::format("cannot lock {}: {}", path, ::strerror(errno));
    return std::nullopt;
  }
  if (!got) *holder = ReadHolder(path, fd.get(), &got);
  if (!got) return std::nullopt;
  (void)!::ftruncate(fd.get(), 0);
  WriteAll(fd.get(), who + "\n");
  return Lock(std::move(fd));
}

// The name goes first: after the lock it would be the next one's.
void Lock::Release() {
  if (!fd_) return;
  (void)!::ftruncate(fd_.get(), 0);
  ::flock(fd_.get(), LOCK_UN);
  fd_.Close();
}

std::optional<NameLock> NameLock::TryAcquire(const std::string& name, std::string* holder,
                                             bool* broken) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::string path = '\0' + name.substr(0, sizeof address.sun_path - 1);
  path.copy(address.sun_path, path.size());
  auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
  const auto* where = reinterpret_cast<const sockaddr*>(&address);
  Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (fd && ::bind(fd.get(), where, length) == 0 && ::listen(fd.get(), 8) == 0) {
    return NameLock(std::move(fd));
  }
  *broken = errno != EADDRINUSE;
  *holder = *broken ? fmt::format("cannot bind '{}': {}", name, ::strerror(errno))
                    : std::string("an unknown process");
  // Who listens can be asked for by connecting; nobody accepts.
  Fd asks(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  ucred peer{};
  socklen_t size = sizeof peer;
  if (!*broken && ::connect(asks.get(), where, length) == 0 &&
      ::getsockopt(asks.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0) {
    *holder = fmt::format("pid {} of user {}", peer.pid, peer.uid);
  }
  return std::nullopt;
}

}  // namespace kvmtest::host
