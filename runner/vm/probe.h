#ifndef KVMTEST_VM_PROBE_H_
#define KVMTEST_VM_PROBE_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kvmtest::vm {

// The accelerator probe, as values. That /dev/kvm opens, or that a tiny guest runs, says nothing:
// a KVM that emulates instructions in software runs a ROM guest in 0.1 s and never boots Linux,
// and qemu 7.2 with -cpu host aborts on it. So the probe is a guest that does what Linux does.

enum class ProbeKind {
  kFull,     // what Linux needs (probe_rom.S); empty where the runner is not built for x86-64
  kTrivial,  // one instruction: whether KVM runs any guest at all
};
std::string ProbeRom(ProbeKind kind);

// The qemu command that runs the ROM at `rom_path`.
std::vector<std::string> ProbeArgv(const std::string& qemu_binary, const std::string& accelerator,
                                   const std::string& cpu_model, const std::string& rom_path);

// How one run of the probe guest ended.
struct ProbeRun {
  bool started = false;
  bool timed_out = false;
  int exit_code = 0;
  int signal = 0;
  double cpu_seconds = 0;
  double wall_seconds = 0;
  std::string output;
};
inline constexpr int kProbeSeconds = 1;

// Why this run does not count as good; nothing if it does.
std::optional<std::string> WhyBad(const ProbeRun& run);
// Whether asking again, on a machine with more time, memory or permissions, would give the same
// answer: not if qemu was slow without a complaint, was killed, or refused to begin.
bool TellsOfTheMachine(const ProbeRun& run);
// Why KVM, though right, is not worth it: more than three times TCG's CPU time.
std::optional<std::string> WhySlow(const ProbeRun& kvm, const ProbeRun& tcg);

// The CPU models to try with KVM, in order, for a test that asks for `cpu_model`.
std::vector<std::string> KvmCpuModels(const std::string& cpu_model);
// TCG has no "host".
std::string TcgCpuModel(const std::string& cpu_model);

}  // namespace kvmtest::vm

#endif  // KVMTEST_VM_PROBE_H_
