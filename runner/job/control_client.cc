#include "job/control_client.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <utility>

namespace kvmtest::job {

namespace {

ControlClient::Reply Broken(const std::string& error) {
  return {nlohmann::json::object(), "", error, "closed"};
}

}  // namespace

std::string ControlClient::Connect(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return "the path is too long for a socket: " + path;
  ::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  host::Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd || ::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    return "the test's runner does not answer at " + path + ": " + ::strerror(errno);
  }
  fd_ = std::move(fd);
  pending_.clear();
  return "";
}

bool ControlClient::Send(const std::string& text) {
  for (size_t sent = 0; sent < text.size();) {
    ssize_t put = ::send(fd_.get(), text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return false;
    sent += static_cast<size_t>(put);
  }
  return true;
}

bool ControlClient::Receive() {
  char buffer[65536];
  ssize_t got;
  do {
    got = ::recv(fd_.get(), buffer, sizeof buffer, 0);
  } while (got < 0 && errno == EINTR);
  if (got > 0) pending_.append(buffer, static_cast<size_t>(got));
  return got > 0;
}

ControlClient::Reply ControlClient::Ask(const nlohmann::json& request) {
  std::string line = request.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  if (!Send(line)) return Broken("the test's runner takes no requests: the test has ended");
  size_t end;
  while ((end = pending_.find('\n')) == std::string::npos) {
    if (!Receive()) return Broken("the test has ended");
  }
  Reply reply;
  reply.json = nlohmann::json::parse(pending_.substr(0, end), nullptr, /*allow_exceptions=*/false);
  pending_.erase(0, end + 1);
  if (!reply.json.is_object()) return Broken("the test's runner speaks another language");
  size_t bytes = reply.json.value("bytes", size_t{0});
  while (pending_.size() < bytes) {
    if (!Receive()) return Broken("the test has ended");
  }
  reply.bytes = pending_.substr(0, bytes);
  pending_.erase(0, bytes);
  reply.error = reply.json.value("error", "");
  reply.kind = reply.json.value("class", "");
  return reply;
}

std::string ControlClient::TakeRest() {
  return std::exchange(pending_, "");
}

}  // namespace kvmtest::job
