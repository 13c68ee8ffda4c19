#include "standard_output.h"

#include <fmt/format.h>
#include <string.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "ctest/publish.h"

namespace kvmtest {

bool StandardOutput::WriteAll(std::string_view text) {
  while (!text.empty() && error_ == 0) {
    ssize_t n = write(STDOUT_FILENO, text.data(), text.size());
    if (n >= 0) {
      text.remove_prefix(static_cast<size_t>(n));
    } else if (errno != EINTR) {
      error_ = errno;
    }
  }
  return error_ == 0;
}

bool StandardOutput::Flush() {
  bool written = WriteAll(buffer_);
  buffer_.clear();
  return written;
}

bool StandardOutput::Finish() {
  if (Flush()) return true;
  std::fprintf(stderr, "error: cannot write to standard output: %s\n", strerror(error_));
  return false;
}

int WriteTo(const std::string& path, const std::string& text) {
  if (path.empty()) {
    StandardOutput output;
    output.buffer() = text;
    return output.Finish() ? 0 : StandardOutput::kExitCode;
  }
  auto failure = ctest::WriteOutput(path, text);
  if (!failure) return 0;
  fmt::print(stderr, "error: {}\n", *failure);
  return StandardOutput::kExitCode;
}

void Say(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stderr);
}

}  // namespace kvmtest
