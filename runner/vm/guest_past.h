#ifndef KVMTEST_VM_GUEST_PAST_H_
#define KVMTEST_VM_GUEST_PAST_H_

#include <map>
#include <string>

namespace kvmtest::vm {

// What a guest has said and done up to a moment: all that a verdict or a reader of its logs may go
// by. It is kept with a saved machine, since who restores that judges by rules of its own.
struct GuestPast {
  std::string console;
  std::string events;                         // of QMP, as Qmp::SaveEvents has them
  std::map<std::string, std::string> serial;  // further serial ports, by name
};

}  // namespace kvmtest::vm

#endif  // KVMTEST_VM_GUEST_PAST_H_
