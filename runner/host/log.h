#ifndef KVMTEST_HOST_LOG_H_
#define KVMTEST_HOST_LOG_H_

#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "host/clock.h"
#include "host/fd.h"

namespace kvmtest::host {

// What the runner did and when, for runner.log. Notes are also kept to be shown
// below the verdict: what a reader of the test's output must know.
class Log {
 public:
  Log() : start_(Clock::now()) {}

  // Lines logged before are written too.
  bool OpenFile(const std::string& path);

  template <typename... Args>
  void Info(fmt::format_string<Args...> text, Args&&... args) {
    Write(fmt::format(text, std::forward<Args>(args)...));
  }
  template <typename... Args>
  void Note(fmt::format_string<Args...> text, Args&&... args) {
    notes_.push_back(fmt::format(text, std::forward<Args>(args)...));
    Write(notes_.back());
  }
  const std::vector<std::string>& notes() const { return notes_; }
  // Why the file lacks lines; 0: it has all.
  int error() const { return error_; }

 private:
  void Write(const std::string& text);

  TimePoint start_;
  Fd file_;
  std::string early_;
  int error_ = 0;  // errno
  std::vector<std::string> notes_;
};

}  // namespace kvmtest::host

#endif  // KVMTEST_HOST_LOG_H_
