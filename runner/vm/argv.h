#ifndef KVMTEST_VM_ARGV_H_
#define KVMTEST_VM_ARGV_H_

#include <map>
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
  std::string qmp_path;                         // a second QMP server for programs and people
  std::map<std::string, std::string> overlays;  // image name -> the file to open
};

// The qemu command line of a machine. Pure: no disk, no environment.
std::vector<std::string> BuildArgv(const VmConfig& config, const Wiring& wiring);

// The kernel's command line, with what the runner tells a guest that serves a shell.
std::string KernelParams(const VmConfig& config, const Wiring& wiring);

// The format that the file in wiring.overlays has: a blank raw image is no overlay.
std::string OverlayFormat(const ImageConfig& image);
// Where the VM's file for the image lies, in the run's directory.
std::string OverlayPath(const std::string& directory, const VmConfig& config,
                        const ImageConfig& image);
// The command that makes it at `path`.
std::vector<std::string> OverlayArgv(const ImageConfig& image, const std::string& qemu_img,
                                     const std::string& path);

}  // namespace kvmtest::vm

#endif  // KVMTEST_VM_ARGV_H_
