#ifndef KVMTEST_HOST_PROCESS_H_
#define KVMTEST_HOST_PROCESS_H_

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "host/clock.h"
#include "host/fd.h"
#include "host/loop.h"

namespace kvmtest::host {

struct SpawnRequest {
  std::vector<std::string> argv;              // argv[0] is looked up in PATH
  int stdin_fd = -1;                          // -1: /dev/null
  int stdout_fd = -1;                         // -1: /dev/null
  int stderr_fd = -1;                         // -1: /dev/null
  std::vector<int> keep_fds = {};             // stay open in the child under the same numbers
  std::string directory = {};                 // to start in; empty: ours
  std::vector<std::string> environment = {};  // KEY=VALUE, all of it; empty: ours
  // Of root's capabilities, keep only those that qemu needs: to open files of others, to use taps.
  bool reduce_capabilities = false;
};

// How a process ended.
struct ExitStatus {
  int code = 0;    // exit status, or 0 if a signal ended it
  int signal = 0;  // 0 if it exited
  double cpu_seconds = 0;
  long max_rss_kib = 0;

  bool ok() const { return code == 0 && signal == 0; }
  std::string Text() const;  // "exit status 1", "signal 9 (Killed)"
};

// A child of ours that dies with us: it leads a process group of its own and gets
// SIGKILL from the kernel when the runner ends, however that happens.
class Process {
 public:
  Process() = default;
  Process(Process&&) = default;
  Process& operator=(Process&&) = default;

  pid_t pid() const { return pid_; }
  // Readable once the process has ended.
  int pidfd() const { return pidfd_.get(); }
  // Reaps the process if it has ended; remembers how.
  const std::optional<ExitStatus>& Poll();
  const std::optional<ExitStatus>& exit_status() const { return exit_; }
  // To its whole group.
  void Kill(int signal);
  // Waits inside the loop, no longer than `give_up` lets it; false if it still runs then.
  bool WaitUntil(Loop& loop, TimePoint until, const std::function<bool()>& give_up = nullptr);

 private:
  friend std::optional<Process> Spawn(const SpawnRequest& request, std::string* error);

  pid_t pid_ = -1;
  Fd pidfd_;
  std::optional<ExitStatus> exit_;
};

// Starts a program; nothing and a text if it could not be executed.
std::optional<Process> Spawn(const SpawnRequest& request, std::string* error);

// Where PATH has this program; a name with a slash is its own answer if executable.
std::optional<std::string> FindProgram(const std::string& name);

// As a shell would need it to be written.
std::string ShellQuote(const std::string& word);
std::string ShellQuote(const std::vector<std::string>& words);

// Runs a program to its end and returns what it wrote (stdout and stderr as one). It is also killed
// when `give_up`, asked whenever something has happened, says so.
struct RunOutcome {
  bool started = false;
  bool timed_out = false;  // it was killed then
  bool given_up = false;   // likewise
  ExitStatus exit;
  std::string output;
  double wall_seconds = 0;
  std::string error;  // why it did not start
};
RunOutcome RunProgram(Loop& loop, const std::vector<std::string>& argv, Duration limit,
                      const std::vector<int>& keep_fds = {},
                      const std::function<bool()>& give_up = nullptr);

// The file of the program that runs.
std::string OwnProgram();

// KEY=VALUE, as it was when this process began.
std::vector<std::string> OwnEnvironment();

// Kills every process that was started with this KEY=VALUE in its environment, and what such a
// process has started since: a program's offspring that has left its group. Returns how many; it
// takes half a second at most.
size_t KillByEnvironment(const std::string& entry);

// Whether this process has children, dead ones included.
bool HasChildren();
// Kills the children of this process, and their offspring as it comes to it (a subreaper). Returns
// how many; it takes half a second at most.
size_t KillChildren();

// The nearest ancestor of this process whose executable has this name; 0 if there is none.
pid_t AncestorNamed(std::string_view name);

// Readable once the process has ended; empty if there is none.
Fd OpenProcess(pid_t pid);

// What identifies a process beyond reuse of its pid: its start time in clock ticks.
std::optional<unsigned long long> ProcessStartTime(pid_t pid);
// Whether a process exists and is not a zombie.
bool ProcessLives(pid_t pid);

}  // namespace kvmtest::host

#endif  // KVMTEST_HOST_PROCESS_H_
