#ifndef KVMTEST_PROCEDURES_HOST_COMMANDS_H_
#define KVMTEST_PROCEDURES_HOST_COMMANDS_H_

#include <string>
#include <vector>

#include "host/clock.h"
#include "procedures/procedure.h"

namespace kvmtest::procedures {

// pre_command and post_command: lines for /bin/sh that run on the host before the VMs start and
// when they have ended. They know the params as KVM_TEST_<param>. What the first leaves running
// lives until the second has ended; then it is killed.
class HostCommands {
 public:
  explicit HostCommands(Context& context);
  ~HostCommands();
  HostCommands(const HostCommands&) = delete;
  HostCommands& operator=(const HostCommands&) = delete;

  // harness-error if the command fails, unless pre_command_noncritical says that it may. At most
  // pre_command_timeout seconds.
  vm::Trouble Before(host::TimePoint deadline);
  // Likewise; to be run whatever became of the test. One that was interrupted has no deadline to
  // keep, but somebody who waits for its end.
  vm::Trouble After(host::TimePoint deadline);
  vm::Trouble AfterInterruption(host::Duration limit);

 private:
  host::Until Limit(const std::string& key, host::TimePoint deadline) const;
  vm::Trouble Run(const std::string& key, const host::Until& until);
  std::string RunLine(const std::string& key, const host::Until& until, bool* late);

  host::Loop& loop_;
  host::Log& log_;
  host::Guardian& guardian_;
  vm::LiveOutput* live_;
  const vm::Params params_;
  std::string directory_;
  std::vector<std::string> environment_;
  std::string mark_;  // in the environment of all that they start
};

std::string CheckHostCommands(const vm::Params& params);

}  // namespace kvmtest::procedures

#endif  // KVMTEST_PROCEDURES_HOST_COMMANDS_H_
