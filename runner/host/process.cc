#include "host/process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/capability.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <functional>
#include <iterator>
#include <set>
#include <sstream>

#include "host/capabilities.h"
#include "host/files.h"

namespace kvmtest::host {

namespace {

// Between vfork and exec: async-signal-safe calls only, and nothing of the parent's changed.
[[noreturn]] void RunChild(const SpawnRequest& request, char* const* argv, char* const* environment,
                           pid_t parent, int error_pipe) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);  // the parent was gone before the prctl
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  const int wanted[] = {request.stdin_fd, request.stdout_fd, request.stderr_fd};
  for (int i = 0; i < 3; ++i) {
    int fd = wanted[i] >= 0 ? wanted[i] : ::open("/dev/null", O_RDWR | O_CLOEXEC);
    if (::dup2(fd, i) < 0) ::_exit(127);
  }
  // Whatever we inherited from ctest or opened ourselves does not go on to the child.
  ::syscall(SYS_close_range, 3U, ~0U, 4U /* CLOSE_RANGE_CLOEXEC, Linux 5.11 */);
  for (int fd : request.keep_fds) ::fcntl(fd, F_SETFD, 0);
  if (request.reduce_capabilities) LimitCapabilities({CAP_DAC_OVERRIDE, CAP_NET_ADMIN});
  // Its own error is as good as exec's: the program did not start.
  if (request.directory.empty() || ::chdir(request.directory.c_str()) == 0) {
    ::execve(argv[0], argv, environment);
  }
  int error = errno;
  (void)!::write(error_pipe, &error, sizeof error);
  ::_exit(127);
}

// Without a copy of our memory, which would cost more than all that the child does: we stand still
// until it has become the program, and it changes nothing of ours but errno.
pid_t StartChild(const SpawnRequest& request, char* const* argv, char* const* environment,
                 int error_pipe) {
  pid_t parent = ::getpid();
  pid_t pid = ::vfork();  // NOLINT(clang-analyzer-security.insecureAPI.vfork)
  if (pid == 0) {
    RunChild(request, argv, environment, parent, error_pipe);  // NOLINT(clang-analyzer-unix.Vfork)
  }
  return pid;
}

std::vector<char*> Pointers(std::vector<std::string>* texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts->size() + 1);
  for (std::string& text : *texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// The errno of a failed exec, or 0 when the pipe closed without one.
int ExecError(int pipe) {
  int error = 0;
  ssize_t got;
  do {
    got = ::read(pipe, &error, sizeof error);
  } while (got < 0 && errno == EINTR);
  return got == sizeof error ? error : 0;
}

}  // namespace

std::string ExitStatus::Text() const {
  if (signal != 0) return fmt::format("signal {} ({})", signal, ::strsignal(signal));
  return fmt::format("exit status {}", code);
}

std::optional<Process> Spawn(const SpawnRequest& request, std::string* error) {
  std::optional<std::string> program = FindProgram(request.argv.at(0));
  if (!program) {
    *error = fmt::format("cannot find the program '{}'", request.argv[0]);
    return std::nullopt;
  }
  std::vector<std::string> words = request.argv;
  words[0] = *program;
  std::vector<char*> argv = Pointers(&words);
  std::vector<std::string> settings = request.environment;
  std::vector<char*> environment = Pointers(&settings);
  char* const* environment_of_child = settings.empty() ? environ : environment.data();

  int pipe[2];
  if (::pipe2(pipe, O_CLOEXEC) != 0) {
    *error = fmt::format("pipe: {}", ::strerror(errno));
    return std::nullopt;
  }
  Fd read_end(pipe[0]);
  Fd write_end(pipe[1]);
  pid_t pid = StartChild(request, argv.data(), environment_of_child, write_end.get());
  if (pid < 0) {
    *error = fmt::format("fork: {}", ::strerror(errno));
    return std::nullopt;
  }
  ::setpgid(pid, pid);  // here too: whoever is first
  write_end.Close();
  if (int exec_error = ExecError(read_end.get())) {
    ::waitpid(pid, nullptr, 0);
    *error = fmt::format("cannot run {}: {}", words[0], ::strerror(exec_error));
    return std::nullopt;
  }
  Process process;
  process.pid_ = pid;
  process.pidfd_ = Fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0U)));  // close-on-exec
  return process;
}

const std::optional<ExitStatus>& Process::Poll() {
  if (exit_ || pid_ < 0) return exit_;
  int status = 0;
  rusage usage{};
  if (::wait4(pid_, &status, WNOHANG, &usage) != pid_) return exit_;
  ExitStatus exit;
  if (WIFSIGNALED(status)) exit.signal = WTERMSIG(status);
  if (WIFEXITED(status)) exit.code = WEXITSTATUS(status);
  auto seconds_of = [](timeval time) { return time.tv_sec + time.tv_usec / 1e6; };
  exit.cpu_seconds = seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
  exit.max_rss_kib = usage.ru_maxrss;
  exit_ = exit;
  return exit_;
}

