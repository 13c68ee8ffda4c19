#ifndef KVMTEST_VM_MACHINE_H_
#define KVMTEST_VM_MACHINE_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/guardian.h"
#include "host/log.h"
#include "host/loop.h"
#include "host/process.h"
#include "vm/argv.h"
#include "vm/console.h"
#include "vm/failure.h"
#include "vm/qmp.h"
#include "vm/shell.h"
#include "vm/vm_config.h"

namespace kvmtest::vm {

// Where a machine leaves its traces.
struct MachinePaths {
  std::string console_log;
  std::string shell_log;
  std::string qmp_log;
  std::string stderr_log;
  std::string command;     // the qemu command line, for a shell
  std::string qmp_socket;  // the second monitor
};

// What a machine needs of the world around it.
struct Surroundings {
  host::Loop& loop;
  host::Log& log;
  host::Guardian& guardian;
  std::vector<int> lock_fds;  // the queue's locks, which qemu holds as long as it lives
  std::string test;
  std::string accelerator;
  std::string cpu_model;
  std::string nonce;
};

// A running VM: qemu, its monitor, its console and its guest's shell. It is started and
// ended once. Nothing here decides what a test means; trouble() says what went wrong
// with the VM behind the test's back.
class Machine {
 public:
  Machine(Surroundings& around, VmConfig config, MachinePaths paths);
  ~Machine();
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  // Until qemu's monitor has answered. What it opens as its disks: overlays.
  Trouble Start(const std::map<std::string, std::string>& overlays,
                std::unique_ptr<ConsoleMatcher> matcher, host::TimePoint until);
  // The rungs of the ladder that Fleet::End goes down. Each is for a machine that lives still.
  enum class Rung { kQuit, kTerm, kKill };
  void AskToEnd(Rung rung);
  // For one that is gone: what is left of its group is killed, the last of its output is read.
  // Harness error if it lives on or anything of it is left.
  Trouble FinishEnd();

  // A panic, an oops, a stopped or dead qemu that no one expected.
  Trouble trouble();
  // What a test brings about on purpose is no trouble. From now on qemu may end by itself, ...
  void ExpectExit() { exit_expected_ = true; }
  // ... the guest may panic (and qemu pause it) ...
  void ExpectPanic() { panic_expected_ = true; }
  // ... and the machine may be stopped, until that is called off.
  void ExpectStop(bool expected);
  bool exited() { return process_ && process_->Poll().has_value(); }

  const VmConfig& config() const { return config_; }
  const MachinePaths& paths() const { return paths_; }
  const std::vector<std::string>& argv() const { return argv_; }
  bool started() const { return process_.has_value(); }
  bool alive() { return started() && !exited(); }
  pid_t pid() const { return process_ ? process_->pid() : -1; }
  host::TimePoint start_time() const { return start_time_; }
  Qmp& qmp() { return *qmp_; }
  Console& console() { return *console_; }
  GuestShell* shell() { return shell_.get(); }

  // For a reader who wants to know why: command line, how it ended, the last lines of stderr.
  std::string DescribeQemu();
  std::string LastConsoleLines(size_t count) const;

 private:
  struct Ends {
    host::Fd qmp, console, shell;
  };
  bool OpenChannels(Ends* of_qemu, std::unique_ptr<ConsoleMatcher> matcher);
  Trouble StartFailed(const std::string& why);
  Trouble ExitTrouble();
  bool WaitForExit(host::Duration limit);
  void FinishConsole();
  bool GroupIsGone() const;

  Surroundings& around_;
  VmConfig config_;
  MachinePaths paths_;
  std::vector<std::string> argv_;
  host::Fd console_log_, shell_log_, qmp_log_, stderr_log_;
  std::optional<host::Process> process_;
  std::unique_ptr<Qmp> qmp_;
  std::unique_ptr<Console> console_;
  std::unique_ptr<GuestShell> shell_;
  host::TimePoint start_time_;
  const char* ended_by_ = "by itself";
  bool exit_expected_ = false;
  bool panic_expected_ = false;
  bool stop_expected_ = false;
  size_t stops_from_ = 0;  // STOP events before this one were expected
  bool ended_ = false;
};

}  // namespace kvmtest::vm

#endif  // KVMTEST_VM_MACHINE_H_
