#ifndef KVMTEST_PROCEDURES_STEPS_H_
#define KVMTEST_PROCEDURES_STEPS_H_

#include <initializer_list>
#include <string>

#include "procedures/procedure.h"

// What more than one procedure does.
namespace kvmtest::procedures {

// Where a boot is to be looked for: what came before does not count.
struct BootMark {
  size_t console = 0;
  int shells = 0;
};
BootMark MarkNow(vm::Machine& machine);

// Waits until the guest is up: its shell says that it is ready, or without a shell
// its console shows boot_marker. At most login_timeout seconds.
vm::Trouble WaitForBoot(Context& context, vm::Machine& machine, const BootMark& since,
                        const char* late_kind = vm::kBootTimeout);

// Starts all VMs of the test, waits for each to boot and checks its addresses. The time is
// measured as boot_seconds. With vm_reuse = template a VM may continue from a saved state instead
// (or leaves one for others); if all of them do, the time is restore_seconds.
vm::Trouble BootAll(Context& context);

// The guest has network cards with the addresses that the plan gave it.
vm::Trouble CheckAddresses(Context& context, vm::Machine& machine);

// Runs a command that must succeed.
vm::Trouble RunCommand(Context& context, vm::Machine& machine, const std::string& what,
                       const std::string& command, const host::Until& until,
                       std::string* output = nullptr);

// The script as one that stays in the guest when the command that starts it is over: with none of
// that command's files, whose end some shells wait for (shell_client = agent), and between whose
// words its own would come.
std::string InBackground(const std::string& script);

// A command's output for people: its end, if it is long. All of it is in the shell's log.
std::string Shown(const std::string& output);

// What a program or a guest's command exits with to skip the test, as ctest's SKIP_RETURN_CODE.
inline constexpr int kSkipStatus = 77;
// Of a limit in seconds, longer than any test: the deadline is the limit.
inline constexpr long kMaxSeconds = 1000000;

// The lines of a text, without their ends.
std::vector<std::string> Lines(const std::string& text);

// The machine that the test is about.
vm::Trouble MainMachine(Context& context, vm::Machine** machine);

// What every procedure that boots a guest asks of the params: shell_client, boot_marker, limits.
std::string CheckGuestParams(const vm::Params& params);
// The same for a procedure that asks the main VM's guest by its shell.
std::string CheckShellParams(const vm::Params& params, const char* type);
// Params that are whole numbers within bounds, where they are given.
struct NumberParam {
  const char* key;
  long low;
  long high;
};
std::string CheckNumbers(const vm::Params& params, std::initializer_list<NumberParam> numbers);
// A method's param must be one of these words; "shell" comes first, for guests that have one.
std::string CheckMethod(const vm::Params& params, const char* param, const char* without_shell);
std::string Method(const vm::Params& params, const char* param, const char* without_shell);

// Lets some time pass.
vm::Trouble Pause(Context& context, host::TimePoint until);
vm::Trouble Pause(Context& context, double seconds);
// Seconds that a param asks to wait before a method is used, where that is the one.
vm::Trouble SleepBefore(Context& context, const std::string& method, const char* which,
                        const char* param);

double SecondsSince(host::TimePoint begin);

// This many seconds from now, times the test's timeout_multiplier, but within its deadline.
host::Until Within(const Context& context, double seconds);
host::Until Within(const Context& context, double seconds, const char* param);
// The same for a param that is a number of seconds.
host::Until Limit(const Context& context, const char* param, long otherwise_seconds);
// ... as a VM has it that is not the main one.
host::Until LimitOf(const Context& context, const vm::Params& view, const char* param,
                    long otherwise_seconds);

}  // namespace kvmtest::procedures

#endif  // KVMTEST_PROCEDURES_STEPS_H_
