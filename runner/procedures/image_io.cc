// type = image_io: the guest writes to every disk of the main VM and reads the same back, at its
// begin and at its end; then qemu ends, the images' files have these data and qemu-img finds them
// sound. Formats, caches and
// interfaces are the params of the images. An image that is damaged already fails before the boot.
//
// Params: image_io_size (KiB per place, 1024; a quarter of a smaller disk),
// check_image = no leaves qemu-img's check out.

#include <fmt/format.h>

#include <algorithm>

#include "procedures/device_steps.h"
#include "procedures/disk_data.h"
#include "vm/argv.h"

namespace kvmtest::procedures {

namespace {

using vm::Trouble;

bool ChecksImages(const Context& context) {
  return context.params.GetBool("check_image", true);
}

Trouble CheckBases(Context& context, const vm::VmConfig& config) {
  for (const vm::ImageConfig& image : config.images) {
    if (image.base.empty()) continue;
    if (Trouble trouble = CheckImage(context, image.base, image.format)) return trouble;
  }
  return std::nullopt;
}

Trouble DiskSize(Context& context, vm::Machine& machine, const std::string& disk,
                 unsigned long long* kib) {
  std::string sectors;
  Trouble trouble =
      RunCommand(context, machine, "the question for a disk's size",
                 fmt::format("cat /sys/block/{}/size", disk), DeviceLimit(context), &sectors);
  *kib = vm::SizeInBytes(Trimmed(sectors), 512).value_or(0) / 1024;
  return trouble;
}

// What was written where.
struct Written {
  const vm::ImageConfig& image;
  DiskPart part;
  std::string checksum;
};

Trouble UseDisk(Context& context, vm::Machine& machine, const vm::ImageConfig& image,
                std::vector<Written>* written) {
  std::string disk;
  if (Trouble trouble = FindDisk(context, machine, image, &disk)) return trouble;
  unsigned long long kib = 0;
  if (Trouble trouble = DiskSize(context, machine, disk, &kib)) return trouble;
  auto size = std::min<unsigned long long>(kib / 4, Number(context, "image_io_size", 1024));
  DiskPart parts[] = {{disk, 0, size}, {disk, kib - size, size}};
  std::string checksums[2];
  for (int i = 0; i < 2; ++i) {
    if (Trouble trouble = WriteData(context, machine, parts[i], &checksums[i])) return trouble;
  }
  for (int i = 0; i < 2; ++i) {
    if (Trouble trouble = ReadData(context, machine, parts[i], checksums[i])) return trouble;
    written->push_back({image, parts[i], checksums[i]});
  }
  return std::nullopt;
}

Trouble ImageIo(Context& context, std::string* passed) {
  vm::Machine* machine = nullptr;
  if (Trouble trouble = MainMachine(context, &machine)) return trouble;
  const vm::VmConfig& config = machine->config();
  bool checks = ChecksImages(context);
  if (checks) {
    if (Trouble trouble = CheckBases(context, config)) return trouble;
  }
  if (Trouble trouble = BootMain(context, &machine)) return trouble;
  int disks = 0;
  std::vector<Written> written;
  for (const vm::ImageConfig& image : config.images) {
    if (!image.attached) continue;
    if (Trouble trouble = UseDisk(context, *machine, image, &written)) return trouble;
    ++disks;
  }
  if (Trouble trouble = Quit(context, *machine)) return trouble;
  for (const Written& data : written) {
    Trouble trouble = FindDataOnHost(context, *machine, data.image, data.part, data.checksum);
    if (trouble) return trouble;
  }
  *passed = fmt::format("{} disk(s) were written and read back", disks);
  if (!checks) return std::nullopt;
  for (const vm::ImageConfig& image : config.images) {
    Trouble trouble =
        CheckImage(context, DiskFile(context, *machine, image), vm::OverlayFormat(image));
    if (trouble) return trouble;
  }
  *passed += " and are sound";
  return std::nullopt;
}

std::string CheckImageIoParams(const vm::Params& params) {
  std::string wrong = CheckDeviceParams(params);
  return wrong.empty() ? CheckNumbers(params, {"image_io_size"}) : wrong;
}

std::string SetUp(const vm::Params& params, vm::VmConfig* config) {
  if (!IsMain(params, *config)) return "";
  if (config->images.empty()) return "image_io needs a disk in `images`";
  SetSerials(config);
  return "";
}

}  // namespace

const Procedure kImageIo = {
    "image_io", ImageIo, CheckImageIoParams, KVMTEST_DEVICE_PARAMS "image_io_size check_image",
    true,       SetUp,
};

}  // namespace kvmtest::procedures
