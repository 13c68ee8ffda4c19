#include "diagnosis.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <system_error>

#include "host/clock.h"
#include "host/files.h"
#include "vm/vcpus.h"

namespace kvmtest {

namespace {

using host::Clock;
using vm::Machine;

constexpr size_t kConsoleLines = 40;
// For an answer of qemu's; who does not give one is not asked again.
constexpr host::Duration kAnswerLimit = host::seconds(2);
// Between two looks at the vCPUs.
constexpr host::Duration kLookAgain = host::seconds(1);

// Where the vCPUs are tells nothing new, or they stand still: no second look.
bool OneLookWillDo(const std::string& kind) {
  return kind == vm::kGuestPanic || kind == vm::kKernelOops || kind == vm::kKvmInternalError;
}

// A failure of one machine begins with its name.
bool IsAbout(const vm::Failure& failure, const std::string& name) {
  return failure.text.rfind(name + ": ", 0) == 0;
}

// Whether the machine has been reset since what failed the test, so that it is looked at too late.
bool WasResetSince(Machine& machine, const vm::Failure& failure) {
  if (!IsAbout(failure, machine.config().name)) return false;
  if (failure.kind == vm::kGuestReset) return true;
  if (failure.kind != vm::kGuestPanic && failure.kind != vm::kKernelOops) return false;
  const std::optional<double>& panic = machine.console().failed_at();
  // The console's line and qemu's event come two ways. No guest boots and panics within a second.
  constexpr double kSlack = 1;
  const auto& events = machine.qmp().events();
  return panic && std::any_of(events.begin(), events.end(), [&](const vm::Qmp::Event& event) {
           return event.name == "RESET" && event.data.value("guest", false) &&
                  event.time > *panic - kSlack;
         });
}

class Examination {
 public:
  Examination(host::Log& log, Machine& machine, host::TimePoint until)
      : log_(log), machine_(machine), name_(machine.config().name), until_(until) {
    if (const auto& last = machine.console().last_output()) {
      silence_ = host::SecondsBetween(*last, Clock::now());
    }
  }

  void FirstLook() {
    vm::Qmp::Reply status = machine_.qmp().Execute("query-status", nullptr, AnswerTime());
    if (!status.ok()) {
      status_ = "unknown: " + status.error;
      return;
    }
    answers_ = true;
    status_ = status.value.value("status", "unknown");
    first_ = vm::TakeVcpuSample(machine_.qmp(), machine_.pid(), AnswerTime());
  }

  bool WantsSecondLook() const { return answers_ && status_ == "running" && first_.error.empty(); }

  void SecondLook() { second_ = vm::TakeVcpuSample(machine_.qmp(), machine_.pid(), AnswerTime()); }

  void Screendump(const std::string& directory) {
    if (!answers_) return;
    std::error_code ignored;
    std::string path = std::filesystem::absolute(directory, ignored) / ("screen-" + name_ + ".png");
    vm::Qmp::Reply reply =
        machine_.qmp().Execute("screendump", {{"filename", path}, {"format", "png"}}, AnswerTime());
    if (reply.ok()) {
      screen_ = path;
    } else {
      // No display device, or a qemu before 7.1, which writes no PNG.
      log_.Info("{}: no screendump: {}", name_, reply.error);
    }
  }

  void WriteRegisters(const std::string& directory) const {
    if (first_.registers.empty()) return;
    std::string text = first_.registers;
    if (!second_.registers.empty()) text += "\na second later:\n" + second_.registers;
    host::WriteFile(fmt::format("{}/vcpus-{}.txt", directory, name_), text);
  }

  std::string Summary() const {
    std::string vcpus = Vcpus().summary;
    return LastOutput() + (vcpus.empty() ? "" : ", " + vcpus);
  }

  std::string Text(bool with_stderr, const vm::Failure& failure) {
    std::string text =
        fmt::format("{}: machine status {}\n{}: {}\n", name_, status_, name_, LastOutput());
    if (answers_ && WasResetSince(machine_, failure)) {
      text += fmt::format(
          "{}: the guest has reset the machine before it was looked at: status, vCPUs, registers "
          "and screen are those of what has started since, not of {}\n",
          name_,
          failure.kind == vm::kGuestReset
              ? "what led to the reset"
              : "the panic (with panic=0 in kernel_params it would stay there)");
    }
    for (const std::string& line : Vcpus().lines) text += fmt::format("{}: {}\n", name_, line);
    if (answers_ && !first_.error.empty()) {
      text += fmt::format("{}: vCPUs unknown: {}\n", name_, first_.error);
    }
    if (!screen_.empty()) text += fmt::format("{}: screen: {}\n", name_, screen_);
    std::string said = with_stderr ? machine_.LastStderrLines() : "";
    if (!said.empty())
      text += fmt::format("last lines of the stderr of {}'s qemu:\n{}", name_, said);
    return text;
  }

