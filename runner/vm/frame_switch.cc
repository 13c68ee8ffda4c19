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

uint64_t Mac(std::string_view bytes) {
  uint64_t mac = 0;
  for (size_t i = 0; i < kMacBytes; ++i) mac = mac << 8 | static_cast<unsigned char>(bytes[i]);
  return mac;
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
    for (unsigned to : switch_.Route(port, frame)) {
      ssize_t sent =
          ::send(ends_.at(to).get(), frame.data(), frame.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
      ++(sent < 0 ? dropped_ : passed_);
    }
  }
}

}  // namespace kvmtest::vm
