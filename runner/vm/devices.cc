#include "vm/devices.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <string_view>

namespace kvmtest::vm {

namespace {

using Args = std::vector<std::string>;
using Error = std::optional<ParamError>;

constexpr std::string_view kWatchdogs[] = {"i6300esb", "ib700"};
constexpr std::string_view kWatchdogActions[] = {"reset", "shutdown",   "poweroff", "pause",
                                                 "none",  "inject-nmi", "debug"};
constexpr std::string_view kRngBackends[] = {"rng-builtin", "rng-random"};
constexpr std::string_view kPortTypes[] = {"serialport", "console"};

template <size_t N>
Error OneOf(std::string_view key, const std::string& word, const std::string_view (&words)[N]) {
  if (std::find(std::begin(words), std::end(words), word) != std::end(words)) return std::nullopt;
  return ParamError{fmt::format("{} = {}: expected one of {}", key, word, fmt::join(words, ", "))};
}

Error ReadRng(const Params& vm_params, const std::string& name, RngConfig* rng) {
  Params params = vm_params.For(name);
  rng->name = name;
  rng->backend = params.Get("backend", "rng-builtin");
  if (Error error = OneOf("backend", rng->backend, kRngBackends)) return error;
  rng->file = params.Get("filename_passthrough", "/dev/urandom");
  constexpr long kMost = 1000000000;
  Error error = GetNumber(params, "max-bytes_virtio-rng", 1, kMost, 0, &rng->max_bytes);
  return error ? error : GetNumber(params, "period_virtio-rng", 1, kMost, 1000, &rng->period);
}

Error ReadPort(const Params& vm_params, const std::string& name, PortConfig* port) {
  std::string type = vm_params.For(name).Get("virtio_port_type", "serialport");
  port->name = name;
  port->console = type == "console";
  return OneOf("virtio_port_type", type, kPortTypes);
}

Error ReadWatchdog(const Params& params, Devices* devices) {
  // A model without enable_watchdog is one that is wanted; "no" takes it away again.
  bool wanted = params.Find("watchdog_device_type") || params.Find("watchdog_model");
  if (Error error = CheckYesNo(params, {"enable_watchdog"})) return error;
  if (!params.GetBool("enable_watchdog", wanted)) return std::nullopt;
  const auto model = params.FindNearest({"watchdog_device_type", "watchdog_model"})
                         .value_or(Params::Named{"watchdog_device_type", "i6300esb", 0});
  devices->watchdog = model.value;
  if (Error error = OneOf(model.key, devices->watchdog, kWatchdogs)) return error;
  return ReadWatchdogAction(params, devices);
}

Error ReadSpace(const Params& params, Devices* devices) {
  if (Error error = GetNumber(params, "vcpu_maxcpus", 1, 1024, 0, &devices->max_cpus)) return error;
  if (Error error = GetNumber(params, "slots_mem", 1, 256, 0, &devices->memory_slots)) return error;
  devices->max_memory = params.Get("maxmem_mem");
  if ((devices->memory_slots > 0) != !devices->max_memory.empty()) {
    return ParamError{"slots_mem and maxmem_mem go together"};
  }
  if (devices->max_memory.empty() || SizeInBytes(devices->max_memory, 1 << 20)) return std::nullopt;
  return ParamError{
      fmt::format("maxmem_mem = {}: expected a size such as 1G", devices->max_memory)};
}

std::string RngObject(const RngConfig& rng, const std::map<std::string, int>& pool_fds) {
  auto pool = pool_fds.find(rng.name);
  if (pool != pool_fds.end()) {
    return fmt::format("rng-random,id=backend-{},filename=/proc/self/fd/{}", rng.name,
                       pool->second);
  }
  std::string text = fmt::format("{},id=backend-{}", rng.backend, rng.name);
  return rng.backend == "rng-random" ? text + ",filename=" + EscapedOption(rng.file) : text;
}

std::string RngDevice(const RngConfig& rng) {
  std::string text = fmt::format("virtio-rng-pci,id={},rng=backend-{}", rng.name, rng.name);
  if (rng.max_bytes > 0) text += fmt::format(",max-bytes={},period={}", rng.max_bytes, rng.period);
  return text;
}

void PortArgs(const std::vector<PortConfig>& ports, const std::vector<int>& fds, Args* args) {
  if (ports.empty()) return;
  args->insert(args->end(), {"-device", "virtio-serial-pci,id=ports"});
  for (size_t i = 0; i < ports.size(); ++i) {
    const PortConfig& port = ports[i];
    std::string chardev = "port-" + port.name;
    // Booted by hand, nobody is at the other end.
    std::string end =
        i < fds.size() ? fmt::format("socket,id={},fd={}", chardev, fds[i]) : "null,id=" + chardev;
    args->insert(args->end(), {"-chardev", end, "-device",
                               fmt::format("{},bus=ports.0,chardev={},name={}",
                                           port.console ? "virtconsole" : "virtserialport", chardev,
                                           EscapedOption(port.name))});
  }
}

}  // namespace

Error ReadWatchdogAction(const Params& params, Devices* devices) {
  devices->watchdog_action = params.Get("watchdog_action", "reset");
  return OneOf("watchdog_action", devices->watchdog_action, kWatchdogActions);
}

Error ReadDevices(const Params& params, Devices* devices) {
  if (Error error = ReadSpace(params, devices)) return error;
  if (Error error = ReadWatchdog(params, devices)) return error;
  if (Error error = CheckYesNo(params, {"balloon"})) return error;
  devices->balloon = params.GetBool("balloon", params.Find("balloon_dev_devid").has_value());
  for (const std::string& name : params.Words("virtio_rngs")) {
    if (Error error = ReadRng(params, name, &devices->rngs.emplace_back())) return error;
  }
  for (const std::string& name : params.Words("virtio_ports")) {
    if (Error error = ReadPort(params, name, &devices->ports.emplace_back())) return error;
  }
  return std::nullopt;
}

std::string MemoryOption(const std::string& mem, const Devices& devices) {
  if (devices.memory_slots == 0) return mem;
  return fmt::format("{},slots={},maxmem={}", mem, devices.memory_slots, devices.max_memory);
}

std::string SmpOption(long smp, const Devices& devices) {
  if (devices.max_cpus <= smp) return std::to_string(smp);
  return fmt::format("{},maxcpus={}", smp, devices.max_cpus);
}

std::string PciPortId(long number) {
  return fmt::format("pci-port-{}", number);
}

std::vector<std::string> DeviceArgs(const Devices& devices, const std::vector<int>& port_fds,
                                    const std::map<std::string, int>& pool_fds) {
  Args args;
  auto add = [&args](const char* option, const std::string& value) {
    args.insert(args.end(), {option, value});
  };
  for (long port = 1; port <= devices.pci_ports; ++port) {
    add("-device", fmt::format("pcie-root-port,id={},chassis={}", PciPortId(port), port));
  }
  if (devices.balloon) add("-device", "virtio-balloon-pci,id=balloon");
  if (!devices.watchdog.empty()) {
    add("-device", devices.watchdog + ",id=watchdog");
    add("-action", "watchdog=" + devices.watchdog_action);
  }
  for (const RngConfig& rng : devices.rngs) {
    add("-object", RngObject(rng, pool_fds));
    add("-device", RngDevice(rng));
  }
  PortArgs(devices.ports, port_fds, &args);
  return args;
}

}  // namespace kvmtest::vm
