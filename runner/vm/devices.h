#ifndef KVMTEST_VM_DEVICES_H_
#define KVMTEST_VM_DEVICES_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "vm/params.h"

namespace kvmtest::vm {

// Whence a guest's hardware random numbers come.
struct RngConfig {
  std::string name;     // the object's name, "rng0"
  std::string backend;  // rng-builtin, rng-random
  std::string file;     // for rng-random
  long max_bytes = 0;   // per period; 0: no limit
  long period = 0;      // milliseconds
  size_t pool = 0;      // so many bytes that the runner knows, instead of the backend's
};

// A port of the guest's virtio serial bus, whose other end the runner holds.
struct PortConfig {
  std::string name;      // the object's name, by which the guest finds it
  bool console = false;  // a terminal (hvc0) instead of a plain port
};

// What a machine has beyond processors, disks and network cards. Most machines have
// nothing of it; procedures that are about such a device add it (Procedure::extend).
struct Devices {
  long max_cpus = 0;       // that may be plugged in; 0: no more than smp
  long memory_slots = 0;   // for DIMMs that are plugged in later
  std::string max_memory;  // with those
  long pci_ports = 0;      // free PCIe ports: q35 takes no new card without one
  bool balloon = false;
  std::string watchdog;         // the device's model; empty: none
  std::string watchdog_action;  // what qemu does when it fires
  std::vector<RngConfig> rngs;
  std::vector<PortConfig> ports;
};

std::optional<ParamError> ReadWatchdogAction(const Params& vm_params, Devices* devices);
std::optional<ParamError> ReadDevices(const Params& vm_params, Devices* devices);

// The values of -m and -smp.
std::string MemoryOption(const std::string& mem, const Devices& devices);
std::string SmpOption(long smp, const Devices& devices);
// Options for all the others. `port_fds` are qemu's ends of the ports, in their order; `pool_fds`
// are files of the random numbers' pools, by the device's name.
std::vector<std::string> DeviceArgs(const Devices& devices, const std::vector<int>& port_fds,
                                    const std::map<std::string, int>& pool_fds = {});
// The id of a free PCIe port.
std::string PciPortId(long number);

}  // namespace kvmtest::vm

#endif  // KVMTEST_VM_DEVICES_H_
