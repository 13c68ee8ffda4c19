#include "vm/machine.h"

#include <errno.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <utility>

#include "host/files.h"

namespace kvmtest::vm {

namespace {

using host::Clock;
using host::Duration;
using host::Fd;
using host::seconds;

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

std::string LastLines(const std::string& text, size_t count) {
  ConsoleText tail;
  tail.Append(text);
  std::string joined;
  for (const std::string& line : tail.LastLines(count)) joined += "  " + line + "\n";
  return joined;
}

}  // namespace

Machine::Machine(Surroundings& around, VmConfig config, MachinePaths paths)
    : around_(around), config_(std::move(config)), paths_(std::move(paths)) {}

Machine::~Machine() {
  if (alive() && !ended_) {
    AskToEnd(Rung::kKill);
    WaitForExit(seconds(5));
  }
  FinishEnd();
}

bool Machine::OpenChannels(Ends* of_qemu, std::unique_ptr<ConsoleMatcher> matcher) {
  Fd qmp, console, shell;
  if (!Pair(&qmp, &of_qemu->qmp) || !Pair(&console, &of_qemu->console)) return false;
  if (config_.shell_port && !Pair(&shell, &of_qemu->shell)) return false;
  console_log_ = host::OpenForWriting(paths_.console_log);
  qmp_log_ = host::OpenForWriting(paths_.qmp_log);
  stderr_log_ = host::OpenForWriting(paths_.stderr_log);
  if (!console_log_ || !qmp_log_ || !stderr_log_) return false;
  qmp_ = std::make_unique<Qmp>(around_.loop, std::move(qmp), qmp_log_.get());
  console_ = std::make_unique<Console>(around_.loop, std::move(console), console_log_.get(),
                                       std::move(matcher));
  if (!config_.shell_port) return true;
  shell_log_ = host::OpenForWriting(paths_.shell_log);
  shell_ = std::make_unique<GuestShell>(around_.loop, std::move(shell), shell_log_.get());
  return static_cast<bool>(shell_log_);
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
  argv_ = BuildArgv(config_, {around_.test, around_.accelerator, around_.cpu_model, around_.nonce,
                              of_qemu.qmp.get(), of_qemu.console.get(), of_qemu.shell.get(),
                              paths_.qmp_socket, overlays});
  host::WriteFile(paths_.command, host::ShellQuote(argv_) + "\n");
  host::SpawnRequest request{
      argv_, -1, stderr_log_.get(), stderr_log_.get(), {of_qemu.qmp.get(), of_qemu.console.get()}};
  if (of_qemu.shell) request.keep_fds.push_back(of_qemu.shell.get());
  request.keep_fds.insert(request.keep_fds.end(), around_.lock_fds.begin(), around_.lock_fds.end());
  start_time_ = Clock::now();
  std::string error;
  process_ = host::Spawn(request, &error);
  if (!process_) return Failure{kQemuStartFailed, config_.name + ": " + error, ""};
  around_.guardian.AddGroup(process_->pid());
  around_.loop.Watch(process_->pidfd(), [this] {
    process_->Poll();
    around_.loop.Forget(process_->pidfd());
  });
  of_qemu = Ends();  // or we would never see qemu's end close
  around_.log.Info("{}: qemu started, pid {}", config_.name, process_->pid());
  Qmp::Reply hello = qmp_->Handshake(until);
  if (hello.ok()) return std::nullopt;
  if (around_.loop.stop_signal() != 0) return Failure{kInterrupted, "a signal", ""};
  return StartFailed(hello.error);
}

Trouble Machine::StartFailed(const std::string& why) {
  // A monitor that closes is followed by the end of its process.
  if (qmp_->closed()) WaitForExit(seconds(2));
  std::string first;
  std::string said = host::ReadFile(paths_.stderr_log).value_or("");
  if (!said.empty()) first = Printable(said.substr(0, said.find('\n')));
  std::string text = exited() ? fmt::format("{}: qemu ended with {}", config_.name,
                                            process_->exit_status()->Text())
                              : fmt::format("{}: {}", config_.name, why);
  if (!first.empty()) text += ": " + first;
  return Failure{kQemuStartFailed, text, DescribeQemu()};
}

Trouble Machine::trouble() {
  if (!process_ || ended_) return std::nullopt;
  const auto& match = console_->matcher().failure();
  if (match && !(panic_expected_ && IsPanic(match->kind))) {
    return Failure{match->kind, fmt::format("{}: {}", config_.name, match->line), ""};
  }
  if (!panic_expected_ && qmp_->FindEvent("GUEST_PANICKED") != nullptr) {
    return Failure{kGuestPanic, config_.name + ": the guest told qemu that it panicked", ""};
  }
  if (exited() && !exit_expected_) return ExitTrouble();
  bool may_stop = stop_expected_ || panic_expected_ || exit_expected_;
  if (!may_stop && qmp_->FindEvent("STOP", stops_from_) != nullptr) {
    return Failure{kQemuError, config_.name + ": qemu stopped the machine", DescribeQemu()};
  }
  return std::nullopt;
}

void Machine::ExpectStop(bool expected) {
  stop_expected_ = expected;
  if (qmp_) stops_from_ = qmp_->events().size();
}

Trouble Machine::ExitTrouble() {
  const host::ExitStatus& status = *process_->exit_status();
  if (!status.ok()) {
    return Failure{kQemuCrash, fmt::format("{}: qemu died with {}", config_.name, status.Text()),
                   DescribeQemu()};
  }
  const Qmp::Event* shutdown = qmp_->FindEvent("SHUTDOWN");
  std::string reason = shutdown != nullptr ? shutdown->data.value("reason", "unknown") : "unknown";
  return Failure{
      kGuestExited,
      fmt::format("{}: the machine went away on its own (reason: {})", config_.name, reason), ""};
}

void Machine::AskToEnd(Rung rung) {
  ExpectExit();
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

bool Machine::WaitForExit(Duration limit) {
  return process_->WaitUntil(around_.loop, Clock::now() + limit);
}

// What the guest wrote last is still in the socket when qemu has gone.
void Machine::FinishConsole() {
  around_.loop.RunUntil(
      [this] { return console_->closed() && (!shell_ || shell_->closed()) && qmp_->closed(); },
      Clock::now() + seconds(1));
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
  std::string said = host::ReadFile(paths_.stderr_log).value_or("");
  text += said.empty() ? "it wrote nothing to stderr\n"
                       : "last lines of its stderr:\n" + LastLines(said, 20);
  return text;
}

std::string Machine::LastConsoleLines(size_t count) const {
  if (!console_) return "";
  std::string text;
  for (const std::string& line : console_->text().LastLines(count)) text += "  " + line + "\n";
  return text;
}

}  // namespace kvmtest::vm
