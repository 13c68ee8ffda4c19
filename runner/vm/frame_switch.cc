#include "vm/frame_switch.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>

namespace kvmtest::vm {

namespace {

constexpr size_t kMacBytes = 6;
constexpr size_t kHeader = 14;
// More than any frame, segmentation offload included.
constexpr size_t kLongest = 1 << 17;
// One loud guest must not keep the runner from everything else.
constexpr int kFramesAtOnce = 64;
// ... and one that makes addresses up must not fill its memory.
constexpr size_t kMostPairs = 10000;

uint64_t Mac(std::string_view bytes) {
  uint64_t mac = 0;
  for (size_t i = 0; i < kMacBytes; ++i) mac = mac << 8 | static_cast<unsigned char>(bytes[i]);
  return mac;
}

unsigned Byte(std::string_view bytes, size_t at) {
  return static_cast<unsigned char>(bytes[at]);
}

uint32_t Ip(std::string_view bytes, size_t at) {
  uint32_t ip = 0;
  for (size_t i = 0; i < 4; ++i) ip = ip << 8 | Byte(bytes, at + i);
  return ip;
}

bool IsGroup(uint64_t mac) {
  return (mac >> 40 & 1) != 0;
}

}  // namespace

unsigned FrameSwitch::AddPort() {
  ports_.push_back(true);
  return static_cast<unsigned>(ports_.size() - 1);
}

void FrameSwitch::RemovePort(unsigned port) {
  ports_.at(port) = false;
  for (auto entry = learned_.begin(); entry != learned_.end();) {
    entry = entry->second == port ? learned_.erase(entry) : ++entry;
  }
}

std::vector<unsigned> FrameSwitch::Route(unsigned from, std::string_view frame) {
  if (frame.size() < kHeader) return {};
  uint64_t receiver = Mac(frame), sender = Mac(frame.substr(kMacBytes));
  if (!IsGroup(sender)) learned_[sender] = from;
  auto known = learned_.find(receiver);
  if (!IsGroup(receiver) && known != learned_.end()) {
    return known->second == from ? std::vector<unsigned>() : std::vector<unsigned>{known->second};
  }
  std::vector<unsigned> all;
  for (unsigned port = 0; port < ports_.size(); ++port) {
    if (ports_[port] && port != from) all.push_back(port);
  }
  return all;
}

std::optional<EchoReply> EchoReplyIn(std::string_view frame) {
  constexpr size_t kIpHeader = 20;
  constexpr unsigned kIcmp = 1, kReply = 0;
  if (frame.size() <= kHeader + kIpHeader || frame.substr(12, 2) != std::string_view("\x08\0", 2)) {
    return std::nullopt;
  }
  std::string_view packet = frame.substr(kHeader);
  size_t icmp = size_t{4} * (Byte(packet, 0) & 15);
  bool later_piece = (Byte(packet, 6) & 31) != 0 || Byte(packet, 7) != 0;
  if (Byte(packet, 0) >> 4 != 4 || Byte(packet, 9) != kIcmp || later_piece || icmp < kIpHeader ||
      icmp >= packet.size() || Byte(packet, icmp) != kReply) {
    return std::nullopt;
  }
  return EchoReply{Ip(packet, 12), Ip(packet, 16)};
}

uint64_t Hub::replies(const EchoReply& which) const {
  auto found = replies_.find(which);
  return found != replies_.end() ? found->second : 0;
}

Hub::~Hub() {
  for (const auto& [port, end] : ends_) loop_.Forget(end.get());
}

host::Fd Hub::Plug() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0) {
    return host::Fd();
  }
  unsigned port = switch_.AddPort();
  ends_[port] = host::Fd(ends[0]);
  loop_.Watch(ends[0], [this, port] { Forward(port); });
  return host::Fd(ends[1]);
}

void Hub::Count(const EchoReply& reply) {
  if (replies_.size() < kMostPairs || replies_.count(reply) != 0) ++replies_[reply];
}

void Hub::Forward(unsigned port) {
  static std::array<char, kLongest> buffer;
  for (int i = 0; i < kFramesAtOnce; ++i) {
    ssize_t got = ::recv(ends_.at(port).get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
    if (got <= 0) {  // qemu is gone
      loop_.Forget(ends_.at(port).get());
      ends_.erase(port);
      switch_.RemovePort(port);
      return;
    }
    std::string_view frame(buffer.data(), static_cast<size_t>(got));
    if (auto reply = EchoReplyIn(frame)) Count(*reply);
    for (unsigned to : switch_.Route(port, frame)) {
      ssize_t sent =
          ::send(ends_.at(to).get(), frame.data(), frame.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
      ++(sent < 0 ? dropped_ : passed_);
    }
  }
}

}  // namespace kvmtest::vm
