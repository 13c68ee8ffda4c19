#include "vm/machine.h"

#include <errno.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <algorithm>
#include <sstream>
#include <string_view>
#include <utility>

#include "host/files.h"
#include "vm/agent.h"
#include "vm/ssh.h"

namespace kvmtest::vm {

namespace {

using host::Clock;
using host::Duration;
using host::Fd;

// More resets than any guest has business with. (A PC's triple fault resets it within a
// millisecond: 3,000 events in a second.)
constexpr long kResetLoop = 200;

// One reset as a guest sees it is several of qemu's: firmware that finds itself in a machine that
// was reset softly resets it again, and a kernel goes on to its next way of doing so while qemu has
// not yet done the first. (SeaBIOS 1.16 and Linux 6.1: two to five within 0.9 s on a host with a
// load of 10.) In seconds, from the first.
constexpr double kResetTime = 5;

// What a guest may have written to a port: all of it is kept, and read at each restore.
constexpr size_t kMostOfPast = 4 << 20;

// A line that goes on in the restored guest is shown as two.
std::string OnItsOwnLine(std::string_view before, const std::string& line) {
  return (before.empty() || before.back() == '\n' ? "" : "\n") + line + "\n";
}

// Ours does not block, qemu's becomes what qemu makes it.
bool Pair(Fd* ours, Fd* of_qemu) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return false;
  *ours = Fd(ends[0]);
  *of_qemu = Fd(ends[1]);
  return ::fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0;
}

bool IsPanic(const std::string& kind) {
  return kind == kGuestPanic || kind == kKernelOops;
}

// The line of qemu's that says why KVM gave up, with the one below that says more; empty if
// there is none. (7.2: "KVM internal error. Suberror: 1", lines of "extra data[0]: ...", "emulation
// failure", registers; "KVM: entry failed, hardware error 0x80000021"; "error: kvm run failed Bad
// address".)
std::string KvmError(const std::string& said) {
  std::string error;
  std::istringstream lines(said);
  for (std::string line; std::getline(lines, line);) {
    if (error.empty()) {
      for (const char* sign : {"KVM internal error", "KVM: ", "kvm run failed"}) {
        if (line.find(sign) != std::string::npos) error = Printable(line);
      }
    } else if (line.rfind("extra data", 0) != 0) {
      return line.find('=') == std::string::npos ? error + ", " + Printable(line) : error;
    }
  }
  return error;
}

// What stopped a machine before its monitor left negotiation mode came without an event (qemu 7.2;
// seen with a KVM that gave up on the guest's first instruction).
bool HasStopped(Qmp& qmp, host::TimePoint until) {
  Qmp::Reply reply = qmp.Execute("query-status", nullptr, until);
  std::string status = reply.ok() ? reply.value.value("status", "") : "";
  return status == "internal-error" || status == "io-error";
}

// Signals that qemu does not raise by a fault of its own.
bool IsFromOutside(int signal) {
  return signal == SIGKILL || signal == SIGTERM || signal == SIGINT || signal == SIGHUP ||
         signal == SIGQUIT || signal == SIGUSR1 || signal == SIGUSR2;
}

// Of devices and the like with which a guest says what its qemu's exit status is to be.
bool GuestMayChooseStatus(const std::vector<std::string>& argv) {
  return std::any_of(argv.begin(), argv.end(), [](const std::string& word) {
    return word.find("debug-exit") != std::string::npos ||
           word.find("testdev") != std::string::npos ||
           word.find("semihosting") != std::string::npos;
  });
}

std::string LastLineWith(const std::string& text, const char* words) {
  std::string found;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.find(words) != std::string::npos) found = Printable(line);
  }
  return found;
}

std::string LastLines(const std::string& text, size_t count) {
  ConsoleText tail;
  tail.Append(text);
  std::string joined;
  for (const std::string& line : tail.LastLines(count)) joined += "  " + line + "\n";
  return joined;
}

}  // namespace

