// type = external, and every type that is the name of a program in test_dirs: the VMs boot, then
// the program runs, whatever it is written in. It reaches the VMs through `kvmtest-run exec` and
// its kin. Exit status 0 is a pass, 77 a skip whose reason is the last line it wrote, anything else
// a failure. It ends at once when a VM panics or dies, which is the verdict whatever it says.
//
// Params: command (type = external), test_dirs (directories, absolute), command_timeout (seconds),
// start_vm = yes | no (the program starts them).

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "host/files.h"
#include "host/process.h"
#include "procedures/program.h"
#include "procedures/steps.h"
#include "vm/live_output.h"

namespace kvmtest::procedures {

namespace {

using vm::Failure;
using vm::Trouble;

constexpr size_t kLogLimit = 64 << 20;
constexpr char kLiveName[] = "program";
// More of its own words about itself than anybody would read.
constexpr size_t kMostOfSubResults = 16 << 20;
constexpr size_t kMostOfMeasurements = 1 << 20;
// What a program that is late may take to say where it was.
constexpr host::Duration kLastWords = host::seconds(2);
// What a qemu that lives takes to say so, unless it is stopped.
constexpr double kAnswerSeconds = 2;

// The running program, its output, and whatever it has started.
class Running {
 public:
  explicit Running(Context& context) : context_(context) {}
  ~Running() { End(); }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

  std::string Start(const TestProgram& program);
  bool ended() { return process_ && process_->Poll().has_value(); }
  const host::ExitStatus& exit() { return *process_->exit_status(); }
  void Terminate();
  void End();
  const ProgramOutput& output() const { return output_; }

 private:
  void Read();
  void Take(std::string_view bytes);

