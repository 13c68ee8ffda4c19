// type = rng: the guest takes its hardware random numbers from virtio-rng, they come, no two
// pieces are the same, and how fast they come is measured. qemu gets them from a file of the
// runner's, so what the guest has read is compared with it, as far as kCompared; not if
// the params name a backend whose bytes nobody knows (rng-builtin, filename_passthrough).
//
// Params: virtio_rngs (one, if not given) and theirs; rng_size (KiB, 64).

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <unordered_set>

#include "procedures/device_steps.h"
#include "vm/shell.h"

namespace kvmtest::procedures {

namespace {

using vm::Failure;
using vm::Trouble;

// Where the guest keeps them.
constexpr char kFirst[] = "/tmp/kvmtest-rng", kSecond[] = "/tmp/kvmtest-rng2";
constexpr long kCompared = 64;                // KiB, which the guest tells as base64
constexpr size_t kSpare = size_t{256} << 10;  // for the kernel's own needs

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

Trouble TakeNumbers(Context& context, vm::Machine& machine, long kib, const char* file,
                    std::string* checksum) {
  std::string output;
  Trouble trouble = RunCommand(
      context, machine, "reading random numbers",
      fmt::format("dd if=/dev/hwrng of={0} bs=1024 iflag=fullblock count={1} 2> /dev/null && "
                  "wc -c < {0} && md5sum < {0}",
                  file, kib),
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

// How many of the bytes stand in a row of at least kRow that is somewhere in the pool. Others of
// the guest's read from the device, too, so the rows are cut at any place.
size_t CountKnown(std::string_view bytes, std::string_view pool) {
  constexpr size_t kRow = 8;
  if (bytes.size() < kRow || pool.size() < kRow) return 0;
  std::unordered_set<std::string_view> rows;
  for (size_t i = 0; i + kRow <= pool.size(); ++i) rows.insert(pool.substr(i, kRow));
  size_t known = 0, until = 0;
  for (size_t i = 0; i + kRow <= bytes.size(); ++i) {
    if (rows.count(bytes.substr(i, kRow)) == 0) continue;
    known += i + kRow - std::max(i, until);
    until = i + kRow;
  }
  return known;
}

// What was given first, which is enough to find `kib` of it.
std::string PoolOf(const vm::Machine& machine, long kib) {
  std::string all;
  for (const vm::RngConfig& rng : machine.config().devices.rngs) {
    std::string pool = machine.pool(rng.name);
    if (pool.empty()) return "";  // it might be this one
    all += pool.substr(0, static_cast<size_t>(kib) * 1024 + kSpare);
  }
  return all;
}

Trouble CompareNumbers(Context& context, vm::Machine& machine, const std::string& pool, long kib) {
  std::string output;
  Trouble trouble = RunCommand(context, machine, "telling the random numbers",
                               fmt::format("head -c {} {} | base64", kib * 1024, kFirst),
                               DeviceLimit(context), &output);
  if (trouble) return trouble;
  std::string bytes = vm::FromBase64(output).value_or("");
  size_t known = CountKnown(bytes, pool);
  if (bytes.size() == static_cast<size_t>(kib) * 1024 && known >= bytes.size() / 10 * 9) {
    return std::nullopt;
  }
  return Failure{vm::kDataMismatch,
                 fmt::format("{}: of {} bytes of /dev/hwrng only {} are some that the host gave",
                             machine.config().name, bytes.size(), known),
                 ""};
}

Trouble Rng(Context& context, std::string* passed) {
  vm::Machine* machine = nullptr;
  if (Trouble trouble = BootMain(context, &machine)) return trouble;
  if (Trouble trouble = CheckSource(context, *machine)) return trouble;
  long kib = Number(context, "rng_size", 64);
  std::string checksums[2];
  auto begin = host::Clock::now();
  const char* files[] = {kFirst, kSecond};
  for (int i = 0; i < 2; ++i) {
    Trouble trouble = TakeNumbers(context, *machine, kib, files[i], &checksums[i]);
    if (trouble) return trouble;
  }
  double rate = static_cast<double>(2 * kib * 1024) / SecondsSince(begin);
  context.measurements["rng_bytes_per_second"] = rate;
  if (checksums[0] == checksums[1]) {
    return Failure{
        vm::kDataMismatch,
        fmt::format("{}: /dev/hwrng gave the same {} KiB twice", machine->config().name, kib), ""};
  }
  *passed = fmt::format("{} KiB came, {:.0f} bytes a second", 2 * kib, rate);
  long compared = std::min(kib, kCompared);
  std::string pool = PoolOf(*machine, compared);
  if (pool.empty()) return std::nullopt;
  *passed += fmt::format("; {} KiB of them are those that the host gave", compared);
  return CompareNumbers(context, *machine, pool, compared);
}

std::string CheckRngParams(const vm::Params& params) {
  std::string wrong = CheckDeviceParams(params);
  return wrong.empty() ? CheckNumbers(params, {"rng_size"}) : wrong;
}

std::string AddRng(const vm::Params& params, vm::VmConfig* config) {
  if (!IsMain(params, *config)) return "";
  std::vector<vm::RngConfig>& rngs = config->devices.rngs;
  if (!params.Find("virtio_rngs")) rngs.push_back({"rng0", "rng-random", "", 0, 0});
  auto numbers = static_cast<size_t>(procedures::Number(params, "rng_size", 64)) * 2048;
  for (vm::RngConfig& rng : rngs) {
    bool named = params.For(rng.name).Find("filename_passthrough").has_value();
    if (rng.backend == "rng-random" && !named) rng.pool = numbers + kSpare;
  }
  return "";
}

}  // namespace

const Procedure kRng = {"rng", Rng, CheckRngParams, KVMTEST_DEVICE_PARAMS "rng_size", true, AddRng};

}  // namespace kvmtest::procedures