Machine::Machine(Surroundings& around, VmConfig config, MachinePaths paths)
    : around_(around), config_(std::move(config)), paths_(std::move(paths)), output_(around.loop) {}

Machine::~Machine() {
  if (alive() && !ended_) {
    AskToEnd(Rung::kKill);
    WaitForExit(host::seconds(5));
  }
  FinishEnd();
}

bool Machine::OpenChannels(Ends* of_qemu, std::unique_ptr<ConsoleMatcher> matcher) {
  Fd qmp, console, shell;
  if (!Pair(&qmp, &of_qemu->qmp) || !Pair(&console, &of_qemu->console)) return false;
  if (config_.HasShell() && !Pair(&shell, &of_qemu->shell)) return false;
  if (!OpenPorts(of_qemu) || !FillPools()) return false;
  console_log_ = host::OpenForWriting(paths_.console_log);
  console_times_ = host::OpenForWriting(paths_.console_times);
  qmp_log_ = host::OpenForWriting(paths_.qmp_log);
  of_qemu->output = output_.Open(paths_.stderr_log);
  if (!console_log_ || !console_times_ || !qmp_log_ || !of_qemu->output) return false;
  qmp_ = std::make_unique<Qmp>(around_.loop, std::move(qmp), qmp_log_.get());
  console_ = std::make_unique<Console>(around_.loop, std::move(console), console_log_.get(),
                                       std::move(matcher));
  if (!config_.HasShell()) return true;
  shell_log_ = host::OpenForWriting(paths_.shell_log);
  OpenShell(std::move(shell));
  return static_cast<bool>(shell_log_);
}

void Machine::OpenShell(Fd shell) {
  if (!config_.agent) {
    shell_ = std::make_unique<SerialShell>(around_.loop, std::move(shell), shell_log_.get());
    return;
  }
  auto agent = std::make_unique<AgentShell>(around_.loop, std::move(shell), shell_log_.get());
  qmp_->Tell([agent = agent.get()](const Qmp::Event& event) {
    if (event.name != "VSERPORT_CHANGE" || event.data.value("id", "") != kAgentDevice) return;
    agent->PortChanged(event.data.value("open", false));
  });
  shell_ = std::move(agent);
}

bool Machine::OpenPorts(Ends* of_qemu) {
  for (size_t i = 0; i < config_.devices.ports.size(); ++i) {
    Fd ours;
    if (!Pair(&ours, &of_qemu->ports.emplace_back())) return false;
    ports_.push_back(std::make_unique<Port>(around_.loop, std::move(ours)));
  }
  return true;
}

bool Machine::FillPools() {
  for (const RngConfig& rng : config_.devices.rngs) {
    if (rng.pool == 0) continue;
    std::string bytes(rng.pool, '\0');
    for (size_t filled = 0; filled < bytes.size();) {
      ssize_t got = ::getrandom(&bytes[filled], bytes.size() - filled, 0);
      if (got <= 0) return false;
      filled += static_cast<size_t>(got);
    }
    Fd& pool = pools_[rng.name] = host::MemoryFile("kvmtest-random", bytes);
    if (!pool) return false;
  }
  return true;
}

std::string Machine::pool(const std::string& name) const {
  auto pool = pools_.find(name);
  if (pool == pools_.end()) return "";
  return host::ReadFile(fmt::format("/proc/self/fd/{}", pool->second.get())).value_or("");
}

Port* Machine::port(const std::string& name) {
  for (size_t i = 0; i < ports_.size(); ++i) {
    if (config_.devices.ports[i].name == name) return ports_[i].get();
  }
  return nullptr;
}

