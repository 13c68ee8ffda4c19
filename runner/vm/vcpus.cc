// What the vCPUs of a machine that says nothing are at: two looks at their registers and at the
// CPU time of their threads. A halted vCPU that has used no time waits for something that does not
// come; one that has used all of it is looping or at work, and the two places where it was seen
// tell which is likelier.
//
// Addresses are not turned into the guest's symbols: a distribution's kernel comes without its
// System.map, and is loaded at a random address besides.

#include "vm/vcpus.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <sstream>

#include "host/files.h"

namespace kvmtest::vm {

namespace {

// A thread that wanted less of a CPU than this was woken by timers at most.
constexpr double kIdleShare = 0.10;
// Two looks into one loop are hardly ever further apart.
constexpr unsigned long long kLoopBytes = 4096;

// The value after a name such as "RIP=", up to the next blank; nothing if it is not there.
std::optional<std::string> ValueOf(std::string_view text, std::string_view name) {
  for (size_t at = text.find(name); at != std::string_view::npos; at = text.find(name, at + 1)) {
    if (at > 0 && text[at - 1] != ' ' && text[at - 1] != '\n') continue;
    std::string_view rest = text.substr(at + name.size());
    rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
    std::string_view value = rest.substr(0, rest.find_first_of(" \r\n"));
    if (!value.empty()) return std::string(value);
  }
  return std::nullopt;
}

VcpuRegisters ParseOne(std::string_view text) {
  VcpuRegisters registers;
  // x86 in its two sizes, Arm and others, RISC-V ("pc" without '=').
  for (const char* name : {"RIP=", "EIP=", "PC=", "pc=", "NIP ", "pc "}) {
    if (auto value = ValueOf(text, name)) {
      std::string word(name);
      word.pop_back();
      registers.pc = word + " " + *value;
      break;
    }
  }
  registers.halted = ValueOf(text, "HLT=") == "1";
  auto level = ValueOf(text, "CPL=");
  registers.user = level && *level != "0";
  return registers;
}

// What a thread has had of the host's CPUs, and how long it has waited to get one: on a loaded
// host a vCPU in a loop hardly runs, and is not idle for that.
void ReadThreadTimes(pid_t pid, long thread, VcpuSample::Vcpu* vcpu) {
  double ran = 0, waited = 0;  // in ns
  std::istringstream schedstat(
      host::ReadFile(fmt::format("/proc/{}/task/{}/schedstat", pid, thread)).value_or(""));
  if (schedstat >> ran >> waited) {
    vcpu->cpu_seconds = ran / 1e9;
    vcpu->waited_seconds = waited / 1e9;
    return;
  }
  // A kernel without it has utime and stime: fields 14 and 15 of stat, counted from after the name
  // in parentheses.
  std::string stat = host::ReadFile(fmt::format("/proc/{}/task/{}/stat", pid, thread)).value_or("");
  size_t name_end = stat.rfind(')');
  if (name_end == std::string::npos) return;
  std::istringstream fields(stat.substr(name_end + 1));
  std::string skipped;
  for (int i = 0; i < 11; ++i) fields >> skipped;
  double user = 0, system = 0;
  fields >> user >> system;
  vcpu->cpu_seconds = (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

unsigned long long AddressOf(const VcpuRegisters& registers) {
  size_t blank = registers.pc.find(' ');
  return blank == std::string::npos ? 0 : std::strtoull(registers.pc.c_str() + blank, nullptr, 16);
}

std::string Where(const VcpuRegisters& registers) {
  if (registers.pc.empty()) return "an unknown place";
  return registers.pc + (registers.user ? " in user mode" : "");
}

struct Judgment {
  std::string word;  // idle, looping, busy
  std::string where;
  double share = 0;
  double wait = 0;  // likewise
};

Judgment Judge(const VcpuSample::Vcpu& first, const VcpuSample::Vcpu& second, double seconds) {
  Judgment judgment;
  judgment.share = seconds > 0 ? (second.cpu_seconds - first.cpu_seconds) / seconds : 0;
  unsigned long long a = AddressOf(first.registers), b = AddressOf(second.registers);
  judgment.wait = seconds > 0 ? (second.waited_seconds - first.waited_seconds) / seconds : 0;
  double wanted = judgment.share + judgment.wait;
  bool halted = first.registers.halted && second.registers.halted;
  if (wanted < (halted ? 0.5 : kIdleShare)) {
    judgment.word = halted ? "idle (halted)" : "idle";
    judgment.where = Where(second.registers);
  } else if (std::max(a, b) - std::min(a, b) < kLoopBytes && !first.registers.pc.empty()) {
    judgment.word = "looping";
    judgment.where = Where(second.registers);
  } else {
    judgment.word = "busy";
    judgment.where = fmt::format("{}, then {}", Where(first.registers), Where(second.registers));
  }
  return judgment;
}

}  // namespace

std::map<int, VcpuRegisters> ParseRegisters(std::string_view text) {
  std::map<int, VcpuRegisters> found;
  constexpr std::string_view kTitle = "CPU#";
  for (size_t at = text.find(kTitle); at != std::string_view::npos;) {
    size_t next = text.find(kTitle, at + 1);
    std::string_view part = text.substr(at, next == std::string_view::npos ? next : next - at);
    size_t line_end = std::min(part.find('\n'), part.size());
    int index = std::atoi(std::string(part.substr(kTitle.size(), line_end)).c_str());
    found[index] = ParseOne(part.substr(line_end));
    at = next;
  }
  return found;
}

VcpuSample TakeVcpuSample(Qmp& qmp, pid_t pid, host::TimePoint until) {
  VcpuSample sample;
  Qmp::Reply cpus = qmp.Execute("query-cpus-fast", nullptr, until);
  if (!cpus.ok()) {
    sample.error = cpus.error;
    return sample;
  }
  Qmp::Reply text =
      qmp.Execute("human-monitor-command", {{"command-line", "info registers -a"}}, until);
  if (text.ok() && text.value.is_string()) sample.registers = text.value.get<std::string>();
  sample.taken = host::Clock::now();
  std::map<int, VcpuRegisters> registers = ParseRegisters(sample.registers);
  if (!cpus.value.is_array()) return sample;
  for (const Qmp::Json& cpu : cpus.value) {
    VcpuSample::Vcpu vcpu;
    vcpu.index = cpu.value("cpu-index", 0);
    ReadThreadTimes(pid, cpu.value("thread-id", 0L), &vcpu);
    vcpu.registers = registers[vcpu.index];
    sample.vcpus.push_back(vcpu);
  }
  return sample;
}

VcpuStory CompareVcpus(const VcpuSample& first, const VcpuSample& second) {
  VcpuStory story;
  double seconds = host::SecondsBetween(first.taken, second.taken);
  std::map<std::string, int> words;
  std::string only;
  for (const VcpuSample::Vcpu& late : second.vcpus) {
    auto early = std::find_if(first.vcpus.begin(), first.vcpus.end(),
                              [&](const auto& vcpu) { return vcpu.index == late.index; });
    if (early == first.vcpus.end()) continue;
    Judgment judgment = Judge(*early, late, seconds);
    std::string wait = judgment.wait < kIdleShare
                           ? ""
                           : fmt::format(", waited for one {:.0f} %", 100 * judgment.wait);
    story.lines.push_back(fmt::format("vCPU {} is {} at {} ({:.0f} % of a CPU within {:.1f} s{})",
                                      late.index, judgment.word, judgment.where,
                                      100 * judgment.share, seconds, wait));
    ++words[judgment.word];
    only = fmt::format("its vCPU is {} at {}", judgment.word, judgment.where);
  }
  if (story.lines.size() == 1) story.summary = only;
  if (story.lines.size() > 1) {
    for (const auto& [word, count] : words) {
      story.summary +=
          fmt::format("{}{} {}", story.summary.empty() ? "vCPUs: " : ", ", count, word);
    }
  }
  return story;
}

VcpuStory ShowVcpus(const VcpuSample& sample) {
  VcpuStory story;
  for (const VcpuSample::Vcpu& vcpu : sample.vcpus) {
    story.lines.push_back(fmt::format("vCPU {} is at {}{}", vcpu.index, Where(vcpu.registers),
                                      vcpu.registers.halted ? ", halted" : ""));
  }
  return story;
}

}  // namespace kvmtest::vm
