#ifndef KVMTEST_VM_BOUNDED_LOG_H_
#define KVMTEST_VM_BOUNDED_LOG_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "host/fd.h"
#include "host/loop.h"

namespace kvmtest::vm {

// What a process writes, in a file that does not grow without end: the beginning goes to the file
// as it comes, of the rest the end is kept and follows when Finish is called.
class BoundedLog {
 public:
  static constexpr size_t kHead = 1 << 20;
  static constexpr size_t kTail = 1 << 20;

  explicit BoundedLog(host::Loop& loop) : loop_(loop) {}
  ~BoundedLog() { Finish(); }
  BoundedLog(const BoundedLog&) = delete;
  BoundedLog& operator=(const BoundedLog&) = delete;

  // The end that the process is to have; an empty one if there is no file or no pipe (errno).
  host::Fd Open(const std::string& path);
  // What came so far, what is in the pipe now included; of much, the beginning and the end.
  std::string Text();
  // Nobody will write any more, or nobody is to read it.
  void Finish();

 private:
  bool Read();
  void Append(std::string_view bytes);
  std::string Rest() const;  // what the file does not have yet

  host::Loop& loop_;
  host::Fd pipe_;
  host::Fd file_;
  std::string head_;
  std::string tail_;
  size_t dropped_ = 0;
};

}  // namespace kvmtest::vm

#endif  // KVMTEST_VM_BOUNDED_LOG_H_
