// type = boot: every VM of the test boots as far as its shell (or boot_marker), its guest has the
// allotted addresses, and the main VM's guest_command succeeds, if there is one.
//
// Params: login_timeout, boot_marker, shell_client, guest_command, guest_command_timeout.

#include <fmt/format.h>

#include "procedures/steps.h"

namespace kvmtest::procedures {

namespace {

vm::Trouble Boot(Context& context, std::string* passed) {
  vm::Machine* machine = nullptr;
  if (vm::Trouble trouble = MainMachine(context, &machine)) return trouble;
  if (vm::Trouble trouble = BootAll(context)) return trouble;
  *passed = fmt::format("booted in {:.2f} s", context.measurements["boot_seconds"]);
  std::string command = context.params.ForVm(machine->config().object).Get("guest_command");
  if (command.empty()) return std::nullopt;
  std::string output;
  if (vm::Trouble trouble = RunCommand(context, *machine, "guest_command", command,
                                       Limit(context, "guest_command_timeout", 240), &output)) {
    return trouble;
  }
  *passed += ", guest_command succeeded";
  if (!output.empty()) context.log.Note("guest_command wrote:\n{}", Shown(output));
  return std::nullopt;
}

std::string CheckBoot(const vm::Params& params) {
  std::string wrong = CheckGuestParams(params);
  if (!wrong.empty()) return wrong;
  vm::Params view = vm::MainView(params);
  if (view.Get("guest_command").empty() || vm::HasShell(view)) return "";
  return "guest_command needs a shell, but shell_client = none";
}

}  // namespace

const Procedure kBoot = {.type = "boot",
                         .run = Boot,
                         .check = CheckBoot,
                         .params = "guest_command guest_command_timeout",
                         .needs_boot = true};

}  // namespace kvmtest::procedures
