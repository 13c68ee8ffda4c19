#include "procedures/steps.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <memory>

namespace kvmtest::procedures {

namespace {

using host::Clock;
using vm::Failure;
using vm::Trouble;

// Longer than any test: the deadline is the limit.
constexpr long kNoLimit = 1000000;

double SecondsSince(host::TimePoint begin) {
  return host::SecondsBetween(begin, Clock::now());
}

std::string Lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return text;
}

Trouble WaitForMarker(Context& context, vm::Machine& machine, const BootMark& since,
                      host::TimePoint until, const char* late_kind) {
  const std::string& name = machine.config().name;
  std::string marker = context.params.For(name).Get("boot_marker");
  RE2::Options options(RE2::Quiet);
  options.set_encoding(RE2::Options::EncodingLatin1);
  RE2 pattern(marker, options);
  auto begin = Clock::now();
  return context.fleet.WaitUntil(
      [&] { return machine.console().text().Find(pattern, since.console).has_value(); }, until,
      Failure{late_kind,
              fmt::format("{}: '{}' did not appear on the console within {:.1f} s", name, marker,
                          host::SecondsBetween(begin, until)),
              ""});
}

Trouble WaitForShell(Context& context, vm::Machine& machine, const BootMark& since,
                     host::TimePoint until, const char* late_kind) {
  auto begin = Clock::now();
  return context.fleet.WaitUntil(
      [&] { return machine.shell()->ready_count() > since.shells; }, until,
      Failure{late_kind,
              fmt::format("{}: the guest's shell was not ready within {:.1f} s",
                          machine.config().name, host::SecondsBetween(begin, until)),
              ""});
}

}  // namespace

BootMark MarkNow(vm::Machine& machine) {
  return {machine.console().text().end(),
          machine.shell() != nullptr ? machine.shell()->ready_count() : 0};
}

host::TimePoint Within(const Context& context, double seconds) {
  std::chrono::duration<double> scaled(seconds * context.timeout_multiplier);
  return host::Within(std::chrono::duration_cast<host::Duration>(scaled), context.deadline);
}

host::TimePoint Limit(Context& context, const char* param, long otherwise_seconds) {
  long limit = otherwise_seconds;
  // A wrong number has been refused when the test was set up.
  (void)vm::GetNumber(context.params, param, 1, kNoLimit, otherwise_seconds, &limit);
  return Within(context, static_cast<double>(limit));
}

Trouble WaitForBoot(Context& context, vm::Machine& machine, const BootMark& since,
                    const char* late_kind) {
  host::TimePoint until = Limit(context, "login_timeout", kNoLimit);
  return machine.shell() != nullptr ? WaitForShell(context, machine, since, until, late_kind)
                                    : WaitForMarker(context, machine, since, until, late_kind);
}

Trouble BootAll(Context& context) {
  auto begin = Clock::now();
  for (auto& machine : context.fleet.machines()) {
    if (Trouble trouble = context.fleet.Start(*machine, Limit(context, "vm_create_timeout", 60))) {
      return trouble;
    }
  }
  for (auto& machine : context.fleet.machines()) {
    if (Trouble trouble = WaitForBoot(context, *machine, BootMark())) return trouble;
    context.log.Info("{}: booted after {:.3f} s", machine->config().name, SecondsSince(begin));
  }
  context.measurements["boot_seconds"] = SecondsSince(begin);
  for (auto& machine : context.fleet.machines()) {
    if (Trouble trouble = CheckAddresses(context, *machine)) return trouble;
  }
  return std::nullopt;
}