void Process::Kill(int signal) {
  if (pid_ > 0) ::kill(-pid_, signal);
}

bool Process::WaitUntil(Loop& loop, TimePoint until, const std::function<bool()>& give_up) {
  loop.Watch(pidfd(), [this, &loop] {
    Poll();
    loop.Forget(pidfd());
  });
  loop.RunUntil([&] { return Poll().has_value() || (give_up && give_up()); }, until);
  loop.Forget(pidfd());
  return exit_.has_value();
}

std::optional<std::string> FindProgram(const std::string& name) {
  auto runnable = [](const std::string& path) {
    return ::access(path.c_str(), X_OK) == 0 && IsRegularFile(path);
  };
  if (name.find('/') != std::string::npos) {
    return runnable(name) ? std::optional(name) : std::nullopt;
  }
  const char* path_variable = ::getenv("PATH");
  std::string path = path_variable != nullptr ? path_variable : "/usr/local/bin:/usr/bin:/bin";
  for (size_t begin = 0; begin <= path.size();) {
    size_t end = std::min(path.find(':', begin), path.size());
    std::string candidate = path.substr(begin, end - begin) + "/" + name;
    if (end > begin && runnable(candidate)) return candidate;
    begin = end + 1;
  }
  return std::nullopt;
}

std::string ShellQuote(const std::string& word) {
  constexpr char kPlain[] =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./,:@%";
  if (!word.empty() && word.find_first_not_of(kPlain) == std::string::npos) return word;
  std::string quoted = "'";
  for (char c : word) {
    if (c == '\'') {
      quoted += "'\\''";
    } else {
      quoted += c;
    }
  }
  return quoted + "'";
}

std::string ShellQuote(const std::vector<std::string>& words) {
  std::string line;
  for (const std::string& word : words) {
    if (!line.empty()) line += ' ';
    line += ShellQuote(word);
  }
  return line;
}

RunOutcome RunProgram(Loop& loop, const std::vector<std::string>& argv, Duration limit,
                      const std::vector<int>& keep_fds, const std::function<bool()>& give_up) {
  RunOutcome outcome;
  int pipe[2];
  if (::pipe2(pipe, O_CLOEXEC) != 0) {
    outcome.error = fmt::format("pipe: {}", ::strerror(errno));
    return outcome;
  }
  Fd read_end(pipe[0]);
  Fd write_end(pipe[1]);
  ::fcntl(read_end.get(), F_SETFL, O_NONBLOCK);  // ours only: programs expect a pipe that blocks
  TimePoint start = Clock::now();
  std::optional<Process> process =
      Spawn({argv, -1, write_end.get(), write_end.get(), keep_fds}, &outcome.error);
  if (!process) return outcome;
  outcome.started = true;
  write_end.Close();
  auto drain = [&] { return ReadAvailable(read_end.get(), &outcome.output); };
  loop.Watch(read_end.get(), [&] {
    if (!drain()) loop.Forget(read_end.get());
  });
  auto gives_up = [&] { return outcome.given_up = give_up && give_up(); };
  if (!process->WaitUntil(loop, start + limit, gives_up)) {
    outcome.timed_out = !outcome.given_up;
    process->Kill(SIGKILL);
    while (!process->Poll()) ::usleep(1000);
  }
  loop.Forget(read_end.get());
  size_t before = 0;
  do {
    before = outcome.output.size();
  } while (drain() && outcome.output.size() != before);
  outcome.exit = *process->exit_status();
  outcome.wall_seconds = SecondsBetween(start, Clock::now());
  return outcome;
}

std::optional<unsigned long long> ProcessStartTime(pid_t pid) {
  std::optional<std::string> stat = ReadFile(fmt::format("/proc/{}/stat", pid));
  if (!stat) return std::nullopt;
  // "pid (comm) S ..." where comm may hold anything; starttime is field 22.
  size_t at = stat->rfind(')');
  for (int field = 2; field < 22 && at != std::string::npos; ++field) at = stat->find(' ', at + 1);
  if (at == std::string::npos) return std::nullopt;
  return std::strtoull(stat->c_str() + at, nullptr, 10);
}

