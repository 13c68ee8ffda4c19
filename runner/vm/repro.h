#ifndef KVMTEST_VM_REPRO_H_
#define KVMTEST_VM_REPRO_H_

#include <string>
#include <vector>

#include "vm/vm_config.h"

namespace kvmtest::vm {

// What a script that boots a test's VMs by hand must know besides their configs.
struct ReproRequest {
  std::string test;
  std::string accelerator;
  std::string cpu_model;
  std::string nonce;
  std::string qemu_img;
  std::string directory;  // where the test ran, for relative paths in extra_params
};

// A shell script that boots one of the VMs as the test did: `repro.sh [VM]`. The console is on
// the terminal; disks and sockets are new ones, in a directory of its own. Pure.
std::string ReproScript(const std::vector<VmConfig>& configs, const ReproRequest& request);

}  // namespace kvmtest::vm

#endif  // KVMTEST_VM_REPRO_H_
