// type = cpu_hotplug: processors are plugged into the running main VM, its guest finds them, brings
// them online and runs something on each; they are taken out again and the guest loses them.
//
// Params: vcpu_maxcpus (smp and one more), hotplug_cpus (how many; all that there is room for),
// unplug = no leaves them in.

#include <fmt/format.h>

#include "procedures/device_steps.h"

namespace kvmtest::procedures {

namespace {

using vm::Failure;
using vm::Trouble;

struct Processor {
  std::string id;
  Json arguments;  // of device_add
};

// Places for processors that are empty, nearest first.
Trouble FreePlaces(Context& context, vm::Machine& machine, std::vector<Processor>* places) {
  const char command[] = "query-hotpluggable-cpus";
  host::Until until = DeviceLimit(context);
  vm::Qmp::Reply reply = machine.qmp().Execute(command, nullptr, until);
  if (!reply.ok()) {
    // An error is the answer of a machine type that has none.
    bool none = reply.kind == vm::Qmp::Reply::kError;
    return context.fleet.Unanswered(
        reply, until,
        {none ? vm::kEnvironment : vm::kQemuError,
         fmt::format("{}: {}: {}", machine.config().name, command, reply.error), ""});
  }
  // qemu lists the last place first.
  for (auto place = reply.value.rbegin(); place != reply.value.rend(); ++place) {
    if (place->contains("qom-path")) continue;
    Processor processor{fmt::format("plugged-cpu-{}", places->size()), (*place)["props"]};
    processor.arguments["driver"] = (*place)["type"];
    processor.arguments["id"] = processor.id;
    places->push_back(processor);
  }
  return std::nullopt;
}

// A processor that was plugged in is offline until someone brings it online: udev, or we.
std::string OnlineProcessorsCommand(long expected) {
  return fmt::format(
      "for file in /sys/devices/system/cpu/cpu*/online; do\n"
      "  read -r on < $file; [ $on = 1 ] || echo 1 > $file; done 2> /dev/null\n"
      "found=$(grep -c ^processor /proc/cpuinfo); echo $found; [ $found = {} ]\n",
      expected);
}

Trouble WaitForCount(Context& context, vm::Machine& machine, const std::string& command,
                     long expected) {
  host::Until until = DeviceLimit(context);
  return PollGuest(context, machine, command, until,
                   {vm::kHotplugTimeout,
                    fmt::format("{}: the guest has not come to {} processors within {}",
                                machine.config().name, expected, until.Text()),
                    ""});
}

Trouble UseEach(Context& context, vm::Machine& machine, long count) {
  std::string command =
      fmt::format("for n in $(seq 0 {}); do taskset -c $n true || exit 1; done", count - 1);
  return RunCommand(context, machine, "running on each processor", command, DeviceLimit(context));
}

// DEVICE_DELETED, with which qemu 7.2 tells of a processor's APIC, does not name the processor.
Trouble WaitForFreePlaces(Context& context, vm::Machine& machine, size_t expected) {
  host::TimePoint until = DeviceLimit(context);
  for (;;) {
    std::vector<Processor> places;
    if (Trouble trouble = FreePlaces(context, machine, &places)) return trouble;
    if (places.size() == expected) return std::nullopt;
    if (host::Clock::now() >= until) break;
    if (Trouble trouble = Pause(context, 0.1)) return trouble;
  }
  return Failure{vm::kHotplugTimeout,
                 machine.config().name + ": the guest did not let a processor go", ""};
}

// The last one first. With another one left behind it, qemu 7.2's TCG was seen to lose what should
// wake the guest's remaining processors, for half a minute and once for good.
Trouble TakeOut(Context& context, vm::Machine& machine, const std::vector<Processor>& processors) {
  for (auto processor = processors.rbegin(); processor != processors.rend(); ++processor) {
    std::vector<Processor> before;
    Trouble trouble = FreePlaces(context, machine, &before);
    if (trouble) return trouble;
    if ((trouble = Command(context, machine, "device_del", {{"id", processor->id}})))
      return trouble;
    if ((trouble = WaitForFreePlaces(context, machine, before.size() + 1))) return trouble;
  }
  long left = machine.config().smp;
  return WaitForCount(context, machine,
                      fmt::format("found=$(grep -c ^processor /proc/cpuinfo); echo $found; "
                                  "[ $found = {} ]",
                                  left),
                      left);
}

Trouble CpuHotplug(Context& context, std::string* passed) {
  vm::Machine* machine = nullptr;
  if (Trouble trouble = BootMain(context, &machine)) return trouble;
  std::vector<Processor> processors;
  if (Trouble trouble = FreePlaces(context, *machine, &processors)) return trouble;
  auto wanted =
      static_cast<size_t>(Number(context, "hotplug_cpus", static_cast<long>(processors.size())));
  if (wanted > processors.size()) {
    return Failure{vm::kEnvironment,
                   fmt::format("{}: hotplug_cpus = {}, but there is room for {}",
                               machine->config().name, wanted, processors.size()),
                   ""};
  }
  processors.resize(wanted);
  auto begin = host::Clock::now();
  for (const Processor& processor : processors) {
    Trouble trouble = Command(context, *machine, "device_add", processor.arguments);
    if (trouble) return trouble;
  }
  long count = machine->config().smp + static_cast<long>(wanted);
  if (Trouble trouble = WaitForCount(context, *machine, OnlineProcessorsCommand(count), count)) {
    return trouble;
  }
  context.measurements["hotplug_seconds"] = SecondsSince(begin);
  if (Trouble trouble = UseEach(context, *machine, count)) return trouble;
  *passed = fmt::format("{} processor(s) were plugged in and used", wanted);
  if (!context.params.ForVm(machine->config().object).GetBool("unplug", true)) return std::nullopt;
  if (Trouble trouble = TakeOut(context, *machine, processors)) return trouble;
  *passed += " and taken out";
  return std::nullopt;
}

std::string CheckCpuHotplugParams(const vm::Params& params) {
  std::string wrong = CheckDeviceParams(params);
  if (!wrong.empty()) return wrong;
  if (auto error = vm::CheckYesNo(params, {"unplug"})) return error->text;
  return CheckNumbers(params, {"hotplug_cpus"});
}

std::string MakeRoomForProcessors(const vm::Params& params, vm::VmConfig* config) {
  if (!IsMain(params, *config)) return "";
  long& most = config->devices.max_cpus;
  if (most == 0) most = config->smp + Number(params, "hotplug_cpus", 1);
  if (most > config->smp) return "";
  return fmt::format("vcpu_maxcpus = {} leaves no room beside smp = {}", most, config->smp);
}

}  // namespace

const Procedure kCpuHotplug = {
    "cpu_hotplug",
    CpuHotplug,
    CheckCpuHotplugParams,
    KVMTEST_DEVICE_PARAMS "hotplug_cpus unplug",
    true,
    MakeRoomForProcessors,
};

}  // namespace kvmtest::procedures
