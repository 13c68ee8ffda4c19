#ifndef KVMTEST_VM_CONSOLE_TIMES_H_
#define KVMTEST_VM_CONSOLE_TIMES_H_

#include <cstddef>
#include <optional>

#include "host/clock.h"

namespace kvmtest::vm {

// When which part of a console's log came, for a file beside it: lines "SECONDS OFFSET", seconds
// since qemu was started (by a clock that nobody sets), and the byte of the log that came then.
// Not for every byte: what comes within kResolution has one line.
class ConsoleTimes {
 public:
  static constexpr host::Duration kResolution = host::milliseconds(10);

  ConsoleTimes(int fd, host::TimePoint start) : fd_(fd), start_(start) {}
  void Came(size_t offset, host::TimePoint when);

 private:
  int fd_;
  host::TimePoint start_;
  std::optional<host::TimePoint> last_;
};

}  // namespace kvmtest::vm

#endif  // KVMTEST_VM_CONSOLE_TIMES_H_
