#include "keep.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "host/process.h"

namespace kvmtest {

std::string KeepMode(const vm::Params& params, const std::string& option) {
  std::string mode = option.empty() ? params.Get("keep_vm", "no") : option;
  return mode == "true" ? "on-failure" : mode;  // the option without a value
}

std::string CheckKeepMode(const std::string& mode) {
  if (mode == "no" || mode == "on-failure" || mode == "yes") return "";
  return fmt::format("keep_vm = {}: expected no, on-failure or yes", mode);
}

bool KeepWanted(const std::string& mode, const job::Verdict& verdict) {
  using job::Status;
  bool failed = verdict.status == Status::kFail || verdict.status == Status::kTimeout;
  bool ran = failed || verdict.status == Status::kPass || verdict.status == Status::kKnownFailure;
  return mode == "yes" ? ran : mode == "on-failure" && failed;
}

bool AnyAlive(vm::Fleet& fleet) {
  auto& machines = fleet.machines();
  return std::any_of(machines.begin(), machines.end(),
                     [](auto& machine) { return machine->alive(); });
}

Keeping PlanKeeping(vm::Fleet& fleet, double seconds, std::optional<host::TimePoint> ctest_ends,
                    const std::string& directory) {
  Keeping keeping;
  std::string list;
  for (auto& machine : fleet.machines()) {
    if (!machine->alive()) continue;
    keeping.names.push_back(machine->config().name);
    list += (list.empty() ? "" : ", ") + machine->config().name;
  }
  if (keeping.names.empty()) {
    keeping.text = "no VM is alive that could be kept\n";
    return keeping;
  }
  auto limit = std::chrono::duration<double>(std::clamp(seconds, 0.0, 1e6));
  keeping.until = host::Clock::now() + std::chrono::duration_cast<host::Duration>(limit);
  bool cut = ctest_ends && *ctest_ends < keeping.until;
  if (cut) keeping.until = *ctest_ends;
  keeping.text = fmt::format(
      "kept alive for {:.0f} s: {}{}\n"
      "  {}\n"
      "gives you a shell there; it ends with `exit`, and so do they (or with Ctrl-C here)\n",
      std::max(0.0, host::SecondsBetween(host::Clock::now(), keeping.until)), list,
      cut ? " (then ctest ends the test: run kvmtest-run by hand for longer, `ctest -V -N` shows "
            "how)"
          : "",
      host::ShellQuote({host::OwnProgram(), "attach", directory}));
  return keeping;
}

}  // namespace kvmtest