namespace {

// "pid (comm) S ppid ...", where comm may hold anything.
pid_t ParentOf(const std::string& stat) {
  size_t end = stat.rfind(')');
  if (end == std::string::npos || end + 4 > stat.size()) return 0;
  return static_cast<pid_t>(std::atoi(stat.c_str() + end + 4));
}

// What a process is, by its directory in /proc: one of those that are to end, or not, or it cannot
// be told in this moment.
enum class Match { kNo, kYes, kNotYet };

// Kills all processes but this one that match, until none is left, for half a second at most.
// Returns how many.
size_t KillAll(const std::function<Match(const std::string& directory)>& match) {
  std::set<pid_t> killed;
  // Whoever was about to start another when it was killed has done so before the next round. One
  // that ends has no environment any more, and still its files and their locks.
  for (int round = 0; round < 50; ++round) {
    bool found = false;
    for (const std::string& name : ListDirectory("/proc")) {
      pid_t pid = static_cast<pid_t>(std::atoi(name.c_str()));
      if (pid <= 0 || pid == ::getpid()) continue;
      const Match is_one = match("/proc/" + name);
      if (is_one == Match::kNotYet) found = true;
      if (is_one != Match::kYes || !ProcessLives(pid) || ::kill(pid, SIGKILL) != 0) continue;
      found = true;
      killed.insert(pid);
    }
    if (!found && std::none_of(killed.begin(), killed.end(), ProcessLives)) break;
    ::usleep(10000);
  }
  return killed.size();
}

// Whether a process whose environment was found empty is just becoming another program: then it has
// none for a moment, or the one that was read is already gone. Kernel threads never have any, and
// others may have none. See proc(5): of the fields behind the name the first is `state`, the
// seventh `flags`, and `env_start` and `env_end` are the 48th and 49th.
bool IsBecomingAnother(const std::string& directory) {
  constexpr unsigned long kKernelThread = 0x00200000;  // PF_KTHREAD
  for (bool again : {false, true}) {
    std::string stat = ReadFile(directory + "/stat").value_or("");
    size_t end = stat.rfind(')');
    if (end == std::string::npos) return false;
    std::istringstream words(stat.substr(end + 1));
    std::vector<std::string> fields{std::istream_iterator<std::string>(words), {}};
    if (fields.size() < 49 || fields[0] == "Z" || fields[0] == "X") return false;
    if ((std::strtoul(fields[6].c_str(), nullptr, 10) & kKernelThread) != 0) return false;
    if (fields[48] == "0" || fields[47] != fields[48]) return true;
    if (!again) ::usleep(1000);  // for an instant both are its begin
  }
  return false;
}

}  // namespace

std::string OwnProgram() {
  char path[4096];
  ssize_t length = ::readlink("/proc/self/exe", path, sizeof path);
  return length > 0 ? std::string(path, static_cast<size_t>(length)) : "";
}

std::vector<std::string> OwnEnvironment() {
  std::vector<std::string> entries;
  for (char** entry = environ; *entry != nullptr; ++entry) entries.emplace_back(*entry);
  return entries;
}

size_t KillByEnvironment(const std::string& entry) {
  return KillAll([&](const std::string& directory) {
    std::optional<std::string> environment = ReadFile(directory + "/environ");
    if (!environment) return Match::kNo;  // gone, or not ours
    if (environment->empty()) return IsBecomingAnother(directory) ? Match::kNotYet : Match::kNo;
    std::string all = '\0' + *environment + '\0';
    return all.find('\0' + entry + '\0') != std::string::npos ? Match::kYes : Match::kNo;
  });
}

bool HasChildren() {
  siginfo_t info;
  return ::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

size_t KillChildren() {
  auto reap = [] {
    while (::waitpid(-1, nullptr, WNOHANG) > 0) {
    }
  };
  reap();
  if (!HasChildren()) return 0;
  size_t killed = KillAll([](const std::string& directory) {
    const bool is_ours = ParentOf(ReadFile(directory + "/stat").value_or("")) == ::getpid();
    return is_ours ? Match::kYes : Match::kNo;
  });
  reap();
  return killed;
}

pid_t AncestorNamed(std::string_view name) {
  for (pid_t pid = ::getppid(); pid > 1;) {
    std::string stat = ReadFile(fmt::format("/proc/{}/stat", pid)).value_or("");
    size_t begin = stat.find('('), end = stat.rfind(')');
    if (begin == std::string::npos || end == std::string::npos) return 0;
    if (std::string_view(stat).substr(begin + 1, end - begin - 1) == name) return pid;
    pid = ParentOf(stat);
  }
  return 0;
}

Fd OpenProcess(pid_t pid) {
  return Fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0U)));
}

bool ProcessLives(pid_t pid) {
  std::optional<std::string> stat = ReadFile(fmt::format("/proc/{}/stat", pid));
  if (!stat) return false;
  size_t at = stat->rfind(')');
  return at != std::string::npos && at + 2 < stat->size() && (*stat)[at + 2] != 'Z' &&
         (*stat)[at + 2] != 'X';
}

}  // namespace kvmtest::host
