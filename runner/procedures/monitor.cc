#include "procedures/monitor.h"

#include <fmt/format.h>

#include "procedures/steps.h"

namespace kvmtest::procedures {

namespace {

using vm::Failure;
using vm::Trouble;

// qemu answers in milliseconds; a loaded host takes its time.
constexpr double kAnswerSeconds = 60;

}  // namespace

Trouble Ask(Context& context, vm::Machine& machine, const Request& request, Json* answer) {
  host::Until until = Within(context, kAnswerSeconds);
  vm::Qmp::Reply reply =
      machine.qmp().Execute(request.command, request.arguments, until, request.fd);
  if (reply.ok()) {
    if (answer != nullptr) *answer = std::move(reply.value);
    return std::nullopt;
  }
  return context.fleet.Unanswered(
      reply, until,
      {request.kind, fmt::format("{}: {}: {}", machine.config().name, request.command, reply.error),
       ""});
}

Trouble WaitForEvent(Context& context, vm::Machine& machine, std::string_view event, size_t from,
                     const host::Until& until, const Failure& late) {
  return context.fleet.WaitUntil([&] { return machine.qmp().FindEvent(event, from) != nullptr; },
                                 until, late);
}

Trouble ExpectStatus(Context& context, vm::Machine& machine, const std::string& status,
                     const char* kind) {
  // The event that a migration has ended comes a moment before the machine's new state.
  host::TimePoint until = Within(context, 5);
  std::string found;
  for (;;) {
    Json answer;
    if (Trouble trouble = Ask(context, machine, {"query-status"}, &answer)) return trouble;
    found = answer.value("status", "none");
    if (found == status) return std::nullopt;
    if (found != "finish-migrate" || host::Clock::now() >= until) break;
    if (Trouble trouble = Pause(context, 0.01)) return trouble;
  }
  return Failure{kind,
                 fmt::format("{}: qemu says that the machine is '{}', not '{}'",
                             machine.config().name, found, status),
                 ""};
}

namespace {

bool Concluded(vm::Machine& machine, const std::string& job, size_t from) {
  const auto& events = machine.qmp().events();
  for (size_t i = from; i < events.size(); ++i) {
    if (events[i].name == "JOB_STATUS_CHANGE" && events[i].data.value("id", "") == job &&
        events[i].data.value("status", "") == "concluded") {
      return true;
    }
  }
  return false;
}

}  // namespace

Trouble RunJob(Context& context, vm::Machine& machine, const Request& request,
               const host::Until& until) {
  size_t from = machine.qmp().events().size();
  std::string job = request.arguments.value("job-id", "");
  if (Trouble trouble = Ask(context, machine, request)) return trouble;
  Failure late{request.kind,
               fmt::format("{}: {} did not end", machine.config().name, request.command), ""};
  if (Trouble trouble =
          context.fleet.WaitUntil([&] { return Concluded(machine, job, from); }, until, late)) {
    return trouble;
  }
  Json jobs;
  if (Trouble trouble = Ask(context, machine, {"query-jobs"}, &jobs)) return trouble;
  for (const Json& entry : jobs) {
    if (entry.value("id", "") != job || !entry.contains("error")) continue;
    return Failure{
        request.kind,
        fmt::format("{}: {}: {}", machine.config().name, request.command, entry.value("error", "")),
        ""};
  }
  return Ask(context, machine, {"job-dismiss", {{"id", job}}});
}

}  // namespace kvmtest::procedures
