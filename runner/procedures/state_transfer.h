#ifndef KVMTEST_PROCEDURES_STATE_TRANSFER_H_
#define KVMTEST_PROCEDURES_STATE_TRANSFER_H_

#include <string>
#include <vector>

#include "procedures/procedure.h"

// How a machine's state leaves one qemu and enters another, over a connection or by way of a file.
namespace kvmtest::procedures {

// qemu will tell by events how its migration goes.
vm::Trouble PrepareTransfer(Context& context, vm::Machine& machine);

// Trouble (environment: the test is skipped) if qemu says that this machine can be neither moved
// nor saved: by a device that has no state that could be, or a disk's format.
vm::Trouble ExpectMovable(Context& context, vm::Machine& machine);

// One qemu that takes part, and the length of its list of events before.
struct TransferSide {
  vm::Machine* machine;
  size_t from;
};
TransferSide SideNow(vm::Machine& machine);

struct TransferKinds {
  const char* failed;
  const char* late;
};
// Until every side has completed its part. `what` is for messages: "the migration (tcp)".
vm::Trouble AwaitTransfer(Context& context, const std::vector<TransferSide>& sides,
                          const host::Until& until, const TransferKinds& kinds,
                          const std::string& what);

// A machine like `original` in a qemu of its own that waits for the state; started.
vm::Trouble StartReceiver(Context& context, vm::Machine& original, const std::string& suffix,
                          vm::Machine** receiver);

// Moves a guest to another qemu that opens the same disks, and ends the one that it leaves: for a
// test program that asks for it. `vm` is what the test calls it, `source` where it is now. Over
// tcp, unix or fd; no exec, for qemu's sandbox lets it start no programs.
vm::Trouble MoveOnDemand(Context& context, const std::string& vm, vm::Machine& source,
                         const std::string& protocol, host::TimePoint until,
                         vm::Machine** destination);

}  // namespace kvmtest::procedures

#endif  // KVMTEST_PROCEDURES_STATE_TRANSFER_H_
