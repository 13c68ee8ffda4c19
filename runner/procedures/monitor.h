#ifndef KVMTEST_PROCEDURES_MONITOR_H_
#define KVMTEST_PROCEDURES_MONITOR_H_

#include <string>
#include <string_view>

#include "host/clock.h"
#include "procedures/procedure.h"

// Questions to a machine's monitor, as steps of a test.
namespace kvmtest::procedures {

// What to ask, and what class it is if qemu refuses.
struct Request {
  std::string_view command;
  Json arguments = nullptr;
  const char* kind = vm::kQemuError;
  int fd = -1;  // to go with it, for getfd
};
vm::Trouble Ask(Context& context, vm::Machine& machine, const Request& request,
                Json* answer = nullptr);

// Waits for an event that came at or after `from` in the monitor's list.
vm::Trouble WaitForEvent(Context& context, vm::Machine& machine, std::string_view event,
                         size_t from, const host::Until& until, const vm::Failure& late);

// qemu says that the machine is in this state ("running", "paused", ...).
vm::Trouble ExpectStatus(Context& context, vm::Machine& machine, const std::string& status,
                         const char* kind);

// Starts a background job of qemu's and waits for its end; the request's arguments have job-id.
vm::Trouble RunJob(Context& context, vm::Machine& machine, const Request& request,
                   const host::Until& until);

}  // namespace kvmtest::procedures

#endif  // KVMTEST_PROCEDURES_MONITOR_H_