  Context& context_;
  host::Fd output_end_;
  host::Fd log_;
  size_t logged_ = 0;
  std::optional<host::Process> process_;
  std::string mark_;  // in the environment of all that it starts
  ProgramOutput output_;
};

std::string Running::Start(const TestProgram& program) {
  int pipe[2];
  if (::pipe2(pipe, O_CLOEXEC) != 0) return fmt::format("pipe: {}", ::strerror(errno));
  output_end_ = host::Fd(pipe[0]);
  host::Fd of_program(pipe[1]);
  ::fcntl(pipe[0], F_SETFL, O_NONBLOCK);
  log_ = host::OpenForWriting(context_.directory + "/program.log");
  if (!log_) return fmt::format("cannot write program.log: {}", ::strerror(errno));
  mark_ = "KVMTEST_CONTROL=" + context_.control;
  host::SpawnRequest request{program.argv, -1, of_program.get(), of_program.get(), {}};
  request.directory = context_.directory;
  request.environment = host::OwnEnvironment();
  for (std::string& entry : ProgramEnvironment(context_, host::OwnProgram())) {
    std::string key = entry.substr(0, entry.find('=') + 1);
    std::erase_if(request.environment, [&](const std::string& e) { return e.rfind(key, 0) == 0; });
    request.environment.push_back(std::move(entry));
  }
  std::string error;
  context_.guardian.AddEnvironment(mark_);
  process_ = host::Spawn(request, &error);
  if (!process_) return error;
  context_.guardian.AddGroup(process_->pid());
  context_.loop.Watch(output_end_.get(), [this] { Read(); });
  context_.loop.Watch(process_->pidfd(), [this] {
    process_->Poll();
    context_.loop.Forget(process_->pidfd());
  });
  context_.log.Info("runs: {} (pid {})", host::ShellQuote(program.argv), process_->pid());
  return "";
}

void Running::Read() {
  std::string bytes;
  bool open = host::ReadAvailable(output_end_.get(), &bytes);
  Take(bytes);
  if (!open) context_.loop.Forget(output_end_.get());
}

void Running::Take(std::string_view bytes) {
  output_.Append(bytes);
  if (context_.live != nullptr) context_.live->Feed(kLiveName, bytes);
  size_t fits = std::min(bytes.size(), kLogLimit - logged_);
  host::WriteAll(log_.get(), bytes.substr(0, fits));
  logged_ += fits;
}

// It may say where it was.
void Running::Terminate() {
  process_->Kill(SIGTERM);
  context_.loop.RunUntil([this] { return ended(); }, host::Clock::now() + kLastWords);
}

// Everything that it has started goes, too, or would keep the pipe open.
void Running::End() {
  if (mark_.empty()) return;
  if (process_) {
    process_->Kill(SIGKILL);
    context_.loop.Forget(process_->pidfd());
  }
  size_t left = host::KillByEnvironment(mark_);
  while (process_ && !process_->Poll()) ::usleep(1000);
  if (left > 0) context_.log.Note("killed {} process(es) that the program had left", left);
  while (process_ && output_end_) {
    std::string bytes;
    bool open = host::ReadAvailable(output_end_.get(), &bytes);
    Take(bytes);
    if (!open || bytes.empty()) break;
  }
  if (context_.live != nullptr) context_.live->Finish(kLiveName);
  context_.loop.Forget(output_end_.get());
  output_end_.Close();
  if (process_) context_.guardian.ForgetGroup(process_->pid());
  context_.guardian.ForgetEnvironment(mark_);
  mark_.clear();
}

Trouble WriteParams(Context& context) {
  std::string file = context.directory + "/params.json";
  nlohmann::json params(context.params.map());
  std::string text = params.dump(2, ' ', false, nlohmann::json::error_handler_t::replace);
  // What an earlier run left would be taken for this one's, or be in its way.
  for (const char* old :
       {"measurements", "subresults", "program.log", "params.json", kUnfinished}) {
    host::RemoveTree(context.directory + "/" + old);
  }
  if (host::WriteFile(file, text + "\n")) return std::nullopt;
  return Failure{vm::kHarnessError, fmt::format("cannot write {}: {}", file, ::strerror(errno)),
                 ""};
}

// A VM that failed is the verdict, whatever its program has made of it: that may have ended at the
// same time, for that very reason or because it was about to.
Trouble TroubleOfVms(Context& context, bool failed) {
  if (Trouble trouble = context.fleet.Ask(Within(context, kAnswerSeconds))) return trouble;
  if (!failed) return std::nullopt;
  // What has made the program fail may need a moment to be seen.
  Failure none{"", "", ""};
  Trouble trouble = context.fleet.WaitUntil([] { return false; },
                                            host::Clock::now() + host::milliseconds(200), none);
  return trouble && !trouble->kind.empty() ? trouble : std::nullopt;
}

// What the program has said of its parts, and what was wrong with how it did so.
struct Parts {
  SubResults results;
  std::string wrong = {};
};

Parts TakeSubResults(Context& context) {
  Parts parts;
  auto text =
      host::ReadForeignFile(context.directory + "/subresults", kMostOfSubResults, &parts.wrong);
  parts.results = ReadSubResults(text.value_or(""));
  const SubResults& results = parts.results;
  if (parts.wrong.empty()) parts.wrong = results.wrong;
  for (const SubResult& part : results.parts) {
    if (part.status == "fail") context.log.Note("sub-result failed: {}", part.name);
  }
  context.subresults = results.parts;
  size_t total = results.Total();
  if (!parts.wrong.empty()) context.log.Note("its sub-results: {}", parts.wrong);
  if (total == 0) return parts;
  bool all = total == results.parts.size();
  context.log.Note("sub-results: {} passed, {} failed, {} skipped{}", results.Count("pass"),
                   results.Count("fail"), results.Count("skip"),
                   all ? "" : fmt::format(" ({} are recorded)", results.parts.size()));
  return parts;
}

bool IsSkip(const host::ExitStatus& exit) {
  return exit.signal == 0 && exit.code == kSkipStatus;
}

// What is wrong with its measurements; those that the runner has itself are not to be changed.
std::string TakeMeasurements(Context& context) {
  std::string unread;
  auto text =
      host::ReadForeignFile(context.directory + "/measurements", kMostOfMeasurements, &unread);
  if (!text) return unread;
  auto found = ReadMeasurements(*text);
  if (auto* wrong = std::get_if<std::string>(&found)) return *wrong;
  for (const auto& [name, value] : std::get<0>(found)) {
    if (!context.measurements.emplace(name, value).second) {
      return fmt::format("{} is measured by the runner", name);
    }
  }
  return "";
}

// A test of which a part has failed has failed, whatever its program's exit status; and so has
// one of whose parts nobody can tell.
Trouble FailedParts(const Parts& parts, const std::string& name, const host::ExitStatus& exit) {
  auto fail = [&](const std::string& what) {
    return Failure{vm::kTestFailed,
                   fmt::format("{} ended with {}, but {}", name, exit.Text(), what), ""};
  };
  const size_t failed = parts.results.Count("fail");
  if (failed == 0 && !parts.wrong.empty()) return fail("its subresults: " + parts.wrong);
  if (failed == 0) return std::nullopt;
  return fail(fmt::format("{} of its {} sub-results failed: {}{}", failed, parts.results.Total(),
                          parts.results.first_failed, failed > 1 ? ", ..." : ""));
}

Trouble Judge(Context& context, const std::string& name, Running& program, const Parts& parts) {
  const host::ExitStatus& exit = program.exit();
  const bool skips = IsSkip(exit);
  std::string last = program.output().LastLine();
  std::string wrong = TakeMeasurements(context);
  const bool unfinished = ::unlink((context.directory + "/" + kUnfinished).c_str()) == 0;
  if (unfinished && (exit.ok() || skips)) {
    return Failure{vm::kTestFailed,
                   fmt::format("{} ended with {} in the middle of its tests", name, exit.Text()),
                   ""};
  }
  if (exit.ok() || skips) {
    if (Trouble trouble = FailedParts(parts, name, exit)) return trouble;
  }
  if (exit.ok()) {
    if (wrong.empty()) return std::nullopt;
    return Failure{vm::kTestFailed, fmt::format("{} passed, but its measurements: {}", name, wrong),
                   ""};
  }
  if (!wrong.empty()) context.log.Note("its measurements: {}", wrong);
  if (skips) {
    return Failure{vm::kEnvironment, last.empty() ? name + " gave no reason" : last, ""};
  }
  std::string text = fmt::format("{} ended with {}", name, exit.Text());
  return Failure{vm::kTestFailed, last.empty() ? text : text + ": " + last, ""};
}

Trouble RunTheProgram(Context& context, const TestProgram& program, Parts* parts) {
  Running running(context);
  std::string error = running.Start(program);
  if (!error.empty()) return Failure{vm::kHarnessError, program.name + ": " + error, ""};
  host::TimePoint begin = host::Clock::now();
  host::Until until = Limit(context, "command_timeout", kMaxSeconds);
  Failure late{vm::kTestTimeout,
               fmt::format("{} did not end within {}", program.name, until.Text()), ""};
  Trouble trouble = context.fleet.WaitUntil([&] { return running.ended(); }, until, late);
  if (trouble && trouble->kind == vm::kTestTimeout) running.Terminate();
  running.End();
  double time = host::SecondsBetween(begin, host::Clock::now());
  context.log.Info("{} ended with {} after {:.3f} s", program.name, running.exit().Text(), time);
  std::string shown = running.output().Shown();
  if (!shown.empty()) context.log.Note("{} wrote:\n{}", program.name, shown);
  *parts = TakeSubResults(context);
  if (!trouble) {
    const host::ExitStatus& exit = running.exit();
    const bool failed = !exit.ok() && !IsSkip(exit);
    trouble = TroubleOfVms(context, failed);
  }
  if (trouble && trouble->kind == vm::kGuestExited) {
    context.log.Note(
        "a program that ends a VM on purpose says so before: "
        "kvmtest-run expect VM exit");
  }
  return trouble ? trouble : Judge(context, program.name, running, *parts);
}

Trouble External(Context& context, std::string* passed) {
  auto found = FindTestProgram(context.params);
  if (auto* missing = std::get_if<std::string>(&found)) {
    return Failure{vm::kEnvironment, *missing, ""};
  }
  const TestProgram& program = std::get<TestProgram>(found);
  if (Trouble trouble = WriteParams(context)) return trouble;
  if (context.params.GetBool("start_vm", true)) {
    if (Trouble trouble = BootAll(context)) return trouble;
  }
  host::TimePoint begin = host::Clock::now();
  Parts parts;
  if (Trouble trouble = RunTheProgram(context, program, &parts)) return trouble;
  *passed = fmt::format("{} passed after {:.2f} s", program.name,
                        host::SecondsBetween(begin, host::Clock::now()));
  size_t total = parts.results.Total();
  if (total > 0) *passed += fmt::format(", {} sub-results", total);
  return std::nullopt;
}

std::string CheckExternal(const vm::Params& params) {
  std::string wrong;
  TestDirs(params, &wrong);
  if (!wrong.empty()) return wrong;
  auto found = FindTestProgram(params);
  if (auto* missing = std::get_if<std::string>(&found)) return *missing;
  long ignored = 0;
  if (auto error = vm::GetNumber(params, "command_timeout", 1, kMaxSeconds, 1, &ignored)) {
    return error->text;
  }
  if (auto error = vm::CheckYesNo(params, {"start_vm"})) return error->text;
  if (wrong = CheckVariables(params); !wrong.empty()) return wrong;
  return CheckGuestParams(params);
}

}  // namespace

const Procedure* ProcedureOf(const vm::Params& params) {
  if (const Procedure* built_in = FindProcedure(params.Get("type"))) return built_in;
  std::string wrong;
  TestDirs(params, &wrong);
  bool is_external = !wrong.empty() || std::holds_alternative<TestProgram>(FindTestProgram(params));
  return is_external ? &kExternal : nullptr;
}

std::string NoProcedure(const vm::Params& params) {
  auto found = FindTestProgram(params);
  auto* why = std::get_if<std::string>(&found);
  return why != nullptr ? *why : "";
}

const Procedure kExternal = {.type = "external",
                             .run = External,
                             .check = CheckExternal,
                             .params = "command command_timeout test_dirs start_vm",
                             .reads_all_params = true};

}  // namespace kvmtest::procedures
