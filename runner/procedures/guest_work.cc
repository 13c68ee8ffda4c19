#include "procedures/guest_work.h"

#include <fmt/format.h>

#include <charconv>
#include <vector>

#include "procedures/steps.h"

namespace kvmtest::procedures {

namespace {

using vm::Failure;
using vm::Trouble;

constexpr double kCommandSeconds = 60;

constexpr char kStart[] =
    "d=$(mktemp -d) && cd \"$d\" || exit\n"
    "dd if=/dev/urandom of=data bs=64k count=16 2>/dev/null || exit\n"
    "(n=0; while :; do n=$((n+1)); echo $n; sleep 0.1; done) </dev/null >count 2>/dev/null &\n"
    "pwd; cat /proc/sys/kernel/random/boot_id; md5sum <data\n";

// The numbers in the file are 1, 2, 3, ... to its end, which is printed.
constexpr char kLook[] =
    "cat /proc/sys/kernel/random/boot_id; md5sum <data\n"
    "n=0; while read -r line; do n=$((n+1))\n"
    "[ \"$line\" = $n ] || { echo \"line $n of the count is '$line'\"; exit; }\n"
    "done <count; echo $n\n";

// At most 10 s of the guest's own.
constexpr char kGoesOn[] =
    "i=0; while [ $(wc -l <count) -le {} ]; do i=$((i+1)); [ $i -lt 100 ] || exit 1; sleep 0.1\n"
    "done; wc -l <count\n";

bool ReadCount(const std::string& text, long* count) {
  auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), *count);
  return error == std::errc() && rest != text.data();
}

}  // namespace

Trouble GuestWork::Start(vm::Machine& machine) {
  std::string output;
  if (Trouble trouble = RunCommand(context_, machine, "the start of the guest's work", kStart,
                                   Within(context_, kCommandSeconds), &output)) {
    return trouble;
  }
  std::vector<std::string> lines = Lines(output);
  if (lines.size() != 3) {
    return Failure{vm::kCommandFailed,
                   fmt::format("{}: the guest's work did not begin", machine.config().name),
                   "its output:\n" + Shown(output)};
  }
  directory_ = lines[0];
  boot_id_ = lines[1];
  checksum_ = lines[2];
  return Check(machine, "at the beginning");
}

Trouble GuestWork::Look(vm::Machine& machine, const std::string& when) {
  std::string output;
  if (Trouble trouble = RunCommand(context_, machine, "the look at the guest's work",
                                   fmt::format("cd {}\n{}", directory_, kLook),
                                   Within(context_, kCommandSeconds), &output)) {
    return trouble;
  }
  std::vector<std::string> lines = Lines(output);
  lines.resize(3);
  auto wrong = [&](const std::string& what) {
    return Failure{vm::kWrongState, fmt::format("{}: {} {}", machine.config().name, when, what),
                   "the guest's answer:\n" + Shown(output)};
  };
  if (lines[0] != boot_id_) {
    return wrong(fmt::format("the guest's boot id is {}, not {}", lines[0], boot_id_));
  }
  if (lines[1] != checksum_) {
    return wrong(fmt::format("the data in the guest's memory have the checksum '{}', not '{}'",
                             lines[1], checksum_));
  }
  long count = 0;
  if (!ReadCount(lines[2], &count)) return wrong(lines[2]);
  if (count < count_) {
    return wrong(fmt::format("the guest has counted to {}, but had been at {}", count, count_));
  }
  count_ = count;
  return std::nullopt;
}

Trouble GuestWork::Check(vm::Machine& machine, const std::string& when) {
  if (Trouble trouble = Look(machine, when)) return trouble;
  vm::ShellFrame::Answer answer;
  std::string command = fmt::format("cd {}\n", directory_) + fmt::format(kGoesOn, count_);
  if (Trouble trouble =
          context_.fleet.Run(machine, command, Within(context_, kCommandSeconds), &answer)) {
    return trouble;
  }
  if (answer.status == 0 && ReadCount(answer.output, &count_)) return std::nullopt;
  return Failure{vm::kGuestHang,
                 fmt::format("{}: {} the guest does not count on: it stays at {}",
                             machine.config().name, when, count_),
                 ""};
}

Trouble GuestWork::LeaveMark(vm::Machine& machine) {
  return RunCommand(context_, machine, "the guest's mark", fmt::format(": >{}/mark", directory_),
                    Within(context_, kCommandSeconds));
}

Trouble GuestWork::ExpectNoMark(vm::Machine& machine, const std::string& when) {
  vm::ShellFrame::Answer answer;
  std::string command = fmt::format("test ! -e {}/mark", directory_);
  if (Trouble trouble =
          context_.fleet.Run(machine, command, Within(context_, kCommandSeconds), &answer)) {
    return trouble;
  }
  if (answer.status == 0) return std::nullopt;
  return Failure{vm::kWrongState,
                 fmt::format("{}: {} the guest still has what it did after the state was saved",
                             machine.config().name, when),
                 ""};
}

Trouble GuestWork::Count(vm::Machine& machine, long* count) {
  std::string output;
  if (Trouble trouble = RunCommand(context_, machine, "the look at the guest's counter",
                                   fmt::format("wc -l <{}/count", directory_),
                                   Within(context_, kCommandSeconds), &output)) {
    return trouble;
  }
  if (ReadCount(output, count)) return std::nullopt;
  return Failure{vm::kCommandFailed,
                 fmt::format("{}: the guest's counter is '{}'", machine.config().name, output), ""};
}

}  // namespace kvmtest::procedures
