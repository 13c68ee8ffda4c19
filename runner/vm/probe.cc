#include "vm/probe.h"

#include <fmt/format.h>
#include <signal.h>
#include <string.h>

#include "vm/console.h"

extern "C" {
extern const char kvmtest_probe_rom[];
extern const char kvmtest_probe_rom_end[];
}

namespace kvmtest::vm {

namespace {

constexpr int kGoodExit = 0x15 << 1 | 1;  // isa-debug-exit of 0x15, see probe_rom.S
constexpr char kLastResort[] = "host,-arch-capabilities";

std::string TrivialRom() {
  std::string rom(65536, '\0');
  rom.replace(0xfff0, 5, "\xb0\x15\xe6\xf4\xf4");  // mov $0x15, %al; out %al, $0xf4; hlt
  return rom;
}

const char* Meaning(int exit_code) {
  switch (exit_code >> 1) {
    case 1:
      return "an unexpected exception";
    case 2:
      return "int3 went wrong";
    case 3:
      return "cmpxchg16b went wrong";
    case 4:
      return "xsave or xrstor went wrong";
    default:
      return "qemu or its guest failed";
  }
}

// The line of qemu's output that tells most.
std::string TellingLine(const std::string& output) {
  std::string last;
  for (size_t begin = 0; begin < output.size();) {
    size_t end = std::min(output.find('\n', begin), output.size());
    std::string line = Printable(output.substr(begin, end - begin));
    if (line.find("KVM internal error") != std::string::npos) return line;
    if (line.find("error") != std::string::npos && last.empty()) last = line;
    begin = end + 1;
  }
  return last;
}

}  // namespace

std::string ProbeRom(ProbeKind kind) {
  if (kind == ProbeKind::kTrivial) return TrivialRom();
  return {kvmtest_probe_rom, kvmtest_probe_rom_end};
}

std::vector<std::string> ProbeArgv(const std::string& qemu_binary, const std::string& accelerator,
                                   const std::string& cpu_model, const std::string& rom_path) {
  std::vector<std::string> argv{qemu_binary, "-nodefaults", "-no-user-config",
                                "-display",  "none",        "-machine",
                                "pc",        "-accel",      accelerator,
                                "-m",        "16",          "-bios",
                                rom_path,    "-device",     "isa-debug-exit,iobase=0xf4,iosize=4"};
  if (!cpu_model.empty()) argv.insert(argv.end(), {"-cpu", cpu_model});
  return argv;
}

std::optional<std::string> WhyBad(const ProbeRun& run) {
  if (!run.started) return "qemu could not be started: " + run.output;
  std::string said = TellingLine(run.output);
  if (!said.empty()) said = ": " + said;
  if (run.timed_out) return fmt::format("did not end within {} s{}", kProbeSeconds, said);
  if (run.signal != 0) {
    return fmt::format("qemu died with signal {} ({}){}", run.signal, ::strsignal(run.signal),
                       said);
  }
  if (run.exit_code != kGoodExit) {
    return fmt::format("{} (exit status {}){}", Meaning(run.exit_code), run.exit_code, said);
  }
  return std::nullopt;
}

bool TellsOfTheMachine(const ProbeRun& run) {
  if (!run.started) return false;
  // Of an endless guest qemu says so; of a machine that is loaded, nothing.
  if (run.timed_out) return run.output.find("KVM internal error") != std::string::npos;
  if (run.signal != 0) return run.signal != SIGKILL && run.signal != SIGTERM;
  // 1 is qemu's own: no memory, no permission. The guest's are odd and above.
  return run.exit_code > 1;
}

std::optional<std::string> WhySlow(const ProbeRun& kvm, const ProbeRun& tcg) {
  if (WhyBad(tcg) || kvm.cpu_seconds <= 3 * tcg.cpu_seconds) return std::nullopt;
  return fmt::format("took {:.2f} s of CPU time, TCG {:.2f} s", kvm.cpu_seconds, tcg.cpu_seconds);
}

std::vector<std::string> KvmCpuModels(const std::string& cpu_model) {
  std::vector<std::string> models{cpu_model.empty() ? "host" : cpu_model};
  if (models[0] != kLastResort) models.emplace_back(kLastResort);
  return models;
}

std::string TcgCpuModel(const std::string& cpu_model) {
  if (cpu_model.rfind("host", 0) != 0) return cpu_model;
  return "max" + cpu_model.substr(4);
}

}  // namespace kvmtest::vm
