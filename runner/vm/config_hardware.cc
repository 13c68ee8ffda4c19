#include "vm/config_parts.h"

namespace kvmtest::vm {

namespace {

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

}  // namespace

ConfigError ReadHardware(const Params& params, VmConfig* config) {
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
  std::string reuse = params.Get("vm_reuse", "no");
  if (reuse != "no" && reuse != "template") {
    return ParamError{fmt::format("vm_reuse = {}: expected no or template", reuse)};
  }
  config->reuse_template = reuse == "template";
  std::optional<std::vector<std::string>> extra = SplitShellWords(params.Get("extra_params"));
  if (!extra) return ParamError{"extra_params: a quote is not closed"};
  config->extra_params = *extra;
  return GetNumber(params, "smp", 1, 1024, 1, &config->smp);
}

}  // namespace kvmtest::vm
