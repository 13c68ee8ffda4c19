#ifndef KVMTEST_TEST_SETUP_H_
#define KVMTEST_TEST_SETUP_H_

#include <string>
#include <vector>

#include "host/log.h"
#include "host/loop.h"
#include "job/accelerator.h"
#include "job/description.h"
#include "job/known_failures.h"
#include "job/result.h"
#include "procedures/procedure.h"
#include "vm/params.h"
#include "vm/vm_config.h"

namespace kvmtest {

// What a test needs before it can run, as its description and the machine it runs on have it.
struct TestSetup {
  vm::Params params;
  const procedures::Procedure* procedure = nullptr;
  std::vector<vm::VmConfig> configs;
  job::Accelerator accelerator;
  double timeout_multiplier = 1;
  job::KnownFailures known_failures;

  // As the VM has them that the test is about.
  vm::Params MainParams() const { return vm::MainView(params); }
  std::string QemuImg() const { return params.Get("qemu_img_binary", "qemu-img"); }
};

// Where this user's runs keep what spares others work: $XDG_CACHE_HOME/kvmtest/WHAT. Empty if there
// is no place for one.
std::string CacheDirectory(const std::string& what);

// The steps, in this order. A Verdict that is still "running" means: go on.

// The params that the test has on this queue, the procedure and the known failures that they name.
job::Verdict SetUpParams(const job::Description& description, const job::QueueChoice& queue,
                         TestSetup* setup);
// Its VMs. The programs and files that they need are there.
job::Verdict SetUpConfigs(const job::QueueChoice& queue, TestSetup* setup);
// Their cdroms have the checksums that the params say.
job::Verdict CheckCdroms(host::Loop& loop, const std::vector<vm::VmConfig>& configs,
                         host::TimePoint until);
// `mode`, if not empty, wins over the param accel. May run a guest.
job::Verdict SetUpAccelerator(host::Loop& loop, host::Log& log, const std::string& mode,
                              TestSetup* setup);

// Whether every qemu of the test has a seccomp filter: it is linked with the library, then. A
// program that only starts qemu cannot be told, and does without.
bool HasSandbox(const std::vector<vm::VmConfig>& configs);

}  // namespace kvmtest

#endif  // KVMTEST_TEST_SETUP_H_
