#include "job/control.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <re2/re2.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <functional>
#include <optional>
#include <utility>

#include "host/files.h"

namespace kvmtest::job {

namespace {

using host::Clock;

// A request fits qemu's socket and the guest's serial line in one go.
constexpr size_t kLongestRequest = 128 << 10;
// What is typed while the guest does not read waits here, no more than this.
constexpr size_t kTypedAhead = 64 << 10;
constexpr double kNoLimit = 1e6;
// A shell that runs begins a command at once.
constexpr host::Duration kAttachLimit = host::seconds(30);
// What a shell is told when the person at it has gone: to interrupt its command, or to suspend
// one that is not to be interrupted, and to exit, the second time in earnest.
constexpr char kHangUp[] = "\003\032\nexit\nexit\n";

std::string TextOf(const nlohmann::json& request, const char* key) {
  if (!request.contains(key) || !request[key].is_string()) return "";
  return request[key];
}

long NumberOf(const nlohmann::json& request, const char* key, long otherwise) {
  bool is_one = request.contains(key) && request[key].is_number_integer();
  return is_one ? std::clamp<long>(request[key], 1, 1000) : otherwise;
}

// Seconds.
double LimitOf(const nlohmann::json& request) {
  double limit = kNoLimit;
  if (request.contains("timeout") && request["timeout"].is_number()) limit = request["timeout"];
  return std::clamp(limit, 0.0, kNoLimit);
}

host::TimePoint UntilOf(const nlohmann::json& request) {
  auto time = std::chrono::duration<double>(LimitOf(request));
  return Clock::now() + std::chrono::duration_cast<host::Duration>(time);
}

// The guest's shell reads commands from a serial line that is raw and does not echo. For a person
// the line becomes a terminal with an interactive shell, which it controls: Ctrl-C works. When that
// ends the kernel hangs up the line, and the guest puts a new shell there, as it does whenever one
// ends.
std::string InteractiveShell(const nlohmann::json& request) {
  return fmt::format(
      "t=$(readlink /proc/$$/fd/1) && stty sane rows {} cols {} < \"$t\"\n"
      "setsid -c sh -i < \"$t\" > \"$t\" 2>&1\n"
      "stty raw -echo < \"$t\"",
      NumberOf(request, "rows", 24), NumberOf(request, "columns", 80));
}

const char* StateOf(vm::Machine& machine) {
  if (!machine.started()) return "not started";
  return machine.alive() ? "running" : "ended";
}

}  // namespace

struct Control::Client {
  host::Fd fd;
  std::string in;
  std::string out;
  bool at_end = false;   // it has gone
  bool closing = false;  // it goes when `out` is sent
  bool watched_both = false;
  Json request;
  host::TimePoint until;
  std::function<void()> step;       // null: no request is under way
  vm::Machine* shell_of = nullptr;  // a command of ours is under way in its shell, ...
  unsigned long command = 0;        // ... this one
  bool session = false;             // begun: bytes go to and fro
  size_t forwarded = 0;

  bool Late() const { return Clock::now() >= until; }
};

Control::Control(host::Loop& loop, host::Log& log, vm::Fleet& fleet, std::string path)
    : loop_(loop), log_(log), fleet_(fleet), path_(std::move(path)) {}

Control::~Control() {
  loop_.OnTurn(nullptr);
  for (auto& [fd, client] : clients_) loop_.Forget(fd);
  if (!listener_) return;
  loop_.Forget(listener_.get());
  ::unlink(path_.c_str());
}

bool Control::Open() {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path_.size() >= sizeof address.sun_path) {
    errno = ENAMETOOLONG;
    return false;
  }
  ::memcpy(address.sun_path, path_.c_str(), path_.size() + 1);
  host::Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd || ::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(fd.get(), 64) != 0) {
    return false;
  }
  listener_ = std::move(fd);
  loop_.Watch(listener_.get(), [this] { Accept(); });
  loop_.OnTurn([this] { Turn(); });
  return true;
}

void Control::Accept() {
  host::Fd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!fd) return;
  auto client = std::make_shared<Client>();
  int number = fd.get();
  client->fd = std::move(fd);
  clients_[number] = client;
  loop_.Watch(number, [this, client] { Read(*client); });
}

void Control::Read(Client& client) {
  Flush(client);
  // Whoever sends more than is taken has to wait.
  if (client.in.size() > kLongestRequest) return;
  if (!host::ReadAvailable(client.fd.get(), &client.in)) client.at_end = true;
}

void Control::Turn() {
  if (in_turn_) return;  // starting a VM waits in the loop, too
  in_turn_ = true;
  TakeAbandoned();
  auto clients = clients_;
  for (auto& [fd, client] : clients) {
    if (Serve(*client)) continue;
    loop_.Forget(fd);
    clients_.erase(fd);
  }
  in_turn_ = false;
}

