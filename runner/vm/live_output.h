#ifndef KVMTEST_VM_LIVE_OUTPUT_H_
#define KVMTEST_VM_LIVE_OUTPUT_H_

#include <map>
#include <string>
#include <string_view>

namespace kvmtest::vm {

// Consoles, and what programs of the host write, for somebody who watches the test: every line as
// it comes, "vm1| text". Never waits for a reader who does not read, and ends after kMost bytes;
// the whole is in the logs.
class LiveOutput {
 public:
  static constexpr size_t kMost = 4 << 20;

  explicit LiveOutput(int fd) : fd_(fd) {}
  void Feed(const std::string& source, std::string_view bytes);
  // The last line had no end.
  void Finish(const std::string& source);

 private:
  void Show(const std::string& source, std::string_view line);

  int fd_;
  size_t shown_ = 0;
  std::map<std::string, std::string> pending_;  // source -> the begin of its next line
};

}  // namespace kvmtest::vm

#endif  // KVMTEST_VM_LIVE_OUTPUT_H_
