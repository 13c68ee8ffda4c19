// type = kvm_unit_test: a test of kvm-unit-tests, or one that is made like them, runs as the
// kernel of a bare machine. It writes lines such as "PASS: name" to the serial port and
// ends qemu through isa-debug-exit; each line is a sub-result, and the exit status decides.
//
// Params: kernel (NAME.flat), kernel_params (its arguments), smp, extra_params, kut_timeout, ...
// `kvmtest-generate kvm-unit-tests` writes them from a tree's unittests.cfg.

#include <fmt/format.h>
#include <re2/re2.h>

#include <vector>

#include "host/files.h"
#include "procedures/kut_conditions.h"
#include "procedures/kut_report.h"
#include "procedures/state_transfer.h"
#include "procedures/steps.h"

namespace kvmtest::procedures {

namespace {

constexpr long kKutTimeout = 90;  // seconds, as kvm-unit-tests has it

// The machines that a test has run on: one, and with kut_mode = migration one more for each time
// that it has asked to be moved.
using Path = std::vector<vm::Machine*>;

std::string ConfigureKvmUnitTest(const vm::Params& params, vm::VmConfig* config) {
  config->shell_port = config->agent = false;
  // A short test must not be over before we have met its qemu.
  config->paused = true;
  // Its device would be one more than the tests expect on the bus.
  if (params.Get("kut_mode") != "panic") config->pvpanic = params.GetBool("pvpanic", false);
  std::vector<std::string> first = {"-no-reboot",
                                    // Where KVM emulates the PIT, as their own scripts have it.
                                    "-global", "kvm-pit.lost_tick_policy=discard", "-device",
                                    "pc-testdev", "-device",
                                    "isa-debug-exit,iobase=0xf4,iosize=0x4"};
  if (config->machine != "isapc") first.insert(first.end(), {"-device", "pci-testdev"});
  config->extra_params.insert(config->extra_params.begin(), first.begin(), first.end());
  return config->kernel.empty() ? "type = kvm_unit_test needs kernel, the test's file" : "";
}

// A machine that this qemu cannot make is no fault of the test: kvm-unit-tests skip it, too.
vm::Trouble StartTrouble(vm::Machine& machine, const vm::Failure& failure) {
  if (failure.kind != vm::kQemuStartFailed || !machine.exited()) return failure;
  std::string complaint = FirstComplaint(machine.SaidOnStderr());
  bool about_file = complaint.find(machine.config().kernel) != std::string::npos ||
                    complaint.find("loading") != std::string::npos;
  if (complaint.empty() || about_file) return failure;
  return vm::Failure{vm::kEnvironment,
                     fmt::format("{}: qemu refuses: {}", machine.config().name, complaint),
                     failure.detail};
}

vm::Trouble Start(Context& context, vm::Machine& machine) {
  std::vector<std::string> words;
  if (vm::Trouble trouble = ExpandKutShellParams(context, &words)) return trouble;
  machine.AddArguments(words);
  vm::Trouble trouble = context.fleet.Start(machine, Limit(context, "vm_create_timeout", 60));
  if (trouble) return StartTrouble(machine, *trouble);
  // Its words are the test's own, whatever Linux would mean by them.
  machine.ExpectPanic();
  machine.ExpectExit();
  machine.qmp().Send("cont");  // the answer may be overtaken by the end
  return std::nullopt;
}

bool Migrates(const Context& context) {
  return context.params.Get("kut_mode") == "migration";
}

// lib/migrate.c of kvm-unit-tests says it, and waits for a key.
bool AsksToBeMoved(vm::Machine& machine) {
  static const RE2 kPrompt("Now migrate the VM");
  return machine.console().text().Find(kPrompt, 0).has_value();
}

vm::Trouble WaitForEndOrMove(Context& context, vm::Machine& machine, const host::Until& until) {
  bool panics = context.params.Get("kut_mode") == "panic", moves = Migrates(context);
  return context.fleet.WaitUntil(
      [&] {
        if (panics && machine.qmp().FindEvent("GUEST_PANICKED") != nullptr) return true;
        if (moves && !machine.exited() && AsksToBeMoved(machine)) return true;
        return machine.exited() && machine.console().closed() && machine.qmp().closed();
      },
      until,
      {vm::kUnitTestTimeout,
       fmt::format("{}: the test did not end within {}", machine.config().name, until.Text()), ""});
}

vm::Trouble Move(Context& context, Path* path, const host::Until& until) {
  vm::Machine* destination = nullptr;
  vm::Trouble trouble = MoveOnDemand(context, path->front()->config().name, *path->back(), "unix",
                                     until, &destination);
  if (trouble) return trouble;
  destination->ExpectPanic();
  destination->ExpectExit();
  destination->console().Type("\n");
  path->push_back(destination);
  return std::nullopt;
}

vm::Trouble WaitForEnd(Context& context, Path* path) {
  auto begin = host::Clock::now();
  host::Until until = Limit(context, "kut_timeout", kKutTimeout);
  vm::Trouble trouble = WaitForEndOrMove(context, *path->back(), until);
  while (!trouble && Migrates(context) && !path->back()->exited()) {
    trouble = Move(context, path, until);
    if (!trouble) trouble = WaitForEndOrMove(context, *path->back(), until);
  }
  context.measurements["unit_test_seconds"] = host::SecondsBetween(begin, host::Clock::now());
  return trouble;
}

UnitTestReport Report(Context& context, const Path& path) {
  std::string said;
  for (const vm::Machine* machine : path) {
    said += host::ReadFile(machine->paths().console_log).value_or("");
  }
  UnitTestReport report = ReadUnitTestReport(said);
  for (const SubResult& part : report.parts) context.log.Info("{}: {}", part.status, part.name);
  if (report.Total() > report.parts.size()) {
    context.log.Info("and {} more, see the console's log", report.Total() - report.parts.size());
  }
  context.subresults = report.parts;
  context.measurements["subtests"] = static_cast<double>(report.Total());
  context.measurements["subtests_failed"] =
      static_cast<double>(report.Count("fail") + report.Count("xpass"));
  context.measurements["subtests_skipped"] = static_cast<double>(report.Count("skip"));
  return report;
}

vm::Trouble JudgePanic(vm::Machine& machine) {
  if (machine.qmp().FindEvent("GUEST_PANICKED") != nullptr) return std::nullopt;
  return vm::Failure{
      vm::kUnitTestFailed,
      fmt::format("{}: the guest ended ({}) and did not panic, as it should", machine.config().name,
                  machine.exited() ? "qemu gone" : "qemu alive"),
      ""};
}

vm::Trouble Judge(Context& context, const Path& path, const UnitTestReport& report) {
  vm::Machine& last = *path.back();
  if (context.params.Get("kut_mode") == "panic") return JudgePanic(last);
  const std::string& name = last.config().name;
  vm::Trouble trouble = JudgeUnitTest(name, *last.exit_status(), report, last.SaidOnStderr());
  if (trouble || !Migrates(context) || path.size() > 1) return trouble;
  return vm::Failure{vm::kUnitTestFailed, name + ": the test ended without asking to be migrated",
                     ""};
}

vm::Trouble KvmUnitTest(Context& context, std::string* passed) {
  if (vm::Trouble trouble = CheckKutConditions(context)) return trouble;
  vm::Machine* machine = nullptr;
  if (vm::Trouble trouble = MainMachine(context, &machine)) return trouble;
  if (vm::Trouble trouble = Start(context, *machine)) return trouble;
  Path path{machine};
  vm::Trouble trouble = WaitForEnd(context, &path);
  UnitTestReport report = Report(context, path);
  if (trouble) {
    trouble->text += fmt::format(" ({})", report.Text());
    return trouble;
  }
  if ((trouble = Judge(context, path, report))) return trouble;
  *passed = report.Text();
  size_t moves = path.size() - 1;
  if (moves > 0) *passed += moves == 1 ? ", moved once" : fmt::format(", moved {} times", moves);
  return std::nullopt;
}

std::string CheckKvmUnitTest(const vm::Params& params) {
  std::string wrong = CheckNumbers(
      params, {{"kut_timeout", 0, kMaxSeconds}, {"vm_create_timeout", 1, kMaxSeconds}});
  if (!wrong.empty()) return wrong;
  if (auto error = vm::CheckYesNo(params, {"kut_nodefault", "kut_run_nodefault"})) {
    return error->text;
  }
  size_t vms = vm::VmNames(params).size();
  if (vms > 1) return fmt::format("a kvm_unit_test has one VM, not {}", vms);
  std::string mode = params.Get("kut_mode", "exit");
  if (mode != "exit" && mode != "panic" && mode != "migration") {
    return fmt::format("kut_mode = {}: expected exit, panic or migration", mode);
  }
  for (const std::string& word : params.Words("kut_check")) {
    if (word.find('=') == word.npos || word[0] != '/') {
      return fmt::format("kut_check = {}: expected /path=value", word);
    }
  }
  return "";
}

}  // namespace

const Procedure kKvmUnitTest = {
    "kvm_unit_test",
    KvmUnitTest,
    CheckKvmUnitTest,
    "kut_accel kut_arch kut_check kut_disabled_if kut_max_smp kut_mode kut_name kut_nodefault "
    "kut_run_nodefault kut_shell_params kut_timeout kut_tree_arch",
    true,
    ConfigureKvmUnitTest};

}  // namespace kvmtest::procedures
