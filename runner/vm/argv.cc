#include "vm/argv.h"

#include <fmt/format.h>

namespace kvmtest::vm {

namespace {

using Args = std::vector<std::string>;

// qemu's option parser ends a value at a comma; two of them mean one.
std::string Escaped(const std::string& value) {
  std::string text;
  for (char c : value) {
    text += c;
    if (c == ',') text += c;
  }
  return text;
}

void Append(Args* args, std::initializer_list<std::string> more) {
  args->insert(args->end(), more.begin(), more.end());
}

void MachineArgs(const VmConfig& config, const Wiring& wiring, Args* args) {
  Append(args, {"-name", fmt::format("guest={},debug-threads=on",
                                     Escaped(wiring.test + "/" + config.name))});
  // Only what the test asked for: no default NIC, disk or config file of the host's.
  Append(args, {"-nodefaults", "-no-user-config", "-display", "none"});
  Append(args, {"-machine", config.machine, "-accel", wiring.accelerator});
  const std::string& cpu = wiring.cpu_model.empty() ? config.cpu_model : wiring.cpu_model;
  if (!cpu.empty()) Append(args, {"-cpu", cpu});
  Append(args, {"-m", config.mem, "-smp", std::to_string(config.smp)});
  if (config.incoming) Append(args, {"-incoming", "defer"});
}

void PanicArgs(const VmConfig& config, const Wiring&, Args* args) {
  // A panicked guest stays as it is, for whoever wants to look at it.
  Append(args, {"-action", "panic=pause"});
  if (config.pvpanic) Append(args, {"-device", "pvpanic-pci"});
}

void MonitorArgs(const VmConfig&, const Wiring& wiring, Args* args) {
  Append(args, {"-chardev", fmt::format("socket,id=qmp,fd={}", wiring.qmp_fd), "-mon",
                "chardev=qmp,mode=control"});
  if (wiring.qmp_path.empty()) return;
  Append(args, {"-chardev",
                fmt::format("socket,id=qmp2,path={},server=on,wait=off", Escaped(wiring.qmp_path)),
                "-mon", "chardev=qmp2,mode=control"});
}

void SerialArgs(const VmConfig& config, const Wiring& wiring, Args* args) {
  Append(args, {"-chardev", fmt::format("socket,id=console,fd={}", wiring.console_fd), "-serial",
                "chardev:console"});
  if (!config.shell_port) return;
  Append(args, {"-chardev", fmt::format("socket,id=shell,fd={}", wiring.shell_fd), "-serial",
                "chardev:shell"});
}

void FirmwareArgs(const VmConfig& config, const Wiring& wiring, Args* args) {
  if (!config.bios.empty()) Append(args, {"-bios", config.bios});
  if (config.kernel.empty()) return;
  Append(args, {"-kernel", config.kernel});
  if (!config.initrd.empty()) Append(args, {"-initrd", config.initrd});
  std::string append = KernelParams(config, wiring);
  if (!append.empty()) Append(args, {"-append", append});
}

void DriveDeviceArgs(const ImageConfig& image, const std::string& drive, Args* args) {
  auto device = [&](const std::string& text) { Append(args, {"-device", text}); };
  if (image.interface == "virtio") {
    device(fmt::format("virtio-blk-pci,drive={}", drive));
  } else if (image.interface == "scsi" || image.interface == "virtio_scsi") {
    std::string hba = image.interface == "scsi" ? image.scsi_hba : "virtio-scsi-pci";
    device(fmt::format("{},id=hba-{}", hba, image.name));
    device(fmt::format("scsi-hd,bus=hba-{}.0,drive={}", image.name, drive));
  } else if (image.interface == "ahci") {
    device(fmt::format("ahci,id=hba-{}", image.name));
    device(fmt::format("ide-hd,bus=hba-{}.0,drive={}", image.name, drive));
  } else if (image.interface == "nvme") {
    device(fmt::format("nvme,drive={},serial={}", drive, Escaped(image.name)));
  } else {
    device(fmt::format("ide-hd,drive={}", drive));
  }
}

void ImageArgs(const VmConfig& config, const Wiring& wiring, Args* args) {
  for (const ImageConfig& image : config.images) {
    std::string drive = "drive-" + image.name;
    auto overlay = wiring.overlays.find(image.name);
    std::string file = overlay != wiring.overlays.end() ? overlay->second : image.base;
    std::string cache = image.cache.empty() ? "" : ",cache=" + image.cache;
    Append(args, {"-drive", fmt::format("if=none,id={},file={},format={}{}", drive, Escaped(file),
                                        OverlayFormat(image), cache)});
    DriveDeviceArgs(image, drive, args);
  }
}

// qemu's own NAT network, laid out so that the allotted address is the guest's: the
// first it leases, and inside the net for a guest that sets it itself.
std::string UserNetwork(const NicConfig& nic) {
  unsigned a, b, c, d;
  char rest;
  if (sscanf(nic.address.ip.c_str(), "%u.%u.%u.%u%c", &a, &b, &c, &d, &rest) != 4) return "";
  uint32_t ip = a << 24 | b << 16 | c << 8 | d;
  uint32_t mask = ~uint32_t{0} << (32 - nic.ip_prefix);
  auto text = [](uint32_t address) {
    return fmt::format("{}.{}.{}.{}", address >> 24, address >> 16 & 255, address >> 8 & 255,
                       address & 255);
  };
  uint32_t last = ip | ~mask;  // the broadcast address
  // qemu's host and name server take two addresses at the end, or at the start.
  bool at_end = ip < last - 2;
  uint32_t host = at_end ? last - 1 : (ip & mask) + 1;
  uint32_t dns = at_end ? last - 2 : (ip & mask) + 2;
  return fmt::format(",net={}/{},host={},dns={},dhcpstart={}", text(ip & mask), nic.ip_prefix,
                     text(host), text(dns), text(ip));
}

void NicArgs(const VmConfig& config, const Wiring&, Args* args) {
  for (const NicConfig& nic : config.nics) {
    Append(args, {"-netdev", fmt::format("user,id=net-{}{}", nic.name, UserNetwork(nic)), "-device",
                  fmt::format("{},id={},netdev=net-{},mac={}", nic.model, nic.name, nic.name,
                              nic.address.mac)});
  }
}

}  // namespace

std::string KernelParams(const VmConfig& config, const Wiring& wiring) {
  std::string params = config.kernel_params;
  // A guest without our shell may be no Linux: kvm-unit-tests take every word for an argument.
  if (!config.shell_port) return params;
  auto add = [&params](const std::string& word) {
    if (!params.empty()) params += ' ';
    params += word;
  };
  if (!wiring.nonce.empty()) add("kvmtest.nonce=" + wiring.nonce);
  if (!config.nics.empty() && !config.nics[0].address.ip.empty()) {
    add(fmt::format("kvmtest.ip={}/{}", config.nics[0].address.ip, config.nics[0].ip_prefix));
  }
  return params;
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
  for (auto group :
       {MachineArgs, PanicArgs, MonitorArgs, SerialArgs, FirmwareArgs, ImageArgs, NicArgs}) {
    group(config, wiring, &args);
  }
  args.insert(args.end(), config.extra_params.begin(), config.extra_params.end());
  return args;
}

}  // namespace kvmtest::vm
