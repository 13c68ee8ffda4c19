#ifndef KVMTEST_VM_ARGV_H_
#define KVMTEST_VM_ARGV_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "vm/vm_config.h"

namespace kvmtest::vm {

// What one run adds to a VmConfig.
struct Wiring {
  std::string test;         // for -name guest=<test>/<vm>
  std::string accelerator;  // "tcg" or "kvm"
  std::string cpu_model;    // what the accelerator needs; wins over the config's if not empty
  std::string nonce;        // of the run, for the guest's kernel parameters; may be empty
  int qmp_fd = -1;          // connected sockets that qemu inherits
  int console_fd = -1;
  int shell_fd = -1;
  std::string qmp_path = {};                         // a second QMP server for programs and people
  std::map<std::string, std::string> overlays = {};  // image name -> the file to open
  // For a person instead of a run: the directory of the sockets `qmp` and `shell`. No descriptors,
  // the console on the terminal.
  std::string by_hand = {};
  std::map<std::string, int> nic_fds = {};  // card -> where it is plugged in, unless user
  int memory_fd = -1;              // a file that is the guest's memory, instead of qemu's own
  bool incoming = false;           // waits for a state, as VmConfig::incoming has it
  std::vector<int> port_fds = {};  // of the config's virtio ports, in their order
  std::map<std::string, int> pool_fds = {};  // device for random numbers -> its pool
  std::string serial_logs = {};              // what the files of further serial ports begin with
  bool sandbox = false;                      // this qemu has one
};

// The qemu command line of a machine. Pure: no disk, no environment.
std::vector<std::string> BuildArgv(const VmConfig& config, const Wiring& wiring);

// The kernel's command line, with what the runner tells a guest that serves a shell.
std::string KernelParams(const VmConfig& config, const Wiring& wiring);

// The size of its memory; nothing if it is none that is understood here.
std::optional<uint64_t> MemoryBytes(const VmConfig& config);
// What qemu calls the memory of such a machine in a saved state; empty: not known here.
std::string MemoryId(const VmConfig& config);
// Options for one disk, also for one that is plugged in later: the value of -drive, and the values
// of the -devices that it needs (its controller first).
std::string DriveOption(const ImageConfig& image, const std::string& file);
std::vector<std::string> DriveDevices(const ImageConfig& image);

// The format that the file in wiring.overlays has: a blank raw image is no overlay.
std::string OverlayFormat(const ImageConfig& image);
// How a cdrom's checksum is made, whose first word is compared.
struct Checksum {
  std::string param;  // md5sum, md5sum_1m, sha1sum
  std::string expected;
  std::vector<std::string> argv;
};
std::vector<Checksum> ChecksumsOf(const CdromConfig& cdrom);

// Where the VM's file for the image lies, in the run's directory.
std::string OverlayPath(const std::string& directory, const VmConfig& config,
                        const ImageConfig& image);
// The command that makes it at `path`.
std::vector<std::string> OverlayArgv(const ImageConfig& image, const std::string& qemu_img,
                                     const std::string& path);

}  // namespace kvmtest::vm

#endif  // KVMTEST_VM_ARGV_H_
