// type = shutdown: the guest boots and powers itself off, and qemu says that it was
// the guest's doing.
//
// Params: shutdown_method = shell (runs shutdown_command, default "poweroff") |
// system_powerdown (presses the ACPI power button, after sleep_before_powerdown, 0 s);
// shutdown_timeout (240 s).

#include <fmt/format.h>

#include "procedures/steps.h"

namespace kvmtest::procedures {

namespace {

vm::Trouble AskToShutDown(Context& context, vm::Machine& machine, const std::string& method) {
  machine.ExpectExit();
  if (method == "system_powerdown") {
    vm::Qmp::Reply reply =
        machine.qmp().Execute("system_powerdown", nullptr, Limit(context, "shutdown_timeout", 240));
    if (reply.ok()) return std::nullopt;
    return vm::Failure{vm::kQemuError, "system_powerdown: " + reply.error, ""};
  }
  std::string command = context.params.Get("shutdown_command", "poweroff");
  // Its end marker may never come: the guest goes down under it.
  if (machine.shell()->Send(command)) return std::nullopt;
  return vm::Failure{vm::kHarnessError, "the guest's shell takes no command", ""};
}

vm::Trouble CheckReason(vm::Machine& machine) {
  const vm::Qmp::Event* event = machine.qmp().FindEvent("SHUTDOWN");
  std::string reason = event != nullptr ? event->data.value("reason", "none given") : "no event";
  if (reason == "guest-shutdown") {
    return std::nullopt;
  }
  return vm::Failure{vm::kWrongReason,
                     fmt::format("{}: the machine went down for the reason '{}', not "
                                 "'guest-shutdown'",
                                 machine.config().name, reason),
                     ""};
}

vm::Trouble Shutdown(Context& context, std::string* passed) {
  std::string method = Method(context.params, "shutdown_method", "system_powerdown");
  vm::Machine* machine = nullptr;
  if (vm::Trouble trouble = MainMachine(context, &machine)) return trouble;
  if (vm::Trouble trouble = BootAll(context)) return trouble;
  if (vm::Trouble trouble =
          SleepBefore(context, method, "system_powerdown", "sleep_before_powerdown")) {
    return trouble;
  }
  auto begin = host::Clock::now();
  if (vm::Trouble trouble = AskToShutDown(context, *machine, method)) return trouble;
  host::Until until = Limit(context, "shutdown_timeout", 240);
  vm::Trouble trouble =
      context.fleet.WaitUntil([&] { return machine->exited() && machine->qmp().closed(); }, until,
                              {vm::kShutdownTimeout,
                               fmt::format("{}: the guest did not power off within {} ({})",
                                           machine->config().name, until.Text(), method),
                               ""});
  if (trouble) return trouble;
  if ((trouble = CheckReason(*machine))) return trouble;
  double time = host::SecondsBetween(begin, host::Clock::now());
  context.measurements["shutdown_seconds"] = time;
  *passed = fmt::format("the guest powered off in {:.2f} s ({})", time, method);
  return std::nullopt;
}

std::string CheckShutdown(const vm::Params& params) {
  std::string wrong = CheckGuestParams(params);
  if (wrong.empty()) wrong = CheckNumbers(params, {{"sleep_before_powerdown", 0, kMaxSeconds}});
  return wrong.empty() ? CheckMethod(params, "shutdown_method", "system_powerdown") : wrong;
}

}  // namespace

const Procedure kShutdown = {
    "shutdown", Shutdown, CheckShutdown,
    "shutdown_method shutdown_command shutdown_timeout sleep_before_powerdown"};

}  // namespace kvmtest::procedures
