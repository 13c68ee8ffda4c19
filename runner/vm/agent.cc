#include "vm/agent.h"

#include <fmt/format.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "host/files.h"
#include "vm/console.h"

namespace kvmtest::vm {

namespace {

// Stands before the answer to guest-sync-delimited, and before our question it makes the agent
// forget half a request of somebody else's.
constexpr char kDelimiter = '\xff';
// The agent itself keeps 16 MiB of a command's output, which is more as base64.
constexpr size_t kMostHeard = 64 << 20;
constexpr size_t kMostOfError = 300;  // in a verdict, which is one line
// Each question is work for the guest: soon at first, then less often.
constexpr host::Duration kFirstPause = host::milliseconds(10);
constexpr host::Duration kLongestPause = host::milliseconds(250);
constexpr host::Duration kRetryPause = host::milliseconds(10);
constexpr int kSignalled = 128;  // what a shell adds to a signal

// The command comes by standard input: as an argument it would have to be UTF-8, and not long.
constexpr char kRun[] = "kvmtest_c=$(cat); (eval \"$kvmtest_c\") </dev/null 2>&1";

// A number that no earlier question had, of this run's or of one before a restore.
long NewSyncId() {
  uint32_t number = 0;
  (void)!::getrandom(&number, sizeof number, 0);
  return static_cast<long>(number);
}

// A guest may write anything.
template <typename Value>
Value Member(const nlohmann::json& object, const char* key, Value otherwise) {
  auto found = object.is_object() ? object.find(key) : object.end();
  if (found == object.end()) return otherwise;
  nlohmann::json like = otherwise;
  bool fits = found->type() == like.type() ||
              (found->is_number_integer() && like.is_number_integer());  // signed or not
  return fits ? found->get<Value>() : otherwise;
}

std::string ErrorOf(const nlohmann::json& error) {
  std::string text = Printable(Member(error, "desc", std::string("no description")));
  std::string kind = Printable(Member(error, "class", std::string("no class")));
  return fmt::format("{} ({})", text.substr(0, std::min(text.find('\n'), kMostOfError)),
                     kind.substr(0, std::min(kind.find('\n'), kMostOfError)));
}

}  // namespace

AgentShell::AgentShell(host::Loop& loop, host::Fd socket, int log_fd)
    : loop_(loop),
      socket_(std::move(socket)),
      timer_(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)),
      log_fd_(log_fd) {
  loop_.Watch(socket_.get(), [this] { Read(); });
  if (timer_) loop_.Watch(timer_.get(), [this] { Tick(); });
}

AgentShell::~AgentShell() {
  loop_.Forget(socket_.get());
  if (timer_) loop_.Forget(timer_.get());
}

void AgentShell::AssumeReady() {
  open_ = ever_open_ = answers_ = true;
  GuestShell::AssumeReady();
}

std::string AgentShell::WhyNotReady() const {
  if (!ever_open_) {
    return fmt::format("nothing in the guest has opened the port {} of QEMU's guest agent",
                       kAgentPort);
  }
  if (!open_) return "the guest agent has closed its port";
  if (!answers_) return "the guest agent does not answer guest-sync-delimited";
  return "";
}

// The state of a restored machine brings an event for a port that has been open all along.
void AgentShell::PortChanged(bool open) {
  if (open == open_) return;
  open_ = open;
  answers_ = false;
  ever_open_ = ever_open_ || open;
  asked_ = Asked::kNothing;
  command_.reset();
  if (open) AskForSync();
}

bool AgentShell::Send(std::string_view command) {
  if (busy_ || closed_) return false;
  answer_.reset();
  busy_ = true;
  ++sent_;
  // What is written to a closed port would be run by the agent of the next boot.
  if (!open_) return true;
  command_ = command;
  AskForSync();
  return true;
}

std::optional<ShellFrame::Answer> AgentShell::TakeAnswer() {
  if (!answer_) return std::nullopt;
  busy_ = false;
  return std::exchange(answer_, std::nullopt);
}

void AgentShell::Ask(Asked what, const char* command, const Json& arguments) {
  Json request = {{"execute", command}, {"arguments", arguments}};
  std::string line = request.dump() + "\n";
  if (log_fd_ >= 0) host::WriteAll(log_fd_, "-> " + line);
  asked_ = what;
  if (what == Asked::kSync) out_ += kDelimiter;
  out_ += line;
  Flush();
}