// The answer to a command whose client did not wait for it: until it has come, the shell is busy.
void Control::TakeAbandoned() {
  for (auto it = abandoned_.begin(); it != abandoned_.end();) {
    vm::GuestShell* shell = fleet_.Find(it->first)->shell();
    bool ours = shell->busy() && shell->sent() == it->second;
    it = ours && !shell->TakeAnswer() ? std::next(it) : abandoned_.erase(it);
  }
}

// False: it has gone.
bool Control::Serve(Client& client) {
  while (!client.at_end && !client.closing) {
    if (auto step = client.step) step();  // a copy, since it replaces itself
    if (client.step || client.closing) break;
    size_t end = client.in.find('\n');
    if (end == std::string::npos && client.in.size() > kLongestRequest) {
      Refuse(client, "bad-request", "the request is too long");
      client.closing = true;
    }
    if (end == std::string::npos) break;
    std::string line = client.in.substr(0, end);
    client.in.erase(0, end + 1);
    Begin(client, line);
  }
  Flush(client);
  if (!client.at_end && !(client.closing && client.out.empty())) return true;
  Leave(client);
  return false;
}

void Control::Leave(Client& client) {
  if (client.shell_of == nullptr) return;
  vm::GuestShell* shell = client.shell_of->shell();
  if (client.session && shell->busy() && shell->sent() == client.command) shell->Type(kHangUp);
  abandoned_[client.shell_of->config().name] = client.command;
  client.shell_of = nullptr;
}

void Control::Flush(Client& client) {
  while (!client.out.empty()) {
    ssize_t put =
        ::send(client.fd.get(), client.out.data(), client.out.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (put < 0 && errno != EAGAIN) client.at_end = true;
    if (put <= 0) break;
    client.out.erase(0, static_cast<size_t>(put));
  }
  bool both = !client.out.empty() && !client.at_end;
  if (both == client.watched_both) return;
  client.watched_both = both;
  auto found = clients_.find(client.fd.get());
  if (found == clients_.end()) return;
  auto handler = [this, self = found->second] { Read(*self); };
  if (both) {
    loop_.WatchBoth(client.fd.get(), handler);
  } else {
    loop_.Watch(client.fd.get(), handler);
  }
}

void Control::Answer(Client& client, Json answer, const std::string& bytes) {
  client.step = nullptr;
  if (!bytes.empty()) answer["bytes"] = bytes.size();
  client.out += answer.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n" + bytes;
}

void Control::Refuse(Client& client, const std::string& kind, const std::string& text) {
  Answer(client, {{"error", text}, {"class", kind}});
}

void Control::Begin(Client& client, const std::string& line) {
  client.request = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!client.request.is_object()) {
    return Refuse(client, "bad-request", "the request is no JSON object");
  }
  client.until = UntilOf(client.request);
  std::string what = TextOf(client.request, "do");
  if (what == "vms") return Answer(client, {{"vms", Machines()}});
  if (what == "release") {
    released_ = true;
    return Answer(client, Json::object());
  }
  std::string name = TextOf(client.request, "vm");
  vm::Machine* machine = Find(name);
  if (machine == nullptr) {
    std::string names;
    for (auto& other : fleet_.machines()) names += " " + other->config().name;
    return Refuse(client, "no-vm", fmt::format("no VM '{}'; the test has{}", name, names));
  }
  BeginOn(client, *machine, what);
}

void Control::BeginOn(Client& client, vm::Machine& machine, const std::string& what) {
  const std::string& name = machine.config().name;
  if (what == "expect") return BeginExpect(client, machine);
  if (what == "start") return BeginStart(client, machine);
  if (!machine.started()) {
    return Refuse(client, "not-running", fmt::format("{} has not been started", name));
  }
  // What it wrote before it ended can be waited for all the same.
  if (what == "wait") return BeginWait(client, machine);
  if (!machine.alive()) return Refuse(client, "not-running", fmt::format("{} has ended", name));
  if (what == "qmp") return BeginQmp(client, machine);
  if (what == "migrate") return BeginMigrate(client, machine);
  if (what == "screendump") return BeginScreendump(client, machine);
  if (what == "exec") return BeginExec(client, machine, TextOf(client.request, "command"), false);
  if (what == "attach" && (machine.config().ssh || machine.config().agent)) {
    const char* shell = machine.config().ssh ? "ssh" : "agent";
    return Refuse(client, "no-shell",
                  fmt::format("{}: its shell is no terminal (shell_client = {})", name, shell));
  }
  if (what == "attach") {
    client.until = std::min(client.until, Clock::now() + kAttachLimit);
    return BeginExec(client, machine, InteractiveShell(client.request), true);
  }
  Refuse(client, "bad-request", fmt::format("nothing is known of \"do\": \"{}\"", what));
}

