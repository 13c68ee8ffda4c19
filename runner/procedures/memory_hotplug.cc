// type = memory_hotplug: a DIMM is plugged into the running main VM, its guest brings the memory
// online and has that much more of it, and no more. It is not taken out again: which guest gives a
// DIMM back depends on what it has put there. The guest's word is not enough: its ACPI must have
// told qemu that the DIMM was taken.
//
// Params: slots_mem and maxmem_mem (one slot, for mem and the DIMM), hotplug_mem (MiB, 128).

#include <fmt/format.h>

#include <utility>

#include "procedures/device_steps.h"

namespace kvmtest::procedures {

namespace {

using vm::Failure;
using vm::Trouble;

constexpr long kDefaultMiB = 128;  // the smallest that Linux takes on x86-64

// A part of what is plugged in describes the rest: a page takes 64 bytes, and somewhat more. What
// the guest gives back of its own meanwhile is little.
constexpr double kShare = 0.95;
constexpr double kMostShare = 1.05;
constexpr char kDimm[] = "plugged-dimm";

// Blocks of memory are offline until someone brings them online: udev, the kernel itself, or we.
std::string OnlineMemoryCommand(double kib) {
  return fmt::format(
      "for file in /sys/devices/system/memory/memory*/state; do\n"
      "  [ -w $file ] && read -r state < $file && [ $state = offline ] && echo online > $file\n"
      "done 2> /dev/null\n"
      "while read -r key value unit; do [ $key != MemTotal: ] || total=$value; done < "
      "/proc/meminfo\necho MemTotal: $total KiB; [ $total -ge {:.0f} ]\n",
      kib);
}

Trouble OnlineTotalKiB(Context& context, vm::Machine& machine, double* kib) {
  std::string output;
  Trouble trouble = RunCommand(context, machine, "the question for its memory",
                               OnlineMemoryCommand(0), DeviceLimit(context), &output);
  std::vector<std::string> words = vm::SplitWords(output);
  *kib = words.size() < 2 ? 0 : static_cast<double>(vm::SizeInBytes(words[1], 1).value_or(0));
  return trouble;
}

Trouble CheckPluggedBytes(Context& context, vm::Machine& machine, long mib) {
  Json summary;
  Trouble trouble = Command(context, machine, "query-memory-size-summary", nullptr, &summary);
  if (trouble) return trouble;
  long long bytes = summary.value("plugged-memory", 0LL);
  if (bytes == static_cast<long long>(mib) << 20) return std::nullopt;
  return Failure{
      vm::kWrongHardware,
      fmt::format("{}: qemu says that {} bytes of memory are plugged in, expected {} MiB",
                  machine.config().name, bytes, mib),
      ""};
}

// What the guest's ACPI has answered to qemu about the DIMM (_OST), which no program in the guest
// can make up by writing to a file: null while it has not.
const Json* AnswerAboutDimm(const Json& answers) {
  for (const Json& answer : answers) {
    bool answered = answer.value("source", 0) != 0;
    if (answer.value("device", "") == kDimm && answered) return &answer;
  }
  return nullptr;
}

Trouble WaitForAcpi(Context& context, vm::Machine& machine) {
  const std::string& name = machine.config().name;
  host::Until until = DeviceLimit(context);
  for (;;) {
    Json answers;
    Trouble trouble = Command(context, machine, "query-acpi-ospm-status", nullptr, &answers);
    if (trouble) return trouble;
    const Json* answer = AnswerAboutDimm(answers);
    if (answer != nullptr && answer->value("status", 0) == 0) return std::nullopt;
    if (answer != nullptr) {
      return Failure{vm::kWrongHardware,
                     name + ": the guest's ACPI has refused the DIMM: " + answer->dump(), ""};
    }
    if (host::Clock::now() >= until.at) {
      return Failure{until.is_deadline ? vm::kTestTimeout : vm::kHotplugTimeout,
                     fmt::format("{}: the guest says that it has the memory, but its ACPI has not "
                                 "answered for the DIMM within {}",
                                 name, until.Text()),
                     "query-acpi-ospm-status: " + answers.dump() + "\n"};
    }
    if ((trouble = Pause(context, 0.05))) return trouble;
  }
}

// Which sizes there can be depends on qemu, the machine and the host (7.2, x86: multiples of 2
// MiB).
Failure Refused(Failure failure, long mib) {
  for (const char* sign : {"must be multiple of", "not enough space, currently"}) {
    if (failure.text.find(sign) == std::string::npos) continue;
    failure.kind = vm::kBadParams;
    failure.text += fmt::format(" (hotplug_mem = {})", mib);
  }
  return failure;
}

Trouble MemoryHotplug(Context& context, std::string* passed) {
  vm::Machine* machine = nullptr;
  if (Trouble trouble = BootMain(context, &machine)) return trouble;
  long mib = Number(context, "hotplug_mem", kDefaultMiB);
  double before = 0, after = 0;
  if (Trouble trouble = OnlineTotalKiB(context, *machine, &before)) return trouble;
  auto begin = host::Clock::now();
  Trouble trouble =
      Command(context, *machine, "object-add",
              {{"qom-type", "memory-backend-ram"}, {"id", "plugged-memory"}, {"size", mib << 20}});
  if (trouble) return trouble;
  if ((trouble =
           Plug(context, *machine, {fmt::format("pc-dimm,id={},memdev=plugged-memory", kDimm)}))) {
    return Refused(std::move(*trouble), mib);
  }
  host::Until until = DeviceLimit(context);
  double expected = before + kShare * static_cast<double>(mib) * 1024;
  trouble = PollGuest(context, *machine, OnlineMemoryCommand(expected), until,
                      {vm::kHotplugTimeout,
                       fmt::format("{}: the guest has not come to {:.0f} KiB of memory within "
                                   "{} of plugging in {} MiB",
                                   machine->config().name, expected, until.Text(), mib),
                       ""});
  if (trouble) return trouble;
  context.measurements["hotplug_seconds"] = SecondsSince(begin);
  if ((trouble = OnlineTotalKiB(context, *machine, &after))) return trouble;
  double more = (after - before) / 1024;
  if (more > kMostShare * static_cast<double>(mib)) {
    return Failure{vm::kWrongHardware,
                   fmt::format("{}: {} MiB were plugged in, but the guest says that it has {:.1f} "
                               "MiB more",
                               machine->config().name, mib, more),
                   ""};
  }
  if ((trouble = CheckPluggedBytes(context, *machine, mib))) return trouble;
  if ((trouble = WaitForAcpi(context, *machine))) return trouble;
  *passed = fmt::format("{} MiB were plugged in, the guest has {:.1f} MiB more", mib, more);
  return std::nullopt;
}

std::string CheckMemoryHotplugParams(const vm::Params& params) {
  std::string wrong = CheckDeviceParams(params);
  return wrong.empty() ? CheckNumbers(params, {"hotplug_mem"}) : wrong;
}

std::string MakeRoomForMemory(const vm::Params& params, vm::VmConfig* config) {
  if (!IsMain(params, *config) || config->devices.memory_slots > 0) return "";
  unsigned long long bytes = vm::SizeInBytes(config->mem, 1 << 20).value_or(0);
  unsigned long long more =
      static_cast<unsigned long long>(Number(params, "hotplug_mem", kDefaultMiB)) << 20;
  config->devices.memory_slots = 1;
  config->devices.max_memory = fmt::format("{}M", (bytes + more) >> 20);
  return "";
}

}  // namespace

const Procedure kMemoryHotplug = {
    "memory_hotplug",
    MemoryHotplug,
    CheckMemoryHotplugParams,
    KVMTEST_DEVICE_PARAMS "hotplug_mem",
    true,
    MakeRoomForMemory,
};

}  // namespace kvmtest::procedures
