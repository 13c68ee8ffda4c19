// type = reboot: the guest boots, is rebooted, and boots again; the second boot is known
// to be one because qemu reset the machine and the guest has another boot id.
//
// Params: reboot_method = shell (runs reboot_command, default "reboot") | system_reset |
// ctrl-alt-del (pressed on the keyboard; Linux then reboots, or tells its init);
// sleep_before_reset (0 s, with system_reset); login_timeout for each boot.

#include <fmt/format.h>

#include "procedures/monitor.h"
#include "procedures/steps.h"

namespace kvmtest::procedures {

namespace {

constexpr char kWithoutShell[] = "system_reset ctrl-alt-del";

// Linux makes one at random for every boot. A guest without a shell has none to tell.
vm::Trouble BootId(Context& context, vm::Machine& machine, std::string* id) {
  if (machine.shell() == nullptr) return std::nullopt;
  return RunCommand(context, machine, "the question for the boot id",
                    "cat /proc/sys/kernel/random/boot_id", Limit(context, "login_timeout", 60), id);
}

vm::Trouble AskToReboot(Context& context, vm::Machine& machine, const std::string& method) {
  if (method == "system_reset") return Ask(context, machine, {"system_reset"});
  if (method == "ctrl-alt-del") {
    Json keys = Json::array();
    for (const char* key : {"ctrl", "alt", "delete"}) {
      keys.push_back({{"type", "qcode"}, {"data", key}});
    }
    return Ask(context, machine, {"send-key", {{"keys", keys}}});
  }
  if (machine.shell()->Send(context.params.Get("reboot_command", "reboot"))) return std::nullopt;
  return vm::Failure{vm::kHarnessError, "the guest's shell takes no command", ""};
}

vm::Trouble WaitForReset(Context& context, vm::Machine& machine, size_t events_before) {
  host::Until until = Limit(context, "login_timeout", 240);
  return context.fleet.WaitUntil(
      [&] { return machine.qmp().FindEvent("RESET", events_before) != nullptr; }, until,
      {vm::kRebootTimeout,
       fmt::format("{}: the machine was not reset within {}", machine.config().name, until.Text()),
       ""});
}

vm::Trouble Reboot(Context& context, std::string* passed) {
  std::string method = Method(context.params, "reboot_method", kWithoutShell);
  vm::Machine* machine = nullptr;
  if (vm::Trouble trouble = MainMachine(context, &machine)) return trouble;
  if (vm::Trouble trouble = BootAll(context)) return trouble;
  std::string first_id;
  if (vm::Trouble trouble = BootId(context, *machine, &first_id)) return trouble;
  if (vm::Trouble trouble = SleepBefore(context, method, "system_reset", "sleep_before_reset")) {
    return trouble;
  }
  auto begin = host::Clock::now();
  size_t events = machine->qmp().events().size();
  BootMark mark = MarkNow(*machine);
  machine->ExpectReset(true);
  if (vm::Trouble trouble = AskToReboot(context, *machine, method)) return trouble;
  if (vm::Trouble trouble = WaitForReset(context, *machine, events)) return trouble;
  if (vm::Trouble trouble = WaitForBoot(context, *machine, mark, vm::kRebootTimeout)) {
    return trouble;
  }
  machine->ExpectReset(false);
  std::string second_id;
  if (vm::Trouble trouble = BootId(context, *machine, &second_id)) return trouble;
  if (machine->shell() != nullptr && first_id == second_id) {
    return vm::Failure{
        vm::kNotRebooted,
        fmt::format("{}: the guest still has the boot id {}", machine->config().name, first_id),
        ""};
  }
  if (vm::Trouble trouble = CheckAddresses(context, *machine)) return trouble;
  double time = host::SecondsBetween(begin, host::Clock::now());
  context.measurements["reboot_seconds"] = time;
  *passed = fmt::format("rebooted in {:.2f} s ({})", time, method);
  return std::nullopt;
}

std::string CheckReboot(const vm::Params& params) {
  std::string wrong = CheckGuestParams(params);
  if (wrong.empty()) wrong = CheckNumbers(params, {{"sleep_before_reset", 0, kMaxSeconds}});
  return wrong.empty() ? CheckMethod(params, "reboot_method", kWithoutShell) : wrong;
}

}  // namespace

const Procedure kReboot = {.type = "reboot",
                           .run = Reboot,
                           .check = CheckReboot,
                           .params = "reboot_method reboot_command sleep_before_reset",
                           .needs_boot = true};

}  // namespace kvmtest::procedures
