#include "vm/fleet.h"

#include <fmt/format.h>
#include <string.h>

#include <algorithm>
#include <utility>

#include "host/files.h"
#include "vm/disk.h"

namespace kvmtest::vm {

using host::Clock;
using host::milliseconds;

namespace {

// What qemu may take to end when it is asked to, and when it is told to.
constexpr host::seconds kQuitTime(5);
constexpr host::seconds kTermTime(2);

// What the params add to the default rules and take from them.
std::unique_ptr<ConsoleMatcher> MatcherFor(const ConsolePatterns& patterns, std::string* error) {
  std::vector<ConsoleRule> rules = DefaultConsoleRules();
  if (!patterns.fail.empty()) rules.push_back({kConsoleFail, patterns.fail});
  std::vector<std::string> ignore;
  if (!patterns.ignore.empty()) ignore.push_back(patterns.ignore);
  return ConsoleMatcher::Make(rules, ignore, error, patterns.expect);
}

// A guest that had no time of its own to answer is not to blame.
const char* LateKind(const host::Until& until) {
  return until.is_deadline ? kTestTimeout : kShellTimeout;
}

// Of a command's text, which may be a whole script.
constexpr size_t kLongestShown = 500, kLongestLogged = 10000;

std::string Beginning(const std::string& text, size_t most) {
  if (text.size() <= most) return text;
  return fmt::format("{}... ({} bytes)", text.substr(0, most), text.size());
}

Failure Refusal(const std::string& name, const ShellFrame::Answer& answer,
                const std::string& command) {
  return {kCommandFailed,
          fmt::format("{}: no answer from the guest's agent: {}", name, answer.refusal),
          "the command:\n" + command + "\n"};
}

}  // namespace

Fleet::Fleet(Surroundings& around, std::vector<VmConfig> configs, PathsOf paths,
             std::string directory, std::string qemu_img)
    : around_(around),
      directory_(std::move(directory)),
      qemu_img_(std::move(qemu_img)),
      paths_(std::move(paths)) {
  for (VmConfig& config : configs) Add(std::move(config));
}

void Fleet::Add(VmConfig config) {
  MachinePaths paths = paths_(config.name);
  machines_.push_back(std::make_unique<Machine>(around_, std::move(config), std::move(paths)));
}

Machine& Fleet::AddTwin(const Machine& machine, const std::string& suffix) {
  VmConfig config = machine.config();
  config.name += "-" + suffix;
  config.incoming = true;
  config.paused = false;  // it goes on as the other was: running
  overlays_[config.name] = overlays_[machine.config().name];
  Add(std::move(config));
  return *machines_.back();
}

Trouble Fleet::Start(Machine& machine, const host::Until& until) {
  if (Trouble trouble = MakeOverlays(machine.config(), until)) return trouble;
  std::string error;
  std::unique_ptr<ConsoleMatcher> matcher = MatcherFor(machine.config().console, &error);
  if (!matcher) return Failure{kHarnessError, error, ""};
  Trouble trouble = machine.Start(overlays_[machine.config().name], std::move(matcher), until);
  if (!trouble && on_start_) on_start_();
  if (trouble && trouble->kind == kQemuStartFailed) BlameImages(machine.config(), until, &*trouble);
  return trouble;
}

// An overlay is made without a look at all of what lies below it: qemu finds out.
void Fleet::BlameImages(const VmConfig& config, host::TimePoint until, Failure* failure) {
  std::string said = failure->detail;  // all of it; the text has a line
  std::string locked = ImageInUse(said);
  // qemu itself may be the other one, if it was told to open an image twice.
  auto names = [&](const std::string& word) { return word.find(locked) != word.npos; };
  const std::vector<std::string>& extra = config.extra_params;
  if (!locked.empty() && std::none_of(extra.begin(), extra.end(), names)) {
    failure->kind = kEnvironment;
    failure->text =
        fmt::format("{}: another process may write to {}: {}", config.name, locked, failure->text);
    return;
  }
  for (const ImageConfig& image : config.images) {
    if (Trouble blamed = BlameImage(config, image, said, until)) {
      failure->kind = blamed->kind;
      failure->text = blamed->text + ": " + failure->text;
      return;
    }
  }
}

// Whether what qemu or qemu-img say of an overlay is the fault of the image that it stands on.
Trouble Fleet::BlameImage(const VmConfig& config, const ImageConfig& image, const std::string& said,
                          host::TimePoint until) {
  if (image.base.empty()) return std::nullopt;
  if (std::string why = WhyOutOfReach(said, FileIs::kRuns); !why.empty()) {
    return Failure{kEnvironment, fmt::format("{}: {}", config.name, why), ""};
  }
  host::RunOutcome look = host::RunProgram(
      around_.loop, {qemu_img_, "info", "-f", image.format, image.base}, host::TimeUntil(until));
  if (!look.started || look.timed_out || look.exit.ok()) return std::nullopt;
  std::string now = Printable(look.output);
  if (std::string why = WhyOutOfReach(now, FileIs::kUsers); !why.empty()) {
    return Failure{kEnvironment, fmt::format("{}: {}", config.name, why), ""};
  }
  return Failure{kImageCorrupt,
                 fmt::format("{}: {} is no {} image that qemu-img can read", config.name,
                             image.base, image.format),
                 ""};
}

Trouble Fleet::MakeOverlays(const VmConfig& config, const host::Until& until) {
  std::map<std::string, std::string>& overlays = overlays_[config.name];
  for (const ImageConfig& image : config.images) {
    if (overlays.count(image.name) != 0) continue;
    std::string path = OverlayPath(directory_, config, image);
    overlays[image.name] = path;
    if (MakeDisk(image, path)) continue;  // a process less
    if (Trouble trouble = MakeOverlay(config, image, path, until)) return trouble;
  }
  return std::nullopt;
}

Trouble Fleet::MakeOverlay(const VmConfig& config, const ImageConfig& image,
                           const std::string& path, const host::Until& until) {
  std::vector<std::string> argv = OverlayArgv(image, qemu_img_, path);
  host::RunOutcome outcome = host::RunProgram(around_.loop, argv, host::TimeUntil(until));
  if (around_.loop.stop_signal() != 0) return Failure{kInterrupted, "a signal", ""};
  if (!outcome.started) return Failure{kEnvironment, outcome.error, ""};
  if (!outcome.timed_out && outcome.exit.ok()) return std::nullopt;
  std::string what = fmt::format("{}: cannot make a disk for {}: ", config.name, image.name);
  std::string detail = "command line: " + host::ShellQuote(argv) + "\n";
  if (outcome.timed_out) {
    return Failure{until.is_deadline ? kTestTimeout : kHarnessError,
                   fmt::format("{}qemu-img did not end within {}", what, until.Text()), detail};
  }
  const char* kind = kHarnessError;
  std::string said = Printable(outcome.output);
  // qemu-img 7.2, of the format's limit and of the file system's.
  bool too_large = said.find("image size is too large") != std::string::npos;
  if (image.base.empty() && too_large) {
    kind = kBadParams;
    what = fmt::format("{}: image_size = {} for {}: ", config.name, image.size, image.name);
  } else if (Trouble blamed = BlameImage(config, image, said, until)) {
    return Failure{blamed->kind, blamed->text + ": " + said, detail};
  }
  return Failure{kind, what + said, detail};
}

std::string Fleet::DiskPath(const Machine& machine, const ImageConfig& image) const {
  return OverlayPath(directory_, machine.config(), image);
}

Trouble Fleet::AnyTrouble() {
  for (auto& machine : machines_) {
    if (Trouble trouble = machine->trouble()) return trouble;
  }
  return around_.networks.trouble();
}

// The rest of an oops or of qemu's last words is under way.
Trouble Fleet::Settled(Failure trouble) {
  around_.loop.RunFor(milliseconds(200));
  // An oops may have become the panic it leads to, an exit have got its reason.
  if (Trouble later = AnyTrouble()) return later;
  return trouble;
}

Trouble Fleet::WaitUntil(const std::function<bool()>& done, host::TimePoint until,
                         const Failure& late) {
  Trouble trouble;
  bool finished = around_.loop.RunUntil(
      [&] {
        // What was waited for may be what kills the VM, so it is looked at first.
        return done() || (trouble = AnyTrouble()).has_value();
      },
      until);
  if (trouble) return Settled(std::move(*trouble));
  if (finished) return std::nullopt;
  if (around_.loop.stop_signal() != 0) {
    return Failure{kInterrupted, ::strsignal(around_.loop.stop_signal()), ""};
  }
  return late;
}

Trouble Fleet::Ask(host::TimePoint until) {
  for (auto& machine : machines_) {
    if (!machine->alive() || machine->exit_expected()) continue;
    Qmp::Reply reply = machine->qmp().Execute("query-status", nullptr, until);
    // A monitor that closes is followed by the end of its process.
    if (reply.kind != Qmp::Reply::kClosed) continue;
    around_.loop.RunUntil([&] { return machine->exited(); }, until);
  }
  Trouble trouble = AnyTrouble();
  return trouble ? Settled(std::move(*trouble)) : std::nullopt;
}

Failure Fleet::Unanswered(const Qmp::Reply& reply, const host::Until& until, Failure failure) {
  if (reply.kind == Qmp::Reply::kError) return failure;
  if (around_.loop.stop_signal() != 0) {
    return {kInterrupted, ::strsignal(around_.loop.stop_signal()), ""};
  }
  if (reply.kind == Qmp::Reply::kTimeout) return Late(std::move(failure), until);
  // Of a monitor that closes, the end of its qemu says more.
  return *WaitUntil([] { return false; }, Clock::now() + host::seconds(1), failure);
}

Trouble Fleet::RunTool(const std::vector<std::string>& argv, host::TimePoint until,
                       host::RunOutcome* outcome) {
  Trouble trouble;
  *outcome = host::RunProgram(around_.loop, argv, host::TimeUntil(until), {},
                              [&] { return (trouble = AnyTrouble()).has_value(); });
  return trouble ? Settled(std::move(*trouble)) : std::nullopt;
}

// What a guest has said before its qemu ended may still be under way.
std::optional<ShellFrame::Answer> Fleet::LastAnswer(GuestShell& shell) {
  around_.loop.RunFor(milliseconds(200));
  return shell.TakeAnswer();
}

Trouble Fleet::Run(Machine& machine, const std::string& command, const host::Until& until,
                   ShellFrame::Answer* answer) {
  GuestShell* shell = machine.shell();
  const std::string& name = machine.config().name;
  if (shell != nullptr && shell->busy()) {
    Trouble trouble = WaitUntil(
        [&] { return !shell->busy(); }, until,
        Failure{LateKind(until),
                fmt::format("{}: the guest's shell was busy for others for {}", name, until.Text()),
                ""});
    if (trouble) return trouble;
  }
  if (shell == nullptr || !shell->Send(command)) {
    return Failure{kHarnessError, fmt::format("{}: the guest's shell takes no command", name), ""};
  }
  around_.log.Info("{}: runs: {}", name, Beginning(command, kLongestLogged));
  auto begin = Clock::now();
  std::optional<ShellFrame::Answer> got;
  Failure late{LateKind(until),
               fmt::format("{}: no answer from the guest's shell within {} to: {}", name,
                           until.Text(), Beginning(command, kLongestShown)),
               ""};
  // Its end may have been expected, but not under a command. Nor is another shell in its place; but
  // a new connection of ssh's takes the command that waits for it.
  const bool is_serial = !machine.config().ssh;
  bool gone = false;
  bool replaced = false;
  auto done = [&] {
    return (got = shell->TakeAnswer()).has_value() || (gone = !machine.alive()) ||
           (replaced = is_serial && shell->replaced());
  };
  Trouble trouble = WaitUntil(done, until, late);
  if (!trouble && gone && !got && !(got = LastAnswer(*shell))) {
    trouble = AnyTrouble();
    if (!trouble) trouble = machine.ExitTrouble();
  }
  if (!trouble && replaced && !got && !(trouble = AnyTrouble())) {
    trouble = Failure{kCommandFailed,
                      fmt::format("{}: the guest's shell has ended and another begun under: {}",
                                  name, Beginning(command, kLongestShown)),
                      ""};
  }
  if (trouble && trouble->text == late.text && shell->untaken() > 0) {
    trouble->text +=
        fmt::format(" (the guest has not taken all of it: {} bytes are left)", shell->untaken());
  }
  if (trouble) shell->GiveUp();
  if (trouble) return trouble;
  if (!got->refusal.empty()) return Refusal(name, *got, command);
  around_.log.Info("{}: status {} after {:.3f} s, {} bytes of output", name, got->status,
                   host::SecondsBetween(begin, Clock::now()), got->output.size());
  *answer = std::move(*got);
  return std::nullopt;
}

void Fleet::StepDown(const std::vector<Machine*>& machines, Machine::Rung rung,
                     host::Duration limit) {
  for (Machine* machine : machines) {
    if (machine->alive()) machine->AskToEnd(rung);
  }
  around_.loop.RunUntil(
      [&] {
        if (rung != Machine::Rung::kKill && around_.loop.stop_signal() != 0) return true;
        return std::none_of(machines.begin(), machines.end(),
                            [](Machine* machine) { return machine->alive(); });
      },
      Clock::now() + limit);
}

Trouble Fleet::End(const std::vector<Machine*>& machines, bool now) {
  if (!now) {
    StepDown(machines, Machine::Rung::kQuit, kQuitTime);
    StepDown(machines, Machine::Rung::kTerm, kTermTime);
  }
  for (Machine* machine : machines) {
    if (now || !machine->alive() || around_.loop.stop_signal() != 0) continue;
    around_.log.Note(
        "warning: {}: neither QMP quit nor SIGTERM ended qemu within {} s; it had to be "
        "killed",
        machine->config().name, (kQuitTime + kTermTime).count());
    machine->HadToBeKilled();
  }
  StepDown(machines, Machine::Rung::kKill, host::seconds(5));
  Trouble first;
  for (Machine* machine : machines) {
    Trouble trouble = machine->FinishEnd();
    if (!first) first = trouble;
  }
  return first;
}

Trouble Fleet::End(bool now) {
  std::vector<Machine*> all;
  for (auto& machine : machines_) all.push_back(machine.get());
  return End(all, now);
}

Trouble Fleet::End(Machine& machine) {
  machine.ExpectExit();
  return End({&machine}, /*now=*/false);
}

Trouble Fleet::CheckImages(host::TimePoint deadline) {
  for (auto& machine : machines_) {
    const VmConfig& config = machine->config();
    for (const ImageConfig& image : config.images) {
      auto file = overlays_[config.name].find(image.name);
      if (!image.check || file == overlays_[config.name].end()) continue;
      if (OverlayFormat(image) == "raw") continue;  // has nothing to be checked
      if (Trouble trouble = CheckImage(config, image, file->second, deadline)) return trouble;
    }
  }
  return std::nullopt;
}

Trouble Fleet::CheckImage(const VmConfig& config, const ImageConfig& image, const std::string& path,
                          host::TimePoint deadline) {
  std::string what = fmt::format("{}: qemu-img check of {}", config.name, image.name);
  host::RunOutcome outcome =
      host::RunProgram(around_.loop, {qemu_img_, "check", "-f", OverlayFormat(image), path},
                       host::TimeUntil(deadline));
  if (outcome.started && outcome.timed_out) return CutByTestTimeout(what);
  if (!outcome.started || outcome.exit.signal != 0) {
    return Failure{
        kHarnessError,
        fmt::format("{}: {}", what, outcome.started ? outcome.exit.Text() : outcome.error),
        Printable(outcome.output)};
  }
  return JudgeCheck(around_.log, what, FileIs::kRuns, outcome.exit.code, Printable(outcome.output));
}

Machine* Fleet::Find(const std::string& name) {
  for (auto& machine : machines_) {
    if (machine->config().name == name) return machine.get();
  }
  return nullptr;
}

}  // namespace kvmtest::vm
