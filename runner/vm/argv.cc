#include "vm/argv.h"

#include <fmt/format.h>

#include <algorithm>

#include "vm/agent.h"
#include "vm/argv_parts.h"
#include "vm/qcow2.h"

namespace kvmtest::vm {

void Append(Args* args, std::initializer_list<std::string> more) {
  args->insert(args->end(), more.begin(), more.end());
}

namespace {

// The same name and size as qemu's own memory would have, so that its state fits a machine with
// that.
void MemoryArgs(const VmConfig& config, const Wiring& wiring, Args* args) {
  if (wiring.memory_fd < 0) return;
  Append(args, {"-object",
                fmt::format("memory-backend-file,id={},size={},mem-path=/proc/self/fd/{},"
                            "share=on",
                            MemoryId(config), MemoryBytes(config).value_or(0), wiring.memory_fd)});
}

void MachineArgs(const VmConfig& config, const Wiring& wiring, Args* args) {
  Append(args, {"-name", fmt::format("guest={},debug-threads=on",
                                     EscapedOption(wiring.test + "/" + config.name))});
  // Only what the test asked for: no default NIC, disk or config file of the host's.
  Append(args, {"-nodefaults", "-no-user-config", "-display", "none"});
  std::string memory = wiring.memory_fd >= 0 ? ",memory-backend=" + MemoryId(config) : "";
  Append(args, {"-machine", config.machine + memory, "-accel", wiring.accelerator});
  const std::string& cpu = wiring.cpu_model.empty() ? config.cpu_model : wiring.cpu_model;
  if (!cpu.empty()) Append(args, {"-cpu", cpu});
  Append(args, {"-m", MemoryOption(config.mem, config.devices), "-smp",
                SmpOption(config.smp, config.devices) + config.smp_shape});
  MemoryArgs(config, wiring, args);
  // By hand there is nobody who would say `cont`.
  if (config.paused && wiring.by_hand.empty()) Append(args, {"-S"});
  if (config.incoming || wiring.incoming) Append(args, {"-incoming", "defer"});
}

void PanicArgs(const VmConfig& config, const Wiring&, Args* args) {
  // A panicked guest stays as it is, for whoever wants to look at it.
  Append(args, {"-action", "panic=pause"});
  if (config.pvpanic) Append(args, {"-device", "pvpanic-pci"});
}

std::string ListeningSocket(const std::string& id, const std::string& path) {
  return fmt::format("socket,id={},path={},server=on,wait=off", id, EscapedOption(path));
}

void MonitorArgs(const VmConfig&, const Wiring& wiring, Args* args) {
  if (!wiring.by_hand.empty()) {
    Append(args, {"-chardev", ListeningSocket("qmp", wiring.by_hand + "/qmp"), "-mon",
                  "chardev=qmp,mode=control"});
    return;
  }
  Append(args, {"-chardev", fmt::format("socket,id=qmp,fd={}", wiring.qmp_fd), "-mon",
                "chardev=qmp,mode=control"});
  if (wiring.qmp_path.empty()) return;
  Append(args, {"-chardev", ListeningSocket("qmp2", wiring.qmp_path), "-mon",
                "chardev=qmp2,mode=control"});
}

void AgentArgs(const Wiring& wiring, Args* args) {
  std::string socket = wiring.by_hand.empty()
                           ? fmt::format("socket,id=agent,fd={}", wiring.shell_fd)
                           : ListeningSocket("agent", wiring.by_hand + "/agent");
  Append(args, {"-chardev", socket, "-device", "virtio-serial-pci,id=agent-bus", "-device",
                fmt::format("virtserialport,bus=agent-bus.0,chardev=agent,id={},name={}",
                            kAgentDevice, kAgentPort)});
}

void SerialArgs(const VmConfig& config, const Wiring& wiring, Args* args) {
  bool by_hand = !wiring.by_hand.empty();
  if (by_hand) {
    Append(args, {"-serial", "mon:stdio"});
  } else {
    Append(args, {"-chardev", fmt::format("socket,id=console,fd={}", wiring.console_fd), "-serial",
                  "chardev:console"});
  }
  if (config.agent) AgentArgs(wiring, args);
  if (!config.shell_port) return;
  Append(args, {"-chardev", by_hand ? ListeningSocket("shell", wiring.by_hand + "/shell")
                                    : fmt::format("socket,id=shell,fd={}", wiring.shell_fd)});
  if (config.one_serial) {
    // The guest's hvc0 is the first console of all.
    Append(args, {"-device", "virtio-serial-pci,id=shell-bus", "-device",
                  "virtconsole,bus=shell-bus.0,chardev=shell,name=kvmtest.shell"});
  } else {
    Append(args, {"-serial", "chardev:shell"});
  }
}

void FirmwareArgs(const VmConfig& config, const Wiring& wiring, Args* args) {
  if (!config.bios.empty()) Append(args, {"-bios", config.bios});
  if (config.kernel.empty()) return;
  Append(args, {"-kernel", config.kernel});
  if (!config.initrd.empty()) Append(args, {"-initrd", config.initrd});
  std::string append = KernelParams(config, wiring);
  if (!append.empty()) Append(args, {"-append", append});
}

void ImageArgs(const VmConfig& config, const Wiring& wiring, Args* args) {
  for (const ImageConfig& image : config.images) {
    if (!image.attached) continue;
    auto overlay = wiring.overlays.find(image.name);
    std::string file = overlay != wiring.overlays.end() ? overlay->second : image.base;
    if (image.interface == "pflash") {
      Append(args, {"-drive", fmt::format("if=pflash,unit=1,file={},format={}", EscapedOption(file),
                                          OverlayFormat(image))});
      continue;
    }
    Append(args, {"-drive", DriveOption(image, file)});
    for (const std::string& device : DriveDevices(image)) Append(args, {"-device", device});
  }
}

void NetworkArgs(const VmConfig& config, const Wiring& wiring, Args* args) {
  for (const NicConfig& nic : config.nics) {
    if (!nic.attached) continue;
    auto fd = wiring.nic_fds.find(nic.name);
    Args more = NicArgs(nic, fd != wiring.nic_fds.end() ? fd->second : -1);
    args->insert(args->end(), more.begin(), more.end());
  }
}

void OtherDeviceArgs(const VmConfig& config, const Wiring& wiring, Args* args) {
  for (const std::string& word : DeviceArgs(config.devices, wiring.port_fds, wiring.pool_fds)) {
    args->push_back(word);
  }
}

// virtio-net-pci and the like are virtio-net-device there.
void PutOnMmio(Args* args) {
  constexpr std::string_view kPci = "-pci";
  for (size_t i = 1; i < args->size(); ++i) {
    std::string& device = (*args)[i];
    if ((*args)[i - 1] != "-device" || device.rfind("virtio-", 0) != 0) continue;
    size_t end = std::min(device.find(','), device.size());
    if (end < kPci.size() || device.compare(end - kPci.size(), kPci.size(), kPci) != 0) continue;
    device.replace(end - kPci.size(), kPci.size(), "-device");
  }
}

}  // namespace

std::string DriveOption(const ImageConfig& image, const std::string& file) {
  std::string cache = image.cache.empty() ? "" : ",cache=" + image.cache;
  return fmt::format("if=none,id=drive-{},file={},format={}{}{}", image.name, EscapedOption(file),
                     OverlayFormat(image), cache, image.drive_options);
}

std::vector<std::string> DriveDevices(const ImageConfig& image) {
  std::string rest = fmt::format("drive=drive-{}", image.name);
  // NVMe insists on a serial number.
  const std::string& serial =
      image.serial.empty() && image.interface == "nvme" ? image.name : image.serial;
  if (!serial.empty()) rest += ",serial=" + EscapedOption(serial);
  rest += image.device_options;
  // Who is to be unplugged needs a name.
  if (!image.attached) rest += ",id=disk-" + image.name;
  std::string bus = fmt::format("hba-{}", image.name);
  if (image.interface == "virtio") return {"virtio-blk-pci," + rest};
  if (image.interface == "scsi" || image.interface == "virtio_scsi") {
    std::string hba = image.interface == "scsi" ? image.scsi_hba : "virtio-scsi-pci";
    return {fmt::format("{},id={}", hba, bus), fmt::format("scsi-hd,bus={}.0,{}", bus, rest)};
  }
  if (image.interface == "ahci") {
    return {fmt::format("ahci,id={}", bus), fmt::format("ide-hd,bus={}.0,{}", bus, rest)};
  }
  if (image.interface == "nvme") return {"nvme," + rest};
  return {"ide-hd," + rest};
}

std::string KernelParams(const VmConfig& config, const Wiring& wiring) {
  std::string params = config.kernel_params;
  // A guest without a shell may be no Linux: kvm-unit-tests take every word for an argument.
  if (!config.HasShell()) return params;
  auto add = [&params](const std::string& word) {
    if (!params.empty()) params += ' ';
    params += word;
  };
  if (!wiring.nonce.empty()) add("kvmtest.nonce=" + wiring.nonce);
  for (const std::string& word : IpWords(config)) add(word);
  return params;
}

std::optional<uint64_t> MemoryBytes(const VmConfig& config) {
  // Without a suffix qemu means MiB.
  bool digits = config.mem.find_first_not_of("0123456789") == std::string::npos;
  return ParseDiskSize(digits ? config.mem + "M" : config.mem);
}

std::string MemoryId(const VmConfig& config) {
  std::string machine = config.machine.substr(0, config.machine.find(','));
  if (machine == "pc" || machine == "q35" || machine.rfind("pc-", 0) == 0) return "pc.ram";
  if (machine == "microvm") return "microvm.ram";
  return "";
}

std::string OverlayFormat(const ImageConfig& image) {
  return image.base.empty() ? image.format : "qcow2";
}

std::string OverlayPath(const std::string& directory, const VmConfig& config,
                        const ImageConfig& image) {
  return fmt::format("{}/{}-{}.{}", directory, config.name, image.name, OverlayFormat(image));
}

std::vector<std::string> OverlayArgv(const ImageConfig& image, const std::string& qemu_img,
                                     const std::string& path) {
  if (image.base.empty()) {
    return {qemu_img, "create", "-q", "-f", image.format, path, image.size};
  }
  return {qemu_img, "create", "-q", "-f", "qcow2", "-F", image.format, "-b", image.base, path};
}

std::vector<std::string> BuildArgv(const VmConfig& config, const Wiring& wiring) {
  Args args{config.qemu_binary};
  for (auto group : {MachineArgs, SandboxArgs, PanicArgs, MonitorArgs, SerialArgs, BoardArgs,
                     FirmwareArgs, ImageArgs, RemovableArgs, NetworkArgs, OtherDeviceArgs}) {
    group(config, wiring, &args);
  }
  if (config.mmio) PutOnMmio(&args);
  args.insert(args.end(), config.extra_params.begin(), config.extra_params.end());
  return args;
}

}  // namespace kvmtest::vm
