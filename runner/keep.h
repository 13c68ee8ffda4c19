#ifndef KVMTEST_KEEP_H_
#define KVMTEST_KEEP_H_

#include <optional>
#include <string>
#include <vector>

#include "host/clock.h"
#include "job/result.h"
#include "vm/fleet.h"
#include "vm/params.h"

// --keep-vm: the VMs of a test that has ended live on for a person.
namespace kvmtest {

// "no", "on-failure" or "yes": the option, else the param keep_vm.
std::string KeepMode(const vm::Params& params, const std::string& option);
// What is wrong with it; empty if nothing is.
std::string CheckKeepMode(const std::string& mode);
bool KeepWanted(const std::string& mode, const job::Verdict& verdict);

struct Keeping {
  std::vector<std::string> names;  // the VMs that live
  host::TimePoint until;
  std::string text;  // for the person
};
// At most `seconds`, and not beyond the time when ctest ends the test, if it runs it.
Keeping PlanKeeping(vm::Fleet& fleet, double seconds, std::optional<host::TimePoint> ctest_ends,
                    const std::string& directory);
bool AnyAlive(vm::Fleet& fleet);

}  // namespace kvmtest

#endif  // KVMTEST_KEEP_H_
