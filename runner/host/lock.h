#ifndef KVMTEST_HOST_LOCK_H_
#define KVMTEST_HOST_LOCK_H_

#include <optional>
#include <string>

#include "host/fd.h"

namespace kvmtest::host {

// An flock on a file, which the kernel lets go when the last holder of the descriptor
// is dead. qemu inherits the descriptor: a runner killed with -9 does not free its
// queue before its last qemu is gone.
class Lock {
 public:
  // Nothing if somebody else has it; then *holder says who, as they wrote it, or why
  // the file cannot be locked at all (*broken).
  static std::optional<Lock> TryAcquire(const std::string& path, const std::string& who,
                                        std::string* holder, bool* broken);
  Lock(Lock&&) = default;
  Lock& operator=(Lock&&) = default;
  ~Lock() { Release(); }

  // For all who inherited the descriptor too.
  void Release();
  int fd() const { return fd_.get(); }

 private:
  explicit Lock(Fd fd) : fd_(std::move(fd)) {}

  Fd fd_;
};

// A name that one process of the machine has at a time (of the network namespace, rather, which
// is also how far a bridge reaches): whoever listens on the abstract socket of that name. All users
// share it, and no file is left. Let go when the last holder of the descriptor is dead.
class NameLock {
 public:
  // Nothing if somebody else has it; then *holder says who, or why it cannot be had (*broken).
  static std::optional<NameLock> TryAcquire(const std::string& name, std::string* holder,
                                            bool* broken);
  int fd() const { return fd_.get(); }

 private:
  explicit NameLock(Fd fd) : fd_(std::move(fd)) {}

  Fd fd_;
};

}  // namespace kvmtest::host

#endif  // KVMTEST_HOST_LOCK_H_