Trouble CheckAddresses(Context& context, vm::Machine& machine) {
  if (machine.config().nics.empty()) return std::nullopt;
  const std::string& name = machine.config().name;
  if (machine.shell() == nullptr) {
    context.log.Info("{}: has no shell to ask for its addresses", name);
    return std::nullopt;
  }
  vm::ShellFrame::Answer answer;
  Trouble trouble = context.fleet.Run(machine, "cat /sys/class/net/*/address",
                                      Limit(context, "login_timeout", 60), &answer);
  if (trouble) return trouble;
  std::vector<std::string> seen = vm::SplitWords(Lower(answer.output));
  for (const vm::NicConfig& nic : machine.config().nics) {
    if (std::find(seen.begin(), seen.end(), Lower(nic.address.mac)) != seen.end()) continue;
    return Failure{vm::kWrongAddress,
                   fmt::format("{}: the guest has no network card with the address {} of {}", name,
                               nic.address.mac, nic.name),
                   "the guest's addresses:\n" + Shown(answer.output)};
  }
  context.log.Info("{}: the guest sees its {} allotted MAC address(es)", name,
                   machine.config().nics.size());
  return std::nullopt;
}

Trouble RunCommand(Context& context, vm::Machine& machine, const std::string& what,
                   const std::string& command, host::TimePoint until, std::string* output) {
  vm::ShellFrame::Answer answer;
  if (Trouble trouble = context.fleet.Run(machine, command, until, &answer)) return trouble;
  if (output != nullptr) *output = answer.output;
  if (answer.status == 0) return std::nullopt;
  return Failure{vm::kCommandFailed,
                 fmt::format("{}: {} ended with status {}: {}", machine.config().name, what,
                             answer.status, command),
                 "its output:\n" + Shown(answer.output)};
}

std::string Shown(const std::string& output) {
  constexpr size_t kMost = 4000;
  bool cut = output.size() > kMost;
  std::string text = vm::Printable(cut ? output.substr(output.size() - kMost) : output);
  if (!text.empty() && text.back() != '\n') text += '\n';
  return cut ? "[...]" + text : text;
}

Trouble MainMachine(Context& context, vm::Machine** machine) {
  std::string name = vm::MainVm(context.params);
  *machine = context.fleet.Find(name);
  if (*machine != nullptr) return std::nullopt;
  return Failure{vm::kHarnessError, fmt::format("main_vm = {} is none of the test's VMs", name),
                 ""};
}

std::string CheckGuestParams(const vm::Params& params) {
  for (const char* key :
       {"login_timeout", "vm_create_timeout", "shutdown_timeout", "guest_command_timeout"}) {
    long ignored = 0;
    if (auto error = vm::GetNumber(params, key, 1, kNoLimit, 1, &ignored)) return error->text;
  }
  for (const std::string& name : vm::VmNames(params)) {
    vm::Params view = params.For(name);
    std::string client = view.Get("shell_client", "serial");
    if (client != "serial" && client != "none") {
      return fmt::format("shell_client = {}: this version has 'serial' and 'none'", client);
    }
    std::string marker = view.Get("boot_marker");
    if (client == "serial") continue;
    if (marker.empty()) return "shell_client = none needs boot_marker, a regular expression";
    RE2 pattern(marker, RE2::Quiet);
    if (!pattern.ok()) {
      return fmt::format("boot_marker = {}: no regular expression: {}", marker, pattern.error());
    }
  }
  return "";
}

namespace {
bool MainVmHasShell(const vm::Params& params) {
  return params.For(vm::MainVm(params)).Get("shell_client", "serial") == "serial";
}
}  // namespace

std::string Method(const vm::Params& params, const char* param, const char* without_shell) {
  return params.Get(param, MainVmHasShell(params) ? "shell" : without_shell);
}

std::string CheckMethod(const vm::Params& params, const char* param, const char* without_shell) {
  std::string method = Method(params, param, without_shell);
  if (method == without_shell) return "";
  if (method != "shell") {
    return fmt::format("{} = {}: expected shell or {}", param, method, without_shell);
  }
  return MainVmHasShell(params) ? "" : fmt::format("{} = shell, but shell_client = none", param);
}

}  // namespace kvmtest::procedures
