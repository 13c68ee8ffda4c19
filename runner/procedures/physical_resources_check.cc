// type = physical_resources_check: the guest has what the params gave its VM: processors,
// memory, disks (count, sizes, serial numbers), network cards (count, addresses, models) and the
// machine's uuid. What is found is compared with the VmConfig and with the sizes that qemu knows.
//
// Params: mem_tolerance (percent, 3): firmware and its tables take some of the memory.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "procedures/device_steps.h"

namespace kvmtest::procedures {

namespace {

using vm::Failure;
using vm::Trouble;

// What the kernel uses as memory is in /proc/iomem, which shows zeros to who is not root;
// MemTotal is less, by what the kernel itself takes. What of that has a name stands there, too,
// below the memory in which it lies ("Kernel code", "Crash kernel").
constexpr char kReport[] = R"sh(
echo "cpus $(grep -c '^processor' /proc/cpuinfo)"
[ ! -r /sys/devices/system/cpu/online ] || echo "online $(cat /sys/devices/system/cpu/online)"
ram=0 kernel=0 within=
while IFS= read -r line; do
  range=${line%% : *} what=${line#* : }
  nested=${range%%[! ]*}
  range=${range#"$nested"}
  [ -n "$nested" ] || within=$what
  [ "$within" = 'System RAM' ] || continue
  size=$((0x${range#*-} - 0x${range%-*} + 1))
  case $nested in '') ram=$((ram + size)) ;; '  ') kernel=$((kernel + size)) ;; esac
done < /proc/iomem
echo "ram $ram"
echo "kernel $kernel"
while read -r key value unit; do [ $key != MemTotal: ] || echo "total $value"; done < /proc/meminfo
echo "uuid $(cat /sys/class/dmi/id/product_uuid 2> /dev/null)"
for dir in /sys/class/net/*; do
  [ -e "$dir/device" ] || continue
  read -r mac < "$dir/address"
  echo "nic $mac $(cat "$dir/device/vendor" "$dir/device/device" 2> /dev/null | tr '\n' ' ')"
done
)sh";

struct GuestNic {
  std::string mac;
  std::string id;  // "0x1af4 0x0001"
};

struct GuestReport {
  long cpus = 0;
  std::string online;  // "0-2,5"; empty: it does not tell
  unsigned long long ram = 0;
  unsigned long long kernel = 0;  // of it, the kernel's own
  unsigned long long total = 0;   // what the kernel gives out
  std::string uuid;
  std::vector<GuestNic> nics;
  std::vector<GuestDisk> disks;
};

GuestReport ReadReport(const std::string& output) {
  GuestReport report;
  report.disks = ReadDisks(output);
  for (const std::string& line : Lines(output)) {
    std::vector<std::string> words = vm::SplitWords(line);
    if (words.size() < 2) continue;
    auto number = [&] { return vm::SizeInBytes(words[1], 1).value_or(0); };
    if (words[0] == "cpus") report.cpus = static_cast<long>(number());
    if (words[0] == "online") report.online = words[1];
    if (words[0] == "ram") report.ram = number();
    if (words[0] == "kernel") report.kernel = number();
    if (words[0] == "total") report.total = number() << 10;
    if (words[0] == "uuid") report.uuid = words[1];
    if (words[0] == "nic") {
      report.nics.push_back({words[1], words.size() > 3 ? words[2] + " " + words[3] : ""});
    }
  }
  return report;
}

// Vendor and device as the guest's driver has them.
std::string ModelId(const std::string& model) {
  struct Row {
    std::string_view model, id;
  };
  constexpr Row kRows[] = {
      {"virtio-net-pci", "0x1af4 0x0001"}, {"e1000", "0x8086 0x100e"},
      {"e1000e", "0x8086 0x10d3"},         {"rtl8139", "0x10ec 0x8139"},
      {"pcnet", "0x1022 0x2000"},          {"ne2k_pci", "0x10ec 0x8029"},
      {"vmxnet3", "0x15ad 0x07b0"},
  };
  for (const Row& row : kRows) {
    if (row.model == model) return std::string(row.id);
  }
  return "";
}

std::string Found(const char* what, const std::string& found, const std::string& expected) {
  return fmt::format("{}: found {}, expected {}", what, found, expected);
}

// How many a list of the kernel's has: "0-2,5" are four.
long CountList(const std::string& list) {
  long count = 0;
  for (const char* at = list.c_str(); *at != '\0';) {
    char* rest = nullptr;
    long first = std::strtol(at, &rest, 10), last = first;
    if (*rest == '-') last = std::strtol(rest + 1, &rest, 10);
    if (rest == at || (*rest != ',' && *rest != '\0')) return -1;
    count += last - first + 1;
    at = *rest == ',' ? rest + 1 : rest;
  }
  return count;
}

// Two places in the guest have to go together.
std::string WrongProcessors(const vm::VmConfig& config, const GuestReport& report) {
  std::string expected = std::to_string(config.smp);
  if (report.cpus != config.smp) {
    return Found("processors", std::to_string(report.cpus), expected);
  }
  if (report.online.empty() || CountList(report.online) == config.smp) return "";
  return Found("processors", fmt::format("{} and, online, {}", report.cpus, report.online),
               expected);
}

std::string WrongMemory(const vm::VmConfig& config, const GuestReport& report, long tolerance) {
  double expected = static_cast<double>(vm::SizeInBytes(config.mem, 1 << 20).value_or(0));
  double found = static_cast<double>(report.ram);
  if (std::abs(found - expected) <= expected * static_cast<double>(tolerance) / 100) return "";
  constexpr double kMiB = 1 << 20;
  return Found("memory", fmt::format("{:.1f} MiB", found / kMiB),
               fmt::format("{:.1f} MiB within {} %", expected / kMiB, tolerance));
}

// Two places in the guest have to go together. What the kernel takes of a Debian 12 with 128 to
// 512 MiB, beside what has a name in /proc/iomem, is 1/64 for its pages and 4 MiB.
std::string WrongTotal(const GuestReport& report) {
  unsigned long long most = report.ram - std::min(report.ram, report.kernel);
  unsigned long long taken = (report.ram >> 4) + (16 << 20);
  if (report.total <= report.ram && report.total + taken >= most) return "";
  constexpr double kMiB = 1 << 20;
  return Found("memory",
               fmt::format("a MemTotal of {:.1f} MiB", static_cast<double>(report.total) / kMiB),
               fmt::format("what goes with {:.1f} MiB in /proc/iomem",
                           static_cast<double>(report.ram) / kMiB));
}

// qemu has what the params say.
std::string WrongMachineMemory(const vm::VmConfig& config, const Json& summary) {
  // qemu 7.2 rounds up to 8 KiB.
  unsigned long long expected = vm::SizeInBytes(config.mem, 1 << 20).value_or(0);
  unsigned long long found = summary.value("base-memory", 0ULL);
  if (found >= expected && found - expected < 8192) return "";
  return Found("qemu's base-memory", std::to_string(found), std::to_string(expected));
}

std::string WrongNics(const vm::VmConfig& config, const GuestReport& report) {
  if (report.nics.size() != config.nics.size()) {
    return Found("network cards", std::to_string(report.nics.size()),
                 std::to_string(config.nics.size()));
  }
  for (const vm::NicConfig& nic : config.nics) {
    auto found = std::find_if(report.nics.begin(), report.nics.end(),
                              [&](const GuestNic& other) { return other.mac == nic.address.mac; });
    if (found == report.nics.end()) {
      return Found(nic.name.c_str(), "no card with its address", nic.address.mac);
    }
    std::string id = ModelId(nic.model);
    if (!id.empty() && found->id != id) {
      return Found(nic.name.c_str(), "the device " + found->id,
                   fmt::format("{} ({})", id, nic.model));
    }
  }
  return "";
}

// The size that qemu gives the disk of an image; 0 if it does not say.
unsigned long long SizeOf(const Json& blocks, const vm::ImageConfig& image) {
  for (const Json& block : blocks) {
    if (block.value("device", "") != "drive-" + image.name || !block.contains("inserted")) continue;
    const Json& inserted = block["inserted"];
    if (inserted.contains("image")) return inserted["image"].value("virtual-size", 0ULL);
  }
  return 0;
}

std::string WrongDisks(const vm::VmConfig& config, const GuestReport& report, const Json& blocks) {
  if (report.disks.size() != config.images.size()) {
    return Found("disks", std::to_string(report.disks.size()),
                 std::to_string(config.images.size()));
  }
  for (const vm::ImageConfig& image : config.images) {
    auto found = std::find_if(report.disks.begin(), report.disks.end(),
                              [&](const GuestDisk& disk) { return disk.serial == image.serial; });
    if (found == report.disks.end()) {
      return Found(image.name.c_str(), "no disk with its serial number", image.serial);
    }
    unsigned long long size = SizeOf(blocks, image);
    if (found->bytes == size) continue;
    return Found(image.name.c_str(), fmt::format("{} bytes", found->bytes),
                 fmt::format("{} bytes", size));
  }
  return "";
}

// What qemu tells of the machine.
struct QemuReport {
  Json blocks, uuid, memory;
};

// Every line is one thing that differs.
std::vector<std::string> Differences(const vm::VmConfig& config, const GuestReport& report,
                                     const QemuReport& qemu, long tolerance) {
  std::vector<std::string> wrong;
  for (const std::string& line :
       {WrongProcessors(config, report), WrongMachineMemory(config, qemu.memory),
        WrongMemory(config, report, tolerance), WrongTotal(report),
        WrongDisks(config, report, qemu.blocks), WrongNics(config, report)}) {
    if (!line.empty()) wrong.push_back(line);
  }
  // qemu's default uuid is all zeros, which the firmware's tables leave out.
  std::string uuid = qemu.uuid.value("UUID", "");
  bool has_uuid = uuid.find_first_not_of("0-") != std::string::npos;
  if (has_uuid && report.uuid != uuid) wrong.push_back(Found("uuid", report.uuid, uuid));
  return wrong;
}

// The machine without what is not plugged in.
vm::VmConfig Attached(vm::VmConfig config) {
  auto drop = [](auto* objects) {
    objects->erase(std::remove_if(objects->begin(), objects->end(),
                                  [](const auto& object) { return !object.attached; }),
                   objects->end());
  };
  drop(&config.images);
  drop(&config.nics);
  return config;
}

Trouble CheckResources(Context& context, std::string* passed) {
  vm::Machine* machine = nullptr;
  if (Trouble trouble = BootMain(context, &machine)) return trouble;
  const std::string& name = machine->config().name;
  std::string output;
  Trouble trouble = RunCommand(context, *machine, "the question for its hardware",
                               std::string(kReport) + kListDisks, DeviceLimit(context), &output);
  if (trouble) return trouble;
  QemuReport qemu;
  for (auto [command, answer] : {std::pair("query-block", &qemu.blocks),
                                 {"query-uuid", &qemu.uuid},
                                 {"query-memory-size-summary", &qemu.memory}}) {
    if ((trouble = Command(context, *machine, command, nullptr, answer))) return trouble;
  }
  GuestReport report = ReadReport(output);
  std::vector<std::string> wrong =
      Differences(Attached(machine->config()), report, qemu, Number(context, "mem_tolerance", 3));
  if (!wrong.empty()) {
    return Failure{vm::kWrongHardware, fmt::format("{}: {}", name, fmt::join(wrong, "; ")),
                   "the guest reports:\n" + Shown(output)};
  }
  *passed = fmt::format("{} processor(s), {:.1f} MiB, {} disk(s), {} network card(s)", report.cpus,
                        static_cast<double>(report.ram) / (1 << 20), report.disks.size(),
                        report.nics.size());
  return std::nullopt;
}

std::string CheckResourcesParams(const vm::Params& params) {
  std::string wrong = CheckDeviceParams(params);
  return wrong.empty() ? CheckNumbers(params, {"mem_tolerance"}) : wrong;
}

std::string NameDisks(const vm::Params& params, vm::VmConfig* config) {
  if (IsMain(params, *config)) SetSerials(config);
  return "";
}

}  // namespace

const Procedure kPhysicalResourcesCheck = {
    "physical_resources_check",
    CheckResources,
    CheckResourcesParams,
    KVMTEST_DEVICE_PARAMS "mem_tolerance",
    true,
    NameDisks,
};

}  // namespace kvmtest::procedures