Trouble Machine::Start(const std::map<std::string, std::string>& overlays,
                       std::unique_ptr<ConsoleMatcher> matcher, host::TimePoint until) {
  Ends of_qemu;
  if (!OpenChannels(&of_qemu, std::move(matcher))) {
    return Failure{
        kHarnessError,
        fmt::format("{}: cannot open its sockets and logs: {}", config_.name, ::strerror(errno)),
        ""};
  }
  Fd of_ssh = config_.ssh ? std::move(of_qemu.shell) : Fd();
  std::vector<int> port_fds;
  for (const Fd& end : of_qemu.ports) port_fds.push_back(end.get());
  std::map<std::string, Fd> cables;
  if (Trouble trouble = around_.networks.Plug(config_, &cables)) return trouble;
  std::map<std::string, int> nic_fds;
  for (const auto& [nic, fd] : cables) nic_fds[nic] = fd.get();
  std::map<std::string, int> pool_fds;
  for (const auto& [rng, fd] : pools_) pool_fds[rng] = fd.get();
  argv_ = BuildArgv(config_, {.test = around_.test,
                              .accelerator = around_.accelerator,
                              .cpu_model = around_.cpu_model,
                              .nonce = around_.nonce,
                              .qmp_fd = of_qemu.qmp.get(),
                              .console_fd = of_qemu.console.get(),
                              .shell_fd = of_qemu.shell.get(),
                              .qmp_path = paths_.qmp_socket,
                              .overlays = overlays,
                              .nic_fds = nic_fds,
                              .memory_fd = memory_.get(),
                              .incoming = load_memory_ != nullptr,
                              .port_fds = port_fds,
                              .pool_fds = pool_fds,
                              .serial_logs = paths_.serial_logs,
                              .sandbox = around_.sandbox});
  host::WriteFile(paths_.command, host::ShellQuote(argv_) + "\n");
  host::SpawnRequest request{argv_,
                             -1,
                             of_qemu.output.get(),
                             of_qemu.output.get(),
                             {of_qemu.qmp.get(), of_qemu.console.get()}};
  if (of_qemu.shell) request.keep_fds.push_back(of_qemu.shell.get());
  if (memory_) request.keep_fds.push_back(memory_.get());
  request.keep_fds.insert(request.keep_fds.end(), port_fds.begin(), port_fds.end());
  request.keep_fds.insert(request.keep_fds.end(), around_.lock_fds.begin(), around_.lock_fds.end());
  for (const auto& [rng, fd] : pool_fds) request.keep_fds.push_back(fd);
  for (const auto& [nic, fd] : nic_fds) request.keep_fds.push_back(fd);
  for (int fd : around_.networks.lock_fds()) request.keep_fds.push_back(fd);
  request.reduce_capabilities = true;
  start_time_ = Clock::now();
  ListenToConsole();
  std::string error;
  process_ = host::Spawn(request, &error);
  if (!process_) return Failure{kQemuStartFailed, config_.name + ": " + error, ""};
  around_.guardian.AddGroup(process_->pid());
  around_.loop.Watch(process_->pidfd(), [this] {
    process_->Poll();
    around_.loop.Forget(process_->pidfd());
  });
  Fd ssh_output = config_.ssh ? std::move(of_qemu.output) : Fd();
  of_qemu = Ends();  // or we would never see qemu's end close
  cables.clear();    // a tap is to go with qemu
  around_.log.Info("{}: qemu started, pid {}", config_.name, process_->pid());
  std::function<bool()> load = std::exchange(load_memory_, nullptr);
  if (load && !load()) {
    return Failure{kQemuError, config_.name + ": its memory is not what was saved", ""};
  }
  Qmp::Reply hello = qmp_->Handshake(until);
  if (hello.ok()) {
    if (HasStopped(*qmp_, host::Within(host::seconds(2), until))) return StopTrouble();
    if (Trouble trouble = ReadForwardedPorts(until)) return trouble;
    return StartSsh(std::move(of_ssh), std::move(ssh_output));
  }
  if (around_.loop.stop_signal() != 0) return Failure{kInterrupted, "a signal", ""};
  return StartFailed(hello.error);
}

