#include <algorithm>

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

// microvm has a PCI bus only if it is asked for.
bool IsMmio(const std::string& machine) {
  return machine.rfind("microvm", 0) == 0 && machine.find("pcie=on") == std::string::npos;
}

// qemu drops what else it is given without a word (7.2).
bool HasOneSerial(const std::string& machine) {
  std::string board = machine.substr(0, machine.find(','));
  return board == "microvm" || board == "virt" || board.rfind("virt-", 0) == 0;
}

}  // namespace

ConfigError CheckSerials(const VmConfig& config) {
  for (const SerialConfig& serial : config.serials) {
    if (!config.one_serial || (serial.pci && !config.mmio)) continue;
    return ParamError{fmt::format(
        "serials: machine_type = {} has one port, the console's; {} cannot be there{}",
        config.machine, serial.name, config.mmio ? "" : " but as serial_type = pci-serial")};
  }
  return std::nullopt;
}

// What a machine without PCI bus cannot have; its devices are those of the config by now.
ConfigError CheckMmio(const VmConfig& config) {
  if (!config.mmio) return std::nullopt;
  auto refuse = [](const std::string& what) {
    return ParamError{
        fmt::format("machine_type = microvm has no PCI bus, only virtio devices: {}", what)};
  };
  for (const NicConfig& nic : config.nics) {
    if (nic.model.rfind("virtio-", 0) != 0) {
      return refuse(fmt::format("{} is a {} (nic_model = virtio)", nic.name, nic.model));
    }
  }
  for (const ImageConfig& image : config.images) {
    if (image.interface == "virtio" || image.interface == "virtio_scsi") continue;
    return refuse(fmt::format("{} is {} (drive_format = virtio or virtio_scsi)", image.name,
                              image.interface));
  }
  for (const CdromConfig& cdrom : config.cdroms) {
    if (cdrom.interface == "virtio_scsi") continue;
    return refuse(fmt::format("{} is {} (cd_format = virtio_scsi)", cdrom.name, cdrom.interface));
  }
  if (!config.floppy.empty()) return refuse("floppy");
  if (!config.devices.watchdog.empty()) return refuse(config.devices.watchdog);
  if (config.pvpanic) return refuse("pvpanic");
  for (const char* option : {"-vga", "-device"}) {
    if (std::find(config.board.begin(), config.board.end(), option) == config.board.end()) continue;
    return refuse(option == std::string("-vga") ? "vga, display" : "usbs");
  }
  return std::nullopt;
}

ConfigError ReadHardware(const Params& params, VmConfig* config) {
  config->qemu_binary = params.Get("qemu_binary", "qemu-system-x86_64");
  config->machine = MachineName(params);
  config->mmio = IsMmio(config->machine);
  config->one_serial = HasOneSerial(config->machine);
  config->cpu_model = params.Get("cpu_model");
  config->mem = params.Get("mem", "512");
  if (!SizeInBytes(config->mem, 1 << 20)) {
    return ParamError{
        fmt::format("mem = {}: expected a number of MiB or a size such as 1G", config->mem)};
  }
  if (ConfigError error = CheckYesNo(params, {"pvpanic"})) return error;
  config->pvpanic = params.GetBool("pvpanic", HasPci(config->machine));
  std::string shell = params.Get("shell_client", "serial");
  config->shell_port = shell == "serial";
  config->agent = shell == "agent";
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

ConfigError ReadSmpShape(const Params& params, VmConfig* config) {
  constexpr const char* kParts[] = {"sockets", "dies", "cores", "threads"};
  long product = 1;
  std::string given;
  bool dies = params.Find("vcpu_dies").has_value();
  bool all = true;
  for (const char* part : kParts) {
    std::string key = std::string("vcpu_") + part;
    long count = 0;
    if (ConfigError error = GetNumber(params, key, 1, 1024, 0, &count)) return error;
    all = all && (count != 0 || (part == kParts[1] && !dies));
    if (count == 0) continue;
    product *= count;
    config->smp_shape += fmt::format(",{}={}", part, count);
    given += fmt::format("{}{} = {}", given.empty() ? "" : ", ", key, count);
  }
  if (given.empty()) return std::nullopt;
  // As avocado-vt has it: they say how many there are if smp does not.
  if (!params.Find("smp")) config->smp = product;
  long most = std::max(config->smp, config->devices.max_cpus);
  if (all ? product == most : most % product == 0) return std::nullopt;
  return ParamError{fmt::format("{}: together {}, which does not fit {} = {}", given, product,
                                most > config->smp ? "vcpu_maxcpus" : "smp", most)};
}

}  // namespace kvmtest::vm
