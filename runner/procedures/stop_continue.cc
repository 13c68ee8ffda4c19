// type = stop_continue: a machine that is stopped does nothing, and goes on when it is continued.
//
// Params: stop_seconds (2): for how long it stands still.

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>

#include "host/files.h"
#include "procedures/guest_work.h"
#include "procedures/monitor.h"
#include "procedures/steps.h"

namespace kvmtest::procedures {

namespace {

using vm::Failure;
using vm::Machine;
using vm::Trouble;

// Of the time that it is stopped: less is not worth a failure, more is a guest that runs.
constexpr double kBusyShare = 0.25;
constexpr double kCountedShare = 0.5;

// The CPU time of the threads that run the guest's CPUs.
Trouble CpuTime(Context& context, Machine& machine, double* seconds) {
  Json cpus;
  if (Trouble trouble = Ask(context, machine, {"query-cpus-fast"}, &cpus)) return trouble;
  *seconds = 0;
  for (const Json& cpu : cpus) {
    std::string path =
        fmt::format("/proc/{}/task/{}/stat", machine.pid(), cpu.value("thread-id", 0));
    std::string stat = host::ReadFile(path).value_or("");
    size_t at = stat.rfind(')');
    // utime and stime are fields 14 and 15; the name that ends here is the second.
    for (int field = 2; field < 14 && at != std::string::npos; ++field) at = stat.find(' ', at + 1);
    if (at == std::string::npos) continue;
    char* rest = nullptr;
    double ticks = static_cast<double>(std::strtoull(stat.c_str() + at, &rest, 10));
    ticks += static_cast<double>(std::strtoull(rest, nullptr, 10));
    *seconds += ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
  }
  return std::nullopt;
}

class StopContinue {
 public:
  StopContinue(Context& context, Machine& machine)
      : context_(context), machine_(machine), work_(context) {}

  Trouble Run(std::string* passed);

 private:
  Trouble Stop();
  Trouble StandStill();
  Trouble Continue();
  Trouble Wrong(const std::string& text) const {
    return Failure{vm::kNotStopped, machine_.config().name + ": " + text, ""};
  }

  Context& context_;
  Machine& machine_;
  GuestWork work_;
  double seconds_ = 2;
  long counted_ = 0;
};

Trouble StopContinue::Stop() {
  if (Trouble trouble = work_.Count(machine_, &counted_)) return trouble;
  machine_.ExpectStop(true);
  size_t from = machine_.qmp().events().size();
  if (Trouble trouble = Ask(context_, machine_, {"stop"})) return trouble;
  if (Trouble trouble =
          WaitForEvent(context_, machine_, "STOP", from, Within(context_, 20),
                       {vm::kNotStopped, machine_.config().name + ": qemu sent no STOP", ""})) {
    return trouble;
  }
  return ExpectStatus(context_, machine_, "paused", vm::kNotStopped);
}

// A question that the guest must not answer, and its CPUs, which must not work.
Trouble StopContinue::StandStill() {
  double before = 0, after = 0;
  if (Trouble trouble = CpuTime(context_, machine_, &before)) return trouble;
  if (!machine_.shell()->Send("echo still there")) {
    return Failure{vm::kHarnessError, "the guest's shell takes no command", ""};
  }
  auto until = host::Within(std::chrono::milliseconds(static_cast<long>(seconds_ * 1000)),
                            context_.deadline);
  bool answered = false;
  constexpr char kTimeIsUp[] = "time is up";
  Trouble trouble = context_.fleet.WaitUntil(
      [&] { return answered = machine_.shell()->TakeAnswer().has_value(); }, until,
      {kTimeIsUp, "", ""});
  if (answered) return Wrong("the machine is stopped, but its guest answered");
  if (trouble && trouble->kind != kTimeIsUp) return trouble;
  if ((trouble = CpuTime(context_, machine_, &after))) return trouble;
  context_.log.Info("{}: its CPUs took {:.3f} s while stopped", machine_.config().name,
                    after - before);
  if (after - before <= kBusyShare * seconds_) return std::nullopt;
  return Wrong(fmt::format("the machine is stopped, but its CPUs worked for {:.2f} of {:.0f} s",
                           after - before, seconds_));
}

Trouble StopContinue::Continue() {
  if (Trouble trouble = Ask(context_, machine_, {"cont"})) return trouble;
  machine_.ExpectStop(false);
  if (Trouble trouble = ExpectStatus(context_, machine_, "running", vm::kQemuError)) {
    return trouble;
  }
  if (Trouble trouble = context_.fleet.WaitUntil(
          [&] { return machine_.shell()->TakeAnswer().has_value(); }, Within(context_, 60),
          {vm::kGuestHang,
           machine_.config().name + ": the machine was continued, but its guest does not answer",
           ""})) {
    return trouble;
  }
  long counted = 0;
  if (Trouble trouble = work_.Count(machine_, &counted)) return trouble;
  if (static_cast<double>(counted - counted_) * GuestWork::kSecondsPerCount >
      kCountedShare * seconds_ + GuestWork::kSecondsPerCount) {
    return Wrong(fmt::format("the guest counted from {} to {} although the machine was stopped",
                             counted_, counted));
  }
  return work_.Check(machine_, "after it was continued");
}

Trouble StopContinue::Run(std::string* passed) {
  long seconds = 2;
  (void)vm::GetNumber(context_.params, "stop_seconds", 1, 3600, 2, &seconds);
  seconds_ = static_cast<double>(seconds);
  if (Trouble trouble = BootAll(context_)) return trouble;
  if (Trouble trouble = work_.Start(machine_)) return trouble;
  if (Trouble trouble = Stop()) return trouble;
  if (Trouble trouble = StandStill()) return trouble;
  if (Trouble trouble = Continue()) return trouble;
  *passed = fmt::format("stood still for {} s and went on", seconds);
  return std::nullopt;
}

Trouble StopAndContinue(Context& context, std::string* passed) {
  Machine* machine = nullptr;
  if (Trouble trouble = MainMachine(context, &machine)) return trouble;
  return StopContinue(context, *machine).Run(passed);
}

std::string CheckStopContinue(const vm::Params& params) {
  std::string wrong = CheckShellParams(params, "stop_continue");
  return wrong.empty() ? CheckNumbers(params, {{"stop_seconds", 1, 3600}}) : wrong;
}

}  // namespace

const Procedure kStopContinue = {"stop_continue", StopAndContinue, CheckStopContinue,
                                 "stop_seconds"};

}  // namespace kvmtest::procedures
