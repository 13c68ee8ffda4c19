#ifndef KVMTEST_VM_PORT_H_
#define KVMTEST_VM_PORT_H_

#include <string>
#include <string_view>

#include "host/fd.h"
#include "host/loop.h"

namespace kvmtest::vm {

// The host's end of a guest's virtio serial port. What the guest sends is always taken: a
// port that nobody reads would stop the guest's writer.
class Port {
 public:
  Port(host::Loop& loop, host::Fd socket);
  ~Port();
  Port(const Port&) = delete;
  Port& operator=(const Port&) = delete;

  // Takes as many of the bytes as fit now; how many those are.
  size_t Write(std::string_view bytes);
  const std::string& received() const { return received_; }
  void Forget() { received_.clear(); }

 private:
  void Read();

  host::Loop& loop_;
  host::Fd socket_;
  std::string received_;
};

}  // namespace kvmtest::vm

#endif  // KVMTEST_VM_PORT_H_
