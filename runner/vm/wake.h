#ifndef KVMTEST_VM_WAKE_H_
#define KVMTEST_VM_WAKE_H_

#include <time.h>

#include <string>

namespace kvmtest::vm {

// A guest that continues from a saved state believes that it is then, and its random numbers are
// those of every other guest of that state. A small program in the guest (wake.S) puts both right:
// it sleeps when the state is saved.

// The command that puts the program into the guest and prints where; it fails where the guest
// cannot run it (another architecture, nowhere to put an executable file).
std::string InstallWakeCommand();

// Prints the addresses of the guest's network cards, without a process: these are what costs a
// guest under emulation.
inline constexpr char kListAddresses[] =
    "for a in /sys/class/net/*/address; do read -r a < $a && echo $a; done";

// The command that runs it: it sleeps once it has said kAsleep, until the shell's line brings it a
// WakeLine, and then lists the guest's addresses.
std::string SleepCommand(const std::string& program);
inline constexpr char kAsleep[] = "asleep";

// The same in one, for a shell whose commands cannot read.
std::string WakeCommand(const std::string& program, const std::string& line);

// What wakes it; `seed` are 32 bytes. With a nonce it also says on the console that the guest was
// restored, and in which run.
std::string WakeLine(const std::string& seed, timespec now, const std::string& nonce);

// What an exit status of SleepCommand means.
std::string WakeError(int status);

}  // namespace kvmtest::vm

#endif  // KVMTEST_VM_WAKE_H_
