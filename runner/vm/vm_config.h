#ifndef KVMTEST_VM_VM_CONFIG_H_
#define KVMTEST_VM_VM_CONFIG_H_

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "vm/params.h"

namespace kvmtest::vm {

// One address of the queue's block, for one NIC.
struct Address {
  std::string mac;  // "52:54:00:10:00:01"
  std::string ip;   // empty if the range has no IP base
};

struct ImageConfig {
  std::string name;       // the object's name, "image1"
  std::string base;       // the image that must exist; empty: a blank one is made
  std::string format;     // of base, or of the blank image
  std::string size;       // of a blank image
  std::string interface;  // drive_format: ide, virtio, ...
  std::string scsi_hba;   // for scsi
  std::string cache;      // empty: qemu's default
};

struct NicConfig {
  std::string name;   // the object's name, "nic1"
  std::string model;  // qemu's device name, "virtio-net-pci"
  Address address;
  int ip_prefix = 16;
};

// One virtual machine: everything about it that comes from the params, and nothing
// of the run (sockets, overlays, accelerator). A value: equal configs are equal machines.
struct VmConfig {
  std::string name;  // "vm1"
  std::string qemu_binary;
  std::string machine;
  std::string cpu_model;  // empty: the accelerator's default
  std::string mem = "512";
  long smp = 1;
  std::string bios;
  std::string kernel;
  std::string initrd;
  std::string kernel_params;
  bool pvpanic = false;
  bool shell_port = true;  // a second serial port with the guest's shell
  bool incoming = false;   // does not boot, but waits for a state to come by migration
  std::vector<ImageConfig> images;
  std::vector<NicConfig> nics;
  std::vector<std::string> extra_params;
};

// The objects of a test. Where an older configuration names no object but has
// properties of one (nic_model, image_name), there is one: vm1, nic1, image1.
std::vector<std::string> VmNames(const Params& params);
std::vector<std::string> NicNames(const Params& vm_params);
std::vector<std::string> ImageNames(const Params& vm_params);
std::string MainVm(const Params& params);

// The machine that `params` describe for `name`; addresses are those of its NICs in
// their order.
std::variant<VmConfig, ParamError> BuildVmConfig(const Params& params, const std::string& name,
                                                 const std::vector<Address>& addresses);

// The files that must exist before it can run.
std::vector<std::string> FilesNeeded(const VmConfig& config);

// Splits as sh does: white space, quotes, backslash. Nothing if a quote stays open.
std::optional<std::vector<std::string>> SplitShellWords(const std::string& text);

}  // namespace kvmtest::vm

#endif  // KVMTEST_VM_VM_CONFIG_H_
