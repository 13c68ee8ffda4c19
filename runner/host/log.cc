#include "host/log.h"

#include <cerrno>

#include "host/files.h"

namespace kvmtest::host {

bool Log::OpenFile(const std::string& path) {
  file_ = OpenForWriting(path);
  if (!file_) return false;
  return WriteAll(file_.get(), std::exchange(early_, ""));
}

void Log::Write(const std::string& text) {
  std::string line = fmt::format("{:9.3f} {}\n", SecondsBetween(start_, Clock::now()), text);
  if (file_) {
    if (!WriteAll(file_.get(), line) && error_ == 0) error_ = errno;
  } else {
    early_ += line;
  }
}

}  // namespace kvmtest::host
