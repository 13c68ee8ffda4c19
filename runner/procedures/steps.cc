#include "procedures/steps.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <re2/re2.h>

#include <algorithm>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <vector>

#include "vm/wake.h"

namespace kvmtest::procedures {

vm::Trouble Pause(Context& context, host::TimePoint until) {
  vm::Trouble trouble = context.fleet.WaitUntil([] { return false; }, until, {"", "", ""});
  return trouble && !trouble->kind.empty() ? trouble : std::nullopt;
}

vm::Trouble Pause(Context& context, double seconds) {
  std::chrono::duration<double> time(seconds);
  return Pause(context, host::Clock::now() + std::chrono::duration_cast<host::Duration>(time));
}

vm::Trouble SleepBefore(Context& context, const std::string& method, const char* which,
                        const char* param) {
  long seconds = 0;
  // A wrong number has been refused when the test was set up.
  (void)vm::GetNumber(context.params, param, 0, kMaxSeconds, 0, &seconds);
  if (method != which || seconds == 0) return std::nullopt;
  return Pause(context, host::Within(host::seconds(seconds), context.deadline));
}

double SecondsSince(host::TimePoint begin) {
  return host::SecondsBetween(begin, host::Clock::now());
}

namespace {

using host::Clock;
using vm::Failure;
using vm::Trouble;

// No system that boots is silent for so long with KVM.
constexpr long kHangSeconds = 300;

std::string Lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return text;
}

// Since when a guest that boots has neither written to its console nor used its disks.
class SilenceWatch {
 public:
  SilenceWatch(Context& context, vm::Machine& machine) : machine_(machine) {
    long seconds = kHangSeconds;
    (void)vm::GetNumber(context.params.ForVm(machine.config().object), "hang_timeout", 0,
                        kMaxSeconds, kHangSeconds, &seconds);
    limit_ = std::chrono::duration_cast<host::Duration>(
        std::chrono::duration<double>(static_cast<double>(seconds) * context.timeout_multiplier));
  }

  // When to look next: half way for the disks, and at the end.
  host::TimePoint Due() const {
    if (limit_ == host::Duration(0)) return host::TimePoint::max();
    return LastSign() + (half_way_ ? limit_ : limit_ / 2);
  }

  // At that time. True: it has been silent for the whole limit.
  bool Hangs() {
    if (Clock::now() < Due()) {  // it has written something meanwhile
      half_way_ = false;
      return false;
    }
    uint64_t requests = DiskRequests();
    if (half_way_ && requests_ == requests) return true;
    if (half_way_) since_ = Clock::now();
    half_way_ = !half_way_;
    requests_ = requests;
    return false;
  }

  vm::Failure Hang() const {
    return {vm::kGuestHang,
            fmt::format("{}: nothing on the console and no disk request for {} s while the "
                        "guest boots (hang_timeout)",
                        machine_.config().name,
                        host::ShowSeconds(std::chrono::duration<double>(limit_).count())),
            ""};
  }

 private:
  host::TimePoint LastSign() const {
    const auto& last = machine_.console().last_output();
    return last ? std::max(*last, since_) : since_;
  }

  uint64_t DiskRequests() {
    vm::Qmp::Reply reply =
        machine_.qmp().Execute("query-blockstats", nullptr, Clock::now() + host::seconds(2));
    uint64_t requests = 0;
    if (!reply.ok() || !reply.value.is_array()) return requests;
    for (const Json& disk : reply.value) {
      const Json stats = disk.value("stats", Json::object());
      requests += stats.value("rd_operations", uint64_t{0});
      requests += stats.value("wr_operations", uint64_t{0});
    }
    return requests;
  }