Control::Json Control::Machines() {
  Json list = Json::array();
  for (auto& machine : fleet_.machines()) {
    bool shell = machine->alive() && machine->shell() != nullptr;
    bool busy = shell && machine->shell()->busy();
    list.push_back({{"name", machine->config().name},
                    {"state", StateOf(*machine)},
                    {"shell", shell && machine->shell()->ready_count() > 0},
                    {"busy", busy}});
  }
  return list;
}

void Control::BeginExec(Client& client, vm::Machine& machine, const std::string& command,
                        bool attach) {
  const std::string& name = machine.config().name;
  if (machine.shell() == nullptr) {
    return Refuse(client, "no-shell", fmt::format("{} has no shell (shell_client)", name));
  }
  if (command.empty()) return Refuse(client, "bad-request", "no command");
  if (attach && machine.qmp().FindEvent("GUEST_PANICKED") != nullptr) {
    return Refuse(client, "no-shell", fmt::format("the guest of {} has panicked", name));
  }
  client.session = false;
  client.forwarded = 0;
  client.step = [this, &client, &machine, command, attach] {
    StepSend(client, machine, command, attach);
  };
}

void Control::StepSend(Client& client, vm::Machine& machine, const std::string& command,
                       bool attach) {
  vm::GuestShell* shell = machine.shell();
  const std::string& name = machine.config().name;
  if (!machine.alive()) return Refuse(client, "not-running", fmt::format("{} has ended", name));
  if (shell->busy() || shell->ready_count() == 0) {
    if (!client.Late()) return;
    return Refuse(client, "busy",
                  shell->busy() ? fmt::format("the shell of {} is busy with another command", name)
                                : fmt::format("the shell of {} is not ready yet", name));
  }
  if (!shell->Send(command)) {
    return Refuse(client, "closed", fmt::format("the shell of {} takes no command", name));
  }
  log_.Info("{}: {}", name, attach ? "somebody attaches" : "a client runs: " + command);
  client.shell_of = &machine;
  client.command = shell->sent();
  client.step = [this, &client, &machine, attach] {
    if (attach) {
      StepAttach(client, machine);
    } else {
      StepExec(client, machine);
    }
  };
}

void Control::StepExec(Client& client, vm::Machine& machine) {
  vm::GuestShell* shell = machine.shell();
  const std::string& name = machine.config().name;
  if (!shell->busy() || shell->sent() != client.command || shell->closed()) {
    client.shell_of = nullptr;
    return Refuse(client, "lost", fmt::format("the guest of {} went away under the command", name));
  }
  if (auto answer = shell->TakeAnswer()) {
    client.shell_of = nullptr;
    if (!answer->refusal.empty()) return Refuse(client, "no-shell", name + ": " + answer->refusal);
    return Answer(client, {{"status", answer->status}}, answer->output);
  }
  if (!client.Late()) return;
  Leave(client);
  Refuse(client, "timeout",
         fmt::format("{}: the command did not end within {:g} s", name, LimitOf(client.request)));
}

void Control::StepAttach(Client& client, vm::Machine& machine) {
  vm::GuestShell* shell = machine.shell();
  bool ours = shell->busy() && shell->sent() == client.command && !shell->closed();
  std::optional<std::string_view> output = ours ? shell->Partial() : std::nullopt;
  if (!client.session && output) {
    Answer(client, {{"attached", machine.config().name}});
    client.session = true;
    client.step = [this, &client, &machine] { StepAttach(client, machine); };
  } else if (!client.session && (client.Late() || !ours)) {
    Leave(client);
    return Refuse(client, "timeout",
                  fmt::format("the shell of {} does not answer", machine.config().name));
  }
  if (output && output->size() > client.forwarded) {
    client.out += output->substr(client.forwarded);
    client.forwarded = output->size();
  }
  if (client.session && ours && !client.in.empty()) {
    client.in.erase(0, shell->Type(client.in.substr(0, kTypedAhead)));
  }
  if (ours && !shell->TakeAnswer()) return;
  client.shell_of = nullptr;
  client.step = nullptr;
  client.closing = true;
}

