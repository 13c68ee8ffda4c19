#ifndef KVMTEST_VM_VCPUS_H_
#define KVMTEST_VM_VCPUS_H_

#include <sys/types.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "host/clock.h"
#include "vm/qmp.h"

namespace kvmtest::vm {

// Where a vCPU was at one moment.
struct VcpuRegisters {
  std::string pc;       // "RIP ffffffff81000000"; empty if the text has none that we know
  bool halted = false;  // x86 only
  bool user = false;    // x86 only: not in the kernel
};
// From the text of the monitor's `info registers -a`, by number of the vCPU. Pure.
std::map<int, VcpuRegisters> ParseRegisters(std::string_view text);

// All vCPUs of a machine at one moment.
struct VcpuSample {
  struct Vcpu {
    int index = 0;
    double cpu_seconds = 0;  // of its thread
    VcpuRegisters registers;
    double waited_seconds = 0;  // that it wanted a CPU of the host's and got none
  };
  host::TimePoint taken;
  std::vector<Vcpu> vcpus;
  std::string registers;  // the whole text
  std::string error;      // why there are no vCPUs
};
VcpuSample TakeVcpuSample(Qmp& qmp, pid_t pid, host::TimePoint until);

// What the vCPUs do, a line each: idle, looping or busy, and where. With a single vCPU's line
// or a count of them also in a few words, for a verdict.
struct VcpuStory {
  std::vector<std::string> lines;
  std::string summary;
};
VcpuStory CompareVcpus(const VcpuSample& first, const VcpuSample& second);
// For a machine that stands still: only where.
VcpuStory ShowVcpus(const VcpuSample& sample);

}  // namespace kvmtest::vm

#endif  // KVMTEST_VM_VCPUS_H_
