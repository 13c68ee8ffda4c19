#ifndef KVMTEST_PROCEDURES_PROCEDURE_H_
#define KVMTEST_PROCEDURES_PROCEDURE_H_

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "host/clock.h"
#include "host/guardian.h"
#include "host/log.h"
#include "host/loop.h"
#include "vm/failure.h"
#include "vm/fleet.h"
#include "vm/live_output.h"
#include "vm/networks.h"
#include "vm/params.h"
#include "vm/reuse.h"
#include "vm/vm_config.h"

namespace kvmtest::procedures {

using Json = vm::Qmp::Json;

// What became of a part of a test, where the guest or a program tells of parts.
struct SubResult {
  std::string status;  // "pass", "fail", "skip", "xfail", "xpass"
  std::string name;
};

// What a procedure works with.
struct Context {
  host::Loop& loop;
  host::Log& log;
  // As the main VM has them: KEY_vm1 stands for KEY. Of another VM: params.ForVm(its object).
  const vm::Params& params;
  vm::Fleet& fleet;
  vm::Reuse* reuse;  // for machines with vm_reuse; null: all of them boot
  host::TimePoint deadline;
  // For ctest's measurements: boot_seconds and the like.
  std::map<std::string, double>& measurements;
  std::string directory;    // takes what a person will want to see
  std::string scratch;      // the run's own, gone with it
  std::string accelerator;  // "kvm" or "tcg"
  // For result.json, as many as a person might read.
  std::vector<SubResult>& subresults;
  host::Guardian& guardian;
  std::string control;  // the socket on which others reach the VMs (job/control.h)
  // How much slower than KVM the guest may be: every limit in seconds is multiplied by it.
  double timeout_multiplier = 1;
  vm::Networks& networks;          // the test's own
  vm::LiveOutput* live = nullptr;  // for somebody who watches; null: nobody does
};

// A procedure does what its `type` promises with the test's VMs, which are configured but not
// started. It returns what went wrong, or nothing and says in *passed what it has shown.
// Ending the VMs is not its business.
using Run = vm::Trouble (*)(Context& context, std::string* passed);

// What is wrong with the params before anything runs (exit status 2); empty if nothing is. They are
// the main VM's view, too.
using Check = std::string (*)(const vm::Params& params);

// What the procedure needs a machine to be beyond its params; empty if that can be.
using Configure = std::string (*)(const vm::Params& params, vm::VmConfig* config);

// What is wrong with the test's machines, taken together; empty if nothing is.
using CheckMachines = std::string (*)(const std::vector<vm::VmConfig>& configs);

struct Procedure {
  const char* type;
  Run run;
  Check check;
  // The params that it reads, separated by blanks: to other procedures they are no surprise.
  std::string_view params;
  bool has_machines = true;  // false: the test has no VMs, whatever `vms` says
  Configure configure = nullptr;
  // How many machines like the main one it has beside those of `vms`; null: none. The planner
  // counts their network cards, too (generator/plan/collect.cc).
  size_t (*clones)(const vm::Params& params) = nullptr;
  bool reads_all_params = false;  // or hands them to somebody: none is known to nobody
  bool needs_boot = false;  // true: a test of booting, whose VMs are never restored (vm_reuse)
  CheckMachines check_machines = nullptr;
};

// One file each.
extern const Procedure kBalloon;
extern const Procedure kBlockBackup;
extern const Procedure kBlockHotplug;
extern const Procedure kBlockMirror;
extern const Procedure kBlockSnapshot;
extern const Procedure kBoot;
extern const Procedure kCpuHotplug;
extern const Procedure kDumpGuestMemory;
extern const Procedure kExternal;
extern const Procedure kGuestCommand;
extern const Procedure kImageIo;
extern const Procedure kKvmUnitTest;
extern const Procedure kMemoryHotplug;
extern const Procedure kMigration;
extern const Procedure kNicHotplug;
extern const Procedure kPanic;
extern const Procedure kPhysicalResourcesCheck;
extern const Procedure kPing;
extern const Procedure kQemuImg;
extern const Procedure kQmpScript;
extern const Procedure kReboot;
extern const Procedure kRng;
extern const Procedure kSaveRestore;
extern const Procedure kShutdown;
extern const Procedure kStopContinue;
extern const Procedure kStressBoot;
extern const Procedure kTimeDrift;
extern const Procedure kVirtioConsole;
extern const Procedure kWatchdog;

const std::vector<const Procedure*>& Procedures();
// For a test's `type`; null: there is none.
const Procedure* FindProcedure(const std::string& type);
// The same, or `external` if test_dirs has a program of that name.
const Procedure* ProcedureOf(const vm::Params& params);
// Why there is none.
std::string NoProcedure(const vm::Params& params);
// Whether some procedure reads this param.
bool IsProcedureParam(std::string_view key);

}  // namespace kvmtest::procedures

#endif  // KVMTEST_PROCEDURES_PROCEDURE_H_
