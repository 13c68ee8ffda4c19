#include "procedures/state_transfer.h"

#include <fmt/format.h>

#include <algorithm>

#include "procedures/monitor.h"
#include "procedures/steps.h"

namespace kvmtest::procedures {

namespace {

using vm::Failure;
using vm::Machine;
using vm::Trouble;

// The last state that MIGRATION events have told; empty if none.
std::string StateOf(const TransferSide& side) {
  const auto& events = side.machine->qmp().events();
  std::string state;
  for (size_t i = side.from; i < events.size(); ++i) {
    if (events[i].name == "MIGRATION") state = events[i].data.value("status", "");
  }
  return state;
}

bool HasFailed(const TransferSide& side) {
  std::string state = StateOf(side);
  return state == "failed" || state == "cancelled" || side.machine->exited();
}

double MiB(const Json& ram, const char* key) {
  return static_cast<double>(ram.value(key, uint64_t{0})) / (1 << 20);
}

// What query-migrate tells, for people. The first line says how far it got.
std::string Progress(Context& context, Machine& machine) {
  Json answer;
  if (Ask(context, machine, {"query-migrate"}, &answer)) return "";
  std::string text;
  if (answer.contains("error-desc")) text = ": " + answer.value("error-desc", "");
  if (answer.contains("ram") && answer["ram"].is_object()) {
    const Json& ram = answer["ram"];
    text += fmt::format(": {:.1f} MiB sent, {:.1f} of {:.1f} MiB to go", MiB(ram, "transferred"),
                        MiB(ram, "remaining"), MiB(ram, "total"));
  }
  return text;
}

Trouble FailureOf(Context& context, const TransferSide& failed,
                  const std::vector<TransferSide>& sides, const TransferKinds& kinds,
                  const std::string& what) {
  // The other side's qemu may be about to give up, and say why.
  context.loop.RunFor(host::milliseconds(200));
  for (const TransferSide& side : sides) {
    if (!side.machine->exited()) continue;
    Trouble ended = side.machine->trouble();
    if (ended && ended->kind == vm::kQemuKilled) return ended;
    const host::ExitStatus& status = *side.machine->exit_status();
    return Failure{status.signal != 0 ? vm::kQemuCrash : kinds.failed,
                   fmt::format("{}: {} failed: qemu ended with {}", side.machine->config().name,
                               what, status.Text()),
                   side.machine->DescribeQemu()};
  }
  return Failure{kinds.failed,
                 fmt::format("{}: {} failed{}", failed.machine->config().name, what,
                             Progress(context, *failed.machine)),
                 ""};
}

}  // namespace

Trouble PrepareTransfer(Context& context, Machine& machine) {
  Json capability = {{"capability", "events"}, {"state", true}};
  Json arguments = {{"capabilities", Json::array({capability})}};
  return Ask(context, machine, {"migrate-set-capabilities", arguments});
}

Trouble ExpectMovable(Context& context, Machine& machine) {
  Json answer;
  if (Trouble trouble = Ask(context, machine, {"query-migrate"}, &answer)) return trouble;
  const Json reasons = answer.value("blocked-reasons", Json::array());
  if (reasons.empty()) return std::nullopt;
  std::string text;
  for (const Json& reason : reasons) {
    text += (text.empty() ? "" : "; ") + (reason.is_string() ? reason.get<std::string>() : "");
  }
  return Failure{vm::kEnvironment,
                 fmt::format("{}: qemu cannot migrate this machine: {}", machine.config().name,
                             vm::Printable(text)),
                 ""};
}

TransferSide SideNow(Machine& machine) {
  return {&machine, machine.qmp().events().size()};
}

Trouble AwaitTransfer(Context& context, const std::vector<TransferSide>& sides,
                      const host::Until& until, const TransferKinds& kinds,
                      const std::string& what) {
  const TransferSide* failed = nullptr;
  // A qemu that cannot load a state ends; here that is an answer.
  for (const TransferSide& side : sides) side.machine->ExpectExit();
  auto done = [&] {
    for (const TransferSide& side : sides) {
      if (HasFailed(side)) failed = &side;
    }
    return failed != nullptr || std::all_of(sides.begin(), sides.end(), [](auto& side) {
             return StateOf(side) == "completed";
           });
  };
  Trouble trouble = context.fleet.WaitUntil(done, until, {kinds.late, "", ""});
  for (const TransferSide& side : sides) side.machine->ExpectExit(false);
  if (failed != nullptr) return FailureOf(context, *failed, sides, kinds, what);
  if (trouble && trouble->kind == kinds.late) {
    trouble->text = fmt::format("{}: {} did not end within {}{}", sides[0].machine->config().name,
                                what, until.Text(), Progress(context, *sides[0].machine));
    trouble = vm::Late(*trouble, until);
  }
  return trouble;
}

Trouble StartReceiver(Context& context, Machine& original, const std::string& suffix,
                      Machine** receiver) {
  *receiver = &context.fleet.AddTwin(original, suffix);
  if (Trouble trouble = context.fleet.Start(**receiver, Limit(context, "vm_create_timeout", 60))) {
    return trouble;
  }
  return PrepareTransfer(context, **receiver);
}

}  // namespace kvmtest::procedures