  vm::Machine& machine_;
  host::Duration limit_{0};
  host::TimePoint since_ = Clock::now();
  bool half_way_ = false;
  uint64_t requests_ = 0;  // of disks, half way
};

// As Fleet::WaitUntil, for a guest that boots: one that hangs is not waited for to the end.
Trouble WaitForSign(Context& context, vm::Machine& machine, const std::function<bool()>& done,
                    host::TimePoint until, const Failure& late) {
  SilenceWatch watch(context, machine);
  for (;;) {
    const Failure not_yet{"", "", ""};
    Trouble trouble = context.fleet.WaitUntil(done, std::min(watch.Due(), until), not_yet);
    if (!trouble || !trouble->kind.empty()) return trouble;
    if (Clock::now() >= until) return late;
    if (watch.Hangs()) return watch.Hang();
  }
}

// Of a script the verdict line shows how it begins.
std::string FirstLine(const std::string& command) {
  constexpr size_t kMost = 200;
  size_t end = std::min(command.find('\n'), kMost);
  return end < command.size() ? command.substr(0, end) + " ..." : command;
}

Trouble WaitForMarker(Context& context, vm::Machine& machine, const BootMark& since,
                      const host::Until& until, const char* late_kind) {
  const std::string& name = machine.config().name;
  std::string marker = context.params.ForVm(machine.config().object).Get("boot_marker");
  RE2::Options options(RE2::Quiet);
  options.set_encoding(RE2::Options::EncodingLatin1);
  RE2 pattern(marker, options);
  return WaitForSign(
      context, machine,
      [&] { return machine.console().text().Find(pattern, since.console).has_value(); }, until,
      Failure{late_kind,
              fmt::format("{}: '{}' did not appear on the console within {}", name, marker,
                          until.Text()),
              ""});
}

Trouble WaitForShell(Context& context, vm::Machine& machine, const BootMark& since,
                     const host::Until& until, const char* late_kind) {
  Trouble trouble = WaitForSign(
      context, machine, [&] { return machine.shell()->ready_count() > since.shells; }, until,
      Failure{late_kind,
              fmt::format("{}: the guest's shell was not ready within {}", machine.config().name,
                          until.Text()),
              ""});
  std::string why = machine.shell()->WhyNotReady();
  if (!trouble || trouble->kind != late_kind || why.empty()) return trouble;
  trouble->text += ": " + why;
  // The guest may be up all the same, as far as anybody can see who has no other way in.
  if (!until.is_deadline) trouble->kind = vm::kShellTimeout;
  return trouble;
}

}  // namespace

BootMark MarkNow(vm::Machine& machine) {
  return {machine.console().text().end(),
          machine.shell() != nullptr ? machine.shell()->ready_count() : 0};
}

namespace {

// The earlier of a step's own limit and the test's deadline.
host::Until Earlier(const Context& context, double seconds, std::string set_by) {
  if (!set_by.empty() && context.timeout_multiplier != 1) {
    set_by += fmt::format(" = {}, times {:g}", seconds, context.timeout_multiplier);
  }
  return host::Within(seconds * context.timeout_multiplier, std::move(set_by), context.deadline);
}

}  // namespace

host::Until Within(const Context& context, double seconds) {
  return Earlier(context, seconds, "");
}

host::Until Within(const Context& context, double seconds, const char* param) {
  return Earlier(context, seconds, param);
}

host::Until Limit(const Context& context, const char* param, long otherwise_seconds) {
  return LimitOf(context, context.params, param, otherwise_seconds);
}

host::Until LimitOf(const Context& context, const vm::Params& view, const char* param,
                    long otherwise_seconds) {
  long limit = otherwise_seconds;
  // A wrong number has been refused when the test was set up.
  (void)vm::GetNumber(view, param, 0, kMaxSeconds, otherwise_seconds, &limit);
  if (limit == 0) limit = kMaxSeconds;  // where 0 is accepted it means: none
  return Earlier(context, static_cast<double>(limit), param);
}

Trouble WaitForBoot(Context& context, vm::Machine& machine, const BootMark& since,
                    const char* late_kind) {
  host::Until until =
      LimitOf(context, context.params.ForVm(machine.config().object), "login_timeout", kMaxSeconds);
  return machine.shell() != nullptr ? WaitForShell(context, machine, since, until, late_kind)
                                    : WaitForMarker(context, machine, since, until, late_kind);
}

