// type = image_io: the guest writes to every disk of the main VM that it does not use itself and
// reads the same back, at its begin and at its end; then qemu ends, the images' files have these
// data and qemu-img finds them sound. Formats, caches and interfaces are the params of the images.
// An image that is damaged already fails before the boot.
//
// Params: image_io_size (KiB per place, 1024; a quarter of a smaller disk),
// check_image = no leaves qemu-img's check out.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string>
#include <vector>

#include "procedures/device_steps.h"
#include "procedures/disk_data.h"
#include "vm/argv.h"
#include "vm/disk.h"

namespace kvmtest::procedures {

namespace {

using vm::Trouble;

bool ChecksImages(const Context& context) {
  return context.params.GetBool("check_image", true);
}

Trouble CheckBases(Context& context, const vm::VmConfig& config) {
  for (const vm::ImageConfig& image : config.images) {
    if (image.base.empty()) continue;
    if (Trouble trouble = CheckImage(context, vm::FileIs::kUsers, image.base, image.format)) {
      return trouble;
    }
  }
  return std::nullopt;
}

constexpr int kParts = 2;  // of each disk that are written

// What was written where.
struct Written {
  const vm::ImageConfig& image;
  DiskPart part;
  std::string checksum;
};

// What the disks are that the guest uses itself, and why they were left alone.
using Uses = std::vector<std::string>;

Trouble UseDisk(Context& context, vm::Machine& machine, const vm::ImageConfig& image,
                std::vector<Written>* written, Uses* uses) {
  std::string disk;
  if (Trouble trouble = FindDisk(context, machine, image, &disk)) return trouble;
  std::string use;
  if (Trouble trouble = FindUse(context, machine, disk, &use)) return trouble;
  if (!use.empty()) {
    uses->push_back(use);
    return std::nullopt;
  }
  unsigned long long kib = 0;
  if (Trouble trouble = DiskKib(context, machine, disk, &kib)) return trouble;
  auto size = std::min<unsigned long long>(kib / 4, Number(context, "image_io_size", 1024));
  DiskPart parts[kParts] = {{disk, 0, size}, {disk, kib - size, size}};
  std::string checksums[kParts];
  for (int i = 0; i < kParts; ++i) {
    if (Trouble trouble = WriteData(context, machine, parts[i], &checksums[i])) return trouble;
  }
  for (int i = 0; i < kParts; ++i) {
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
  std::vector<Written> written;
  Uses uses;
  for (const vm::ImageConfig& image : config.images) {
    if (!image.attached) continue;
    if (Trouble trouble = UseDisk(context, *machine, image, &written, &uses)) return trouble;
  }
  const std::string used = fmt::format("{}", fmt::join(uses, ", "));
  if (written.empty() && !uses.empty()) return NoFreeDisk(*machine, used);
  if (Trouble trouble = Quit(context, *machine)) return trouble;
  for (const Written& data : written) {
    Trouble trouble = FindDataOnHost(context, *machine, data.image, data.part, data.checksum);
    if (trouble) return trouble;
  }
  *passed = fmt::format("{} disk(s) were written and read back", written.size() / kParts);
  if (!uses.empty()) *passed += fmt::format(" ({}: left alone)", used);
  if (!checks) return std::nullopt;
  for (const vm::ImageConfig& image : config.images) {
    Trouble trouble = CheckImage(context, vm::FileIs::kRuns, DiskFile(context, *machine, image),
                                 vm::OverlayFormat(image));
    if (trouble) return trouble;
  }
  *passed += " and are sound";
  return std::nullopt;
}

std::string CheckImageIoParams(const vm::Params& params) {
  std::string wrong = CheckDeviceParams(params);
  if (!wrong.empty()) return wrong;
  if (auto error = vm::CheckYesNo(params, {"check_image"})) return error->text;
  return CheckNumbers(params, {"image_io_size"});
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
