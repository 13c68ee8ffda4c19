// type = rng: the guest takes its hardware random numbers from virtio-rng, they come, no two
// pieces are the same, and how fast they come is measured.
//
// Params: virtio_rngs (one, if not given) and theirs; rng_size (KiB, 64).

#include <fmt/format.h>

#include "procedures/device_steps.h"

namespace kvmtest::procedures {

namespace {

using vm::Failure;
using vm::Trouble;

Trouble CheckSource(Context& context, vm::Machine& machine) {
  const char kAsk[] = "cat /sys/class/misc/hw_random/rng_current";
  vm::ShellFrame::Answer answer;
  Trouble trouble =
      context.fleet.Run(machine, std::string(kLoadDrivers) + kAsk, DeviceLimit(context), &answer);
  if (trouble) return trouble;
  const std::string& name = machine.config().name;
  if (answer.status != 0) {
    return Failure{vm::kEnvironment, name + ": the guest's kernel has no /dev/hwrng",
                   Shown(answer.output)};
  }
  if (answer.output.rfind("virtio_rng", 0) == 0) return std::nullopt;
  return Failure{vm::kDeviceMissing,
                 fmt::format("{}: the guest's source of random numbers is '{}', expected "
                             "'virtio_rng'",
                             name, Trimmed(answer.output)),
                 ""};
}

Trouble TakeNumbers(Context& context, vm::Machine& machine, long kib, std::string* checksum) {
  std::string output;
  Trouble trouble = RunCommand(
      context, machine, "reading random numbers",
      fmt::format("dd if=/dev/hwrng of=/tmp/kvmtest-rng bs=1024 iflag=fullblock count={} 2> "
                  "/dev/null && wc -c < /tmp/kvmtest-rng && md5sum < /tmp/kvmtest-rng",
                  kib),
      DeviceLimit(context), &output);
  if (trouble) return trouble;
  std::vector<std::string> words = vm::SplitWords(output);
  std::string found = words.empty() ? "none" : words[0];
  if (words.size() >= 2 && found == std::to_string(kib * 1024)) {
    *checksum = words[1];
    return std::nullopt;
  }
  return Failure{vm::kDataMismatch,
                 fmt::format("{}: /dev/hwrng gave {} bytes, expected {}", machine.config().name,
                             found, kib * 1024),
                 ""};
}

Trouble Rng(Context& context, std::string* passed) {
  vm::Machine* machine = nullptr;
  if (Trouble trouble = BootMain(context, &machine)) return trouble;
  if (Trouble trouble = CheckSource(context, *machine)) return trouble;
  long kib = Number(context, "rng_size", 64);
  std::string checksums[2];
  auto begin = host::Clock::now();
  for (std::string& checksum : checksums) {
    if (Trouble trouble = TakeNumbers(context, *machine, kib, &checksum)) return trouble;
  }
  double rate = static_cast<double>(2 * kib * 1024) / SecondsSince(begin);
  context.measurements["rng_bytes_per_second"] = rate;
  if (checksums[0] == checksums[1]) {
    return Failure{
        vm::kDataMismatch,
        fmt::format("{}: /dev/hwrng gave the same {} KiB twice", machine->config().name, kib), ""};
  }
  *passed = fmt::format("{} KiB came, {:.0f} bytes a second", 2 * kib, rate);
  return std::nullopt;
}

std::string CheckRngParams(const vm::Params& params) {
  std::string wrong = CheckDeviceParams(params);
  return wrong.empty() ? CheckNumbers(params, {"rng_size"}) : wrong;
}

std::string AddRng(const vm::Params& params, vm::VmConfig* config) {
  if (!IsMain(params, *config) || params.Find("virtio_rngs")) return "";
  config->devices.rngs.push_back({"rng0", "rng-builtin", "", 0, 0});
  return "";
}

}  // namespace

const Procedure kRng = {"rng", Rng, CheckRngParams, KVMTEST_DEVICE_PARAMS "rng_size", true, AddRng};

}  // namespace kvmtest::procedures
