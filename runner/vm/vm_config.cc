#include "vm/vm_config.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <string_view>

#include "vm/config_parts.h"

namespace kvmtest::vm {

namespace {

ConfigError ReadWhatToExpect(const Params& params, VmConfig* config) {
  auto patterns = ReadConsolePatterns(params);
  if (auto* error = std::get_if<ParamError>(&patterns)) return *error;
  config->console = std::get<ConsolePatterns>(std::move(patterns));
  return GetNumber(params, "allowed_resets", 0, 1000, 0, &config->allowed_resets);
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

bool IsFileName(const std::string& name) {
  constexpr size_t kLongest = 100;
  return name.size() <= kLongest && name[0] != '.' && name[0] != '-' &&
         std::none_of(name.begin(), name.end(), [](char c) {
           return c == '/' || static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
         });
}

ConfigError CheckList(std::string_view list, const std::vector<std::string>& names) {
  std::set<std::string> seen;
  for (const std::string& name : names) {
    if (!IsFileName(name)) {
      return ParamError{
          fmt::format("{}: '{}' is no name of an object: expected at most 100 "
                      "characters, no '/', not '.' or '-' first",
                      list, name)};
    }
    if (!seen.insert(name).second) {
      return ParamError{
          fmt::format("{} = {}: '{}' is there twice", list, fmt::join(names, " "), name)};
    }
  }
  return std::nullopt;
}

// Names that become ids of qemu's, most of them behind a word of ours; those of cards stand alone.
ConfigError CheckIds(std::string_view list, const std::vector<std::string>& names) {
  if (ConfigError error = CheckList(list, names)) return error;
  auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  for (const std::string& name : names) {
    bool good = (list != "nics" || is_letter(name[0])) &&
                std::all_of(name.begin(), name.end(), [&](char c) {
                  return is_letter(c) ||
                         std::string_view("0123456789-_.").find(c) != std::string_view::npos;
                });
    if (good) continue;
    return ParamError{fmt::format(
        "{}: '{}' is no name that qemu takes: expected letters, digits, '-', '_' and '.'{}", list,
        name, list == "nics" ? ", a letter first" : "")};
  }
  return std::nullopt;
}

}  // namespace

std::optional<ParamError> CheckNames(const Params& params) {
  std::vector<std::string> vms = VmNames(params);
  if (vms.empty()) return ParamError{"vms is empty"};
  if (ConfigError error = CheckList("vms", vms)) return error;
  std::string main = MainVm(params);
  if (std::find(vms.begin(), vms.end(), main) == vms.end()) {
    return ParamError{
        fmt::format("main_vm = {}: expected one of the test's VMs: {}", main, fmt::join(vms, " "))};
  }
  for (const std::string& vm : vms) {
    Params view = params.ForVm(vm);
    if (ConfigError error = CheckIds("nics", NicNames(view))) return error;
    if (ConfigError error = CheckIds("images", ImageNames(view))) return error;
    for (const char* list :
         {"cdroms", "serials", "virtio_ports", "virtio_rngs", "usbs", "usb_devices"}) {
      if (ConfigError error = CheckIds(list, view.Words(list))) return error;
    }
  }
  return std::nullopt;
}

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

Params MainView(const Params& params) {
  return params.ForVm(MainVm(params));
}

std::variant<VmConfig, ParamError> BuildVmConfig(const Params& all, const std::string& name,
                                                 const std::vector<Address>& addresses) {
  Params params = all.ForVm(name);
  VmConfig config;
  config.name = name;
  config.object = name;
  if (ConfigError error = ReadHardware(params, &config)) return *error;
  if (ConfigError error = ReadFirmware(params, &config)) return *error;
  if (ConfigError error = ReadWhatToExpect(params, &config)) return *error;
  if (ConfigError error = ReadDevices(params, &config.devices)) return *error;
  if (ConfigError error = ReadSmpShape(params, &config)) return *error;
  if (ConfigError error = ReadImages(params, &config)) return *error;
  if (ConfigError error = AddFirmwareVariables(params, &config)) return *error;
  if (ConfigError error = ReadRemovables(params, &config)) return *error;
  if (ConfigError error = ReadBoard(params, &config)) return *error;
  std::vector<std::string> nics = NicNames(params);
  for (size_t i = 0; i < nics.size(); ++i) {
    if (i >= addresses.size()) {
      return ParamError{fmt::format("no address is left for {} of {}", nics[i], name)};
    }
    if (ConfigError error =
            ReadNic(params, nics[i], addresses[i], config.mmio, &config.nics.emplace_back())) {
      return *error;
    }
  }
  if (ConfigError error = ReadSsh(params, &config)) return *error;
  if (ConfigError error = CheckMmio(config)) return *error;
  if (ConfigError error = CheckSerials(config)) return *error;
  return config;
}

std::vector<std::string> FilesNeeded(const VmConfig& config) {
  std::vector<std::string> files;
  for (const std::string* path :
       {&config.kernel, &config.initrd, &config.bios, &config.firmware_code, &config.floppy}) {
    if (!path->empty()) files.push_back(*path);
  }
  for (const ImageConfig& image : config.images) {
    if (!image.base.empty()) files.push_back(image.base);
  }
  if (config.ssh) files.push_back(config.ssh->key);
  for (const CdromConfig& cdrom : config.cdroms) files.push_back(cdrom.file);
  return files;
}

}  // namespace kvmtest::vm
