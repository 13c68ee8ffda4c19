#ifndef KVMTEST_VM_VM_CONFIG_H_
#define KVMTEST_VM_VM_CONFIG_H_

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "vm/console_patterns.h"
#include "vm/devices.h"
#include "vm/netdev.h"
#include "vm/params.h"
#include "vm/ssh.h"

namespace kvmtest::vm {

// One address of the queue's block, for one NIC.
struct Address {
  std::string mac;  // "52:54:00:10:00:01"
  std::string ip;   // empty if the range has no IP base
};

struct ImageConfig {
  std::string name;         // the object's name, "image1"
  std::string base;         // the image that must exist; empty: a blank one is made
  std::string format;       // of base, or of the blank image
  std::string size;         // of a blank image
  std::string interface;    // drive_format: ide, virtio, ...
  std::string scsi_hba;     // for scsi
  std::string cache;        // empty: qemu's default
  std::string serial = {};  // by which the guest can tell it; empty: qemu's default
  bool attached = true;     // false: a procedure plugs it in later
  // Further options, each ",name=value": of the drive, and of the device that shows it.
  std::string drive_options = {};
  std::string device_options = {};
  bool boot = false;    // the firmware may boot from it; ...
  long bootindex = -1;  // ... in this order, -1: after those before it
  bool check = false;   // qemu-img check must find it whole when the test is over
};

struct CdromConfig {
  std::string name;  // the object's name, "cd1"
  std::string file;
  std::string interface;  // cd_format: ide, ahci, virtio_scsi
  // Of the file, as the params say; empty: not to be looked at.
  std::string md5sum = {};
  std::string md5sum_1m = {};  // of its first MiB
  std::string sha1sum = {};
};

// A serial port beyond the console and the shell, written to a file.
struct SerialConfig {
  std::string name;
  bool pci = false;
};

struct NumaNode {
  std::string mem;
  std::string cpus;  // "0-1"; empty: none
};

struct NicConfig {
  std::string name;   // the object's name, "nic1"
  std::string model;  // qemu's device name, "virtio-net-pci"
  Address address;
  int ip_prefix = 16;
  NetConfig net;
  bool attached = true;  // false: a procedure plugs it in later
};

// One virtual machine: everything about it that comes from the params, and nothing
// of the run (sockets, overlays, accelerator). A value: equal configs are equal machines.
struct VmConfig {
  std::string name;    // "vm1"
  std::string object;  // whose params it has: of a copy of vm1, too, "vm1"
  std::string qemu_binary;
  std::string machine;
  std::string cpu_model;  // empty: the accelerator's default
  std::string mem = "512";
  long smp = 1;
  std::string smp_shape;  // ",sockets=2,cores=1": of the processors, as far as it is given
  std::string bios;
  std::string kernel;
  std::string initrd;
  std::string kernel_params;
  bool mmio = false;        // no PCI bus (microvm): virtio devices only, in slots of their own
  bool one_serial = false;  // no more serial ports than the console (microvm, virt)
  bool pvpanic = false;
  bool shell_port = true;          // a second serial port with the guest's shell
  std::optional<SshConfig> ssh;    // or a shell by ssh
  bool agent = false;              // or one that QEMU's guest agent serves
  bool paused = false;             // does not run before QMP's cont
  bool incoming = false;           // does not boot, but waits for a state to come by migration
  std::vector<std::string> board;  // qemu's options for clock, boot order, uuid, display card
  std::string firmware_code;       // OVMF's; its variables are an image
  bool sandbox = true;             // qemu's seccomp filter, where qemu has it, ...
  bool sandbox_spawn = false;      // ... which lets it start programs: exec: of migrations
  bool clock_of_its_own = false;   // rtc_base or rtc_clock: not simply the time of day
  std::vector<NumaNode> numa;
  std::vector<SerialConfig> serials;
  bool reuse_template = false;  // vm_reuse: restored instead of booted, where that can be
  long allowed_resets = 0;      // how often the guest may reset it without being asked to
  ConsolePatterns console;
  std::vector<ImageConfig> images;
  std::vector<CdromConfig> cdroms;
  std::string floppy;
  std::vector<NicConfig> nics;
  Devices devices;
  std::vector<std::string> extra_params;

  bool HasShell() const { return shell_port || ssh || agent; }
};

// The objects of a test. Where an older configuration names no object but has
// properties of one (nic_model, image_name), there is one: vm1, nic1, image1.
std::vector<std::string> VmNames(const Params& params);
std::vector<std::string> NicNames(const Params& vm_params);
std::vector<std::string> ImageNames(const Params& vm_params);
std::string MainVm(const Params& params);
// The params as the VM has them that the test is about.
Params MainView(const Params& params);
// Names become those of files and ids of qemu's, and no two objects of a kind share one. Of the
// VMs, and of what each one has; main_vm is one of the VMs.
std::optional<ParamError> CheckNames(const Params& params);

// The machine that `params` describe for `name`; addresses are those of its NICs in
// their order.
std::variant<VmConfig, ParamError> BuildVmConfig(const Params& params, const std::string& name,
                                                 const std::vector<Address>& addresses);

// What qemu calls a drive_format.
std::optional<ParamError> ReadInterface(std::string_view key, const std::string& word,
                                        std::string* interface);

// The files that must exist before it can run.
std::vector<std::string> FilesNeeded(const VmConfig& config);

// Splits as bash does: white space, quotes, backslash, and $'...' with \n, \t, \r and \xHH for any
// byte. Nothing if a quote stays open.
std::optional<std::vector<std::string>> SplitShellWords(const std::string& text);

}  // namespace kvmtest::vm

#endif  // KVMTEST_VM_VM_CONFIG_H_
