#ifndef KVMTEST_VM_MACHINE_H_
#define KVMTEST_VM_MACHINE_H_

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "host/guardian.h"
#include "host/log.h"
#include "host/loop.h"
#include "host/process.h"
#include "vm/argv.h"
#include "vm/bounded_log.h"
#include "vm/console.h"
#include "vm/console_times.h"
#include "vm/failure.h"
#include "vm/guest_past.h"
#include "vm/live_output.h"
#include "vm/networks.h"
#include "vm/port.h"
#include "vm/qmp.h"
#include "vm/shell.h"
#include "vm/vm_config.h"

namespace kvmtest::vm {

// Where a machine leaves its traces.
struct MachinePaths {
  std::string console_log;
  std::string console_times;
  std::string shell_log;
  std::string qmp_log;
  std::string stderr_log;
  std::string command;           // the qemu command line, for a shell
  std::string qmp_socket;        // the second monitor
  std::string serial_logs = {};  // what the logs of further serial ports begin with
};

// What a machine needs of the world around it.
struct Surroundings {
  host::Loop& loop;
  host::Log& log;
  host::Guardian& guardian;
  Networks& networks;
  std::vector<int> lock_fds;  // the queue's locks, which qemu holds as long as it lives
  std::string test;
  std::string accelerator;
  std::string cpu_model;
  std::string nonce;
  bool sandbox = false;        // qemu has a seccomp filter
  LiveOutput* live = nullptr;  // for somebody who watches
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

  // More of qemu's options, where they are known only when the test runs. Before Start.
  void AddArguments(const std::vector<std::string>& words);
  // Until qemu's monitor has answered. What it opens as its disks: overlays.
  Trouble Start(const std::map<std::string, std::string>& overlays,
                std::unique_ptr<ConsoleMatcher> matcher, host::TimePoint until);
  // Its memory is this file instead of qemu's own. With `load`, which fills the file while qemu
  // starts, it waits for the rest of a state; else it boots. Before Start.
  void UseMemory(host::Fd memory, std::function<bool()> load = nullptr);
  int memory_fd() const { return memory_.get(); }
  // Ends it at once and makes it what it was before Start, to be started anew.
  Trouble Abandon();
  // The rungs of the ladder that Fleet::End goes down. Each is for a machine that lives still.
  enum class Rung { kQuit, kTerm, kKill };
  void AskToEnd(Rung rung);
  // It did not end otherwise, although it was asked to.
  bool had_to_be_killed() const { return had_to_be_killed_; }
  void HadToBeKilled() { had_to_be_killed_ = true; }
  // For one that is gone: what is left of its group is killed, the last of its output is read.
  // Harness error if it lives on or anything of it is left.
  Trouble FinishEnd();

  // A panic, an oops, a stopped or dead qemu that no one expected.
  Trouble trouble();
  // What the guest itself has said or done that decides the test: a panic, an oops, a reset.
  Trouble GuestTrouble() const;
  // Of one that has ended: how, for whoever had need of it still, expected or not.
  Trouble ExitTrouble();
  // A qemu that was to end and did so by a fault of its own: a signal, or an exit status other than
  // 0 that is none of its guest's words. Once it has ended, whoever wanted it to.
  Trouble CrashAtEnd();
  // What the console alone said of it.
  Trouble ConsoleTrouble() const;
  // Of a machine that stands still. Nothing and *why if it is too much or not whole.
  std::optional<GuestPast> SavePast(std::string* why);
  // For a machine that takes over from that one: before Start the files that qemu itself writes,
  // and the rest once it has the other's state and before it goes on. `end` is a line for whoever
  // reads the logs. False: not what SavePast has made.
  bool ReplaySerial(const GuestPast& past, const std::string& end);
  bool Replay(const GuestPast& past, const std::string& end);
  // What kListAddresses has just said in the guest, for whoever would ask next.
  void NoteAddresses(std::string listed) { addresses_ = std::move(listed); }
  std::optional<std::string> TakeAddresses() { return std::exchange(addresses_, std::nullopt); }

