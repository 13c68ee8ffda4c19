#ifndef KVMTEST_PROCEDURES_PROCEDURE_H_
#define KVMTEST_PROCEDURES_PROCEDURE_H_

#include <map>
#include <string>
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
};

// A procedure does what its `type` promises with the test's VMs, which are configured but not
// started. It returns what went wrong, or nothing and says in *passed what it has shown.
// Ending the VMs is not its business.
using Run = vm::Trouble (*)(Context& context, std::string* passed);

// What is wrong with the params before anything runs (exit status 2); empty if nothing is.
using Check = std::string (*)(const vm::Params& params);

// One file each.
vm::Trouble Boot(Context& context, std::string* passed);
vm::Trouble Reboot(Context& context, std::string* passed);
vm::Trouble Shutdown(Context& context, std::string* passed);
std::string CheckBoot(const vm::Params& params);
std::string CheckReboot(const vm::Params& params);
std::string CheckShutdown(const vm::Params& params);

struct Procedure {
  const char* type;
  Run run;
  Check check;
};
const std::vector<Procedure>& Procedures();
// For a test's `type`; null: there is none.
const Procedure* FindProcedure(const std::string& type);

}  // namespace kvmtest::procedures

#endif  // KVMTEST_PROCEDURES_PROCEDURE_H_
