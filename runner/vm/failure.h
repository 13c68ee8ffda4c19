#ifndef KVMTEST_VM_FAILURE_H_
#define KVMTEST_VM_FAILURE_H_

#include <optional>
#include <string>
#include <utility>

#include "host/clock.h"

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
inline constexpr char kGuestHang[] = "guest-hang";
inline constexpr char kGuestReset[] = "guest-reset";
inline constexpr char kConsoleFail[] = "console-fail";
inline constexpr char kConsoleExpect[] = "console-expect";
inline constexpr char kBootTimeout[] = "boot-timeout";
inline constexpr char kShellTimeout[] = "shell-timeout";
inline constexpr char kShutdownTimeout[] = "shutdown-timeout";
inline constexpr char kRebootTimeout[] = "reboot-timeout";
inline constexpr char kCommandFailed[] = "command-failed";
inline constexpr char kTestFailed[] = "test-failed";
inline constexpr char kTestTimeout[] = "test-timeout";
inline constexpr char kWrongAddress[] = "wrong-address";
inline constexpr char kPingFailed[] = "ping-failed";
inline constexpr char kWrongHardware[] = "wrong-hardware";
inline constexpr char kDeviceMissing[] = "device-missing";
inline constexpr char kHotplugTimeout[] = "hotplug-timeout";
inline constexpr char kWatchdogTimeout[] = "watchdog-timeout";
inline constexpr char kBalloonTimeout[] = "balloon-timeout";
inline constexpr char kJobTimeout[] = "job-timeout";
inline constexpr char kJobFailed[] = "job-failed";
inline constexpr char kDataMismatch[] = "data-mismatch";
inline constexpr char kEventMissing[] = "event-missing";
inline constexpr char kUnexpectedAnswer[] = "unexpected-answer";
inline constexpr char kWrongReason[] = "wrong-shutdown-reason";
inline constexpr char kNotRebooted[] = "not-rebooted";
inline constexpr char kUnitTestFailed[] = "unit-test-failed";
inline constexpr char kUnitTestTimeout[] = "unit-test-timeout";
inline constexpr char kNoPanic[] = "no-panic";
inline constexpr char kWrongState[] = "wrong-guest-state";
inline constexpr char kNotStopped[] = "not-stopped";
inline constexpr char kMigrationTimeout[] = "migration-timeout";
inline constexpr char kMigrationFailed[] = "migration-failed";
inline constexpr char kSaveFailed[] = "save-failed";
inline constexpr char kRestoreFailed[] = "restore-failed";
inline constexpr char kClockDrift[] = "clock-drift";
inline constexpr char kBadDump[] = "bad-dump";
inline constexpr char kImageCorrupt[] = "image-corrupt";
inline constexpr char kWrongData[] = "wrong-data";
inline constexpr char kWrongOutput[] = "wrong-output";
inline constexpr char kGuestExited[] = "guest-exited";
inline constexpr char kQemuKilled[] = "qemu-killed";
inline constexpr char kQemuCrash[] = "qemu-crash";
inline constexpr char kQemuError[] = "qemu-error";
inline constexpr char kKvmInternalError[] = "kvm-internal-error";
inline constexpr char kQemuStartFailed[] = "qemu-start-failed";
inline constexpr char kQueueBusy[] = "queue-busy";
inline constexpr char kEnvironment[] = "environment";
// The params ask for what cannot be; found out only when it was tried.
inline constexpr char kBadParams[] = "bad-params";
inline constexpr char kHarnessError[] = "harness-error";
inline constexpr char kInterrupted[] = "interrupted";

// Not a limit of its own ended `what`: "vm1: qemu-img check of image1".
inline Failure CutByTestTimeout(const std::string& what, std::string detail = "") {
  return {kTestTimeout, what + " had not ended when the time of the whole test was up (timeout)",
          std::move(detail)};
}

// Classes of what was late, which may be the test's own deadline: "boot-timeout".
bool IsTimeout(const std::string& kind);

// What is said of a step that did not come to its end until then: its own failure, with the limit
// and the param that sets it; of one that the deadline of the whole test has cut off nobody knows
// what would have come of it, so it is late whatever the failure's class. A failure without a text
// is for whoever makes one later.
Failure Late(Failure failure, const host::Until& until);

}  // namespace kvmtest::vm

#endif  // KVMTEST_VM_FAILURE_H_
