#ifndef KVMTEST_PROCEDURES_DEVICE_STEPS_H_
#define KVMTEST_PROCEDURES_DEVICE_STEPS_H_

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "procedures/steps.h"
#include "vm/disk.h"

// What procedures share that are about a machine's devices.
namespace kvmtest::procedures {

// Params that these procedures read beside their own.
#define KVMTEST_DEVICE_PARAMS "guest_prepare_cmd device_timeout "

// The main VM, which has booted with all others; guest_prepare_cmd has been run in it.
vm::Trouble BootMain(Context& context, vm::Machine** machine);
// The checks of what that reads, and that the main VM has a shell.
std::string CheckDeviceParams(const vm::Params& params);
// Params of the main VM that are whole numbers from 1 on; what is wrong with one.
std::string CheckNumbers(const vm::Params& params, std::initializer_list<const char*> keys);
long Number(const vm::Params& params, const char* key, long otherwise);
long Number(const Context& context, const char* key, long otherwise);
// Whether a machine that a procedure configures is the one that it is about. (`params` are that
// machine's view of them, as Procedure::configure gets it.)
bool IsMain(const vm::Params& params, const vm::VmConfig& config);

// How long the guest or qemu may take for one step with a device: device_timeout, 60 s.
host::Until DeviceLimit(const Context& context);

// Runs the command again and again until it succeeds. `late` is told what it last wrote; a guest
// that answered all the time is not to blame for the question that the test's deadline cut off.
vm::Trouble PollGuest(Context& context, vm::Machine& machine, const std::string& command,
                      const host::Until& until, vm::Failure late, std::string* output = nullptr);

// A QMP command that must succeed.
vm::Trouble Command(Context& context, vm::Machine& machine, const std::string& command,
                    const Json& arguments, Json* value = nullptr);
// A command of the human monitor, which takes the texts of qemu's command line as they are.
vm::Trouble Monitor(Context& context, vm::Machine& machine, const std::string& command,
                    const std::string& argument);

// Plugs in devices given as for -device, or takes the last one with all others out again.
vm::Trouble Plug(Context& context, vm::Machine& machine, const std::vector<std::string>& devices);
vm::Trouble Unplug(Context& context, vm::Machine& machine, const std::vector<std::string>& devices);
// Waits until the guest has let a device go: until its place in /sys is gone.
vm::Trouble WaitForLoss(Context& context, vm::Machine& machine, const std::string& place);
// Free slots on machines that have none by themselves (q35), and the device as one for a slot.
void AddPciPort(vm::VmConfig* config);
std::string OnPciPort(const vm::VmConfig& config, const std::string& device);

// A piece of shell script that loads drivers for devices without one, where the guest has nobody
// who does so by itself.
extern const char kLoadDrivers[];

// A disk as the guest sees it.
struct GuestDisk {
  std::string name;  // "vda"
  unsigned long long bytes = 0;
  std::string serial;
};
// A script that prints a line "disk NAME SECTORS SERIAL" for each, and its reader.
extern const char kListDisks[];
std::vector<GuestDisk> ReadDisks(const std::string& output);
// Gives every disk a serial number by which the guest can tell it.
void SetSerials(vm::VmConfig* config);
// The guest's name for a disk of the config, which must be there.
vm::Trouble FindDisk(Context& context, vm::Machine& machine, const vm::ImageConfig& image,
                     std::string* name);

// The text without white space at its end.
std::string Trimmed(std::string text);

// The file that holds what the VM writes to the image.
std::string DiskFile(const Context& context, const vm::Machine& machine,
                     const vm::ImageConfig& image);
// qemu-img check, until the whole test's time is up.
vm::Trouble CheckImage(Context& context, vm::FileIs file, const std::string& path,
                       const std::string& format);
// qemu-img or qemu-io to its end.
vm::Trouble RunTool(Context& context, const std::vector<std::string>& argv, int* status,
                    std::string* output);
std::string QemuImg(const Context& context);
// Ends qemu, so that its images can be looked at.
vm::Trouble Quit(Context& context, vm::Machine& machine);

}  // namespace kvmtest::procedures

#endif  // KVMTEST_PROCEDURES_DEVICE_STEPS_H_
