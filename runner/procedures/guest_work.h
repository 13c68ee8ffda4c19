#ifndef KVMTEST_PROCEDURES_GUEST_WORK_H_
#define KVMTEST_PROCEDURES_GUEST_WORK_H_

#include <string>

#include "procedures/procedure.h"

namespace kvmtest::procedures {

// What a guest does while its machine is moved, saved or stopped, and by which can be told that
// it is the same guest afterwards: its boot id, random data in its memory, and a process that
// counts in the background and writes every number down. The guest needs a shell, mktemp, dd and
// md5sum.
class GuestWork {
 public:
  explicit GuestWork(Context& context) : context_(context) {}

  vm::Trouble Start(vm::Machine& machine);
  // How far the counter has come.
  vm::Trouble Count(vm::Machine& machine, long* count);
  // The same boot, the same data, every number written and none lost since the last look; and
  // the counter goes on. `when` is for the message: "after the migration".
  vm::Trouble Check(vm::Machine& machine, const std::string& when);
  // A state that was saved is restored: numbers that came later are rightly gone, and so is a
  // mark.
  void GoBackTo(long count) { count_ = count; }
  vm::Trouble LeaveMark(vm::Machine& machine);
  vm::Trouble ExpectNoMark(vm::Machine& machine, const std::string& when);

  long count() const { return count_; }  // when last looked
  static constexpr double kSecondsPerCount = 0.1;

 private:
  vm::Trouble Look(vm::Machine& machine, const std::string& when);

  Context& context_;
  std::string directory_;  // in the guest
  std::string boot_id_;
  std::string checksum_;
  long count_ = 0;
};

}  // namespace kvmtest::procedures

#endif  // KVMTEST_PROCEDURES_GUEST_WORK_H_
