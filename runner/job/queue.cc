#include "job/queue.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <sstream>
#include <system_error>
#include <utility>

#include "host/files.h"
#include "host/process.h"
#include "host/temporary.h"
#include "vm/params.h"
#include "vm/shell.h"

namespace kvmtest::job {

namespace {

namespace fs = std::filesystem;

constexpr char kRunPrefix[] = "run-";
constexpr char kSocketPrefix[] = "/kvmt-";
constexpr char kMark[] = "KVMTEST_RUN_DIR=";
constexpr host::Duration kRetry(100);
constexpr host::Duration kForked(2000);

std::string LockPath(const std::string& state_dir) {
  return state_dir + "/lock";
}

std::string Holder(const std::string& test) {
  char time[32] = "";
  std::time_t now = std::time(nullptr);
  std::tm local;
  if (::localtime_r(&now, &local) != nullptr) {
    std::strftime(time, sizeof time, "%Y-%m-%d %H:%M:%S", &local);
  }
  return fmt::format("pid {}, test {}, since {}", ::getpid(), test, time);
}

// "run-PID-" and eight hexadecimal digits, as PrepareRun makes them.
bool IsRunDirectory(const std::string& name) {
  if (name.rfind(kRunPrefix, 0) != 0) return false;
  size_t pid = sizeof kRunPrefix - 1;
  size_t dash = name.find_first_not_of("0123456789", pid);
  return dash != std::string::npos && dash > pid && name[dash] == '-' && name.size() == dash + 9 &&
         name.find_first_not_of("0123456789abcdef", dash + 1) == std::string::npos;
}

// Whether the directory has a lock that is ours: `cleanup` is pointed at trees where other
// programs keep files of that name, and taking a lock writes to it.
bool IsQueue(const std::string& directory) {
  if (!host::IsRegularFile(LockPath(directory))) return false;
  std::optional<std::string> holder = host::ReadFile(LockPath(directory));
  return holder && (holder->empty() || holder->rfind("pid ", 0) == 0);
}

// The directory itself and what is below it, as far as they are queues; links are not followed.
std::vector<std::string> FindQueues(const std::string& root, std::error_code* error) {
  std::vector<std::string> queues;
  if (IsQueue(root)) queues.push_back(root);
  fs::recursive_directory_iterator entry(root, fs::directory_options::skip_permission_denied,
                                         *error);
  for (; !*error && entry != fs::recursive_directory_iterator(); entry.increment(*error)) {
    std::error_code unknown;
    if (entry->symlink_status(unknown).type() != fs::file_type::directory) continue;
    if (IsRunDirectory(entry->path().filename())) {
      entry.disable_recursion_pending();
    } else if (IsQueue(entry->path())) {
      queues.push_back(entry->path());
    }
  }
  std::sort(queues.begin(), queues.end());
  return queues;
}

// Writes "PID STARTTIME BOOT" lines, so that a reused pid is never mistaken.
std::string ProcessLine(int pid) {
  return fmt::format("{} {} {}\n", pid, host::ProcessStartTime(pid).value_or(0), host::BootId());
}

bool SameProcess(const std::vector<std::string>& words) {
  return words.size() == 3 && words[2] == host::BootId() &&
         std::to_string(host::ProcessStartTime(std::atoi(words[0].c_str())).value_or(0)) ==
             words[1] &&
         words[1] != "0";
}

void EndOldProcesses(const std::string& run_dir, std::vector<std::string>* done) {
  std::string text = host::ReadFile(run_dir + "/processes").value_or("");
  for (size_t begin = 0; begin < text.size();) {
    size_t end = std::min(text.find('\n', begin), text.size());
    std::vector<std::string> words = vm::SplitWords(text.substr(begin, end - begin));
    begin = end + 1;
    if (!SameProcess(words) || !host::ProcessLives(std::atoi(words[0].c_str()))) continue;
    ::kill(-std::atoi(words[0].c_str()), SIGKILL);
    for (int tries = 0; tries < 50 && host::ProcessLives(std::atoi(words[0].c_str())); ++tries) {
      ::usleep(10000);
    }
    done->push_back(fmt::format("killed qemu (pid {}) of a run that is gone", words[0]));
  }
}

// Only a directory that looks like one of ours is removed.
void RemoveSocketDirectory(const std::string& run_dir, std::vector<std::string>* done) {
  std::string path = host::ReadFile(run_dir + "/sockets").value_or("");
  while (!path.empty() && path.back() == '\n') path.pop_back();
  size_t slash = path.rfind('/');
  if (slash == std::string::npos ||
      path.compare(slash, sizeof kSocketPrefix - 1, kSocketPrefix) != 0)
    return;
  // What a user's test program has left knows where it could reach its VMs.
  if (size_t killed = host::KillByEnvironment("KVMTEST_CONTROL=" + path + "/control")) {
    done->push_back(fmt::format("killed {} process(es) that a test's program had left", killed));
  }
  if (::access(path.c_str(), F_OK) != 0) return;
  host::RemoveTree(path);
  done->push_back("removed " + path);
}

// Whatever the run has started, in whatever group: a script in qemu's place dies with the runner,
// and its qemu does not.
void EndByEnvironment(const std::string& run_dir, std::vector<std::string>* done) {
  std::string mark = host::ReadFile(run_dir + "/mark").value_or("");
  // A runner that was killed may have written the begin of it.
  if (mark.rfind(kMark, 0) != 0 || mark.back() != '\n') return;
  mark.pop_back();
  if (size_t killed = host::KillByEnvironment(mark)) {
    done->push_back(fmt::format("killed {} process(es) of a run that is gone", killed));
  }
}

// Each is a line, of which a runner that was killed may have written the begin; in any other
// directory nothing is abandoned, or nobody misses it.
void RemoveTemporaries(const std::string& run_dir, std::vector<std::string>* done) {
  std::istringstream lines(host::ReadFile(run_dir + "/temporaries").value_or(""));
  for (std::string directory; std::getline(lines, directory);) {
    for (const std::string& path : host::RemoveAbandoned(directory)) {
      done->push_back("removed " + path + ", left by a run that was killed");
    }
  }
}

std::string AlivePath(const std::string& run_dir) {
  return run_dir + "/alive";
}

// Who looks whether we live has the lock for a moment.
bool TakeRun(HeldQueue* queue) {
  queue->alive = host::OpenForWriting(AlivePath(queue->run_dir));
  if (!queue->alive) return false;
  while (::flock(queue->alive.get(), LOCK_EX) != 0) {
    if (errno != EINTR) break;  // a file system without locks does without
  }
  return true;
}

bool RunIsGone(const std::string& run_dir) {
  host::Fd alive(::open(AlivePath(run_dir).c_str(), O_RDONLY | O_CLOEXEC));
  return alive && ::flock(alive.get(), LOCK_EX | LOCK_NB) == 0;
}

// Ends what keeps the locks of a state directory for a runner that is gone, in whatever container
// it was: its qemu.
void EndDeadRuns(const std::string& state_dir, std::vector<std::string>* done) {
  for (const std::string& name : host::ListDirectory(state_dir)) {
    std::string run_dir = state_dir + "/" + name;
    if (!IsRunDirectory(name) || !RunIsGone(run_dir)) continue;
    EndOldProcesses(run_dir, done);
    EndByEnvironment(run_dir, done);
  }
}

// The queue's directories for this run. Text if they cannot be made.
std::string PrepareRun(const std::string& state_dir, host::Guardian& guardian, HeldQueue* queue) {
  queue->run_dir = fmt::format("{}/{}{}-{}", state_dir, kRunPrefix, ::getpid(), vm::RandomHex(8));
  guardian.AddDirectory(queue->run_dir);
  std::string mark = kMark + queue->run_dir;
  if (!host::MakeDirectories(queue->run_dir) || !TakeRun(queue) ||
      !host::WriteFile(queue->run_dir + "/mark", mark + "\n")) {
    return fmt::format("cannot make {}: {}", queue->run_dir, ::strerror(errno));
  }
  ::setenv("KVMTEST_RUN_DIR", queue->run_dir.c_str(), 1);
  int error = 0;
  // Whoever is to remove a directory knows of it before it is there.
  for (const std::string& base : host::SocketDirectoryBases()) {
    std::string path = base + kSocketPrefix + vm::RandomHex(8);
    if (!host::WriteFile(queue->run_dir + "/sockets", path + "\n")) {
      return fmt::format("cannot make {}: {}", queue->run_dir, ::strerror(errno));
    }
    guardian.AddDirectory(path);
    if (::mkdir(path.c_str(), 0700) == 0) {
      queue->socket_dir = path;
      return "";
    }
    error = errno;
    guardian.ForgetDirectory(path);
  }
  return fmt::format("cannot make a directory for sockets: {}", ::strerror(error));
}

// Tries again and again until `attempt` succeeds, says that it never will (by a text in its second
// argument) or the deadline has passed; its first argument takes who is in the way.
template <typename Attempt>
auto WaitFor(host::Loop& loop, host::Log& log, host::TimePoint deadline, QueueTrouble* trouble,
             const Attempt& attempt) -> decltype(attempt(nullptr, nullptr)) {
  host::TimePoint begin = host::Clock::now();
  std::string said;
  for (;;) {
    std::string holders;
    auto got = attempt(&holders, &trouble->text);
    if (!got && !trouble->text.empty()) return std::nullopt;
    if (got && !said.empty()) {
      log.Note("waited {:.1f} s: {}", host::SecondsBetween(begin, host::Clock::now()), said);
    }
    if (got) return got;
    if (holders != said) log.Info("waits: {}", said = holders);
    loop.RunUntil([] { return false; }, host::Within(kRetry, deadline));
    if (loop.stop_signal() == 0 && host::Clock::now() < deadline) continue;
    *trouble = {loop.stop_signal() == 0, holders};
    return std::nullopt;
  }
}

// Whoever waits for a lock holds its turnstile, and only who holds that may take the lock: a
// ctest that runs one short test after the other would else be quicker than any who wait.
// Tries to take the turnstile, if `turn` is not that yet, and then the lock.
std::optional<host::Lock> TryInTurn(const std::string& lock, const std::string& who,
                                    std::optional<host::Lock>* turn, std::string* holder,
                                    bool* broken) {
  if (!*turn) *turn = host::Lock::TryAcquire(lock + ".next", who, holder, broken);
  if (*turn) return host::Lock::TryAcquire(lock, who, holder, broken);
  std::string now = host::ReadFile(lock).value_or("");
  if (!*broken && !now.empty()) *holder = now.substr(0, now.find('\n'));
  return std::nullopt;
}

// Who waits for a queue, and in whose turn.
struct Turns {
  std::optional<host::Lock> queue, state;
};

// The queue's lock keeps those of this build tree apart, of other calls, too; the state
// directory's those of any tree.
std::optional<HeldQueue> TryQueue(const Description& description, size_t index, Turns* turns,
                                  std::string* holder, bool* broken) {
  const QueueChoice& choice = description.queues[index];
  std::string who = Holder(description.test);
  auto lock = TryInTurn(choice.lock, who, &turns->queue, holder, broken);
  if (!lock) return std::nullopt;
  auto state = TryInTurn(LockPath(choice.state_dir), who, &turns->state, holder, broken);
  if (!state) return std::nullopt;
  return HeldQueue{index, std::move(*lock), std::move(*state), "", ""};
}

// The first of the queues that is free; nothing and *holders if none is.
std::optional<HeldQueue> TryQueues(const Description& description, std::vector<Turns>* turns,
                                   std::vector<std::string>* ended, std::string* holders,
                                   std::string* wrong) {
  turns->resize(description.queues.size());
  for (size_t i = 0; i < description.queues.size(); ++i) {
    const QueueChoice& choice = description.queues[i];
    for (const std::string& directory :
         {choice.lock.substr(0, choice.lock.rfind('/')), choice.state_dir}) {
      if (host::MakeDirectories(directory)) continue;
      *wrong = fmt::format("cannot make {}: {}", directory, ::strerror(errno));
      return std::nullopt;
    }
    std::string holder;
    bool broken = false;
    auto queue = TryQueue(description, i, &(*turns)[i], &holder, &broken);
    if (queue) return queue;
    if (broken) {
      *wrong = holder;
      return std::nullopt;
    }
    EndDeadRuns(choice.state_dir, ended);
    *holders += fmt::format("{}queue {} is in use by {}", holders->empty() ? "" : "; ", choice.name,
                            holder);
  }
  return std::nullopt;
}

bool HolderLives(const std::string& holder) {
  return holder.rfind("pid ", 0) == 0 && host::ProcessLives(std::atoi(holder.c_str() + 4));
}

// The lock of a queue whose runner may be gone. What that one had just forked cannot be told from
// any other process until it executes its program, and has the lock for that long.
std::optional<host::Lock> LockToClean(const std::string& queue, std::vector<std::string>* lines,
                                      std::string* holder, bool* broken) {
  host::TimePoint until = host::Clock::now() + kForked;
  for (bool again = false;; again = true) {
    auto lock = host::Lock::TryAcquire(LockPath(queue), Holder("cleanup"), holder, broken);
    if (lock || *broken) return lock;
    if (again && (HolderLives(*holder) || host::Clock::now() >= until)) return std::nullopt;
    EndDeadRuns(queue, lines);
    if (again) ::usleep(10000);
  }
}

}  // namespace

std::optional<host::Lock> WaitForLock(host::Loop& loop, host::Log& log, const std::string& path,
                                      const std::string& test, const std::string& what,
                                      host::TimePoint deadline, QueueTrouble* trouble) {
  return WaitFor(loop, log, deadline, trouble, [&](std::string* holders, std::string* wrong) {
    bool broken = false;
    auto lock = host::Lock::TryAcquire(path, Holder(test), holders, &broken);
    if (broken) *wrong = *holders;
    *holders = fmt::format("{} is in use by {}", what, *holders);
    return lock;
  });
}

std::optional<HeldQueue> TakeQueue(host::Loop& loop, host::Log& log, host::Guardian& guardian,
                                   const Description& description, host::TimePoint deadline,
                                   QueueTrouble* trouble) {
  std::vector<Turns> turns;
  std::vector<std::string> ended;
  std::optional<HeldQueue> queue =
      WaitFor(loop, log, deadline, trouble, [&](std::string* holders, std::string* wrong) {
        return TryQueues(description, &turns, &ended, holders, wrong);
      });
  turns.clear();
  for (const std::string& line : ended) log.Note("{}", line);
  if (!queue) return std::nullopt;
  const QueueChoice& choice = description.queues[queue->index];
  for (const std::string& line : RemoveLeftovers(choice.state_dir)) log.Note("{}", line);
  trouble->text = PrepareRun(choice.state_dir, guardian, &*queue);
  if (!trouble->text.empty()) return std::nullopt;
  log.Info("has queue {} ({})", choice.name, choice.state_dir);
  return queue;
}

void LeaveQueue(host::Guardian& guardian, HeldQueue* queue) {
  for (const std::string* path : {&queue->socket_dir, &queue->run_dir}) {
    if (path->empty()) continue;
    host::RemoveTree(*path);
    guardian.ForgetDirectory(*path);
  }
}

std::vector<std::string> RemoveLeftovers(const std::string& state_dir) {
  std::vector<std::string> done;
  for (const std::string& name : host::ListDirectory(state_dir)) {
    if (!IsRunDirectory(name)) continue;
    std::string run_dir = state_dir + "/" + name;
    EndOldProcesses(run_dir, &done);
    RemoveSocketDirectory(run_dir, &done);
    EndByEnvironment(run_dir, &done);
    RemoveTemporaries(run_dir, &done);
    host::RemoveTree(run_dir);
    done.push_back("removed " + run_dir + ", left by a run that was killed");
  }
  return done;
}

void RememberProcess(const HeldQueue& queue, int pid) {
  // Half a line, of a runner that was killed meanwhile, is nobody's.
  host::AppendToFile(queue.run_dir + "/processes", ProcessLine(pid));
}

void RememberTemporaries(const HeldQueue& queue, const std::string& directory) {
  host::AppendToFile(queue.run_dir + "/temporaries", directory + "\n");
}

int CleanUp(const std::string& state_dir, std::vector<std::string>* lines) {
  std::error_code error;
  std::vector<std::string> queues = FindQueues(state_dir, &error);
  bool all = !error && !queues.empty();
  if (error) {
    lines->push_back(fmt::format("cannot walk {}: {}", state_dir, error.message()));
  } else if (queues.empty()) {
    lines->push_back(fmt::format("no queue's lock is in {} or below it", state_dir));
  }
  for (const std::string& queue : queues) {
    std::string holder;
    bool broken = false;
    if (std::optional<host::Lock> lock = LockToClean(queue, lines, &holder, &broken)) {
      std::vector<std::string> done = RemoveLeftovers(queue);
      lines->insert(lines->end(), done.begin(), done.end());
    } else {
      lines->push_back(broken ? holder : fmt::format("{} is in use by {}", queue, holder));
      all = false;
    }
  }
  if (lines->empty()) lines->push_back("nothing to remove in " + state_dir);
  return all ? 0 : 3;
}

}  // namespace kvmtest::job