void AgentShell::AskForSync() {
  sync_id_ = NewSyncId();
  Ask(Asked::kSync, "guest-sync-delimited", {{"id", sync_id_}});
}

void AgentShell::AskForStatus() {
  Ask(Asked::kStatus, "guest-exec-status", {{"pid", pid_}});
}

void AgentShell::Flush() {
  while (!out_.empty()) {
    ssize_t put = ::send(socket_.get(), out_.data(), out_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (put <= 0) break;
    out_.erase(0, static_cast<size_t>(put));
  }
  if (!out_.empty() && !closed_) TickAfter(kRetryPause);
}

void AgentShell::TickAfter(host::Duration time) {
  auto nanoseconds = std::chrono::duration_cast<std::chrono::nanoseconds>(time).count();
  itimerspec when{};
  when.it_value.tv_sec = nanoseconds / 1000000000;
  when.it_value.tv_nsec = nanoseconds % 1000000000;
  ::timerfd_settime(timer_.get(), 0, &when, nullptr);
}

void AgentShell::Tick() {
  uint64_t times = 0;
  (void)!::read(timer_.get(), &times, sizeof times);
  if (!out_.empty()) return Flush();
  if (open_ && asked_ == Asked::kNothing && pid_ != 0) AskForStatus();
}

void AgentShell::Read() {
  size_t fresh = in_.size();  // a long line is looked through once
  bool open = host::ReadAvailable(socket_.get(), &in_);
  if (in_.size() > kMostHeard) {
    in_.clear();
    fresh = 0;
  }
  // Whatever comes before is somebody else's answer, perhaps half of it.
  size_t delimiter = std::string_view(in_).substr(fresh).rfind(kDelimiter);
  if (delimiter != std::string_view::npos) {
    in_.erase(0, fresh + delimiter + 1);
    fresh = 0;
  }
  for (size_t end; (end = in_.find('\n', fresh)) != std::string::npos; fresh = 0) {
    std::string line = in_.substr(0, end);
    in_.erase(0, end + 1);
    if (log_fd_ >= 0) host::WriteAll(log_fd_, "<- " + line + "\n");
    Heard(line);
  }
  if (open) return;
  closed_ = true;
  loop_.Forget(socket_.get());
}

void AgentShell::Heard(const std::string& line) {
  Json message = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!message.is_object() || asked_ == Asked::kNothing) return;
  Json answer = message.value("return", Json());
  if (asked_ == Asked::kSync) {
    if (answer == sync_id_) Synchronized();
    return;
  }
  Asked asked = std::exchange(asked_, Asked::kNothing);
  if (message.contains("error")) return Refused(ErrorOf(message["error"]));
  if (!answer.is_object())
    return Refused("an answer that makes no sense: " + Printable(line.substr(0, 200)));
  if (asked == Asked::kStatus) return Ended(answer);
  pid_ = Member(answer, "pid", 0L);
  pause_ = kFirstPause;
  TickAfter(pause_);
}

void AgentShell::Synchronized() {
  asked_ = Asked::kNothing;
  if (!answers_) {
    answers_ = true;
    ++ready_count_;
    busy_ = busy_ && command_.has_value();  // what the last agent was asked has gone with it
  }
  if (!command_) return;
  pid_ = 0;
  std::string command = *std::exchange(command_, std::nullopt);
  Ask(Asked::kExec, "guest-exec",
      {{"path", "/bin/sh"},
       {"arg", {"-c", kRun}},
       {"input-data", Base64(command)},
       {"capture-output", true}});
}

void AgentShell::Ended(const Json& status) {
  if (!Member(status, "exited", false)) {
    pause_ = std::min(pause_ * 3 / 2, kLongestPause);
    return TickAfter(pause_);
  }
  pid_ = 0;
  if (Member(status, "out-truncated", false)) {
    return Refused("it keeps no more than the beginning of so much output");
  }
  ShellFrame::Answer answer;
  long signal = Member(status, "signal", 0L);
  long code = signal != 0 ? kSignalled + signal : Member(status, "exitcode", 0L);
  answer.status = static_cast<int>(code);
  for (const char* key : {"out-data", "err-data"}) {
    answer.output += FromBase64(Member(status, key, std::string())).value_or("");
  }
  answer_ = std::move(answer);
}

void AgentShell::Refused(const std::string& why) {
  pid_ = 0;
  answer_ = ShellFrame::Answer();
  answer_->status = kSignalled - 1;
  answer_->refusal = why;
}

}  // namespace kvmtest::vm
