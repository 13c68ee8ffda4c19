// type = timedrift: the guest's clock goes as fast as the host's.
//
// Params: drift_seconds (10): how long the clocks are watched; drift_threshold (10): by how many
// percent they may differ; guest_load_command: runs in the guest meanwhile; time_command
// (date +%s.%N, and where date has no fractions /proc/uptime): prints the guest's time in seconds.
// Two questions take their time, by which the guest's answer is uncertain, and so is one without
// fractions: that much is allowed, too.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "procedures/steps.h"

namespace kvmtest::procedures {

namespace {

using vm::Failure;
using vm::Machine;
using vm::Trouble;

// busybox's date knows no fractions; the time since the boot has hundredths, and comes first then.
constexpr char kTimeCommand[] = R"sh(t=$(date +%s.%N)
case $t in
*.|*[!0-9.]*) read -r up other < /proc/uptime; echo $up ${t%.*} ;;
*) echo $t ;;
esac)sh";
// Between two readings of the date in whole seconds, and a bit.
constexpr double kWholeSeconds = 1.1;

struct Reading {
  host::TimePoint host;  // the middle of the question
  double guest = 0;
  double date = 0;       // in whole seconds, where it is another clock
  double uncertain = 0;  // seconds to either side
};

Trouble ReadClock(Context& context, Machine& machine, Reading* reading) {
  std::string command =
      context.params.ForVm(machine.config().object).Get("time_command", kTimeCommand);
  std::string output;
  auto begin = host::Clock::now();
  if (Trouble trouble =
          RunCommand(context, machine, "time_command", command, Within(context, 60), &output)) {
    return trouble;
  }
  auto end = host::Clock::now();
  char* rest = nullptr;
  reading->guest = std::strtod(output.c_str(), &rest);
  if (rest == output.c_str() || !std::isfinite(reading->guest)) {
    return Failure{vm::kCommandFailed,
                   fmt::format("{}: time_command printed '{}', no number of seconds",
                               machine.config().name, vm::Printable(output)),
                   ""};
  }
  // Half of what its last digit counts. A date without %N ends in the point, or in the letters.
  size_t point = output.find('.');
  auto length = static_cast<size_t>(rest - output.c_str());
  double decimals = point < length ? static_cast<double>(length - point - 1) : 0;
  reading->date = std::strtod(rest, nullptr);
  reading->host = begin + (end - begin) / 2;
  reading->uncertain = host::SecondsBetween(begin, end) / 2 + 0.5 * std::pow(10, -decimals);
  return std::nullopt;
}

Trouble StartLoad(Context& context, Machine& machine) {
  std::string load = context.params.ForVm(machine.config().object).Get("guest_load_command");
  if (load.empty()) return std::nullopt;
  return RunCommand(context, machine, "guest_load_command", InBackground(load),
                    Within(context, 60));
}

Trouble Watch(Context& context, long seconds) {
  constexpr char kTimeIsUp[] = "time is up";
  host::TimePoint until = host::Clock::now() + host::seconds(seconds);
  Trouble trouble = context.fleet.WaitUntil([] { return false; }, std::min(until, context.deadline),
                                            {kTimeIsUp, "", ""});
  if (!trouble || trouble->kind != kTimeIsUp) return trouble;
  if (until < context.deadline) return std::nullopt;
  return Failure{vm::kTestTimeout,
                 fmt::format("the clocks were to be watched for {} s (drift_seconds), but the time "
                             "of the whole test was up before (timeout)",
                             seconds),
                 ""};
}

Trouble TimeDrift(Context& context, std::string* passed) {
  Machine* machine = nullptr;
  if (Trouble trouble = MainMachine(context, &machine)) return trouble;
  long seconds = 10, threshold = 10;
  (void)vm::GetNumber(context.params, "drift_seconds", 1, 100000, 10, &seconds);
  (void)vm::GetNumber(context.params, "drift_threshold", 0, 1000, 10, &threshold);
  Reading first, second;
  if (Trouble trouble = BootAll(context)) return trouble;
  if (Trouble trouble = ReadClock(context, *machine, &first)) return trouble;
  if (Trouble trouble = StartLoad(context, *machine)) return trouble;
  if (Trouble trouble = Watch(context, seconds)) return trouble;
  if (Trouble trouble = ReadClock(context, *machine, &second)) return trouble;
  double guest = second.guest - first.guest;
  double date = second.date - first.date;
  // Somebody has set it.
  if (first.date > 0 && std::abs(date - guest) > kWholeSeconds) guest = date;
  double host = host::SecondsBetween(first.host, second.host);
  double uncertain = first.uncertain + second.uncertain;
  double percent = (guest - host) / host * 100;
  context.measurements["clock_drift_percent"] = percent;
  std::string text = fmt::format("{:.3f} s of the guest in {:.3f} s of the host ({:+.2f} %)", guest,
                                 host, percent);
  if (std::abs(guest - host) <= host * static_cast<double>(threshold) / 100 + uncertain) {
    *passed = text;
    return std::nullopt;
  }
  return Failure{vm::kClockDrift,
                 fmt::format("{}: {}, at most {} % and {:.2f} s are allowed",
                             machine->config().name, text, threshold, uncertain),
                 ""};
}

std::string CheckTimeDrift(const vm::Params& params) {
  std::string wrong = CheckShellParams(params, "timedrift");
  if (!wrong.empty()) return wrong;
  return CheckNumbers(params, {{"drift_seconds", 1, 100000}, {"drift_threshold", 0, 1000}});
}

}  // namespace

const Procedure kTimeDrift = {"timedrift", TimeDrift, CheckTimeDrift,
                              "drift_seconds drift_threshold guest_load_command time_command"};

}  // namespace kvmtest::procedures
