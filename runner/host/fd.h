#ifndef KVMTEST_HOST_FD_H_
#define KVMTEST_HOST_FD_H_

#include <unistd.h>

#include <utility>

namespace kvmtest::host {

// Owns a file descriptor. Every descriptor of the runner is opened close-on-exec: one that
// leaked into qemu would keep pipes, sockets and locks open past the runner's death.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    if (this != &other) {
      Close();
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd() { Close(); }

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  void Close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }

 private:
  int fd_ = -1;
};

}  // namespace kvmtest::host

#endif  // KVMTEST_HOST_FD_H_
