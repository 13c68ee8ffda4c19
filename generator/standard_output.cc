#include "standard_output.h"

#include <string.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

namespace kvmtest {

bool StandardOutput::Flush() {
  size_t done = 0;
  while (done < buffer_.size() && error_ == 0) {
    ssize_t n = write(STDOUT_FILENO, buffer_.data() + done, buffer_.size() - done);
    if (n >= 0) {
      done += static_cast<size_t>(n);
    } else if (errno != EINTR) {
      error_ = errno;
    }
  }
  buffer_.clear();
  return error_ == 0;
}

bool StandardOutput::Finish() {
  if (Flush()) return true;
  std::fprintf(stderr, "error: cannot write to standard output: %s\n", strerror(error_));
  return false;
}

}  // namespace kvmtest
