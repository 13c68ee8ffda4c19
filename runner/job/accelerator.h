#ifndef KVMTEST_JOB_ACCELERATOR_H_
#define KVMTEST_JOB_ACCELERATOR_H_

#include <string>
#include <variant>

#include "host/log.h"
#include "host/loop.h"
#include "vm/failure.h"
#include "vm/params.h"

namespace kvmtest::job {

struct Accelerator {
  std::string name;       // "tcg" or "kvm"
  std::string cpu_model;  // to be used instead of the config's, if not empty
  std::string reason;     // why this one, for people
};

// What the params ask for: accel, or KVM-Autotest's vm_accelerator, enable_kvm and disable_kvm.
std::variant<std::string, vm::ParamError> WantedAccelerator(const vm::Params& params);

struct AcceleratorWish {
  std::string mode;  // auto, kvm, tcg
  std::string qemu_binary;
  std::string cpu_model;
  std::string cache_dir;  // where answers of the probe are kept; empty: nowhere
  std::string kvm_device = "/dev/kvm";
};

// Chooses by trying (vm/probe.h). The answer is kept per boot, qemu binary and CPU model if it
// is about the machine; whether the device can be opened is asked each time.
// Failure "environment": the test asks for kvm and nothing runs under it.
std::variant<Accelerator, vm::Failure> ChooseAccelerator(host::Loop& loop, host::Log& log,
                                                         const AcceleratorWish& wish);

}  // namespace kvmtest::job

#endif  // KVMTEST_JOB_ACCELERATOR_H_