 private:
  host::TimePoint AnswerTime() const { return host::Within(kAnswerLimit, until_); }

  vm::VcpuStory Vcpus() const {
    return second_.vcpus.empty() ? vm::ShowVcpus(first_) : vm::CompareVcpus(first_, second_);
  }

  std::string LastOutput() const {
    return silence_ ? fmt::format("last console output {:.1f} s ago", *silence_)
                    : "nothing ever on its console";
  }

  host::Log& log_;
  Machine& machine_;
  std::string name_;
  host::TimePoint until_;
  std::optional<double> silence_;  // until the test failed
  bool answers_ = false;
  std::string status_ = "unknown";
  vm::VcpuSample first_, second_;
  std::string screen_;
};

}  // namespace

Diagnosis Diagnose(host::Loop& loop, host::Log& log, vm::Fleet& fleet, const vm::Failure& failure,
                   const std::string& directory) {
  host::TimePoint until = Clock::now() + kDiagnosisLimit;
  std::map<std::string, Examination> examinations;
  for (auto& machine : fleet.machines()) {
    if (!machine->alive()) continue;
    examinations.try_emplace(machine->config().name, log, *machine, until);
  }
  bool again = false;
  for (auto& [name, examination] : examinations) {
    examination.FirstLook();
    again = again || examination.WantsSecondLook();
  }
  again = again && !OneLookWillDo(failure.kind);
  host::TimePoint second_look = Clock::now() + kLookAgain;
  for (auto& [name, examination] : examinations) examination.Screendump(directory);
  if (again) loop.RunUntil([] { return false; }, std::min(second_look, until));
  Diagnosis diagnosis;
  bool with_stderr = failure.detail.find("stderr") == std::string::npos;
  for (auto& [name, examination] : examinations) {
    if (again && examination.WantsSecondLook()) examination.SecondLook();
    examination.WriteRegisters(directory);
    diagnosis.text += examination.Text(with_stderr, failure);
    if (IsAbout(failure, name)) diagnosis.summary = examination.Summary();
  }
  return diagnosis;
}

std::string DescribeConsoles(vm::Fleet& fleet) {
  std::string text;
  for (auto& machine : fleet.machines()) {
    if (!machine->started()) continue;
    const std::string& name = machine->config().name;
    std::string lines = machine->LastConsoleLines(kConsoleLines);
    text += lines.empty() ? fmt::format("the console of {} showed nothing\n", name)
                          : fmt::format("last lines of the console of {}:\n{}", name, lines);
  }
  return text;
}

namespace {

// What they said to the very end.
vm::Trouble LastWords(vm::Fleet& fleet) {
  for (auto& machine : fleet.machines()) {
    if (vm::Trouble trouble = machine->ConsoleTrouble()) return trouble;
  }
  return std::nullopt;
}

// What no VM's console has shown although the test expects it. A twin goes on where its original
// has stopped, so either may show it.
vm::Trouble MissingOnConsole(vm::Fleet& fleet) {
  for (auto& machine : fleet.machines()) {
    if (!machine->started() || machine->config().incoming) continue;
    const std::string& name = machine->config().name;
    for (const std::string& pattern : machine->console().matcher().missing()) {
      bool shown =
          std::any_of(fleet.machines().begin(), fleet.machines().end(), [&](const auto& twin) {
            if (!twin->started() || twin->config().name.rfind(name + "-", 0) != 0) return false;
            auto missing = twin->console().matcher().missing();
            return std::find(missing.begin(), missing.end(), pattern) == missing.end();
          });
      if (shown) continue;
      return vm::Failure{
          vm::kConsoleExpect,
          fmt::format("{}: no line of the console matches /{}/ (console_expect)", name, pattern),
          ""};
    }
  }
  return std::nullopt;
}

}  // namespace

vm::Trouble WhatTheEndShowed(vm::Fleet& fleet) {
  if (vm::Trouble said = LastWords(fleet)) return said;
  for (auto& machine : fleet.machines()) {
    if (vm::Trouble crash = machine->CrashAtEnd()) return crash;
  }
  return MissingOnConsole(fleet);
}

}  // namespace kvmtest
