#include "vm/vm_config.h"

#include <fmt/format.h>

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
  if (ConfigError error = ReadHardware(params, &config)) return *error;
  if (ConfigError error = ReadFirmware(params, &config)) return *error;
  if (ConfigError error = ReadWhatToExpect(params, &config)) return *error;
  if (ConfigError error = ReadDevices(params, &config.devices)) return *error;
  for (const std::string& image : ImageNames(params)) {
    if (ConfigError error = ReadImage(params, image, &config.images.emplace_back())) return *error;
  }
  if (ConfigError error = AddFirmwareVariables(params, &config)) return *error;
  if (ConfigError error = ReadRemovables(params, &config)) return *error;
  if (ConfigError error = ReadBoard(params, &config)) return *error;
  std::vector<std::string> nics = NicNames(params);
  for (size_t i = 0; i < nics.size(); ++i) {
    if (i >= addresses.size()) {
      return ParamError{fmt::format("no address is left for {} of {}", nics[i], name)};
    }
    if (ConfigError error = ReadNic(params, nics[i], addresses[i], &config.nics.emplace_back())) {
      return *error;
    }
  }
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
  for (const CdromConfig& cdrom : config.cdroms) files.push_back(cdrom.file);
  return files;
}

}  // namespace kvmtest::vm
