// One test, from its description to its verdict: what happens in which order, and that
// whatever was started is ended on every way out.

#include "run_test.h"

#include <fmt/format.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "host/files.h"
#include "host/guardian.h"
#include "host/log.h"
#include "host/loop.h"
#include "host/process.h"
#include "job/accelerator.h"
#include "job/allotment.h"
#include "job/names.h"
#include "job/queue.h"
#include "job/requirements.h"
#include "job/result.h"
#include "procedures/procedure.h"
#include "vm/fleet.h"

namespace kvmtest {

namespace {

using job::Status;
using job::Verdict;

constexpr size_t kConsoleLines = 40;
// How much later the deadline may be for waiting for others, beside what the description says:
// CTest's lies 60 s behind them, and ending VMs takes up to 15 s.
constexpr host::Duration kWaitingAllowance = host::seconds(45);
// How much longer steps may take without KVM, unless timeout_multiplier says.
constexpr double kTcgMultiplier = 4;

std::string EnvironmentOr(const char* name, const std::string& otherwise) {
  const char* value = ::getenv(name);
  return value != nullptr && *value != '\0' ? value : otherwise;
}

std::string CacheDirectory() {
  std::string cache = EnvironmentOr("XDG_CACHE_HOME", "");
  if (cache.empty() || cache[0] != '/') {
    std::string home = EnvironmentOr("HOME", "");
    if (home.empty()) return "";
    cache = home + "/.cache";
  }
  return cache + "/kvmtest/probe";
}

host::Duration Seconds(double seconds) {
  return std::chrono::duration_cast<host::Duration>(std::chrono::duration<double>(seconds));
}

double UnixTime() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

Verdict Bad(std::string text) {
  return {Status::kBad, "bad-params", std::move(text), ""};
}
Verdict Harness(std::string text) {
  return {Status::kError, vm::kHarnessError, std::move(text), ""};
}
Verdict Skip(std::string text) {
  return {Status::kSkip, vm::kEnvironment, std::move(text), ""};
}

class TestRun {
 public:
  TestRun(const RunOptions& options, job::Description description)
      : options_(options),
        description_(std::move(description)),
        directory_(options.output_dir.empty() ? description_.results_dir + "/" +
                                                    job::ResultDirectoryName(description_.test)
                                              : options.output_dir),
        result_(directory_, description_),
        deadline_(host::Clock::now() + Seconds(description_.timeout)),
        allowance_(kWaitingAllowance + Seconds(description_.wait)) {}

  int Run();
  int DryRun();

 private:
  // A Verdict that is still "running" means: go on.
  Verdict TakeDirectory();
  Verdict Prepare();
  Verdict RunOnQueue();
  Verdict NotTaken(const job::QueueTrouble& trouble);
  void GiveBackTimeSince(host::TimePoint begin);
  Verdict SetUpQueue();
  Verdict SetUpParams();
  Verdict SetUpConfigs();
  Verdict SetUpMachines();
  Verdict SetUpFleet();
  Verdict RunProcedure();
  std::variant<std::vector<vm::VmConfig>, Verdict> Configs();
  std::optional<Verdict> MissingPrograms(const std::vector<vm::VmConfig>& configs);
  std::optional<Verdict> ChooseAccelerator();
  std::optional<Verdict> ChooseMultiplier();
  void RecordMachines();
  std::string Diagnosis();
  Verdict EndMachines(Verdict verdict);
  void Report(const Verdict& verdict);
  vm::MachinePaths Paths(const std::string& vm) const;
  std::string QemuImg() const { return params_.Get("qemu_img_binary", "qemu-img"); }

