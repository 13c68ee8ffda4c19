#include "procedures/host_commands.h"

#include <errno.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <optional>

#include "host/fd.h"
#include "host/files.h"
#include "host/process.h"
#include "procedures/program.h"
#include "procedures/steps.h"
#include "vm/live_output.h"

namespace kvmtest::procedures {

namespace {

constexpr long kHostCommandSeconds = 600;  // as KVM-Autotest has it

// A program's environment, but for the VMs, which are not there.
std::vector<std::string> HostEnvironment(const Context& context) {
  std::vector<std::string> environment = host::OwnEnvironment();
  for (std::string& entry : ProgramEnvironment(context, host::OwnProgram())) {
    bool param = entry.rfind("KVM_TEST_", 0) == 0 || entry.rfind("KVMTEST_OUTPUT_DIR=", 0) == 0;
    if (!param) continue;
    std::string key = entry.substr(0, entry.find('=') + 1);
    std::erase_if(environment, [&](const std::string& e) { return e.rfind(key, 0) == 0; });
    environment.push_back(std::move(entry));
  }
  return environment;
}

}  // namespace

HostCommands::HostCommands(Context& context)
    : loop_(context.loop),
      log_(context.log),
      guardian_(context.guardian),
      live_(context.live),
      params_(context.params),
      directory_(context.directory) {
  if (params_.Get("pre_command").empty() && params_.Get("post_command").empty()) return;
  environment_ = HostEnvironment(context);
  mark_ = "KVMTEST_HOST_COMMANDS=" + context.scratch;
  environment_.push_back(mark_);
  guardian_.AddEnvironment(mark_);
}

HostCommands::~HostCommands() {
  if (mark_.empty()) return;
  size_t left = host::KillByEnvironment(mark_);
  if (left > 0) log_.Note("killed {} process(es) that pre_command or post_command had left", left);
  guardian_.ForgetEnvironment(mark_);
}

vm::Trouble HostCommands::Before(host::TimePoint deadline) {
  vm::Trouble trouble = Run("pre_command", Limit("pre_command", deadline));
  if (loop_.stop_signal() != 0) return vm::Failure{vm::kInterrupted, "a signal", ""};
  return trouble;
}

vm::Trouble HostCommands::After(host::TimePoint deadline) {
  return Run("post_command", Limit("post_command", deadline));
}

vm::Trouble HostCommands::AfterInterruption(host::Duration limit) {
  host::TimePoint end = host::Clock::now() + limit;
  host::Until until = Limit("post_command", end);
  if (until.is_deadline) {
    until = host::Until(end, std::chrono::duration<double>(limit).count(),
                        "what an interrupted test has for it");
  }
  return Run("post_command", until);
}

host::Until HostCommands::Limit(const std::string& key, host::TimePoint deadline) const {
  long seconds = kHostCommandSeconds;
  // A wrong number has been refused when the test was set up.
  (void)vm::GetNumber(params_, key + "_timeout", 1, kMaxSeconds, kHostCommandSeconds, &seconds);
  return host::Within(static_cast<double>(seconds), key + "_timeout", deadline);
}

vm::Trouble HostCommands::Run(const std::string& key, const host::Until& until) {
  if (params_.Get(key).empty()) return std::nullopt;
  log_.Info("{}: {}", key, params_.Get(key));
  bool late = false;
  std::string wrong = RunLine(key, until, &late);
  if (wrong.empty()) return std::nullopt;
  if (params_.GetBool(key + "_noncritical", false)) {
    log_.Note("{} {}; it is not critical", key, wrong);
    return std::nullopt;
  }
  return vm::Failure{late && until.is_deadline ? vm::kTestTimeout : vm::kHarnessError,
                     key + " " + wrong, ""};
}

// What went wrong; empty if nothing did.
std::string HostCommands::RunLine(const std::string& key, const host::Until& until, bool* late) {
  int pipe[2];
  if (::pipe2(pipe, O_CLOEXEC) != 0) return fmt::format("has no pipe: {}", ::strerror(errno));
  host::Fd ours(pipe[0]);
  host::Fd of_command(pipe[1]);
  ::fcntl(ours.get(), F_SETFL, O_NONBLOCK);
  host::SpawnRequest request{
      {"/bin/sh", "-c", params_.Get(key)}, -1, of_command.get(), of_command.get(), {}};
  request.directory = directory_;
  request.environment = environment_;
  std::string error;
  std::optional<host::Process> process = host::Spawn(request, &error);
  if (!process) return error;
  of_command.Close();
  ProgramOutput output;
  auto read = [&] {
    std::string bytes;
    bool open = host::ReadAvailable(ours.get(), &bytes);
    output.Append(bytes);
    if (live_ != nullptr) live_->Feed(key, bytes);
    return open && !bytes.empty();
  };
  loop_.Watch(ours.get(), [&] {
    if (!read()) loop_.Forget(ours.get());
  });
  bool ended = process->WaitUntil(loop_, until);
  if (!ended) {
    process->Kill(SIGKILL);
    while (!process->Poll()) ::usleep(1000);
  }
  loop_.Forget(ours.get());
  while (read()) {
  }
  if (live_ != nullptr) live_->Finish(key);
  std::string shown = output.Shown();
  if (!shown.empty()) log_.Note("it wrote:\n{}", shown);
  *late = !ended;
  if (!ended) return "did not end within " + until.Text();
  const host::ExitStatus& exit = *process->exit_status();
  if (exit.ok()) return "";
  std::string last = output.LastLine();
  return fmt::format("ended with {}{}{}", exit.Text(), last.empty() ? "" : ": ", last);
}

std::string CheckHostCommands(const vm::Params& params) {
  for (const char* key : {"pre_command_timeout", "post_command_timeout"}) {
    long ignored = 0;
    if (auto error = vm::GetNumber(params, key, 1, kMaxSeconds, 1, &ignored)) return error->text;
  }
  auto error = vm::CheckYesNo(params, {"pre_command_noncritical", "post_command_noncritical"});
  return error ? error->text : "";
}

}  // namespace kvmtest::procedures
