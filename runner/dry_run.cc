#include "dry_run.h"

#include "host/process.h"
#include "vm/argv.h"

namespace kvmtest {

std::string CommandLines(const TestSetup& setup, const vm::VmConfig& config,
                         const std::string& test, const vm::MachinePaths& paths) {
  vm::Wiring wiring;
  wiring.test = test;
  wiring.accelerator = setup.accelerator.name.empty() ? "tcg" : setup.accelerator.name;
  wiring.cpu_model = setup.accelerator.cpu_model;
  wiring.nonce = "NONCE";
  wiring.qmp_fd = 3;
  wiring.console_fd = 4;
  wiring.shell_fd = 5;
  wiring.qmp_path = paths.qmp_socket;
  wiring.serial_logs = paths.serial_logs;
  wiring.sandbox = HasSandbox(setup.configs);
  int fd = 6;
  for (size_t i = 0; i < config.devices.ports.size(); ++i) wiring.port_fds.push_back(fd++);
  for (const vm::NicConfig& nic : config.nics) {
    if (nic.attached && nic.net.mode != vm::NetMode::kUser) wiring.nic_fds[nic.name] = fd++;
  }
  std::string text;
  for (const vm::ImageConfig& image : config.images) {
    std::string path = vm::OverlayPath("/RUN", config, image);
    wiring.overlays[image.name] = path;
    text += host::ShellQuote(vm::OverlayArgv(image, setup.QemuImg(), path)) + "\n";
  }
  return text + host::ShellQuote(vm::BuildArgv(config, wiring)) + "\n";
}

}  // namespace kvmtest