  RunOptions options_;
  job::Description description_;
  std::string directory_;
  job::ResultFile result_;
  host::TimePoint deadline_;
  host::Duration allowance_;
  double waited_ = 0;  // seconds
  host::Guardian guardian_;
  host::Fd ctest_;
  host::Loop loop_;
  host::Log log_;
  std::optional<host::Lock> directory_lock_;
  std::optional<job::HeldQueue> queue_;
  vm::Params params_;
  const procedures::Procedure* procedure_ = nullptr;
  std::vector<vm::VmConfig> configs_;
  job::Accelerator accelerator_;
  double timeout_multiplier_ = 1;
  std::unique_ptr<vm::Surroundings> around_;
  std::unique_ptr<vm::Fleet> fleet_;
  std::map<std::string, double> measurements_;
  std::string qemu_version_;
  std::string consoles_;
};

int TestRun::Run() {
  // Before anything is opened or locked, which the guardian would hold too.
  bool guarded = guardian_.Start();
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  Verdict verdict;
  if (!loop_.CatchStopSignals() || !guarded) {
    verdict = Harness(fmt::format("cannot set up signals or the guardian: {}", ::strerror(errno)));
  }
  // A launcher between us may live on when ctest is killed.
  ctest_ = host::OpenProcess(job::CtestProcess());
  if (ctest_) loop_.StopWhenEnded(ctest_.get());
  if (verdict.status == Status::kRunning) verdict = TakeDirectory();
  if (verdict.status == Status::kRunning) verdict = Prepare();
  if (verdict.status == Status::kRunning) verdict = RunOnQueue();
  Report(verdict);
  return job::ExitCode(verdict.status);
}

// The same test in another ctest at the same time would write to the same files.
Verdict TestRun::TakeDirectory() {
  if (!host::MakeDirectories(directory_)) {
    return Harness(fmt::format("cannot make {}: {}", directory_, ::strerror(errno)));
  }
  job::QueueTrouble trouble;
  host::TimePoint begin = host::Clock::now();
  directory_lock_ = job::WaitForLock(loop_, log_, directory_ + "/test.lock", description_.test,
                                     "the test's directory", deadline_ + allowance_, &trouble);
  GiveBackTimeSince(begin);
  if (!directory_lock_) return NotTaken(trouble);
  if (!log_.OpenFile(directory_ + "/runner.log") || !result_.Write(Verdict())) {
    return Harness(fmt::format("cannot write to {}: {}", directory_, ::strerror(errno)));
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
  result_.members()["waited"] = waited_;
}

Verdict TestRun::NotTaken(const job::QueueTrouble& trouble) {
  if (loop_.stop_signal() != 0) {
    return {Status::kError, vm::kInterrupted, ::strsignal(loop_.stop_signal()), ""};
  }
  if (trouble.busy) return {Status::kTimeout, "queue-busy", trouble.text, ""};
  return Harness(trouble.text);
}

Verdict TestRun::Prepare() {
  log_.Info("test {} ({})", description_.test, description_.origin);
  auto environment = [](const std::string& name) -> std::optional<std::string> {
    const char* value = ::getenv(name.c_str());
    return value != nullptr ? std::optional<std::string>(value) : std::nullopt;
  };
  auto allotment = job::ReadAllotment(environment);
  if (auto* error = std::get_if<std::string>(&allotment)) return Harness(*error);
  const auto& given = std::get<std::optional<job::Allotment>>(allotment);
  if (given) {
    std::string wrong = job::CheckAllotment(description_, *given);
    if (!wrong.empty()) return Harness(wrong);
  } else {
    log_.Info("ctest allotted no resources: the queue's lock alone decides");
  }
  if (auto missing = job::CheckRequirements(description_)) return Skip(*missing);
  Verdict verdict = SetUpParams();
  // What is wrong or missing need not wait for the queue; a pooled test's params depend on it.
  if (verdict.status != Status::kRunning || description_.queues.size() != 1) return verdict;
  return SetUpConfigs();
}

Verdict TestRun::RunOnQueue() {
  Verdict verdict = SetUpQueue();
  if (verdict.status == Status::kRunning) verdict = SetUpParams();
  if (verdict.status == Status::kRunning) verdict = SetUpMachines();
  if (verdict.status == Status::kRunning) verdict = SetUpFleet();
  if (verdict.status == Status::kRunning) verdict = RunProcedure();
  verdict = EndMachines(std::move(verdict));
  if (queue_) job::LeaveQueue(guardian_, &*queue_);
  return verdict;
}

Verdict TestRun::SetUpQueue() {
  job::QueueTrouble trouble;
  host::TimePoint begin = host::Clock::now();
  queue_ = job::TakeQueue(loop_, log_, guardian_, description_, deadline_ + allowance_, &trouble);
  GiveBackTimeSince(begin);
  if (!queue_) return NotTaken(trouble);
  // Until now the longest of all queues' counted.
  const double less = description_.timeout - description_.queues[queue_->index].timeout;
  deadline_ -= std::chrono::duration_cast<host::Duration>(std::chrono::duration<double>(less));
  return {};
}

Verdict TestRun::SetUpParams() {
  const job::QueueChoice& choice = description_.queues[queue_ ? queue_->index : 0];
  vm::Params::Map map = description_.params;
  for (const auto& [key, value] : choice.params) map[key] = value;
  params_ = vm::Params(std::move(map));
  result_.members()["queue"] = choice.name;
  result_.members()["state_dir"] = choice.state_dir;
  std::string type = params_.Get("type");
  procedure_ = procedures::FindProcedure(type);
  if (procedure_ == nullptr) return Skip(fmt::format("no procedure '{}'", type));
  std::string wrong = procedure_->check(params_);
  return wrong.empty() ? Verdict() : Bad(wrong);
}

std::variant<std::vector<vm::VmConfig>, Verdict> TestRun::Configs() {
  const job::QueueChoice& choice = description_.queues[queue_ ? queue_->index : 0];
  std::vector<std::string> names;
  if (procedure_->has_machines) names = vm::VmNames(params_);
  size_t nics = 0;
  for (const std::string& name : names) {
    nics += vm::NicNames(params_.For(name)).size();
  }
  auto found = job::Addresses(choice, nics);
  if (auto* error = std::get_if<std::string>(&found)) return Harness(*error);
  auto addresses = std::get<std::vector<vm::Address>>(found);
  if (addresses.size() < nics) {
    return Bad(fmt::format("the test has {} network card(s), its queue {} address(es)", nics,
                           addresses.size()));
  }
  std::vector<vm::VmConfig> configs;
  for (const std::string& name : names) {
    auto built = vm::BuildVmConfig(params_, name, addresses);
    if (auto* error = std::get_if<vm::ParamError>(&built)) return Bad(error->text);
    configs.push_back(std::get<vm::VmConfig>(std::move(built)));
    addresses.erase(addresses.begin(),
                    addresses.begin() + static_cast<long>(configs.back().nics.size()));
  }
  if (configs.empty() && procedure_->has_machines) return Bad("vms is empty");
  return configs;
}

std::optional<Verdict> TestRun::MissingPrograms(const std::vector<vm::VmConfig>& configs) {
  for (const vm::VmConfig& config : configs) {
    if (!host::FindProgram(config.qemu_binary)) {
      return Skip(fmt::format("qemu_binary '{}' is not there", config.qemu_binary));
    }
    for (const std::string& file : vm::FilesNeeded(config)) {
      if (::access(file.c_str(), R_OK) != 0) {
        return Skip(fmt::format("{}: {}", file, ::strerror(errno)));
      }
    }
  }
  return std::nullopt;
}

std::optional<Verdict> TestRun::ChooseAccelerator() {
  if (configs_.empty()) return std::nullopt;
  std::string mode = options_.accel.empty() ? params_.Get("accel", "auto") : options_.accel;
  if (mode != "auto" && mode != "kvm" && mode != "tcg") {
    return Bad(fmt::format("accel = {}: expected auto, kvm or tcg", mode));
  }
  const vm::VmConfig& config = configs_[0];
  auto chosen = job::ChooseAccelerator(
      loop_, log_, {mode, config.qemu_binary, config.cpu_model, CacheDirectory()});
  if (auto* failure = std::get_if<vm::Failure>(&chosen)) return job::VerdictOf(*failure, false);
  accelerator_ = std::get<job::Accelerator>(chosen);
  log_.Note("accelerator: {} ({})", accelerator_.name, accelerator_.reason);
  if (!accelerator_.cpu_model.empty()) {
    log_.Note("cpu_model: {} instead of '{}'", accelerator_.cpu_model, config.cpu_model);
  }
  if (auto wrong = ChooseMultiplier()) return *wrong;
  result_.members()["accel"] = accelerator_.name;
  result_.members()["accel_reason"] = accelerator_.reason;
  return std::nullopt;
}

// Limits are made for KVM; emulation takes its time.
std::optional<Verdict> TestRun::ChooseMultiplier() {
  timeout_multiplier_ = accelerator_.name == "tcg" ? kTcgMultiplier : 1;
  std::optional<std::string> text = params_.Find("timeout_multiplier");
  if (!text) return std::nullopt;
  auto [rest, error] =
      std::from_chars(text->data(), text->data() + text->size(), timeout_multiplier_);
  bool whole = error == std::errc() && rest == text->data() + text->size();
  if (whole && timeout_multiplier_ >= 0.01 && timeout_multiplier_ <= 1000) return std::nullopt;
  return Bad(fmt::format("timeout_multiplier = {}: expected a number from 0.01 to 1000", *text));
}

Verdict TestRun::SetUpConfigs() {
  auto configs = Configs();
  if (auto* verdict = std::get_if<Verdict>(&configs)) return *verdict;
  configs_ = std::get<std::vector<vm::VmConfig>>(std::move(configs));
  if (auto missing = MissingPrograms(configs_)) return *missing;
  return {};
}

Verdict TestRun::SetUpMachines() {
  Verdict verdict = SetUpConfigs();
  if (verdict.status != Status::kRunning) return verdict;
  if (auto wrong = ChooseAccelerator()) return *wrong;
  return {};
}

vm::MachinePaths TestRun::Paths(const std::string& vm) const {
  return {fmt::format("{}/console-{}.log", directory_, vm),
          fmt::format("{}/shell-{}.log", directory_, vm),
          fmt::format("{}/qmp-{}.log", directory_, vm),
          fmt::format("{}/qemu-{}.stderr", directory_, vm),
          fmt::format("{}/qemu-{}.cmd", directory_, vm),
          fmt::format("{}/{}.qmp", queue_ ? queue_->socket_dir : "/SOCKETS", job::Escape(vm))};
}

Verdict TestRun::SetUpFleet() {
  std::string nonce = EnvironmentOr("KVMTEST_NONCE", vm::RandomHex(12));
  result_.members()["nonce"] = nonce;
  around_.reset(new vm::Surroundings{loop_,
                                     log_,
                                     guardian_,
                                     {queue_->lock.fd(), queue_->state_lock.fd()},
                                     description_.test,
                                     accelerator_.name,
                                     accelerator_.cpu_model,
                                     nonce});
  fleet_ = std::make_unique<vm::Fleet>(
      *around_, configs_, [this](const std::string& vm) { return Paths(vm); }, queue_->run_dir,
      QemuImg());
  std::vector<vm::ConsoleRule> more;
  std::vector<std::string> ignore;
  if (auto fail = params_.Find("console_fail")) more.push_back({"console-fail", *fail});
  if (auto pattern = params_.Find("console_ignore")) ignore.push_back(*pattern);
  std::string wrong = fleet_->SetConsoleRules(std::move(more), std::move(ignore));
  if (!wrong.empty()) return Bad(wrong);
  fleet_->OnStart([this] { RecordMachines(); });
  return {};
}

void TestRun::RecordMachines() {
  nlohmann::json vms = nlohmann::json::array();
  for (auto& machine : fleet_->machines()) {
    const vm::VmConfig& config = machine->config();
    nlohmann::json nics = nlohmann::json::array();
    for (const vm::NicConfig& nic : config.nics) {
      nics.push_back({{"name", nic.name}, {"mac", nic.address.mac}, {"ip", nic.address.ip}});
    }
    nlohmann::json vm = {{"name", config.name}, {"nics", nics}};
    if (machine->started()) {
      vm["pid"] = machine->pid();
      vm["qmp"] = machine->paths().qmp_socket;
      vm["started"] = UnixTime() - host::SecondsBetween(machine->start_time(), host::Clock::now());
      qemu_version_ = machine->qmp().qemu_version();
    }
    vms.push_back(vm);
  }
  for (auto& machine : fleet_->machines()) {
    if (machine->started() && !machine->exited()) job::RememberProcess(*queue_, machine->pid());
  }
  result_.members()["vms"] = vms;
  result_.members()["qemu_version"] = qemu_version_;
  result_.Write(Verdict());
}

Verdict TestRun::RunProcedure() {
  procedures::Context context{loop_,
                              log_,
                              params_,
                              *fleet_,
                              deadline_,
                              measurements_,
                              directory_,
                              queue_->run_dir,
                              timeout_multiplier_};
  std::string passed;
  vm::Trouble trouble = procedure_->run(context, &passed);
  for (const std::string& key : params_.Unread()) {
    if (!procedures::IsProcedureParam(key)) log_.Info("param {} is known to nobody here", key);
  }
  if (!trouble) return {Status::kPass, procedure_->type, passed, ""};
  Verdict verdict = job::VerdictOf(*trouble, host::Clock::now() >= deadline_);
  log_.Info("{}", verdict.Line());
  if (verdict.kind != vm::kInterrupted) verdict.detail += Diagnosis();
  return verdict;
}

std::string TestRun::Diagnosis() {
  std::string text;
  for (auto& machine : fleet_->machines()) {
    if (!machine->started() || machine->exited()) continue;
    vm::Qmp::Reply status =
        machine->qmp().Execute("query-status", nullptr, host::Clock::now() + host::seconds(2));
    text += fmt::format("{}: {}\n", machine->config().name,
                        status.ok() ? "machine status " + status.value.value("status", "unknown")
                                    : "machine status unknown: " + status.error);
  }
  return text;
}

Verdict TestRun::EndMachines(Verdict verdict) {
  if (!fleet_) return verdict;
  bool interrupted = loop_.stop_signal() != 0;
  if (interrupted && verdict.status == Status::kPass) {
    log_.Info("a signal came after the test had passed");
  }
  loop_.IgnoreStopSignals();
  vm::Trouble trouble = fleet_->End(/*now=*/interrupted);
  result_.members()["vms_ended"] = UnixTime();
  if (trouble) {
    std::string was = verdict.Line();
    verdict = job::VerdictOf(*trouble, false);
    verdict.detail += "the verdict would have been: " + was + "\n";
  }
  if (verdict.status != Status::kPass && verdict.status != Status::kSkip) {
    for (auto& machine : fleet_->machines()) {
      if (!machine->started()) continue;
      std::string lines = machine->LastConsoleLines(kConsoleLines);
      consoles_ +=
          lines.empty()
              ? fmt::format("the console of {} showed nothing\n", machine->config().name)
              : fmt::format("last lines of the console of {}:\n{}", machine->config().name, lines);
    }
  }
  for (auto& machine : fleet_->machines()) {
    if (!machine->started()) continue;
    for (const std::string& line : machine->console().matcher().warnings()) {
      log_.Note("console warning: {}", line);
    }
  }
  fleet_.reset();
  while (::waitpid(-1, nullptr, WNOHANG) > 0) {  // orphans of qemu's that came to us
  }
  return verdict;
}

void TestRun::Report(const Verdict& verdict) {
  result_.members()["measurements"] = measurements_;
  std::string text = verdict.Line() + "\n";
  for (const std::string& note : log_.notes()) {
    text += note;
    if (note.empty() || note.back() != '\n') text += '\n';
  }
  text += verdict.detail + consoles_;
  text += fmt::format("files: {}\n", directory_);
  log_.Info("{}", verdict.Line());
  if (directory_lock_) {
    host::WriteFile(directory_ + "/verdict.txt", text);
    if (!result_.Write(verdict)) log_.Info("cannot write result.json: {}", ::strerror(errno));
  }
  for (const auto& [name, value] : measurements_) {
    text += job::Measurement("numeric/double", name, fmt::format("{:.3f}", value));
  }
  if (!accelerator_.name.empty()) {
    text += job::Measurement("text/string", "accel", accelerator_.name);
  }
  if (!qemu_version_.empty()) {
    text += job::Measurement("text/string", "qemu_version", qemu_version_);
  }
  text += job::Details(verdict);
  host::WriteAll(STDOUT_FILENO, text);
}

int TestRun::DryRun() {
  Verdict verdict = SetUpParams();
  if (verdict.status == Status::kRunning) verdict = SetUpMachines();
  std::string text;
  for (const std::string& note : log_.notes()) text += "# " + note + "\n";
  for (const vm::VmConfig& config : configs_) {
    vm::Wiring wiring{description_.test,
                      accelerator_.name.empty() ? "tcg" : accelerator_.name,
                      accelerator_.cpu_model,
                      "NONCE",
                      3,
                      4,
                      5,
                      Paths(config.name).qmp_socket,
                      {}};
    for (const vm::ImageConfig& image : config.images) {
      std::string path = vm::OverlayPath("/RUN", config, image);
      wiring.overlays[image.name] = path;
      text += host::ShellQuote(vm::OverlayArgv(image, QemuImg(), path)) + "\n";
    }
    text += host::ShellQuote(vm::BuildArgv(config, wiring)) + "\n";
  }
  if (verdict.status != Status::kRunning) text += verdict.Line() + "\n";
  host::WriteAll(STDOUT_FILENO, text);
  return verdict.status == Status::kRunning ? 0 : job::ExitCode(verdict.status);
}

}  // namespace

int RunTest(const RunOptions& options) {
  auto refuse = [](const std::string& text) {
    Verdict verdict{Status::kBad, "bad-description", text, ""};
    host::WriteAll(STDOUT_FILENO, verdict.Line() + "\n" + job::Details(verdict));
    return job::ExitCode(verdict.status);
  };
  auto location = job::ParseLocation(options.tests);
  if (auto* error = std::get_if<std::string>(&location)) return refuse(*error);
  auto description = job::ReadDescription(std::get<job::Location>(location), options.test);
  if (auto* error = std::get_if<std::string>(&description)) return refuse(*error);
  TestRun run(options, std::get<job::Description>(std::move(description)));
  return options.dry_run ? run.DryRun() : run.Run();
}

}  // namespace kvmtest
