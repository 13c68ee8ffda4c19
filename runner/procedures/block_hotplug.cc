// type = block_hotplug: a disk is plugged into the running main VM; its guest finds it, writes and
// reads it; the disk is taken out, the guest loses it, and the image's file has the data; the disk
// comes back with them.
//
// Params: hotplug_image, one of the VM's images, which it does not boot with (one with boot_drive =
// no, else the last), hotplug_format (its drive_format), hotplug_size (KiB written, 1024),
// repeat_times (2).

#include <fmt/format.h>

#include <algorithm>

#include "procedures/device_steps.h"
#include "procedures/disk_data.h"
#include "vm/argv.h"

namespace kvmtest::procedures {

namespace {

using vm::Failure;
using vm::Trouble;

const vm::ImageConfig& ImageToPlug(const Context& context, const vm::Machine& machine) {
  std::string name = context.params.ForVm(machine.config().object).Get("hotplug_image");
  const auto& images = machine.config().images;
  return *std::find_if(images.begin(), images.end(), [&](const auto& image) {
    return !image.attached && (name.empty() || image.name == name);
  });
}

std::string HasDisk(const vm::ImageConfig& image) {
  return std::string(kLoadDrivers) + kListDisks + ") | grep -q '^disk .* " + image.serial + " *$'";
}

Trouble WaitForDisk(Context& context, vm::Machine& machine, const vm::ImageConfig& image,
                    std::string* disk) {
  host::Until until = DeviceLimit(context);
  Failure late{vm::kHotplugTimeout,
               fmt::format("{}: the guest saw no new disk within {} of plugging in {} ({})",
                           machine.config().name, until.Text(), image.name, image.interface),
               ""};
  Trouble trouble = PollGuest(context, machine, "(" + HasDisk(image), until, late);
  return trouble ? trouble : FindDisk(context, machine, image, disk);
}

DiskPart PartOf(const Context& context, const std::string& disk) {
  return {disk, 0, static_cast<unsigned long long>(Number(context, "hotplug_size", 1024))};
}

// The first time it is written, then it must still hold what was written.
Trouble UseDisk(Context& context, vm::Machine& machine, const std::string& disk,
                std::string* checksum) {
  DiskPart part = PartOf(context, disk);
  if (checksum->empty()) {
    if (Trouble trouble = WriteData(context, machine, part, checksum)) return trouble;
  }
  return ReadData(context, machine, part, *checksum);
}

Trouble PlugOnce(Context& context, vm::Machine& machine, const vm::ImageConfig& image,
                 std::string* checksum) {
  std::vector<std::string> devices = vm::DriveDevices(image);
  devices[0] = OnPciPort(machine.config(), devices[0]);
  std::string drive = vm::DriveOption(image, DiskFile(context, machine, image));
  Trouble trouble = Monitor(context, machine, "drive_add 0", drive);
  if (trouble) return trouble;
  auto begin = host::Clock::now();
  if ((trouble = Plug(context, machine, devices))) return trouble;
  std::string disk;
  if ((trouble = WaitForDisk(context, machine, image, &disk))) return trouble;
  context.measurements["hotplug_seconds"] = SecondsSince(begin);
  // A guest may mount by itself what it is given.
  std::string use;
  if ((trouble = FindUse(context, machine, disk, &use))) return trouble;
  if (!use.empty()) return NoFreeDisk(machine, use);
  if ((trouble = UseDisk(context, machine, disk, checksum))) return trouble;
  begin = host::Clock::now();
  // The drive goes with its device.
  if ((trouble = Unplug(context, machine, devices))) return trouble;
  if ((trouble = WaitForLoss(context, machine, "/sys/class/block/" + disk))) return trouble;
  context.measurements["hotunplug_seconds"] = SecondsSince(begin);
  return FindDataOnHost(context, machine, image, PartOf(context, disk), *checksum);
}

Trouble BlockHotplug(Context& context, std::string* passed) {
  vm::Machine* machine = nullptr;
  if (Trouble trouble = BootMain(context, &machine)) return trouble;
  const vm::ImageConfig& image = ImageToPlug(context, *machine);
  long times = Number(context, "repeat_times", 2);
  std::string checksum;
  for (long i = 0; i < times; ++i) {
    if (Trouble trouble = PlugOnce(context, *machine, image, &checksum)) return trouble;
  }
  *passed = fmt::format("{} ({}) was plugged in, used and taken out {} time(s)", image.name,
                        image.interface, times);
  return std::nullopt;
}

std::string CheckBlockHotplugParams(const vm::Params& params) {
  std::string wrong = CheckDeviceParams(params);
  return wrong.empty() ? CheckNumbers(params, {"repeat_times", "hotplug_size"}) : wrong;
}

std::string TakeImageOut(const vm::Params& params, vm::VmConfig* config) {
  if (!IsMain(params, *config)) return "";
  std::vector<vm::ImageConfig>& images = config->images;
  if (images.empty()) return "block_hotplug needs a disk in `images`, to be plugged in";
  auto apart =
      std::find_if(images.begin(), images.end(), [](const auto& image) { return !image.attached; });
  std::string name =
      params.Get("hotplug_image", apart != images.end() ? apart->name : images.back().name);
  auto image = std::find_if(images.begin(), images.end(),
                            [&](const auto& candidate) { return candidate.name == name; });
  if (image == images.end()) {
    return fmt::format("hotplug_image = {} is none of the VM's images", name);
  }
  image->attached = false;
  SetSerials(config);
  AddPciPort(config);
  std::optional<std::string> format = params.Find("hotplug_format");
  if (!format) return "";
  auto error = vm::ReadInterface("hotplug_format", *format, &image->interface);
  return error ? error->text : "";
}

}  // namespace

const Procedure kBlockHotplug = {
    "block_hotplug",
    BlockHotplug,
    CheckBlockHotplugParams,
    KVMTEST_DEVICE_PARAMS "hotplug_image hotplug_format hotplug_size repeat_times",
    true,
    TakeImageOut,
};

}  // namespace kvmtest::procedures
