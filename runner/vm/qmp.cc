#include "vm/qmp.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "host/fd_passing.h"
#include "host/files.h"

namespace kvmtest::vm {

namespace {

// Longer than any answer of qemu's that we ask for; what comes beyond is no QMP.
constexpr size_t kLongestReply = 16 << 20;

double TimeOf(const nlohmann::json& message) {
  auto found = message.find("timestamp");
  if (found == message.end() || !found->is_object()) return 0;
  return found->value("seconds", 0.0) + found->value("microseconds", 0.0) / 1e6;
}

std::string VersionOf(const nlohmann::json& greeting) {
  const auto& version = greeting["QMP"]["version"];
  const auto& numbers = version["qemu"];
  std::string text = fmt::format("{}.{}.{}", numbers.value("major", 0), numbers.value("minor", 0),
                                 numbers.value("micro", 0));
  std::string package = version.value("package", "");
  return package.empty() ? text : text + " (" + package + ")";
}

}  // namespace

Qmp::Qmp(host::Loop& loop, host::Fd socket, int log_fd)
    : loop_(loop), socket_(std::move(socket)), log_fd_(log_fd) {
  loop_.Watch(socket_.get(), [this] { Read(); });
}

Qmp::~Qmp() {
  loop_.Forget(socket_.get());
}

Qmp::Reply Qmp::Execute(std::string_view command, const Json& arguments, host::TimePoint until,
                        int fd) {
  Reply reply;
  answered_ = false;
  awaited_id_ = SendRequest(command, arguments, fd);
  if (awaited_id_.empty()) {
    reply.kind = Reply::kClosed;
    reply.error = fmt::format("qemu has closed its monitor ({} not sent)", command);
    return reply;
  }
  loop_.RunUntil([this] { return answered_ || closed_; }, until);
  if (!answered_) {
    reply.kind = closed_ ? Reply::kClosed : Reply::kTimeout;
    reply.error = fmt::format(
        "{} {}", closed_ ? "qemu closed its monitor instead of answering" : "qemu did not answer",
        command);
    return reply;
  }
  if (answer_.contains("return")) {
    reply.kind = Reply::kOk;
    reply.value = std::move(answer_["return"]);
    return reply;
  }
  reply.kind = Reply::kError;
  reply.error = answer_.contains("error") && answer_["error"].is_object()
                    ? answer_["error"].value("desc", "an error without a description")
                    : "an answer that is no QMP";
  return reply;
}

Qmp::Reply Qmp::Handshake(host::TimePoint until) {
  loop_.RunUntil([this] { return greeted_ || closed_; }, until);
  if (greeted_) return Execute("qmp_capabilities", nullptr, until);
  Reply reply;
  reply.kind = closed_ ? Reply::kClosed : Reply::kTimeout;
  reply.error =
      closed_ ? "qemu closed its monitor without a greeting" : "qemu's monitor sent no greeting";
  return reply;
}

const Qmp::Event* Qmp::FindEvent(std::string_view name, size_t from) const {
  for (size_t i = from; i < events_.size(); ++i) {
    if (events_[i].name == name) return &events_[i];
  }
  return nullptr;
}

std::string Qmp::SaveEvents() const {
  Json list = Json::array();
  for (const Event& event : events_) list.push_back({event.name, event.data, event.time});
  return list.dump(-1, ' ', false, Json::error_handler_t::replace);
}

bool Qmp::Replay(const std::string& events) {
  Json list = Json::parse(events, nullptr, /*allow_exceptions=*/false);
  if (!list.is_array()) return false;
  std::vector<Event> replayed;
  for (const Json& event : list) {
    bool good = event.is_array() && event.size() == 3 && event[0].is_string() &&
                event[1].is_object() && event[2].is_number();
    if (!good) return false;
    replayed.push_back({event[0], event[1], event[2]});
  }
  events_.insert(events_.end(), replayed.begin(), replayed.end());
  return true;
}

void Qmp::Read() {
  size_t scanned = pending_.size();
  bool open = host::ReadAvailable(socket_.get(), &pending_);
  for (size_t end; (end = pending_.find('\n', scanned)) != std::string::npos; scanned = 0) {
    ReadLine(pending_.substr(0, end));
    pending_.erase(0, end + 1);
  }
  if (open && pending_.size() <= kLongestReply) return;
  closed_ = true;
  loop_.Forget(socket_.get());
  for (const auto& [id, answered] : std::exchange(asked_, {})) answered(nullptr);
}

void Qmp::ReadLine(const std::string& line) {
  Record("<-", line);
  Json message = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!message.is_object()) return;
  if (message.contains("QMP") && message["QMP"].is_object()) {
    greeted_ = true;
    version_ = VersionOf(message);
  } else if (message.contains("event") && message["event"].is_string()) {
    events_.push_back({message["event"], message.value("data", Json::object()), TimeOf(message)});
    if (listener_) listener_(events_.back());
  } else if (message.contains("id") && message["id"].is_string()) {
    // An answer that comes after its time has an id that nobody waits for, and is dropped.
    std::string id = message["id"];
    if (id == awaited_id_) {
      answer_ = std::move(message);
      answered_ = true;
    } else if (auto asked = asked_.extract(id)) {
      asked.mapped()(message);
    }
  }
}

bool Qmp::Ask(std::string_view command, const Json& arguments, Answered answered) {
  std::string id = SendRequest(command, arguments, -1);
  if (id.empty()) return false;
  asked_[id] = std::move(answered);
  return true;
}

void Qmp::Send(std::string_view command) {
  SendRequest(command, nullptr, -1);
}

std::string Qmp::SendRequest(std::string_view command, const Json& arguments, int fd) {
  std::string id = fmt::format("kvmtest-{}", ++last_id_);
  Json request = {{"execute", command}, {"id", id}};
  if (!arguments.is_null()) request["arguments"] = arguments;
  std::string line = request.dump(-1, ' ', false, Json::error_handler_t::replace);
  return !closed_ && SendLine(line, fd) ? id : "";
}

bool Qmp::SendLine(const std::string& line, int fd) {
  Record("->", line);
  // A request fits the socket's buffer unless qemu has stopped reading: then it is
  // as good as closed, and we must not block.
  return host::SendWithFd(socket_.get(), line + "\r\n", fd, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void Qmp::Record(std::string_view direction, const std::string& line) {
  if (log_fd_ < 0) return;
  host::WriteAll(log_fd_, fmt::format("{} {}\n", direction, line));
}

}  // namespace kvmtest::vm
