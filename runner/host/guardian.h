#ifndef KVMTEST_HOST_GUARDIAN_H_
#define KVMTEST_HOST_GUARDIAN_H_

#include <sys/types.h>

#include <string>

#include "host/fd.h"

namespace kvmtest::host {

// A small process that outlives the runner by a moment. It holds the read end of a
// pipe whose other end only the runner has; when that closes, however the runner
// ended (kill -9 included), it kills the process groups and removes the directories
// it was told about and not told to forget. PR_SET_PDEATHSIG already kills qemu itself;
// the guardian is for what that does not reach: helpers of qemu, sockets, overlays.
//
// It is no child of the runner, so that ctest, which kills a timed-out test's whole
// process tree, does not find it.
class Guardian {
 public:
  // To be called before the runner opens, locks or starts anything. False: no guardian.
  bool Start();

  void AddGroup(pid_t group) { Tell('+', 'g', std::to_string(group)); }
  void ForgetGroup(pid_t group) { Tell('-', 'g', std::to_string(group)); }
  void AddDirectory(const std::string& path) { Tell('+', 'd', path); }
  void ForgetDirectory(const std::string& path) { Tell('-', 'd', path); }
  // What writers that are gone have left in this directory (temporary.h).
  void AddTemporaries(const std::string& directory) { Tell('+', 't', directory); }
  void ForgetTemporaries(const std::string& directory) { Tell('-', 't', directory); }
  // The processes that were started with this KEY=VALUE in their environment.
  void AddEnvironment(const std::string& entry) { Tell('+', 'e', entry); }
  void ForgetEnvironment(const std::string& entry) { Tell('-', 'e', entry); }

 private:
  void Tell(char sign, char kind, const std::string& what);

  Fd pipe_;
};

}  // namespace kvmtest::host

#endif  // KVMTEST_HOST_GUARDIAN_H_