void Control::Ask(Client& client, vm::Machine& machine, const std::string& command,
                  const Json& arguments) {
  // The client may have gone when the answer comes.
  auto answer = std::make_shared<std::optional<Json>>();
  bool sent = machine.qmp().Ask(command, arguments, [answer](const Json& got) { *answer = got; });
  const std::string& name = machine.config().name;
  if (!sent) return Refuse(client, "closed", fmt::format("{} takes no QMP commands", name));
  log_.Info("{}: a client sends {}", name, command);
  client.step = [this, &client, &machine, answer, command] {
    const std::string& vm = machine.config().name;
    if (!answer->has_value()) {
      if (client.Late()) Refuse(client, "timeout", fmt::format("{} did not answer", vm));
      return;
    }
    const Json& got = **answer;
    if (got.is_object() && got.contains("return")) {
      if (command == "cont") machine.ExpectStop(false);
      return Answer(client, {{"return", got["return"]}});
    }
    if (got.is_object() && got.contains("error") && got["error"].is_object()) {
      return Refuse(client, "qmp", got["error"].value("desc", "an error without a description"));
    }
    if (command == "quit") return Answer(client, {{"return", Json::object()}});
    Refuse(client, "closed", fmt::format("{} has ended", vm));
  };
}

void Control::BeginQmp(Client& client, vm::Machine& machine) {
  std::string command = TextOf(client.request, "execute");
  if (command.empty()) return Refuse(client, "bad-request", "no \"execute\": \"COMMAND\"");
  // What it is told to do is no trouble.
  if (command == "stop" || command == "migrate") machine.ExpectStop(true);
  if (command == "quit" || command == "system_powerdown") machine.ExpectExit();
  Ask(client, machine, command, client.request.value("arguments", Json()));
}

void Control::BeginScreendump(Client& client, vm::Machine& machine) {
  std::string file = TextOf(client.request, "file");
  if (file.empty() || file[0] != '/') {
    return Refuse(client, "bad-request", "\"file\" is no absolute path");
  }
  bool ppm = file.size() > 4 && file.compare(file.size() - 4, 4, ".ppm") == 0;
  Ask(client, machine, "screendump", {{"filename", file}, {"format", ppm ? "ppm" : "png"}});
}

void Control::BeginWait(Client& client, vm::Machine& machine) {
  RE2::Options options(RE2::Quiet);
  options.set_encoding(RE2::Options::EncodingLatin1);
  auto pattern = std::make_shared<RE2>(TextOf(client.request, "pattern"), options);
  if (!pattern->ok() || pattern->pattern().empty()) {
    return Refuse(client, "bad-request",
                  pattern->ok() ? "no pattern" : "no regular expression: " + pattern->error());
  }
  const std::string& name = machine.config().name;
  size_t from = client.request.value("next", Json(false)) == Json(true) ? seen_[name] : 0;
  client.step = [this, &client, &machine, pattern, from, name] {
    const vm::ConsoleText& text = machine.console().text();
    if (auto end = text.Find(*pattern, from)) {
      seen_[name] = *end;
      return Answer(client, {{"line", text.LineAt(*end)}});
    }
    if (machine.alive() && !client.Late()) return;
    Refuse(client, machine.alive() ? "timeout" : "not-running",
           fmt::format("'{}' did not appear on the console of {}{}", pattern->pattern(), name,
                       machine.alive() ? "" : ", which has ended"));
  };
}

void Control::BeginStart(Client& client, vm::Machine& machine) {
  const std::string& name = machine.config().name;
  if (machine.started()) {
    return Refuse(client, "not-running", fmt::format("{} has been started before", name));
  }
  host::Until until(std::min(client.until, Clock::now() + host::seconds(60)));
  if (vm::Trouble trouble = fleet_.Start(machine, until)) {
    return Refuse(client, trouble->kind, trouble->text);
  }
  Answer(client, {{"started", name}});
}

// A VM is where its guest is.
vm::Machine* Control::Find(const std::string& name) {
  auto moved = moved_.find(name);
  return fleet_.Find(moved != moved_.end() ? moved->second : name);
}

void Control::BeginMigrate(Client& client, vm::Machine& machine) {
  std::string name = TextOf(client.request, "vm");
  std::string protocol = TextOf(client.request, "protocol");
  if (protocol.empty()) protocol = "tcp";
  if (!mover_) return Refuse(client, "bad-request", "this test's VMs do not move");
  if (machine.shell() != nullptr && machine.shell()->busy()) {
    return Refuse(client, "busy", name + ": a command is under way in the guest's shell");
  }
  vm::Machine* now = nullptr;
  if (vm::Trouble trouble = mover_(name, machine, protocol, client.until, &now)) {
    return Refuse(client, trouble->kind, trouble->text);
  }
  moved_[name] = now->config().name;
  Answer(client, {{"moved", moved_[name]}});
}

void Control::BeginExpect(Client& client, vm::Machine& machine) {
  std::string what = TextOf(client.request, "what");
  if (what == "exit") {
    machine.ExpectExit();
  } else if (what == "panic") {
    machine.ExpectPanic();
  } else if (what == "stop") {
    machine.ExpectStop(true);
  } else {
    return Refuse(client, "bad-request",
                  fmt::format("'{}' cannot be expected: exit, panic or stop", what));
  }
  Answer(client, Json::object());
}

}  // namespace kvmtest::job
