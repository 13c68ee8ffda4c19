#include <algorithm>
#include <iterator>

#include "vm/config_parts.h"

namespace kvmtest::vm {

namespace {

constexpr Alias kInterfaces[] = {
    {"ide", "ide"},
    {"virtio", "virtio"},
    {"virtio_blk", "virtio"},
    {"virtio-blk", "virtio"},
    {"scsi", "scsi"},
    {"scsi-hd", "scsi"},
    {"virtio_scsi", "virtio_scsi"},
    {"ahci", "ahci"},
    {"sata", "ahci"},
    {"nvme", "nvme"},
};

constexpr std::string_view kFormats[] = {"qcow2", "raw", "vmdk", "vdi", "vpc", "vhdx", "qed"};

// A value that goes into qemu's option list as it is.
ConfigError Simple(std::string_view key, const std::string& value) {
  if (value.find(',') == std::string::npos) return std::nullopt;
  return ParamError{fmt::format("{} = {}: no comma, please", key, value)};
}

ConfigError ReadDriveOptions(const Params& params, ImageConfig* image) {
  constexpr std::string_view kCaches[] = {"none", "writeback", "writethrough", "directsync",
                                          "unsafe"};
  constexpr std::string_view kAios[] = {"threads", "native", "io_uring"};
  constexpr std::string_view kErrors[] = {"ignore", "stop", "report", "enospc", "auto"};
  std::string value;
  const auto cache = params.FindNearest({"drive_cache", "cache"});
  if (cache && !cache->value.empty()) {
    if (ConfigError error = OneOf(params, cache->key, kCaches, "", &image->cache)) return error;
  }
  if (ConfigError error = OneOf(params, "image_aio", kAios, "", &value)) return error;
  if (!value.empty()) image->drive_options += ",aio=" + value;
  for (const char* key : {"drive_werror", "drive_rerror"}) {
    if (ConfigError error = OneOf(params, key, kErrors, "", &value)) return error;
    if (!value.empty()) image->drive_options += fmt::format(",{}={}", key + 6, value);
  }
  value = params.Get("drive_serial");
  if (ConfigError error = Simple("drive_serial", value)) return error;
  image->serial = value;
  if (ConfigError error = GetNumber(params, "bootindex", 0, 1000, -1, &image->bootindex)) {
    return error;
  }
  if (ConfigError error = CheckYesNo(params, {"image_boot", "check_image"})) return error;
  image->boot = image->bootindex >= 0 || params.GetBool("image_boot", false);
  image->check = params.GetBool("check_image", false);
  return std::nullopt;
}

bool EndsWith(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

// As qemu-img reads sizes: a number, which may have a fraction, and a unit. How large an image may
// be is known to it and to the file system.
bool IsDiskSize(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789";
  size_t end = std::min(text.find_first_not_of(kDigits), text.size());
  if (end == 0) return false;
  if (end < text.size() && text[end] == '.') {
    size_t begin = end + 1;
    end = std::min(text.find_first_not_of(kDigits, begin), text.size());
    if (end == begin) return false;
  }
  std::string_view unit = text.substr(end);
  return unit.empty() ||
         (unit.size() == 1 && std::string_view("bkKMmGgTtPpEe").find(unit[0]) != unit.npos);
}

}  // namespace

ConfigError ReadInterface(std::string_view key, const std::string& word, std::string* interface) {
  return Translate(key, word, kInterfaces, interface);
}

namespace {

ConfigError ReadImage(const Params& vm_params, const std::string& name, bool mmio,
                      ImageConfig* image) {
  Params params = vm_params.For(name);
  image->name = name;
  image->format = params.Get("image_format", "qcow2");
  if (std::find(std::begin(kFormats), std::end(kFormats), image->format) == std::end(kFormats)) {
    return ParamError{fmt::format("image_format = {}: expected one of {}", image->format,
                                  fmt::join(kFormats, ", "))};
  }
  ConfigError error = ReadInterface(
      "drive_format", params.Get("drive_format", mmio ? "virtio" : "ide"), &image->interface);
  if (error) return error;
  if ((error = CheckYesNo(
           params, {"boot_drive", "image_raw_device", "force_create_image", "create_image"}))) {
    return error;
  }
  image->attached = params.GetBool("boot_drive", true);
  image->scsi_hba = params.Get("scsi_hba", "lsi53c895a");
  if ((error = ReadDriveOptions(params, image))) return error;
  image->size = params.Get("image_size", "10G");
  std::string base = params.Get("image_name", "image");
  if ((error = ResolvePath(params, "image_name", &base))) return error;
  // As both projects have it, the name comes without its extension.
  if (!params.GetBool("image_raw_device", false) && !EndsWith(base, "." + image->format)) {
    base += "." + image->format;
  }
  bool blank = params.GetBool("force_create_image", false) || params.GetBool("create_image", false);
  if (!blank) image->base = base;
  if (blank && !IsDiskSize(image->size)) {
    return ParamError{
        fmt::format("image_size = {}: expected a size such as 10G (for {})", image->size, name)};
  }
  return std::nullopt;
}

// In KVM-Autotest image_boot was a flag of each drive, and set for all of them. qemu wants them
// numbered, each number once; 0 is that of a `kernel` (7.2).
void NumberBootImages(std::vector<ImageConfig>* images) {
  auto taken = [images](long number) {
    return std::any_of(images->begin(), images->end(),
                       [&](const ImageConfig& image) { return image.bootindex == number; });
  };
  long next = 1;
  for (ImageConfig& image : *images) {
    if (!image.boot) continue;
    if (image.bootindex < 0) {
      while (taken(next)) ++next;
      image.bootindex = next;
    }
    image.device_options += fmt::format(",bootindex={}", image.bootindex);
  }
}

}  // namespace

ConfigError ReadImages(const Params& params, VmConfig* config) {
  for (const std::string& name : ImageNames(params)) {
    ConfigError error = ReadImage(params, name, config->mmio, &config->images.emplace_back());
    if (error) return error;
  }
  NumberBootImages(&config->images);
  return std::nullopt;
}

ConfigError ReadRemovables(const Params& params, VmConfig* config) {
  constexpr Alias kCdFormats[] = {{"ide", "ide"},
                                  {"ahci", "ahci"},
                                  {"sata", "ahci"},
                                  {"scsi", "virtio_scsi"},
                                  {"virtio_scsi", "virtio_scsi"}};
  std::vector<std::string> names = params.Words("cdroms");
  if (!params.Find("cdroms") && params.Find("cdrom")) names = {"cd1"};
  for (const std::string& name : names) {
    Params view = params.For(name);
    CdromConfig& cdrom = config->cdroms.emplace_back();
    cdrom.name = name;
    if (ConfigError error = FileParam(view, "cdrom", &cdrom.file)) return error;
    if (cdrom.file.empty()) return ParamError{fmt::format("cdrom_{} names no file", name)};
    if (ConfigError error =
            Translate("cd_format", view.Get("cd_format", config->mmio ? "scsi" : "ide"), kCdFormats,
                      &cdrom.interface)) {
      return error;
    }
    cdrom.md5sum = view.Get("md5sum");
    cdrom.md5sum_1m = view.Get("md5sum_1m");
    cdrom.sha1sum = view.Get("sha1sum");
  }
  return FileParam(params, "floppy", &config->floppy);
}

}  // namespace kvmtest::vm
