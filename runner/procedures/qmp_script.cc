// type = qmp_script: the VMs boot, then the main VM's qemu is given the commands of a script, one
// after the other. A command that fails, an answer or an event other than the script expects
// ends the test with the place in the script and what qemu said. How a script looks is in script.h.
//
// Params: qmp_script (the script, or the absolute path of a file that holds it),
// qmp_script_timeout (seconds for an answer or an event, 60).

#include <fmt/format.h>

#include <optional>

#include "host/files.h"
#include "procedures/device_steps.h"
#include "procedures/script.h"

namespace kvmtest::procedures {

namespace {

using vm::Failure;
using vm::Trouble;

class Player {
 public:
  Player(Context& context, vm::Machine& machine, std::string place)
      : context_(context),
        machine_(machine),
        place_(std::move(place)),
        events_from_(machine.qmp().events().size()) {}

  Trouble Play(const std::vector<ScriptStep>& steps) {
    for (size_t i = 0; i < steps.size(); ++i) {
      bool may_fail = i + 1 < steps.size() && steps[i + 1].kind == ScriptStep::kError;
      if (Trouble trouble = Do(steps[i], may_fail)) return trouble;
    }
    return std::nullopt;
  }

 private:
  Trouble Do(const ScriptStep& step, bool may_fail) {
    switch (step.kind) {
      case ScriptStep::kCommand:
        return DoCommand(step, may_fail);
      case ScriptStep::kExpect:
        if (Holds(reply_.value, step.json)) return std::nullopt;
        return Wrong(
            vm::kUnexpectedAnswer, step,
            fmt::format("qemu answered {}, expected {}", Short(reply_.value), step.json.dump()));
      case ScriptStep::kError:
        if (!reply_.ok() && reply_.error.find(step.text) != std::string::npos) return std::nullopt;
        return Wrong(
            vm::kUnexpectedAnswer, step,
            fmt::format("qemu answered {}, expected an error that says '{}'",
                        reply_.ok() ? Short(reply_.value) : "'" + reply_.error + "'", step.text));
      case ScriptStep::kEvent:
        return DoEvent(step);
      case ScriptStep::kWait:
        return Pause(context_, step.seconds);
    }
    return std::nullopt;
  }

  Trouble DoCommand(const ScriptStep& step, bool may_fail) {
    std::string name = step.json["execute"].is_string() ? step.json["execute"] : "";
    // What a script brings about on purpose is no trouble.
    if (name == "quit" || name == "system_powerdown") machine_.ExpectExit();
    host::Until until = Until();
    reply_ = machine_.qmp().Execute(name, step.json.value("arguments", Json()), until);
    if (reply_.ok() || (may_fail && reply_.kind == vm::Qmp::Reply::kError)) return std::nullopt;
    return context_.fleet.Unanswered(
        reply_, until, Wrong(vm::kQemuError, step, fmt::format("{}: {}", name, reply_.error)));
  }

  // Events are taken in any order, but each only once.
  Trouble DoEvent(const ScriptStep& step) {
    host::Until until = Until();
    Failure late =
        vm::Late(Wrong(vm::kEventMissing, step,
                       fmt::format("no event {}{}", step.text,
                                   step.json.is_null() ? "" : " with " + step.json.dump())),
                 until);
    Trouble trouble = context_.fleet.WaitUntil([&] { return TakeEvent(step); }, until.at, late);
    if (!trouble || trouble->kind != late.kind) return trouble;
    trouble->detail = "events since the script began:\n" + EventList();
    return trouble;
  }

  bool TakeEvent(const ScriptStep& step) {
    const auto& events = machine_.qmp().events();
    taken_.resize(events.size() - events_from_);
    for (size_t i = events_from_; i < events.size(); ++i) {
      if (taken_[i - events_from_] || events[i].name != step.text) continue;
      if (!step.json.is_null() && !Holds(events[i].data, step.json)) continue;
      taken_[i - events_from_] = true;
      return true;
    }
    return false;
  }

  std::string EventList() {
    std::string text;
    const auto& events = machine_.qmp().events();
    for (size_t i = events_from_; i < events.size(); ++i) {
      text += fmt::format("  {} {}\n", events[i].name, events[i].data.dump());
    }
    return text.empty() ? "  none\n" : Shown(text);
  }

  Failure Wrong(const char* kind, const ScriptStep& step, const std::string& what) {
    return {kind, fmt::format("{}:{}: {}", place_, step.line, what), ""};
  }

  static std::string Short(const Json& json) {
    constexpr size_t kMost = 300;
    std::string text = json.dump();
    return text.size() <= kMost ? text : text.substr(0, kMost) + "...";
  }

  host::Until Until() const { return Limit(context_, "qmp_script_timeout", 60); }

  Context& context_;
  vm::Machine& machine_;
  std::string place_;
  size_t events_from_;
  std::vector<bool> taken_;
  vm::Qmp::Reply reply_;
};

struct Script {
  std::string place;  // for messages
  std::optional<std::string> text;
};

Script ReadScript(const vm::Params& params) {
  std::string value = vm::MainView(params).Get("qmp_script");
  if (value.empty() || value[0] != '/') return {"qmp_script", value};
  return {value, host::ReadFile(value)};
}

Trouble QmpScript(Context& context, std::string* passed) {
  vm::Machine* machine = nullptr;
  if (Trouble trouble = MainMachine(context, &machine)) return trouble;
  Script script = ReadScript(context.params);
  if (!script.text) {
    return Failure{vm::kEnvironment,
                   fmt::format("qmp_script = {}: {}", script.place, host::ReadError(script.place)),
                   ""};
  }
  auto parsed = ParseScript(*script.text);
  if (auto* wrong = std::get_if<std::string>(&parsed)) {  // it has changed since Check
    return Failure{vm::kHarnessError, fmt::format("{}:{}", script.place, *wrong), ""};
  }
  if (Trouble trouble = BootAll(context)) return trouble;
  const auto& steps = std::get<std::vector<ScriptStep>>(parsed);
  machine->ExpectStop(true);
  if (Trouble trouble = Player(context, *machine, script.place).Play(steps)) return trouble;
  *passed = fmt::format("{} step(s) of {}", steps.size(), script.place);
  return std::nullopt;
}

std::string CheckQmpScriptParams(const vm::Params& params) {
  std::string wrong = CheckGuestParams(params);
  if (wrong.empty()) wrong = CheckNumbers(params, {"qmp_script_timeout"});
  if (!wrong.empty()) return wrong;
  Script script = ReadScript(params);
  if (!script.text) return "";  // a file that is missing is a skip
  if (script.text->empty()) {
    return script.place + " is empty: expected a script, or the path of a file with one";
  }
  auto parsed = ParseScript(*script.text);
  if (auto* error = std::get_if<std::string>(&parsed)) {
    return fmt::format("{}:{}", script.place, *error);
  }
  if (!std::get<std::vector<ScriptStep>>(parsed).empty()) return "";
  return script.place + " has no step: expected commands, {\"execute\": ...}, and what they bring";
}

}  // namespace

const Procedure kQmpScript = {"qmp_script", QmpScript, CheckQmpScriptParams,
                              "qmp_script qmp_script_timeout"};

}  // namespace kvmtest::procedures
