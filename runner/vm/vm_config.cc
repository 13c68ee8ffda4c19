#include "vm/vm_config.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

namespace kvmtest::vm {

namespace {

using Error = std::optional<ParamError>;

// {what configurations say, what qemu calls it}
struct Alias {
  std::string_view word;
  std::string_view qemu;
};

constexpr Alias kNicModels[] = {
    {"virtio", "virtio-net-pci"},
    {"virtio_net", "virtio-net-pci"},
    {"e1000", "e1000"},
    {"rtl8139", "rtl8139"},
    {"e1000e", "e1000e"},
    {"pcnet", "pcnet"},
    {"ne2k_pci", "ne2k_pci"},
    {"vmxnet3", "vmxnet3"},
    {"virtio-net-pci", "virtio-net-pci"},
};

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

template <size_t N>
Error Translate(std::string_view key, const std::string& word, const Alias (&table)[N],
                std::string* qemu) {
  std::vector<std::string_view> words;
  for (const Alias& alias : table) {
    if (alias.word == word) {
      *qemu = std::string(alias.qemu);
      return std::nullopt;
    }
    words.push_back(alias.word);
  }
  return ParamError{fmt::format("{} = {}: expected one of {}", key, word, fmt::join(words, ", "))};
}

// A relative path means a file below images_base_dir: the working directory is ctest's.
Error ResolvePath(const Params& params, std::string_view key, std::string* path) {
  if (path->empty() || (*path)[0] == '/') return std::nullopt;
  std::string base = params.Get("images_base_dir");
  if (base.empty() || base[0] != '/') {
    return ParamError{fmt::format(
        "{} = {}: a relative path needs the param images_base_dir (an absolute path)", key, *path)};
  }
  *path = base + "/" + *path;
  return std::nullopt;
}

Error FileParam(const Params& params, std::string_view key, std::string* path) {
  *path = params.Get(key);
  return ResolvePath(params, key, path);
}

bool EndsWith(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

Error ReadImage(const Params& vm_params, const std::string& name, ImageConfig* image) {
  Params params = vm_params.For(name);
  image->name = name;
  image->format = params.Get("image_format", "qcow2");
  if (std::find(std::begin(kFormats), std::end(kFormats), image->format) == std::end(kFormats)) {
    return ParamError{fmt::format("image_format = {}: expected one of {}", image->format,
                                  fmt::join(kFormats, ", "))};
  }
  Error error =
      Translate("drive_format", params.Get("drive_format", "ide"), kInterfaces, &image->interface);
  if (error) return error;
  image->scsi_hba = params.Get("scsi_hba", "lsi53c895a");
  image->cache = params.Get("drive_cache", params.Get("cache"));
  image->size = params.Get("image_size", "10G");
  std::string base = params.Get("image_name", "image");
  if ((error = ResolvePath(params, "image_name", &base))) return error;
  // As both projects have it, the name comes without its extension.
  if (!params.GetBool("image_raw_device", false) && !EndsWith(base, "." + image->format)) {
    base += "." + image->format;
  }
  bool blank = params.GetBool("force_create_image", false) || params.GetBool("create_image", false);
  if (!blank) image->base = base;
  return std::nullopt;
}

Error ReadNic(const Params& vm_params, const std::string& name, const Address& address,
              NicConfig* nic) {
  Params params = vm_params.For(name);
  nic->name = name;
  nic->address = address;
  std::string mode = params.Get("nic_mode", params.Get("nettype", "user"));
  if (mode != "user") {
    return ParamError{
        fmt::format("nic_mode = {}: this version has only 'user' (for {})", mode, name)};
  }
  long prefix = 16;
  Error error = GetNumber(params, "ip_prefix", 8, 30, 16, &prefix);
  if (error) return error;
  nic->ip_prefix = static_cast<int>(prefix);
  return Translate("nic_model", params.Get("nic_model", "rtl8139"), kNicModels, &nic->model);
}

std::string MachineName(const Params& params) {
  std::string machine = params.Get("machine_type", "pc");
  // avocado-vt writes "arm64-mmio:virt" and calls the old PC by its chipset.
  size_t colon = machine.find(':');
  if (colon != std::string::npos) machine.erase(0, colon + 1);
  return machine == "i440fx" ? "pc" : machine;
}

bool HasPci(const std::string& machine) {
  return machine.rfind("pc", 0) == 0 || machine.rfind("q35", 0) == 0;
}

Error ReadHardware(const Params& params, VmConfig* config) {
  config->qemu_binary = params.Get("qemu_binary", "qemu-system-x86_64");
  config->machine = MachineName(params);
  config->cpu_model = params.Get("cpu_model");
  config->mem = params.Get("mem", "512");
  if (config->mem.find_first_not_of("0123456789KMGkmg") != std::string::npos ||
      config->mem.empty()) {
    return ParamError{
        fmt::format("mem = {}: expected a number of MiB or a size such as 1G", config->mem)};
  }
  config->pvpanic = params.GetBool("pvpanic", HasPci(config->machine));
  config->shell_port = params.Get("shell_client", "serial") == "serial";
  std::optional<std::vector<std::string>> extra = SplitShellWords(params.Get("extra_params"));
  if (!extra) return ParamError{"extra_params: a quote is not closed"};
  config->extra_params = *extra;
  return GetNumber(params, "smp", 1, 1024, 1, &config->smp);
}

Error ReadFirmware(const Params& params, VmConfig* config) {
  for (auto [key, path] : {std::pair("kernel", &config->kernel),
                           {"initrd", &config->initrd},
                           {"bios", &config->bios}}) {
    if (Error error = FileParam(params, key, path)) return error;
  }
  if (config->bios.empty()) {
    if (Error error = FileParam(params, "bios_path", &config->bios)) return error;
  }
  config->kernel_params = params.Get("kernel_params");
  if (config->kernel.empty() && !config->initrd.empty()) {
    return ParamError{"initrd is given, but no kernel"};
  }
  return std::nullopt;
}

std::vector<std::string> ObjectNames(const Params& params, std::string_view list,
                                     std::initializer_list<std::string_view> signs,
                                     std::string_view only) {
  if (params.Find(list)) return params.Words(list);
  for (std::string_view sign : signs) {
    if (params.Find(sign)) return {std::string(only)};
  }
  return {};
}

}  // namespace

std::vector<std::string> VmNames(const Params& params) {
  return params.Find("vms") ? params.Words("vms") : std::vector<std::string>{"vm1"};
}

std::vector<std::string> NicNames(const Params& vm_params) {
  return ObjectNames(vm_params, "nics", {"nic_model", "nic_mode", "nettype"}, "nic1");
}

std::vector<std::string> ImageNames(const Params& vm_params) {
  return ObjectNames(vm_params, "images", {"image_name"}, "image1");
}

std::string MainVm(const Params& params) {
  std::vector<std::string> names = VmNames(params);
  return params.Get("main_vm", names.empty() ? "" : names[0]);
}

std::variant<VmConfig, ParamError> BuildVmConfig(const Params& all, const std::string& name,
                                                 const std::vector<Address>& addresses) {
  Params params = all.For(name);
  VmConfig config;
  config.name = name;
  if (Error error = ReadHardware(params, &config)) return *error;
  if (Error error = ReadFirmware(params, &config)) return *error;
  for (const std::string& image : ImageNames(params)) {
    if (Error error = ReadImage(params, image, &config.images.emplace_back())) return *error;
  }
  std::vector<std::string> nics = NicNames(params);
  for (size_t i = 0; i < nics.size(); ++i) {
    if (i >= addresses.size()) {
      return ParamError{fmt::format("no address is left for {} of {}", nics[i], name)};
    }
    if (Error error = ReadNic(params, nics[i], addresses[i], &config.nics.emplace_back())) {
      return *error;
    }
  }
  return config;
}

std::vector<std::string> FilesNeeded(const VmConfig& config) {
  std::vector<std::string> files;
  for (const std::string* path : {&config.kernel, &config.initrd, &config.bios}) {
    if (!path->empty()) files.push_back(*path);
  }
  for (const ImageConfig& image : config.images) {
    if (!image.base.empty()) files.push_back(image.base);
  }
  return files;
}

std::optional<std::vector<std::string>> SplitShellWords(const std::string& text) {
  std::vector<std::string> words;
  std::string word;
  bool in_word = false;
  char quote = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (quote != 0) {
      if (c == quote) {
        quote = 0;
      } else if (c == '\\' && quote == '"' && i + 1 < text.size()) {
        word += text[++i];
      } else {
        word += c;
      }
    } else if (c == '\'' || c == '"') {
      quote = c;
      in_word = true;
    } else if (c == '\\' && i + 1 < text.size()) {
      word += text[++i];
      in_word = true;
    } else if (c == ' ' || c == '\t' || c == '\n') {
      if (in_word) words.push_back(std::exchange(word, ""));
      in_word = false;
    } else {
      word += c;
      in_word = true;
    }
  }
  if (quote != 0) return std::nullopt;
  if (in_word) words.push_back(word);
  return words;
}

}  // namespace kvmtest::vm
