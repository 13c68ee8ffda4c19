#include "vm/port.h"

#include <sys/socket.h>

#include <utility>

#include "host/files.h"

namespace kvmtest::vm {

namespace {
// No test sends as much; a guest that goes on for ever must not eat the host's memory.
constexpr size_t kMostReceived = 64 << 20;
}  // namespace

Port::Port(host::Loop& loop, host::Fd socket) : loop_(loop), socket_(std::move(socket)) {
  loop_.Watch(socket_.get(), [this] { Read(); });
}

Port::~Port() {
  loop_.Forget(socket_.get());
}

size_t Port::Write(std::string_view bytes) {
  ssize_t put = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  return put > 0 ? static_cast<size_t>(put) : 0;
}

void Port::Read() {
  bool open = host::ReadAvailable(socket_.get(), &received_);
  if (received_.size() > kMostReceived) received_.erase(0, received_.size() - kMostReceived);
  if (!open) loop_.Forget(socket_.get());
}

}  // namespace kvmtest::vm
