// type = memory_hotplug: a DIMM is plugged into the running main VM, its guest brings the memory
// online and has that much more of it. It is not taken out again: which guest gives a DIMM back
// depends on what it has put there.
//
// Params: slots_mem and maxmem_mem (one slot, for mem and the DIMM), hotplug_mem (MiB, 128).

#include <fmt/format.h>

#include "procedures/device_steps.h"

namespace kvmtest::procedures {

namespace {

using vm::Trouble;

constexpr long kDefaultMiB = 128;  // the smallest that Linux takes on x86-64

// A part of what is plugged in describes the rest: a page takes 64 bytes, and somewhat more.
constexpr double kShare = 0.95;

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
  if ((trouble = Plug(context, *machine, {"pc-dimm,id=plugged-dimm,memdev=plugged-memory"}))) {
    return trouble;
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
  *passed = fmt::format("{} MiB were plugged in, the guest has {:.1f} MiB more", mib,
                        (after - before) / 1024);
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
