#ifndef KVMTEST_VM_WAKE_H_
#define KVMTEST_VM_WAKE_H_

#include <time.h>

#include <string>

namespace kvmtest::vm {

// A guest that continues from a saved state believes that it is then, and its random numbers are
// those of every other guest of that state. A small program in the guest (wake.S) puts both right.

// The command that puts the program into the guest and prints where; it fails where the guest
// cannot run it (another architecture, nowhere to put an executable file).
std::string InstallWakeCommand();

// Prints the addresses of the guest's network cards, without a process: these are what costs a
// guest under emulation.
inline constexpr char kListAddresses[] =
    "for a in /sys/class/net/*/address; do read -r a < $a && echo $a; done";

// The command that runs it; `seed` are 32 bytes. With a nonce it also says on the console that the
// guest was restored, and in which run, and lists its addresses.
std::string WakeCommand(const std::string& program, const std::string& seed, timespec now,
                        const std::string& nonce);

// What an exit status of that command means.
std::string WakeError(int status);

}  // namespace kvmtest::vm

#endif  // KVMTEST_VM_WAKE_H_