  // What a test brings about on purpose is no trouble. From now on qemu may end by itself, ...
  void ExpectExit(bool expected = true) { exit_expected_ = expected; }
  bool exit_expected() const { return exit_expected_; }
  // ... the guest may panic (and qemu pause it) ...
  void ExpectPanic() { panic_expected_ = true; }
  // ... and the machine may be stopped, until that is called off.
  void ExpectStop(bool expected);
  // The guest may reset the machine, and more often than its config allows, until that is called
  // off; with `after` not before that event. That the runner resets it is no surprise.
  void ExpectReset(bool expected, const char* after = "");
  bool exited() { return process_ && process_->Poll().has_value(); }
  // How, once exited().
  const std::optional<host::ExitStatus>& exit_status() const { return process_->exit_status(); }

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
  // This machine's ports that lead into the guest: card -> redirect -> port.
  const std::map<std::string, std::map<std::string, int>>& forwarded_ports() const {
    return forwarded_ports_;
  }
  // The guest was taken back to an earlier state, in which its shell was there and ran nothing.
  void ShellWentBack();
  // Our end of a virtio port of its config; null: it has none of this name.
  Port* port(const std::string& name);
  // What its device for random numbers hands out, if its config has a pool for it.
  std::string pool(const std::string& name) const;

  // For a reader who wants to know why: command line, how it ended, the last lines of stderr.
  std::string DescribeQemu();
  // What qemu has written to stdout and stderr; of much, the beginning and the end.
  std::string SaidOnStderr() { return output_.Text(); }
  // The last lines that qemu wrote to stderr; empty if it wrote nothing.
  std::string LastStderrLines();
  std::string LastConsoleLines(size_t count) const;

 private:
  struct Ends {
    host::Fd qmp, console, output;
    host::Fd shell;  // perhaps of ssh
    std::vector<host::Fd> ports;
  };
  bool OpenChannels(Ends* of_qemu, std::unique_ptr<ConsoleMatcher> matcher);
  bool OpenPorts(Ends* of_qemu);
  bool FillPools();
  void OpenShell(host::Fd shell);
  Trouble StartSsh(host::Fd shell, host::Fd output);
  void EndSsh();
  Trouble StartFailed(const std::string& why);
  Trouble ReadForwardedPorts(host::TimePoint until);
  Trouble PanicTrouble() const;
  Trouble StopTrouble();
  Trouble ResetTrouble() const;
  void ListenToConsole();
  std::string SerialLog(const std::string& port) const;
  bool WaitForExit(host::Duration limit);
  void FinishConsole();
  bool GroupIsGone() const;

  Surroundings& around_;
  VmConfig config_;
  MachinePaths paths_;
  std::vector<std::string> argv_;
  host::Fd console_log_, console_times_, shell_log_, qmp_log_;
  BoundedLog output_;  // stdout and stderr
  std::optional<host::Process> process_;
  std::optional<host::Process> ssh_;
  std::unique_ptr<Qmp> qmp_;
  std::unique_ptr<Console> console_;
  std::unique_ptr<GuestShell> shell_;
  std::map<std::string, std::map<std::string, int>> forwarded_ports_;
  host::Fd memory_;
  std::function<bool()> load_memory_;
  std::vector<std::unique_ptr<Port>> ports_;  // as in config_
  std::map<std::string, host::Fd> pools_;     // device for random numbers -> file
  host::TimePoint start_time_;
  const char* ended_by_ = "by itself";
  std::optional<std::string> addresses_;
  bool asked_to_end_ = false;
  bool exit_expected_ = false;
  bool panic_expected_ = false;
  bool stop_expected_ = false;
  size_t stops_from_ = 0;  // STOP events before this one were expected
  bool reset_expected_ = false;
  std::string reset_after_;  // an event of QMP
  size_t resets_from_ = 0;   // likewise
  size_t restored_at_ = 0;   // events before this one are of the machine that was saved
  bool ended_ = false;
  bool had_to_be_killed_ = false;
};

}  // namespace kvmtest::vm

#endif  // KVMTEST_VM_MACHINE_H_
