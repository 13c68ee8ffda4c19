// type = balloon: qemu asks the guest for memory, the guest gives it and has less; qemu gives it
// back and the guest has as much as before.
//
// Params: balloon_target (MiB that the guest is to keep; three quarters of mem).

#include <fmt/format.h>

#include <cmath>

#include "procedures/device_steps.h"

namespace kvmtest::procedures {

namespace {

using vm::Failure;
using vm::Trouble;

constexpr unsigned long long kMiB = 1 << 20;

Trouble TotalMiB(Context& context, vm::Machine& machine, double* mib) {
  std::string output;
  Trouble trouble =
      RunCommand(context, machine, "the question for its memory",
                 "while read -r key value unit; do [ $key != MemTotal: ] || echo $value; done < "
                 "/proc/meminfo",
                 DeviceLimit(context), &output);
  *mib = static_cast<double>(vm::SizeInBytes(Trimmed(output), 1024).value_or(0)) / kMiB;
  return trouble;
}

Trouble HasBalloon(Context& context, vm::Machine& machine) {
  vm::Qmp::Reply reply = machine.qmp().Execute("query-balloon", nullptr, DeviceLimit(context));
  if (reply.ok()) return std::nullopt;
  return Failure{vm::kDeviceMissing,
                 fmt::format("{}: query-balloon: {}", machine.config().name, reply.error), ""};
}

// Asks for it and waits until the guest has done so.
Trouble Inflate(Context& context, vm::Machine& machine, unsigned long long target) {
  Trouble trouble = Command(context, machine, "balloon", {{"value", target}});
  if (trouble) return trouble;
  host::Until until = DeviceLimit(context);
  for (;;) {
    Json answer;
    if ((trouble = Command(context, machine, "query-balloon", nullptr, &answer))) return trouble;
    auto actual = answer.value("actual", 0ULL);
    if (actual == target) return std::nullopt;
    if ((trouble = Pause(context, 0.05))) return trouble;
    // Behind the pause: when the time of the whole test is up, qemu is not asked any more.
    if (host::Clock::now() >= until.at) {
      return Failure{vm::kBalloonTimeout,
                     fmt::format("{}: the guest has {} MiB {} after it was asked to have {}",
                                 machine.config().name, actual / kMiB, until.Text(), target / kMiB),
                     ""};
    }
  }
}

// MemTotal changes with the balloon, to the page.
Trouble CheckTotal(Context& context, vm::Machine& machine, double expected) {
  double found = 0;
  if (Trouble trouble = TotalMiB(context, machine, &found)) return trouble;
  if (std::abs(found - expected) <= 1) return std::nullopt;
  return Failure{vm::kWrongHardware,
                 fmt::format("{}: the guest's MemTotal is {:.1f} MiB, expected {:.1f}",
                             machine.config().name, found, expected),
                 ""};
}

Trouble Balloon(Context& context, std::string* passed) {
  vm::Machine* machine = nullptr;
  if (Trouble trouble = BootMain(context, &machine)) return trouble;
  if (Trouble trouble = HasBalloon(context, *machine)) return trouble;
  unsigned long long all = vm::SizeInBytes(machine->config().mem, kMiB).value_or(0);
  auto target = static_cast<unsigned long long>(
                    Number(context, "balloon_target", static_cast<long>(all / kMiB * 3 / 4))) *
                kMiB;
  double before = 0;
  if (Trouble trouble = TotalMiB(context, *machine, &before)) return trouble;
  auto begin = host::Clock::now();
  if (Trouble trouble = Inflate(context, *machine, target)) return trouble;
  context.measurements["balloon_seconds"] = SecondsSince(begin);
  double given = (static_cast<double>(all) - static_cast<double>(target)) / kMiB;
  if (Trouble trouble = CheckTotal(context, *machine, before - given)) return trouble;
  if (Trouble trouble = Inflate(context, *machine, all)) return trouble;
  if (Trouble trouble = CheckTotal(context, *machine, before)) return trouble;
  *passed = fmt::format("the guest gave {:.0f} MiB in {:.2f} s and has them back", given,
                        context.measurements["balloon_seconds"]);
  return std::nullopt;
}

std::string CheckBalloonParams(const vm::Params& params) {
  std::string wrong = CheckDeviceParams(params);
  return wrong.empty() ? CheckNumbers(params, {"balloon_target"}) : wrong;
}

std::string AddBalloon(const vm::Params& params, vm::VmConfig* config) {
  if (!IsMain(params, *config)) return "";
  if (!params.Find("balloon")) config->devices.balloon = true;
  // What the guest has already, it could be asked for without anybody there.
  auto all = static_cast<long>(vm::SizeInBytes(config->mem, kMiB).value_or(0) / kMiB);
  long target = Number(params, "balloon_target", 0);
  if (target == 0 || target < all) return "";
  return fmt::format("balloon_target = {}: expected less than mem = {}", target, config->mem);
}

}  // namespace

const Procedure kBalloon = {
    "balloon", Balloon,    CheckBalloonParams, KVMTEST_DEVICE_PARAMS "balloon_target",
    true,      AddBalloon,
};

}  // namespace kvmtest::procedures
