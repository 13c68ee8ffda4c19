// One test, from its description to its verdict: what happens in which order, and that
// whatever was started is ended on every way out.

#include "run_test.h"

#include <fmt/format.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <memory>
#include <optional>
#include <utility>

#include "diagnosis.h"
#include "dry_run.h"
#include "host/capabilities.h"
#include "host/files.h"
#include "host/guardian.h"
#include "host/log.h"
#include "host/loop.h"
#include "host/process.h"
#include "host/temporary.h"
#include "job/allotment.h"
#include "job/control.h"
#include "job/known_failures.h"
#include "job/names.h"
#include "job/queue.h"
#include "job/requirements.h"
#include "job/result.h"
#include "job/watched.h"
#include "keep.h"
#include "procedures/host_commands.h"
#include "procedures/procedure.h"
#include "procedures/state_transfer.h"
#include "report.h"
#include "test_record.h"
#include "test_setup.h"
#include "unread_params.h"
#include "vm/fleet.h"
#include "vm/live_output.h"
#include "vm/networks.h"
#include "vm/reuse.h"

namespace kvmtest {

namespace {

using job::Status;
using job::Verdict;

// How much later the deadline may be for waiting for others, beside what the command line says:
// CTest's lies 60 s behind both, a diagnosis takes up to 8 s and ending VMs up to 15 s.
constexpr host::Duration kWaitingAllowance = host::seconds(35);
// What post_command has when the test's time is up: before ctest's own deadline, or while somebody
// waits for a test that he has interrupted.
constexpr host::Duration kLastCommand = host::seconds(10);
// What templates may take, in MiB: some twenty of small guests.
constexpr long kTemplateLimit = 2048;

std::string EnvironmentOr(const char* name, const std::string& otherwise) {
  const char* value = ::getenv(name);
  return value != nullptr && *value != '\0' ? value : otherwise;
}

host::Duration Seconds(double seconds) {
  return std::chrono::duration_cast<host::Duration>(std::chrono::duration<double>(seconds));
}

// Everybody reads qemu's answers as qemu's documentation has them.
vm::Failure NotAsDocumented(const nlohmann::json::exception& error) {
  return {vm::kQemuError,
          fmt::format("an answer or event of qemu's has not the form that its documentation gives "
                      "it: {} (see qmp-VM.log)",
                      error.what()),
          ""};
}

std::string Unexpected(const std::exception& error) {
  return fmt::format("something that nobody expected: {}", error.what());
}

// What throws has met something that nobody has thought of: that is a verdict, too.
template <typename Step>
Verdict Guarded(const Step& step) {
  try {
    return step();
  } catch (const std::exception& error) {
    return job::HarnessError(Unexpected(error));
  }
}

class TestRun {
 public:
  TestRun(const RunOptions& options, job::Description description)
      : options_(options),
        description_(std::move(description)),
        directory_(options.output_dir.empty() ? description_.results_dir + "/" +
                                                    job::ResultDirectoryName(description_.test)
                                              : options.output_dir),
        record_(directory_, options.output_dir.empty() ? description_.results_dir : "",
                description_, log_),
        deadline_(host::Clock::now() + Seconds(description_.timeout)),
        allowance_(kWaitingAllowance + Seconds(options_.wait)) {}

  int Run();
  int DryRun();

 private:
  // A Verdict that is still "running" means: go on.
  Verdict TakeDirectory();
  Verdict Prepare();
  Verdict RunOnQueue();
  Verdict SetUpAndRun();
  Verdict NotTaken(const job::QueueTrouble& trouble);
  void GiveBackTimeSince(host::TimePoint begin);
  void MayLeaveTemporariesIn(const std::string& directory);
  Verdict SetUpQueue();
  Verdict SetUpParams();
  Verdict SetUpConfigs();
  Verdict SetUpMachines();
  Verdict SetUpNetworks();
  Verdict SetUpFleet();
  Verdict SetUpReuse();
  Verdict RunProcedure();
  void RecordMachines();
  void KeepMachines(const Verdict& so_far);
  Verdict EndMachines(Verdict verdict);
  Verdict RunPostCommand(Verdict verdict);
  void EndTheRest();
  void MeasureMachines();
  std::string WriteRepro();
  Verdict AsKnown(Verdict verdict, std::vector<std::string>* notes) const;
  const job::QueueChoice& Queue() const { return description_.queues[queue_ ? queue_->index : 0]; }
  vm::MachinePaths Paths(const std::string& vm) const;

