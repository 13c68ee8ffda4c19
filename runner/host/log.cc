#include "host/log.h"

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
    WriteAll(file_.get(), line);
  } else {
    early_ += line;
  }
}

}  // namespace kvmtest::host