// It goes with us, or when qemu has ended.
Trouble Machine::StartSsh(Fd shell, Fd output) {
  if (!config_.ssh) return std::nullopt;
  auto nic = std::find_if(config_.nics.begin(), config_.nics.end(),
                          [this](const NicConfig& card) { return card.name == config_.ssh->nic; });
  bool forwarded = nic->net.mode == NetMode::kUser;
  std::string host = forwarded ? "127.0.0.1" : nic->address.ip;
  long port = forwarded ? forwarded_ports_[nic->name][kSshRedirect] : config_.ssh->guest_port;
  host::SpawnRequest request{
      SshArgv(*config_.ssh, host, port), shell.get(), shell.get(), output.get(), {}};
  around_.log.Info("{}: its shell: {}", config_.name, host::ShellQuote(request.argv));
  std::string error;
  ssh_ = host::Spawn(request, &error);
  if (!ssh_) return Failure{kHarnessError, config_.name + ": ssh: " + error, ""};
  around_.guardian.AddGroup(ssh_->pid());
  return std::nullopt;
}

// The guest's end of a connection of ssh's is as far as it was then, so ours is given up. An
// agent's port is open, whether or not qemu has told so yet.
void Machine::ShellWentBack() {
  if (ssh_) ssh_->Kill(kSshReconnect);
  if (shell_) shell_->AssumeReady();
}

void Machine::EndSsh() {
  if (!ssh_) return;
  ssh_->Kill(SIGKILL);
  while (!ssh_->Poll()) ::usleep(1000);
  around_.guardian.ForgetGroup(ssh_->pid());
  ssh_.reset();
}

void Machine::ListenToConsole() {
  console_->Tell([this, times = ConsoleTimes(console_times_.get(), start_time_)](
                     std::string_view bytes) mutable {
    LiveOutput* live = around_.live;
    if (!bytes.empty()) times.Came(console_->text().end(), Clock::now());
    if (live != nullptr && !bytes.empty()) live->Feed(config_.name, bytes);
    if (live != nullptr && bytes.empty()) live->Finish(config_.name);
  });
}

void Machine::AddArguments(const std::vector<std::string>& words) {
  config_.extra_params.insert(config_.extra_params.end(), words.begin(), words.end());
}

// qemu chose them, so no two tests want the same.
Trouble Machine::ReadForwardedPorts(host::TimePoint until) {
  size_t wanted = 0;
  for (const NicConfig& nic : config_.nics) wanted += nic.net.redirects.size();
  if (wanted == 0) return std::nullopt;
  Qmp::Reply reply =
      qmp_->Execute("human-monitor-command", {{"command-line", "info usernet"}}, until);
  std::string text = reply.ok() && reply.value.is_string() ? reply.value.get<std::string>() : "";
  forwarded_ports_ = ForwardedPorts(config_, text);
  for (const auto& [nic, ports] : forwarded_ports_) wanted -= ports.size();
  if (wanted == 0) return std::nullopt;
  return Failure{kQemuError, config_.name + ": qemu does not tell the ports that it forwards",
                 "info usernet: " + (reply.ok() ? Printable(text) : reply.error) + "\n"};
}

Trouble Machine::StartFailed(const std::string& why) {
  // A monitor that closes is followed by the end of its process.
  if (qmp_->closed()) WaitForExit(host::seconds(2));
  std::string first;
  std::string said = output_.Text();
  if (!said.empty()) first = Printable(said.substr(0, said.find('\n')));
  std::string text = exited() ? fmt::format("{}: qemu ended with {}", config_.name,
                                            process_->exit_status()->Text())
                              : fmt::format("{}: {}", config_.name, why);
  if (!first.empty()) text += ": " + first;
  // qemu does not always say which (7.2).
  if (first.find("unsupported machine type") != std::string::npos) {
    text += fmt::format(" (machine_type = {})", config_.machine);
  }
  bool killed = exited() && IsFromOutside(process_->exit_status()->signal);
  return Failure{killed ? kQemuKilled : kQemuStartFailed, text, DescribeQemu()};
}

