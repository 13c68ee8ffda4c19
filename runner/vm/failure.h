#ifndef KVMTEST_VM_FAILURE_H_
#define KVMTEST_VM_FAILURE_H_

#include <optional>
#include <string>

namespace kvmtest::vm {

// Why a test did not pass: the class that stands in the verdict line, and what happened.
// The classes are words other tools look for; runner/README.md lists them.
struct Failure {
  std::string kind;    // "guest-panic"
  std::string text;    // one line
  std::string detail;  // evidence of many lines, may be empty
};

// What a step of a test returns: nothing when all is well.
using Trouble = std::optional<Failure>;

inline constexpr char kGuestPanic[] = "guest-panic";
inline constexpr char kKernelOops[] = "kernel-oops";
inline constexpr char kBootTimeout[] = "boot-timeout";
inline constexpr char kShellTimeout[] = "shell-timeout";
inline constexpr char kShutdownTimeout[] = "shutdown-timeout";
inline constexpr char kRebootTimeout[] = "reboot-timeout";
inline constexpr char kCommandFailed[] = "command-failed";
inline constexpr char kWrongAddress[] = "wrong-address";
inline constexpr char kWrongReason[] = "wrong-shutdown-reason";
inline constexpr char kNotRebooted[] = "not-rebooted";
inline constexpr char kGuestExited[] = "guest-exited";
inline constexpr char kQemuCrash[] = "qemu-crash";
inline constexpr char kQemuError[] = "qemu-error";
inline constexpr char kQemuStartFailed[] = "qemu-start-failed";
inline constexpr char kEnvironment[] = "environment";
inline constexpr char kHarnessError[] = "harness-error";
inline constexpr char kInterrupted[] = "interrupted";

}  // namespace kvmtest::vm

#endif  // KVMTEST_VM_FAILURE_H_
