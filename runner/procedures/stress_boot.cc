// type = stress_boot: many machines like the main one boot at once, each with addresses of its
// own, and every guest answers.
//
// Params: max_vms (2): how many machines there are, those of `vms` included;
// alive_test_cmd (true): what every guest must be able to do once all are up.

#include <fmt/format.h>

#include <algorithm>

#include "procedures/steps.h"

namespace kvmtest::procedures {

namespace {

using vm::Trouble;

constexpr long kMostVms = 256;

size_t Clones(const vm::Params& params) {
  long machines = 2;
  (void)vm::GetNumber(params, "max_vms", 1, kMostVms, 2, &machines);
  size_t named = vm::VmNames(params).size();
  return std::max(static_cast<size_t>(machines), named) - named;
}

Trouble StressBoot(Context& context, std::string* passed) {
  if (Trouble trouble = BootAll(context)) return trouble;
  std::string command = context.params.Get("alive_test_cmd", "true");
  for (auto& machine : context.fleet.machines()) {
    if (Trouble trouble = RunCommand(context, *machine, "alive_test_cmd", command,
                                     Limit(context, "guest_command_timeout", 240))) {
      return trouble;
    }
  }
  *passed = fmt::format("{} machines booted in {:.2f} s and answer",
                        context.fleet.machines().size(), context.measurements["boot_seconds"]);
  return std::nullopt;
}

std::string CheckStressBoot(const vm::Params& params) {
  std::string wrong = CheckShellParams(params, "stress_boot");
  return wrong.empty() ? CheckNumbers(params, {{"max_vms", 1, kMostVms}}) : wrong;
}

}  // namespace

const Procedure kStressBoot = {.type = "stress_boot",
                               .run = StressBoot,
                               .check = CheckStressBoot,
                               .params = "max_vms alive_test_cmd guest_command_timeout",
                               .clones = Clones};

}  // namespace kvmtest::procedures