  RunOptions options_;
  job::Description description_;
  std::string directory_;
  host::Log log_;
  TestRecord record_;
  host::TimePoint deadline_;
  host::Duration allowance_;
  double waited_ = 0;  // seconds
  host::Guardian guardian_;
  bool foreign_children_ = false;         // of the program that has become this one
  std::vector<std::string> temporaries_;  // where the guardian is to look for them
  host::Fd ctest_;
  host::Loop loop_;
  std::optional<host::Lock> directory_lock_;
  std::optional<job::HeldQueue> queue_;
  std::optional<vm::LiveOutput> live_;
  TestSetup setup_;
  std::unique_ptr<vm::Networks> networks_;
  std::unique_ptr<vm::Surroundings> around_;
  std::unique_ptr<vm::Fleet> fleet_;
  std::unique_ptr<vm::Reuse> reuse_;  // of the fleet's machines
  std::unique_ptr<job::Control> control_;
  std::optional<procedures::HostCommands> host_commands_;
};

// What the runner and its guardian do as root: use others' files and directories, end others'
// processes and find them by their environment, make networks, ping in them, and start what has
// other capabilities. (Whoever has some and is not root has them for what is executed, too.)
void KeepWhatIsNeeded() {
  if (::geteuid() != 0) return;
  host::KeepCapabilities({CAP_DAC_OVERRIDE, CAP_FOWNER, CAP_KILL, CAP_SYS_PTRACE, CAP_NET_ADMIN,
                          CAP_NET_RAW, CAP_SETPCAP, CAP_SYS_ADMIN /* a network namespace */,
                          CAP_NET_BIND_SERVICE /* see RunHere of host/netns.cc */});
}

int TestRun::Run() {
  KeepWhatIsNeeded();
  // Before anything is opened or locked, which the guardian would hold too.
  bool guarded = guardian_.Start();
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  foreign_children_ = host::HasChildren();
  Verdict verdict;
  if (!loop_.CatchStopSignals() || !guarded) {
    verdict = job::HarnessError(
        fmt::format("cannot set up signals or the guardian: {}", ::strerror(errno)));
  }
  // A launcher between us may live on when ctest is killed.
  ctest_ = host::OpenProcess(job::CtestProcess());
  if (ctest_) loop_.StopWhenEnded(ctest_.get());
  if (verdict.status == Status::kRunning) verdict = Guarded([this] { return TakeDirectory(); });
  if (verdict.status == Status::kRunning) verdict = Guarded([this] { return Prepare(); });
  if (verdict.status == Status::kRunning) verdict = RunOnQueue();
  std::vector<std::string> notes;
  verdict = AsKnown(std::move(verdict), &notes);
  for (const std::string& note : notes) log_.Note("{}", note);
  verdict = record_.Publish(std::move(verdict), setup_);
  for (const std::string& directory : temporaries_) guardian_.ForgetTemporaries(directory);
  return job::ExitCode(verdict.status);
}

Verdict TestRun::AsKnown(Verdict verdict, std::vector<std::string>* notes) const {
  return job::Judge(setup_.known_failures, description_.test, std::move(verdict), job::Today(),
                    notes);
}

// The same test in another ctest at the same time would write to the same files.
Verdict TestRun::TakeDirectory() {
  if (!host::MakeDirectories(directory_)) {
    return job::HarnessError(fmt::format("cannot make {}: {}", directory_, ::strerror(errno)));
  }
  job::QueueTrouble trouble;
  host::TimePoint begin = host::Clock::now();
  directory_lock_ = job::WaitForLock(loop_, log_, directory_ + "/test.lock", description_.test,
                                     "the test's directory", deadline_ + allowance_, &trouble);
  GiveBackTimeSince(begin);
  if (!directory_lock_) return NotTaken(trouble);
  for (const std::string& path : host::RemoveAbandoned(directory_)) {
    log_.Note("removed {}, left by a run that was killed", path);
  }
  MayLeaveTemporariesIn(directory_);
  if (!record_.Begin()) {
    return job::HarnessError(fmt::format("cannot write to {}: {}", directory_, ::strerror(errno)));
  }
  return {};
}

// The time of others is not the test's.
void TestRun::GiveBackTimeSince(host::TimePoint begin) {
  auto waited = std::chrono::duration_cast<host::Duration>(host::Clock::now() - begin);
  waited = std::min(waited, allowance_);
  deadline_ += waited;
  allowance_ -= waited;
  waited_ += host::SecondsBetween(begin, host::Clock::now());
  record_.members()["waited"] = waited_;
}

// Should we be killed, the guardian removes them, or whoever finds what this run has noted.
void TestRun::MayLeaveTemporariesIn(const std::string& directory) {
  guardian_.AddTemporaries(directory);
  temporaries_.push_back(directory);
  if (queue_) job::RememberTemporaries(*queue_, directory);
}

Verdict TestRun::NotTaken(const job::QueueTrouble& trouble) {
  if (loop_.stop_signal() != 0) {
    return {Status::kError, vm::kInterrupted, ::strsignal(loop_.stop_signal()), ""};
  }
  if (trouble.busy) return {Status::kTimeout, vm::kQueueBusy, trouble.text, ""};
  return job::HarnessError(trouble.text);
}

Verdict TestRun::Prepare() {
  log_.Info("test {} ({})", description_.test, description_.origin);
  auto environment = [](const std::string& name) -> std::optional<std::string> {
    const char* value = ::getenv(name.c_str());
    return value != nullptr ? std::optional<std::string>(value) : std::nullopt;
  };
  auto allotment = job::ReadAllotment(environment);
  if (auto* error = std::get_if<std::string>(&allotment)) return job::HarnessError(*error);
  const auto& given = std::get<std::optional<job::Allotment>>(allotment);
  if (given) {
    std::string wrong = job::CheckAllotment(description_, *given);
    if (!wrong.empty()) return job::HarnessError(wrong);
  } else {
    log_.Info("ctest allotted no resources: the queue's lock alone decides");
  }
  if (auto missing = job::CheckRequirements(description_)) return job::Skip(*missing);
  Verdict verdict = SetUpParams();
  // What is wrong or missing need not wait for the queue; a pooled test's params depend on it.
  if (verdict.status != Status::kRunning || description_.queues.size() != 1) return verdict;
  return SetUpConfigs();
}

Verdict TestRun::RunOnQueue() {
  Verdict verdict = Guarded([this] { return SetUpAndRun(); });
  KeepMachines(verdict);
  verdict = Guarded([&] { return EndMachines(verdict); });
  reuse_.reset();
  fleet_.reset();
  verdict = RunPostCommand(std::move(verdict));
  networks_.reset();
  EndTheRest();
  if (queue_) job::LeaveQueue(guardian_, &*queue_);
  return verdict;
}

Verdict TestRun::SetUpAndRun() {
  Verdict verdict = SetUpQueue();
  // Of a single queue they are known already.
  bool several = description_.queues.size() != 1;
  if (verdict.status == Status::kRunning && several) verdict = SetUpParams();
  if (verdict.status == Status::kRunning) verdict = SetUpMachines();
  if (verdict.status == Status::kRunning) verdict = SetUpNetworks();
  if (verdict.status == Status::kRunning) verdict = SetUpFleet();
  return verdict.status == Status::kRunning ? RunProcedure() : verdict;
}

Verdict TestRun::SetUpQueue() {
  job::QueueTrouble trouble;
  host::TimePoint begin = host::Clock::now();
  queue_ = job::TakeQueue(loop_, log_, guardian_, description_, deadline_ + allowance_, &trouble);
  GiveBackTimeSince(begin);
  if (!queue_) return NotTaken(trouble);
  for (const std::string& directory : temporaries_) job::RememberTemporaries(*queue_, directory);
  // Until now the longest of all queues' counted.
  deadline_ -= Seconds(description_.timeout - Queue().timeout);
  return {};
}

Verdict TestRun::SetUpParams() {
  record_.members()["queue"] = Queue().name;
  record_.members()["state_dir"] = Queue().state_dir;
  record_.WriteRunning();
  Verdict verdict = kvmtest::SetUpParams(description_, Queue(), &setup_);
  if (verdict.status != Status::kRunning) return verdict;
  std::string wrong = CheckKeepMode(KeepMode(setup_.params, options_.keep_vm));
  return wrong.empty() ? verdict : job::BadParams(wrong);
}

Verdict TestRun::SetUpConfigs() {
  return kvmtest::SetUpConfigs(Queue(), &setup_);
}

Verdict TestRun::SetUpMachines() {
  Verdict verdict = SetUpConfigs();
  if (verdict.status == Status::kRunning) verdict = CheckCdroms(loop_, setup_.configs, deadline_);
  if (verdict.status == Status::kRunning) {
    if (queue_) MayLeaveTemporariesIn(CacheDirectory("probe"));
    verdict = SetUpAccelerator(loop_, log_, options_.accel, &setup_);
  }
  if (verdict.status != Status::kRunning || setup_.configs.empty()) return verdict;
  record_.members()["accel"] = setup_.accelerator.name;
  record_.members()["accel_reason"] = setup_.accelerator.reason;
  return verdict;
}

vm::MachinePaths TestRun::Paths(const std::string& vm) const {
  return {fmt::format("{}/console-{}.log", directory_, vm),
          fmt::format("{}/console-{}.times", directory_, vm),
          fmt::format("{}/shell-{}.log", directory_, vm),
          fmt::format("{}/qmp-{}.log", directory_, vm),
          fmt::format("{}/qemu-{}.stderr", directory_, vm),
          fmt::format("{}/qemu-{}.cmd", directory_, vm),
          fmt::format("{}/{}.qmp", queue_ ? queue_->socket_dir : "/SOCKETS", job::Escape(vm)),
          fmt::format("{}/serial-{}-", directory_, vm)};
}

Verdict TestRun::SetUpNetworks() {
  networks_ = std::make_unique<vm::Networks>(
      loop_, log_, guardian_,
      vm::Networks::Owner{description_.host, Queue().name, Queue().state_dir, directory_,
                          queue_->run_dir});
  host::TimePoint begin = host::Clock::now();
  vm::Trouble trouble = networks_->SetUp(setup_.configs, deadline_);
  GiveBackTimeSince(begin);
  for (pid_t keeper : networks_->keepers()) job::RememberProcess(*queue_, keeper);
  if (!trouble) return {};
  if (trouble->kind == vm::kQueueBusy) return NotTaken({true, trouble->text});
  return job::VerdictOf(*trouble, host::Clock::now() >= deadline_);
}

Verdict TestRun::SetUpFleet() {
  record_.nonce = EnvironmentOr("KVMTEST_NONCE", vm::RandomHex(12));
  record_.members()["nonce"] = record_.nonce;
  record_.has_machines = true;
  if (job::IsWatched()) live_.emplace(STDERR_FILENO);
  around_.reset(new vm::Surroundings{loop_,
                                     log_,
                                     guardian_,
                                     *networks_,
                                     {queue_->lock.fd(), queue_->state_lock.fd()},
                                     description_.test,
                                     setup_.accelerator.name,
                                     setup_.accelerator.cpu_model,
                                     record_.nonce,
                                     HasSandbox(setup_.configs),
                                     live_ ? &*live_ : nullptr});
  fleet_ = std::make_unique<vm::Fleet>(
      *around_, setup_.configs, [this](const std::string& vm) { return Paths(vm); },
      queue_->run_dir, setup_.QemuImg());
  fleet_->OnStart([this] { RecordMachines(); });
  if (setup_.configs.empty()) return {};
  control_ = std::make_unique<job::Control>(loop_, log_, *fleet_, queue_->socket_dir + "/control");
  if (!control_->Open()) {
    return job::HarnessError(
        fmt::format("cannot make {}: {}", control_->path(), ::strerror(errno)));
  }
  record_.members()["control"] = control_->path();
  return SetUpReuse();
}

Verdict TestRun::SetUpReuse() {
  std::string directory = setup_.params.Get("template_dir", CacheDirectory("templates"));
  long limit = 0;
  auto wrong = vm::GetNumber(setup_.params, "template_limit", 0, 1 << 30, kTemplateLimit, &limit);
  if (wrong) return job::BadParams(wrong->text);
  if (!directory.empty() && directory[0] != '/') {
    return job::BadParams(fmt::format("template_dir = {}: expected an absolute path", directory));
  }
  if (std::none_of(setup_.configs.begin(), setup_.configs.end(),
                   [](const vm::VmConfig& config) { return config.reuse_template; })) {
    return {};
  }
  if (setup_.procedure->needs_boot) {
    log_.Note("vm_reuse: {} is a test of booting, so its VMs boot", setup_.procedure->type);
  } else if (directory.empty()) {
    log_.Note("vm_reuse: no template_dir is given, and there is no HOME for one; the VMs boot");
  } else {
    for (const char* part : {"", "/digests"}) MayLeaveTemporariesIn(directory + part);
    reuse_ = std::make_unique<vm::Reuse>(*around_, *fleet_, directory,
                                         static_cast<uint64_t>(limit) << 20);
  }
  return {};
}

void TestRun::RecordMachines() {
  for (auto& machine : fleet_->machines()) {
    if (!machine->started()) continue;
    record_.qemu_version = machine->qmp().qemu_version();
    if (!machine->exited()) job::RememberProcess(*queue_, machine->pid());
  }
  record_.members()["vms"] = RecordOf(*fleet_);
  record_.members()["qemu_version"] = record_.qemu_version;
  record_.WriteRunning();
}

Verdict TestRun::RunProcedure() {
  const vm::Params params = setup_.MainParams();
  procedures::Context context{.loop = loop_,
                              .log = log_,
                              .params = params,
                              .fleet = *fleet_,
                              .reuse = reuse_.get(),
                              .deadline = deadline_,
                              .measurements = record_.measurements,
                              .directory = directory_,
                              .scratch = queue_->run_dir,
                              .accelerator = setup_.accelerator.name,
                              .subresults = record_.subresults,
                              .guardian = guardian_,
                              .control = control_ ? control_->path() : "",
                              .timeout_multiplier = setup_.timeout_multiplier,
                              .networks = *networks_,
                              .live = live_ ? &*live_ : nullptr};
  std::string passed;
  if (control_) {
    control_->OnMigrate([&context](const std::string& vm, vm::Machine& now,
                                   const std::string& protocol, host::TimePoint until,
                                   vm::Machine** moved) {
      return procedures::MoveOnDemand(context, vm, now, protocol, until, moved);
    });
  }
  host_commands_.emplace(context);
  vm::Trouble trouble = host_commands_->Before(deadline_);
  try {
    if (!trouble) trouble = setup_.procedure->run(context, &passed);
    // A VM may have failed behind the last thing that it was asked for.
    if (!trouble) trouble = fleet_->AnyTrouble();
  } catch (const nlohmann::json::exception& error) {
    trouble = NotAsDocumented(error);
  }
  if (control_) control_->OnMigrate(nullptr);
  TellOfUnreadParams(log_, setup_, !trouble);
  if (!trouble) return {Status::kPass, setup_.procedure->type, passed, ""};
  Verdict verdict = job::VerdictOf(*trouble, host::Clock::now() >= deadline_);
  log_.Info("{}", verdict.Line());
  if (verdict.kind == vm::kInterrupted) return verdict;
  Diagnosis diagnosis;
  try {
    diagnosis = Diagnose(loop_, log_, *fleet_, *trouble, directory_);
  } catch (const nlohmann::json::exception& error) {
    log_.Note("no diagnosis: {}", NotAsDocumented(error).text);
  }
  bool boot = verdict.kind == vm::kBootTimeout || verdict.kind == vm::kGuestHang;
  if (boot && !diagnosis.summary.empty()) verdict.text += "; " + diagnosis.summary;
  verdict.detail += diagnosis.text;
  if (verdict.status != Status::kSkip) verdict.detail += WriteRepro();
  return verdict;
}

// A procedure may have given a machine arguments that no param says as they are.
std::string TestRun::WriteRepro() {
  std::vector<vm::VmConfig> configs = setup_.configs;
  for (vm::VmConfig& config : configs) {
    if (vm::Machine* machine = fleet_->Find(config.name)) config = machine->config();
  }
  return record_.WriteRepro(setup_, configs);
}

// Nothing of the test's is there any more but what pre_command has left. It may be late, or the
// test interrupted: a few seconds are kept for it.
Verdict TestRun::RunPostCommand(Verdict verdict) {
  if (!host_commands_) return verdict;
  vm::Trouble trouble =
      loop_.stop_signal() != 0
          ? host_commands_->AfterInterruption(kLastCommand)
          : host_commands_->After(std::max(deadline_, host::Clock::now() + kLastCommand));
  if (trouble && verdict.status == Status::kPass) {
    verdict = job::VerdictOf(*trouble, host::Clock::now() >= deadline_);
  } else if (trouble) {
    log_.Note("{}", trouble->text);
  }
  host_commands_.reset();
  return verdict;
}

// All that was started has been ended by those who did. Who has left its group and emptied its
// environment is nobody's, but has come to us when its parent ended.
void TestRun::EndTheRest() {
  if (foreign_children_) return;  // whose offspring cannot be told from ours
  if (size_t left = host::KillChildren()) {
    log_.Note("killed {} process(es) that the test had left", left);
  }
}

// For a person who wants to look at them. Nobody waits for one who would look at a known failure.
void TestRun::KeepMachines(const Verdict& so_far) {
  std::vector<std::string> for_later;
  const Verdict verdict = AsKnown(so_far, &for_later);
  std::string mode = KeepMode(setup_.params, options_.keep_vm);
  if (!control_ || !KeepWanted(mode, verdict) || loop_.stop_signal() != 0) return;
  std::optional<host::TimePoint> ctest_ends;
  // 15 s before it kills us, which is what ending VMs may take.
  if (job::CtestAncestor() != 0) ctest_ends = deadline_ + allowance_;
  Keeping keeping = PlanKeeping(*fleet_, options_.keep_seconds, ctest_ends, directory_);
  log_.Info("{}", keeping.text);
  record_.SayEarly(verdict, keeping.text);
  if (keeping.names.empty()) return;
  record_.members()["kept"] = {{"vms", keeping.names}, {"verdict", verdict.Line()}};
  record_.WriteRunning();
  loop_.RunUntil([&] { return control_->released() || !AnyAlive(*fleet_); }, keeping.until);
  record_.members().erase("kept");
}

Verdict TestRun::EndMachines(Verdict verdict) {
  control_.reset();
  record_.members().erase("control");
  if (!fleet_) return verdict;
  bool interrupted = loop_.stop_signal() != 0;
  if (interrupted && verdict.status == Status::kPass) {
    log_.Info("a signal came after the test had passed");
  }
  loop_.IgnoreStopSignals();
  vm::Trouble trouble = fleet_->End(/*now=*/interrupted);
  record_.members()["vms_ended"] = job::UnixTime();
  MeasureMachines();
  if (!trouble && verdict.status == Status::kPass) {
    if (vm::Trouble shown = WhatTheEndShowed(*fleet_)) {
      verdict = job::VerdictOf(*shown, false);
      verdict.detail += WriteRepro();
    }
  }
  if (!trouble && verdict.status == Status::kPass) trouble = fleet_->CheckImages(deadline_);
  for (auto& machine : fleet_->machines()) {
    if (verdict.status != Status::kPass || !machine->had_to_be_killed()) continue;
    verdict.text += fmt::format("; warning: {}'s qemu had to be killed", machine->config().name);
  }
  if (trouble) {
    std::string was = verdict.Line();
    verdict = job::VerdictOf(*trouble, host::Clock::now() >= deadline_);
    verdict.detail += "the verdict would have been: " + was + "\n";
  }
  if (verdict.status != Status::kPass && verdict.status != Status::kSkip) {
    record_.consoles = DescribeConsoles(*fleet_);
  }
  for (auto& machine : fleet_->machines()) {
    if (!machine->started()) continue;
    for (const std::string& line : machine->console().matcher().warnings()) {
      log_.Note("console warning: {}", line);
    }
  }
  reuse_.reset();
  fleet_.reset();
  while (::waitpid(-1, nullptr, WNOHANG) > 0) {  // orphans of qemu's that came to us
  }
  return verdict;
}

// The largest of several VMs, and the time of all.
void TestRun::MeasureMachines() {
  double rss = 0, cpu = 0;
  for (auto& machine : fleet_->machines()) {
    if (!machine->started() || !machine->exit_status()) continue;
    rss = std::max(rss, static_cast<double>(machine->exit_status()->max_rss_kib) / 1024);
    cpu += machine->exit_status()->cpu_seconds;
  }
  if (rss == 0) return;
  record_.measurements["qemu_max_rss_mib"] = rss;
  record_.measurements["qemu_cpu_seconds"] = cpu;
}

int TestRun::DryRun() {
  Verdict verdict = SetUpParams();
  if (verdict.status == Status::kRunning) verdict = SetUpMachines();
  std::string text;
  for (const std::string& note : log_.notes()) text += "# " + note + "\n";
  for (const vm::VmConfig& config : setup_.configs) {
    text += CommandLines(setup_, config, description_.test, Paths(config.name));
  }
  if (verdict.status != Status::kRunning) text += verdict.Line() + "\n";
  Print(text);
  return verdict.status == Status::kRunning ? 0 : job::ExitCode(verdict.status);
}

}  // namespace

int RunTest(const RunOptions& options) {
  auto end_with = [](const Verdict& verdict) {
    Print(verdict.Line() + "\n", job::Details(verdict));
    return job::ExitCode(verdict.status);
  };
  auto refuse = [&](const std::string& text) {
    return end_with({Status::kBad, "bad-description", text, ""});
  };
  auto location = job::ParseLocation(options.tests);
  if (auto* error = std::get_if<std::string>(&location)) return refuse(*error);
  auto description = job::ReadDescription(std::get<job::Location>(location), options.test);
  if (auto* error = std::get_if<std::string>(&description)) return refuse(*error);
  try {
    TestRun run(options, std::get<job::Description>(std::move(description)));
    return options.dry_run ? run.DryRun() : run.Run();
  } catch (const std::exception& error) {
    return end_with(job::HarnessError(Unexpected(error)));
  }
}

}  // namespace kvmtest