Trouble Machine::trouble() {
  if (!process_ || ended_) return std::nullopt;
  if (Trouble said = ConsoleTrouble()) return said;
  if (Trouble panic = PanicTrouble()) return panic;
  if (exited() && !exit_expected_) return ExitTrouble();
  bool may_stop = stop_expected_ || panic_expected_ || exit_expected_;
  if (!may_stop && qmp_->FindEvent("STOP", stops_from_) != nullptr) {
    return StopTrouble();
  }
  return ResetTrouble();
}

Trouble Machine::GuestTrouble() const {
  if (Trouble said = ConsoleTrouble()) return said;
  if (Trouble panic = PanicTrouble()) return panic;
  return ResetTrouble();
}

Trouble Machine::PanicTrouble() const {
  if (panic_expected_ || qmp_->FindEvent("GUEST_PANICKED") == nullptr) return std::nullopt;
  return Failure{kGuestPanic, config_.name + ": the guest told qemu that it panicked", ""};
}

// KVM's errors and those of a disk stop a machine; qemu itself lives on.
Trouble Machine::StopTrouble() {
  std::string kvm = KvmError(output_.Text());
  if (!kvm.empty()) {
    return Failure{kKvmInternalError, config_.name + ": " + kvm, DescribeQemu()};
  }
  std::string why;
  if (const Qmp::Event* error = qmp_->FindEvent("BLOCK_IO_ERROR", stops_from_)) {
    why = fmt::format(" after an I/O error of {}: {}", error->data.value("device", "a disk"),
                      error->data.value("reason", "no reason given"));
  }
  return Failure{kQemuError, config_.name + ": qemu stopped the machine" + why, DescribeQemu()};
}

// A guest that faults while it handles a fault resets the machine, and often goes on to do so
// for ever.
Trouble Machine::ResetTrouble() const {
  bool expected = reset_expected_ || panic_expected_;
  long allowed = expected ? kResetLoop : config_.allowed_resets;
  long resets = 0;
  size_t last = 0;
  std::optional<double> begin;  // of the last one that is no part of one before
  const auto& events = qmp_->events();
  bool early = expected && !reset_after_.empty();
  for (size_t i = 0; i < events.size() && resets <= allowed; ++i) {
    const Qmp::Event& event = events[i];
    if (i >= resets_from_ && event.name == reset_after_) early = false;
    if (event.name != "RESET") continue;
    bool by_guest = event.data.value("guest", false);
    bool goes_on = by_guest && begin && event.time >= *begin && event.time - *begin < kResetTime;
    if (goes_on && !expected) continue;
    begin = event.time;
    if (!by_guest || i < resets_from_) continue;
    ++resets;
    last = i;
    if (!early) continue;
    return Failure{kGuestReset,
                   fmt::format("{}: the guest has reset the machine by itself, before any {} event",
                               config_.name, reset_after_),
                   ""};
  }
  if (resets <= allowed) return std::nullopt;
  if (expected) {
    return Failure{kGuestReset,
                   fmt::format("{}: the guest resets the machine again and again ({} times)",
                               config_.name, resets),
                   ""};
  }
  std::string when = "while it booted, before it was saved";
  if (last >= restored_at_) {
    when = fmt::format("{} s after its start",
                       static_cast<long>(host::SecondsBetween(start_time_, Clock::now())));
  }
  return Failure{kGuestReset,
                 fmt::format("{}: the guest has reset the machine {}, which nobody asked for "
                             "(allowed_resets = {})",
                             config_.name, when, config_.allowed_resets),
                 ""};
}

void Machine::ExpectReset(bool expected, const char* after) {
  reset_expected_ = expected;
  reset_after_ = after;
  if (qmp_) resets_from_ = qmp_->events().size();
}

Trouble Machine::ConsoleTrouble() const {
  if (!console_) return std::nullopt;
  const auto& match = console_->matcher().failure();
  if (!match || (panic_expected_ && IsPanic(match->kind))) return std::nullopt;
  return Failure{match->kind, fmt::format("{}: {}", config_.name, match->line), ""};
}

