#include "vm/console_times.h"

#include <fmt/format.h>

#include "host/files.h"

namespace kvmtest::vm {

void ConsoleTimes::Came(size_t offset, host::TimePoint when) {
  if (last_ && when - *last_ < kResolution) return;
  last_ = when;
  host::WriteAll(fd_, fmt::format("{:.3f} {}\n", host::SecondsBetween(start_, when), offset));
}

}  // namespace kvmtest::vm
