#ifndef KVMTEST_VM_FRAME_SWITCH_H_
#define KVMTEST_VM_FRAME_SWITCH_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "host/fd.h"
#include "host/loop.h"

namespace kvmtest::vm {

// Where an Ethernet frame goes: to the port behind which its receiver was heard, else to all but
// that from which it came. Pure.
class FrameSwitch {
 public:
  // A port's number; never used again.
  unsigned AddPort();
  void RemovePort(unsigned port);
  std::vector<unsigned> Route(unsigned from, std::string_view frame);

 private:
  std::vector<bool> ports_;               // whether it is there
  std::map<uint64_t, unsigned> learned_;  // MAC -> port
};

// Of a frame with an answer to a ping over IPv4, or the first piece of one: who answers whom.
struct EchoReply {
  uint32_t from, to;  // addresses, as ntohl() has them

  bool operator<(const EchoReply& other) const {
    return from != other.from ? from < other.from : to < other.to;
  }
};
std::optional<EchoReply> EchoReplyIn(std::string_view frame);

// A private network: qemu's netdevs are ends of socket pairs, each datagram a frame, and the
// runner passes them on while it waits. qemu alone can connect two VMs; this takes any number,
// needs no privilege, no path and no port, and is gone with the runner.
class Hub {
 public:
  explicit Hub(host::Loop& loop) : loop_(loop) {}
  ~Hub();
  Hub(const Hub&) = delete;
  Hub& operator=(const Hub&) = delete;

  // qemu's end of a new cable; none if there are no sockets left.
  host::Fd Plug();
  uint64_t passed() const { return passed_; }
  // Frames whose receiver did not take them in time, as on any Ethernet.
  uint64_t dropped() const { return dropped_; }
  // Answers to pings that have come by, whatever their receiver made of them.
  uint64_t replies(const EchoReply& which) const;

 private:
  void Forward(unsigned port);
  void Count(const EchoReply& reply);

  host::Loop& loop_;
  FrameSwitch switch_;
  std::map<unsigned, host::Fd> ends_;  // ours
  uint64_t passed_ = 0;
  uint64_t dropped_ = 0;
  std::map<EchoReply, uint64_t> replies_;
};

}  // namespace kvmtest::vm

#endif  // KVMTEST_VM_FRAME_SWITCH_H_