void Machine::ExpectStop(bool expected) {
  stop_expected_ = expected;
  if (qmp_) stops_from_ = qmp_->events().size();
}

Trouble Machine::ExitTrouble() {
  const host::ExitStatus& status = *process_->exit_status();
  const Qmp::Event* shutdown = qmp_->FindEvent("SHUTDOWN");
  std::string reason = shutdown != nullptr ? shutdown->data.value("reason", "unknown") : "unknown";
  // qemu ends in good order when it is told to, and says by whom.
  if (status.ok() && reason == "host-signal") {
    std::string said = LastLineWith(output_.Text(), "terminating on signal");
    return Failure{kQemuKilled,
                   fmt::format("{}: qemu was told to end by a signal from outside{}", config_.name,
                               said.empty() ? "" : ": " + said),
                   DescribeQemu()};
  }
  if (IsFromOutside(status.signal)) {
    return Failure{
        kQemuKilled,
        fmt::format(
            "{}: qemu was killed from outside: {}{}", config_.name, status.Text(),
            status.signal == SIGKILL ? ", of a person, a program or a kernel short of memory" : ""),
        DescribeQemu()};
  }
  if (!status.ok()) {
    return Failure{kQemuCrash, fmt::format("{}: qemu died with {}", config_.name, status.Text()),
                   DescribeQemu()};
  }
  return Failure{
      kGuestExited,
      fmt::format("{}: the machine went away on its own (reason: {})", config_.name, reason), ""};
}

Trouble Machine::CrashAtEnd() {
  if (!process_ || !exited()) return std::nullopt;
  const host::ExitStatus& status = *process_->exit_status();
  if (status.ok() || IsFromOutside(status.signal)) return std::nullopt;
  // One that cannot load a state ends with 1, and says nothing of a shutdown.
  bool in_order = qmp_->FindEvent("SHUTDOWN") != nullptr || (asked_to_end_ && !config_.incoming);
  if (status.signal == 0 && (!in_order || GuestMayChooseStatus(argv_))) return std::nullopt;
  return Failure{kQemuCrash,
                 fmt::format("{}: qemu died with {} when it was to end {}", config_.name,
                             status.Text(), ended_by_),
                 DescribeQemu()};
}

void Machine::AskToEnd(Rung rung) {
  ExpectExit();
  asked_to_end_ = true;
  switch (rung) {
    case Rung::kQuit:
      ended_by_ = "by QMP quit";
      qmp_->Send("quit");
      break;
    case Rung::kTerm:
      ended_by_ = "by SIGTERM";
      process_->Kill(SIGTERM);
      break;
    case Rung::kKill:
      ended_by_ = "by SIGKILL";
      process_->Kill(SIGKILL);
  }
  around_.log.Info("{}: to be ended {}", config_.name, ended_by_);
}

Trouble Machine::FinishEnd() {
  if (!process_ || ended_) return std::nullopt;
  ExpectExit();
  process_->Kill(SIGKILL);  // whatever else is in its group
  around_.loop.Forget(process_->pidfd());
  ended_ = true;
  EndSsh();
  if (!exited()) {
    return Failure{kHarnessError,
                   fmt::format("{}: qemu (pid {}) cannot be killed", config_.name, pid()), ""};
  }
  FinishConsole();
  around_.log.Info("{}: qemu ended {}: {}", config_.name, ended_by_,
                   process_->exit_status()->Text());
  for (int tries = 0; !GroupIsGone() && tries < 100; ++tries) around_.loop.RunFor(Duration(20));
  if (!GroupIsGone()) {
    return Failure{kHarnessError,
                   fmt::format("{}: processes of qemu's group {} are left", config_.name, pid()),
                   ""};
  }
  around_.guardian.ForgetGroup(process_->pid());
  return std::nullopt;
}

void Machine::UseMemory(Fd memory, std::function<bool()> load) {
  memory_ = std::move(memory);
  load_memory_ = std::move(load);
}

