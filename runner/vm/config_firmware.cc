#include <utility>

#include "vm/config_parts.h"

namespace kvmtest::vm {

ConfigError ResolvePath(const Params& params, std::string_view key, std::string* path) {
  if (path->empty() || (*path)[0] == '/') return std::nullopt;
  std::string base = params.Get("images_base_dir");
  if (base.empty() || base[0] != '/') {
    return ParamError{fmt::format(
        "{} = {}: a relative path needs the param images_base_dir (an absolute path)", key, *path)};
  }
  *path = base + "/" + *path;
  return std::nullopt;
}

ConfigError FileParam(const Params& params, std::string_view key, std::string* path) {
  *path = params.Get(key);
  return ResolvePath(params, key, path);
}

namespace {

constexpr char kOvmfVariables[] = "ovmf_vars_filename";

// A file of ovmf_path; absolute names stay.
std::string OvmfFile(const Params& params, std::string_view key, std::string_view otherwise) {
  std::string name = params.Get(key, otherwise);
  if (!name.empty() && name[0] == '/') return name;
  return params.Get("ovmf_path", "/usr/share/OVMF") + "/" + name;
}

bool WantsOvmf(const Params& params) {
  std::string firmware = params.Get("firmware");
  return firmware == "ovmf" || firmware == "uefi";
}

ConfigError ReadOvmf(const Params& params, VmConfig* config) {
  constexpr std::string_view kFirmwares[] = {"bios", "seabios", "ovmf", "uefi"};
  std::string firmware;
  if (ConfigError error = OneOf(params, "firmware", kFirmwares, "", &firmware)) return error;
  if (!WantsOvmf(params)) return std::nullopt;
  config->firmware_code = OvmfFile(params, "ovmf_code_filename", "OVMF_CODE_4M.fd");
  if (config->firmware_code[0] != '/') {
    return ParamError{
        fmt::format("ovmf_path = {}: expected an absolute path", params.Get("ovmf_path"))};
  }
  if (config->bios.empty()) return std::nullopt;
  return ParamError{
      fmt::format("firmware = {} and bios = {}: one of them", firmware, config->bios)};
}

}  // namespace

ConfigError AddFirmwareVariables(const Params& params, VmConfig* config) {
  if (!WantsOvmf(params)) return std::nullopt;
  ImageConfig image{"ovmf-vars", "", "raw", "", "pflash", "", ""};
  image.base = OvmfFile(params, kOvmfVariables, "OVMF_VARS_4M.fd");
  config->images.push_back(std::move(image));
  return std::nullopt;
}

ConfigError ReadFirmware(const Params& params, VmConfig* config) {
  for (auto [key, path] : {std::pair("kernel", &config->kernel), {"initrd", &config->initrd}}) {
    if (ConfigError error = FileParam(params, key, path)) return error;
  }
  if (const auto bios = params.FindNearest({"bios", "bios_path"})) {
    config->bios = bios->value;
    if (ConfigError error = ResolvePath(params, bios->key, &config->bios)) return error;
  }
  if (ConfigError error = ReadOvmf(params, config)) return error;
  config->kernel_params = params.Get("kernel_params");
  if (config->kernel.empty() && !config->initrd.empty()) {
    return ParamError{"initrd is given, but no kernel"};
  }
  return std::nullopt;
}

}  // namespace kvmtest::vm
