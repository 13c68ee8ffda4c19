#include <fmt/format.h>

#include "vm/argv_parts.h"

namespace kvmtest::vm {

namespace {

void NumaArgs(const VmConfig& config, Args* args) {
  for (size_t i = 0; i < config.numa.size(); ++i) {
    const NumaNode& node = config.numa[i];
    std::string size = node.mem;
    if (size.back() >= '0' && size.back() <= '9') size += 'M';  // as -m has it
    std::string cpus = node.cpus.empty() ? "" : ",cpus=" + node.cpus;
    Append(args, {"-object", fmt::format("memory-backend-ram,id=ram-node{},size={}", i, size),
                  "-numa", fmt::format("node,nodeid={},memdev=ram-node{}{}", i, i, cpus)});
  }
}

void SerialPortArgs(const VmConfig& config, const Wiring& wiring, Args* args) {
  for (const SerialConfig& serial : config.serials) {
    std::string id = "serial-" + serial.name;
    // One that was restored goes on with what the saved one had written.
    Append(args, {"-chardev",
                  fmt::format("file,id={},path={}{}.log{}", id, EscapedOption(wiring.serial_logs),
                              serial.name, wiring.incoming ? ",append=on" : "")});
    if (serial.pci) {
      Append(args, {"-device", "pci-serial,chardev=" + id});
    } else {
      Append(args, {"-serial", "chardev:" + id});
    }
  }
}

}  // namespace

void SandboxArgs(const VmConfig& config, const Wiring& wiring, Args* args) {
  if (!config.sandbox || !wiring.sandbox) return;
  Append(args, {"-sandbox", fmt::format("on,obsolete=deny,elevateprivileges=deny,spawn={},"
                                        "resourcecontrol=deny",
                                        config.sandbox_spawn ? "allow" : "deny")});
}

void BoardArgs(const VmConfig& config, const Wiring& wiring, Args* args) {
  args->insert(args->end(), config.board.begin(), config.board.end());
  NumaArgs(config, args);
  SerialPortArgs(config, wiring, args);
  if (config.firmware_code.empty()) return;
  Append(args, {"-drive", fmt::format("if=pflash,unit=0,format=raw,readonly=on,file={}",
                                      EscapedOption(config.firmware_code))});
}

std::vector<Checksum> ChecksumsOf(const CdromConfig& cdrom) {
  std::vector<Checksum> sums;
  if (!cdrom.md5sum.empty()) sums.push_back({"md5sum", cdrom.md5sum, {"md5sum", "--", cdrom.file}});
  if (!cdrom.md5sum_1m.empty()) {
    sums.push_back({"md5sum_1m",
                    cdrom.md5sum_1m,
                    {"sh", "-c", "head -c 1048576 -- \"$1\" | md5sum", "sh", cdrom.file}});
  }
  if (!cdrom.sha1sum.empty()) {
    sums.push_back({"sha1sum", cdrom.sha1sum, {"sha1sum", "--", cdrom.file}});
  }
  return sums;
}

void RemovableArgs(const VmConfig& config, const Wiring&, Args* args) {
  for (const CdromConfig& cdrom : config.cdroms) {
    std::string drive = "drive-" + cdrom.name;
    std::string hba = "hba-" + cdrom.name;
    Append(args, {"-drive", fmt::format("if=none,id={},file={},format=raw,media=cdrom,readonly=on",
                                        drive, EscapedOption(cdrom.file))});
    if (cdrom.interface == "virtio_scsi") {
      Append(args, {"-device", "virtio-scsi-pci,id=" + hba, "-device",
                    fmt::format("scsi-cd,bus={}.0,drive={}", hba, drive)});
    } else if (cdrom.interface == "ahci") {
      Append(args, {"-device", "ahci,id=" + hba, "-device",
                    fmt::format("ide-cd,bus={}.0,drive={}", hba, drive)});
    } else {
      Append(args, {"-device", "ide-cd,drive=" + drive});
    }
  }
  if (config.floppy.empty()) return;
  Append(args, {"-drive", fmt::format("if=none,id=drive-floppy,file={},format=raw,readonly=on",
                                      EscapedOption(config.floppy))});
  // Only the old PC has a controller of its own.
  if (config.machine.rfind("q35", 0) == 0 || config.machine.rfind("pc-q35", 0) == 0) {
    Append(args, {"-device", "isa-fdc"});
  }
  Append(args, {"-device", "floppy,drive=drive-floppy"});
}

}  // namespace kvmtest::vm