Trouble Machine::Abandon() {
  if (alive()) {
    AskToEnd(Rung::kKill);
    WaitForExit(host::seconds(5));
  }
  if (Trouble trouble = FinishEnd()) return trouble;
  qmp_.reset();
  console_.reset();
  shell_.reset();
  ports_.clear();
  pools_.clear();
  process_.reset();
  UseMemory(Fd());
  ended_by_ = "by itself";
  exit_expected_ = panic_expected_ = stop_expected_ = reset_expected_ = ended_ = false;
  asked_to_end_ = false;
  stops_from_ = resets_from_ = restored_at_ = 0;
  return std::nullopt;
}

std::optional<GuestPast> Machine::SavePast(std::string* why) {
  auto has_too_much = [&](size_t bytes, const std::string& where) {
    if (bytes <= kMostOfPast) return false;
    *why = fmt::format("its guest has written more than {} MiB to {}", kMostOfPast >> 20, where);
    return true;
  };
  console_->Drain();
  const size_t size = console_->text().end();
  if (has_too_much(size, "its console")) return std::nullopt;
  GuestPast past{host::ReadFile(paths_.console_log).value_or(""), qmp_->SaveEvents(), {}};
  if (past.console.size() != size) {
    *why = "its console's log is not whole";
    return std::nullopt;
  }
  for (const SerialConfig& port : config_.serials) {
    // qemu itself writes it.
    std::string path = SerialLog(port.name);
    if (has_too_much(host::RegularFileSize(path).value_or(0), "serial port " + port.name)) {
      return std::nullopt;
    }
    past.serial[port.name] = host::ReadFile(path).value_or("");
  }
  if (past.events.size() <= kMostOfPast) return past;
  *why = "qemu has told more of it than can be kept";
  return std::nullopt;
}

std::string Machine::SerialLog(const std::string& port) const {
  return fmt::format("{}{}.log", paths_.serial_logs, port);
}

bool Machine::ReplaySerial(const GuestPast& past, const std::string& end) {
  for (const SerialConfig& port : config_.serials) {
    auto before = past.serial.find(port.name);
    if (before == past.serial.end()) return false;
    std::string text = OnItsOwnLine(before->second, end);
    if (!host::WriteFile(SerialLog(port.name), before->second + text)) return false;
  }
  return true;
}

bool Machine::Replay(const GuestPast& past, const std::string& end) {
  if (!qmp_->Replay(past.events)) return false;
  restored_at_ = qmp_->events().size();
  console_->Replay(past.console, OnItsOwnLine(past.console, end));
  return true;
}

bool Machine::WaitForExit(Duration limit) {
  return process_->WaitUntil(around_.loop, Clock::now() + limit);
}

// What the guest wrote last is still in the socket when qemu has gone.
void Machine::FinishConsole() {
  around_.loop.RunUntil(
      [this] { return console_->closed() && (!shell_ || shell_->closed()) && qmp_->closed(); },
      Clock::now() + host::seconds(1));
  output_.Finish();
}

bool Machine::GroupIsGone() const {
  // qemu itself has been reaped; orphans of its group have become our children.
  while (::waitpid(-process_->pid(), nullptr, WNOHANG) > 0) {
  }
  return ::kill(-process_->pid(), 0) != 0 && errno == ESRCH;
}

std::string Machine::DescribeQemu() {
  std::string text = "command line: " + host::ShellQuote(argv_) + "\n";
  text += exited() ? "qemu ended with " + process_->exit_status()->Text() + "\n"
                   : fmt::format("qemu is running (pid {})\n", pid());
  std::string said = LastStderrLines();
  text += said.empty() ? "it wrote nothing to stderr\n" : "last lines of its stderr:\n" + said;
  return text;
}

std::string Machine::LastStderrLines() {
  return LastLines(output_.Text(), 20);
}

std::string Machine::LastConsoleLines(size_t count) const {
  if (!console_) return "";
  std::string text;
  for (const std::string& line : console_->text().LastLines(count)) text += "  " + line + "\n";
  return text;
}

}  // namespace kvmtest::vm
