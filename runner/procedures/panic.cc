// type = panic: the guest is made to panic, and that is noticed.
//
// Params: panic_command (crashes Linux by sysrq); panic_detected_by = any (default) | pvpanic |
// console | both; panic_timeout (10 s).

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "procedures/steps.h"

namespace kvmtest::procedures {

namespace {

using vm::Failure;
using vm::Machine;
using vm::Trouble;

constexpr const char* kWays[] = {"any", "pvpanic", "console", "both"};

std::string Way(const vm::Params& params) {
  return params.Get("panic_detected_by", "any");
}

struct Signs {
  bool pvpanic;
  bool console;

  bool Suffice(const std::string& way) const {
    if (way == "any") return pvpanic || console;
    return (pvpanic || way == "console") && (console || way == "pvpanic");
  }
  std::string Text() const {
    if (pvpanic && console) return "pvpanic and the console";
    return pvpanic ? "pvpanic" : console ? "the console" : "nothing";
  }
};

Signs Look(Machine& machine, size_t from) {
  const auto& match = machine.console().matcher().failure();
  return {machine.qmp().FindEvent("GUEST_PANICKED", from) != nullptr,
          match && match->kind == vm::kGuestPanic};
}

// A console can be made to show anything. A guest that has panicked answers no more; one with
// pvpanic tells qemu, and one that reboots then resets the machine.
Trouble CheckThatItIsDead(Context& context, Machine& machine, size_t from) {
  constexpr double kSeconds = 2;
  constexpr char kSilent[] = "silent";
  bool asked = false, answers = false;
  auto settled = [&] {
    if (machine.shell()->TakeAnswer()) answers = std::exchange(asked, false);
    if (!machine.shell()->busy() && !answers) asked = machine.shell()->Send("true");
    return answers || machine.exited() ||
           machine.qmp().FindEvent("GUEST_PANICKED", from) != nullptr ||
           machine.qmp().FindEvent("RESET", from) != nullptr;
  };
  Trouble trouble = context.fleet.WaitUntil(settled, Within(context, kSeconds), {kSilent, "", ""});
  if (trouble && trouble->kind != kSilent) return trouble;
  if (!answers) return std::nullopt;
  return Failure{
      vm::kNoPanic,
      fmt::format("{}: the console tells of a panic, but the guest's shell still answers",
                  machine.config().name),
      ""};
}

Trouble Panic(Context& context, std::string* passed) {
  Machine* machine = nullptr;
  if (Trouble trouble = MainMachine(context, &machine)) return trouble;
  if (Trouble trouble = BootAll(context)) return trouble;
  const std::string& name = machine->config().name;
  std::string command =
      context.params.ForVm(name).Get("panic_command", "echo c > /proc/sysrq-trigger");
  std::string way = Way(context.params);
  auto begin = host::Clock::now();
  size_t from = machine->qmp().events().size();
  machine->ExpectPanic();
  // In the background, so that the shell tells whether the guest lives.
  if (!machine->shell()->Send(InBackground(command))) {
    return Failure{vm::kHarnessError, "the guest's shell takes no command", ""};
  }
  context.log.Info("{}: runs: {}", name, command);
  host::Until until = Limit(context, "panic_timeout", 10);
  Trouble trouble = context.fleet.WaitUntil([&] { return Look(*machine, from).Suffice(way); },
                                            until, {vm::kNoPanic, "", ""});
  if (trouble && trouble->kind == vm::kNoPanic) {
    trouble->text = fmt::format("{}: no panic within {}: seen by {}, wanted: {}", name,
                                until.Text(), Look(*machine, from).Text(), way);
    trouble = vm::Late(*trouble, until);
  }
  if (trouble) return trouble;
  double time = host::SecondsBetween(begin, host::Clock::now());
  if ((trouble = CheckThatItIsDead(context, *machine, from))) return trouble;
  context.measurements["panic_seconds"] = time;
  *passed = fmt::format("the guest panicked, seen by {} after {:.2f} s",
                        Look(*machine, from).Text(), time);
  return std::nullopt;
}

std::string CheckPanic(const vm::Params& params) {
  std::string wrong = CheckShellParams(params, "panic");
  if (wrong.empty()) wrong = CheckNumbers(params, {{"panic_timeout", 1, 1000000}});
  if (!wrong.empty()) return wrong;
  std::string way = Way(params);
  if (std::find(std::begin(kWays), std::end(kWays), way) == std::end(kWays)) {
    return fmt::format("panic_detected_by = {}: expected any, pvpanic, console or both", way);
  }
  if (auto error = vm::CheckYesNo(vm::MainView(params), {"pvpanic"})) return error->text;
  bool may_have = vm::MainView(params).GetBool("pvpanic", true);
  if (may_have || way == "any" || way == "console") return "";
  return fmt::format("panic_detected_by = {}, but pvpanic = no", way);
}

}  // namespace

const Procedure kPanic = {"panic", Panic, CheckPanic,
                          "panic_command panic_detected_by panic_timeout"};

}  // namespace kvmtest::procedures
