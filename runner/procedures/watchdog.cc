// type = watchdog: the guest starts its watchdog and then does not feed it; qemu says that the
// watchdog fired and does what was asked: resets the machine (the guest boots again), presses
// the power button, ends, stops, or sends the guest an NMI.
//
// Params: watchdog_device_type (i6300esb), watchdog_action (reset), watchdog_timeout (seconds, 5),
// watchdog_command (busybox's `watchdog`, told to feed it once an hour).

#include <fmt/format.h>
#include <re2/re2.h>

#include "procedures/device_steps.h"

namespace kvmtest::procedures {

namespace {

using vm::Failure;
using vm::Trouble;

constexpr long kWatchdogTimeout = 5;

// A guest without a driver for it cannot be tested.
Trouble FindWatchdog(Context& context, vm::Machine& machine) {
  vm::ShellFrame::Answer answer;
  Trouble trouble = context.fleet.Run(machine, std::string(kLoadDrivers) + "[ -c /dev/watchdog ]",
                                      DeviceLimit(context), &answer);
  if (trouble || answer.status == 0) return trouble;
  const std::string& model = machine.config().devices.watchdog;
  return Failure{vm::kEnvironment,
                 fmt::format("{}: the guest has no /dev/watchdog: no driver for {}",
                             machine.config().name, model.empty() ? "any watchdog" : model),
                 ""};
}

Trouble StartWatchdog(Context& context, vm::Machine& machine, long timeout) {
  std::string command =
      context.params.ForVm(machine.config().object)
          .Get("watchdog_command", fmt::format("watchdog -T {} -t 3600 /dev/watchdog", timeout));
  return RunCommand(context, machine, "watchdog_command", command, DeviceLimit(context));
}

// The event may come with the end of qemu.
Trouble WaitForWatchdog(Context& context, vm::Machine& machine, long timeout,
                        const std::string& action) {
  host::Until until = Within(context, static_cast<double>(3 * timeout));
  const std::string& name = machine.config().name;
  Failure late{vm::kWatchdogTimeout,
               fmt::format("{}: the watchdog did not fire within {} (it was set to {} s by "
                           "watchdog_timeout)",
                           name, until.Text(), timeout),
               ""};
  Trouble trouble = context.fleet.WaitUntil(
      [&] {
        return machine.qmp().FindEvent("WATCHDOG") != nullptr ||
               (machine.exited() && machine.qmp().closed());
      },
      until, late);
  if (trouble) return trouble;
  const vm::Qmp::Event* event = machine.qmp().FindEvent("WATCHDOG");
  if (event == nullptr) return machine.ExitTrouble();
  std::string done = event->data.value("action", "none given");
  if (done == action) return std::nullopt;
  return Failure{
      vm::kUnexpectedAnswer,
      fmt::format("{}: the watchdog's action was '{}', expected '{}'", name, done, action), ""};
}

Trouble AfterReset(Context& context, vm::Machine& machine, const BootMark& mark) {
  host::TimePoint until = DeviceLimit(context);
  Trouble trouble = context.fleet.WaitUntil(
      [&] { return machine.qmp().FindEvent("RESET") != nullptr; }, until,
      {vm::kRebootTimeout, machine.config().name + ": the watchdog did not reset the machine", ""});
  return trouble ? trouble : WaitForBoot(context, machine, mark, vm::kRebootTimeout);
}

Trouble AfterPowerOff(Context& context, vm::Machine& machine) {
  return context.fleet.WaitUntil(
      [&] { return machine.exited(); }, DeviceLimit(context),
      {vm::kShutdownTimeout, machine.config().name + ": qemu did not end", ""});
}

Trouble AfterPause(Context& context, vm::Machine& machine) {
  Json status;
  if (Trouble trouble = Command(context, machine, "query-status", nullptr, &status)) return trouble;
  std::string found = status.value("status", "unknown");
  if (found == "watchdog") return std::nullopt;
  return Failure{vm::kUnexpectedAnswer,
                 fmt::format("{}: the machine's status is '{}', expected 'watchdog'",
                             machine.config().name, found),
                 ""};
}

Trouble AfterNmi(Context& context, vm::Machine& machine, const BootMark& mark) {
  static const RE2 kNmi("NMI");
  return context.fleet.WaitUntil(
      [&] { return machine.console().text().Find(kNmi, mark.console).has_value(); },
      DeviceLimit(context),
      {vm::kEventMissing, machine.config().name + ": the guest's console does not tell of an NMI",
       ""});
}

Trouble CheckAction(Context& context, vm::Machine& machine, const std::string& action,
                    const BootMark& mark) {
  if (action == "reset") return AfterReset(context, machine, mark);
  if (action == "shutdown" || action == "poweroff") return AfterPowerOff(context, machine);
  if (action == "pause") return AfterPause(context, machine);
  if (action == "inject-nmi") return AfterNmi(context, machine, mark);
  return std::nullopt;
}

Trouble Watchdog(Context& context, std::string* passed) {
  vm::Machine* machine = nullptr;
  if (Trouble trouble = BootMain(context, &machine)) return trouble;
  if (Trouble trouble = FindWatchdog(context, *machine)) return trouble;
  std::string action = machine->config().devices.watchdog_action;
  long timeout = Number(context, "watchdog_timeout", kWatchdogTimeout);
  machine->ExpectReset(action == "reset", "WATCHDOG");
  if (action == "pause") machine->ExpectStop(true);
  if (action == "shutdown" || action == "poweroff") machine->ExpectExit();
  BootMark mark = MarkNow(*machine);
  auto begin = host::Clock::now();
  if (Trouble trouble = StartWatchdog(context, *machine, timeout)) return trouble;
  if (Trouble trouble = WaitForWatchdog(context, *machine, timeout, action)) return trouble;
  context.measurements["watchdog_seconds"] = SecondsSince(begin);
  if (Trouble trouble = CheckAction(context, *machine, action, mark)) return trouble;
  *passed = fmt::format("fired after {:.2f} s ({}, {})", context.measurements["watchdog_seconds"],
                        machine->config().devices.watchdog, action);
  return std::nullopt;
}

std::string CheckWatchdogParams(const vm::Params& params) {
  std::string wrong = CheckDeviceParams(params);
  return wrong.empty() ? CheckNumbers(params, {"watchdog_timeout"}) : wrong;
}

std::string AddWatchdog(const vm::Params& params, vm::VmConfig* config) {
  if (!IsMain(params, *config) || !config->devices.watchdog.empty()) return "";
  if (params.Find("enable_watchdog")) return "type = watchdog, but enable_watchdog = no";
  config->devices.watchdog = "i6300esb";
  auto error = vm::ReadWatchdogAction(params, &config->devices);
  return error ? error->text : "";
}

}  // namespace

const Procedure kWatchdog = {
    "watchdog",
    Watchdog,
    CheckWatchdogParams,
    KVMTEST_DEVICE_PARAMS "watchdog_timeout watchdog_command",
    true,
    AddWatchdog,
};

}  // namespace kvmtest::procedures