Trouble BootAll(Context& context) {
  auto begin = Clock::now();
  std::vector<vm::Machine*> booting;
  for (auto& machine : context.fleet.machines()) {
    bool restored = false;
    host::Until until =
        LimitOf(context, context.params.ForVm(machine->config().object), "vm_create_timeout", 60);
    bool reuse = context.reuse != nullptr && machine->config().reuse_template;
    Trouble trouble = reuse ? context.reuse->Start(*machine, until, &restored)
                            : context.fleet.Start(*machine, until);
    if (trouble) return trouble;
    if (!restored) booting.push_back(machine.get());
  }
  for (vm::Machine* machine : booting) {
    if (Trouble trouble = WaitForBoot(context, *machine, BootMark())) return trouble;
    context.log.Info("{}: booted after {:.3f} s", machine->config().name, SecondsSince(begin));
  }
  const char* measured = booting.empty() ? "restore_seconds" : "boot_seconds";
  context.measurements[measured] = SecondsSince(begin);
  for (vm::Machine* machine : booting) {
    if (context.reuse == nullptr) break;
    Trouble trouble = context.reuse->Save(*machine, Limit(context, "vm_create_timeout", 60));
    if (trouble) return trouble;
  }
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
  std::optional<std::string> listed = machine.TakeAddresses();
  if (!listed) {
    vm::ShellFrame::Answer answer;
    Trouble trouble = context.fleet.Run(machine, vm::kListAddresses,
                                        Limit(context, "login_timeout", 60), &answer);
    if (trouble) return trouble;
    listed = answer.output;
  }
  std::vector<std::string> seen = vm::SplitWords(Lower(*listed));
  for (const vm::NicConfig& nic : machine.config().nics) {
    if (!nic.attached) continue;
    if (std::find(seen.begin(), seen.end(), Lower(nic.address.mac)) != seen.end()) continue;
    return Failure{vm::kWrongAddress,
                   fmt::format("{}: the guest has no network card with the address {} of {}", name,
                               nic.address.mac, nic.name),
                   "the guest's addresses:\n" + Shown(*listed)};
  }
  context.log.Info("{}: the guest sees its {} allotted MAC address(es)", name,
                   machine.config().nics.size());
  return std::nullopt;
}

Trouble RunCommand(Context& context, vm::Machine& machine, const std::string& what,
                   const std::string& command, const host::Until& until, std::string* output) {
  vm::ShellFrame::Answer answer;
  if (Trouble trouble = context.fleet.Run(machine, command, until, &answer)) return trouble;
  if (output != nullptr) *output = answer.output;
  if (answer.status == 0) return std::nullopt;
  return Failure{vm::kCommandFailed,
                 fmt::format("{}: {} ended with status {}: {}", machine.config().name, what,
                             answer.status, FirstLine(command)),
                 "its output:\n" + Shown(answer.output)};
}

std::string InBackground(const std::string& script) {
  return "(\n" + script + "\n) </dev/null >/dev/null 2>&1 &\n";
}

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines;
  for (size_t begin = 0; begin < text.size();) {
    size_t end = std::min(text.find('\n', begin), text.size());
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
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
    if (auto error = vm::GetNumber(params, key, 1, kMaxSeconds, 1, &ignored)) return error->text;
  }
  for (const std::string& name : vm::VmNames(params)) {
    vm::Params view = params.ForVm(name);
    long ignored = 0;
    if (auto error = vm::GetNumber(view, "hang_timeout", 0, kMaxSeconds, 0, &ignored)) {
      return error->text;
    }
    std::string client = view.Get("shell_client", "serial");
    constexpr std::string_view kClients[] = {"serial", "ssh", "agent", "none"};
    if (std::find(std::begin(kClients), std::end(kClients), client) == std::end(kClients)) {
      return fmt::format("shell_client = {}: expected 'serial', 'ssh', 'agent' or 'none'", client);
    }
    std::string marker = view.Get("boot_marker");
    if (client != "none") continue;
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
  return vm::HasShell(vm::MainView(params));
}
}  // namespace

std::string CheckShellParams(const vm::Params& params, const char* type) {
  std::string wrong = CheckGuestParams(params);
  if (!wrong.empty() || MainVmHasShell(params)) return wrong;
  return fmt::format("type = {} needs the guest's shell, but shell_client = none", type);
}

std::string CheckNumbers(const vm::Params& params, std::initializer_list<NumberParam> numbers) {
  for (const NumberParam& number : numbers) {
    long ignored = 0;
    auto error = vm::GetNumber(params, number.key, number.low, number.high, number.low, &ignored);
    if (error) return error->text;
  }
  return "";
}

std::string Method(const vm::Params& params, const char* param, const char* without_shell) {
  std::string first = vm::SplitWords(without_shell)[0];
  return params.Get(param, MainVmHasShell(params) ? "shell" : first);
}

std::string CheckMethod(const vm::Params& params, const char* param, const char* without_shell) {
  std::string method = Method(params, param, without_shell);
  std::vector<std::string> others = vm::SplitWords(without_shell);
  if (std::find(others.begin(), others.end(), method) != others.end()) return "";
  if (method != "shell") {
    return fmt::format("{} = {}: expected shell or {}", param, method, fmt::join(others, " or "));
  }
  return MainVmHasShell(params) ? "" : fmt::format("{} = shell, but shell_client = none", param);
}

}  // namespace kvmtest::procedures
