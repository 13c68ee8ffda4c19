#ifndef KVMTEST_PROCEDURES_PROCEDURE_H_
#define KVMTEST_PROCEDURES_PROCEDURE_H_

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "host/clock.h"
#include "host/log.h"
#include "host/loop.h"
#include "vm/failure.h"
#include "vm/fleet.h"
#include "vm/params.h"

namespace kvmtest::procedures {

// What a procedure works with.
struct Context {
  host::Loop& loop;
  host::Log& log;
  const vm::Params& params;
  vm::Fleet& fleet;
  host::TimePoint deadline;
  // For ctest's measurements: boot_seconds and the like.
  std::map<std::string, double>& measurements;
  std::string directory;  // takes what a person will want to see
  std::string scratch;    // the run's own, gone with it
  // How much slower than KVM the guest may be: every limit in seconds is multiplied by it.
  double timeout_multiplier = 1;
};

// A procedure does what its `type` promises with the test's VMs, which are configured but not
// started. It returns what went wrong, or nothing and says in *passed what it has shown.
// Ending the VMs is not its business.
using Run = vm::Trouble (*)(Context& context, std::string* passed);

// What is wrong with the params before anything runs (exit status 2); empty if nothing is.
using Check = std::string (*)(const vm::Params& params);

struct Procedure {
  const char* type;
  Run run;
  Check check;
  // The params that it reads, separated by blanks: to other procedures they are no surprise.
  std::string_view params;
  bool has_machines = true;  // false: the test has no VMs, whatever `vms` says
};

// One file each.
extern const Procedure kBoot;
extern const Procedure kReboot;
extern const Procedure kShutdown;

const std::vector<const Procedure*>& Procedures();
// For a test's `type`; null: there is none.
const Procedure* FindProcedure(const std::string& type);
// Whether some procedure reads this param.
bool IsProcedureParam(std::string_view key);

}  // namespace kvmtest::procedures

#endif  // KVMTEST_PROCEDURES_PROCEDURE_H_
