#include "host/guardian.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <set>
#include <utility>

#include "host/files.h"
#include "host/process.h"
#include "host/temporary.h"

namespace kvmtest::host {

namespace {

using Charges = std::set<std::pair<char, std::string>>;

void Obey(const std::string& line, Charges* charges) {
  if (line.size() < 3) return;
  std::pair<char, std::string> charge{line[1], line.substr(2)};
  if (line[0] == '+') {
    charges->insert(charge);
  } else {
    charges->erase(charge);
  }
}

Charges ReadUntilTheRunnerIsGone(int pipe) {
  Charges charges;
  std::string pending;
  char buffer[4096];
  for (;;) {
    ssize_t got = ::read(pipe, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return charges;
    pending.append(buffer, static_cast<size_t>(got));
    for (size_t end; (end = pending.find('\n')) != std::string::npos;) {
      Obey(pending.substr(0, end), &charges);
      pending.erase(0, end + 1);
    }
  }
}

// Its locks last a moment longer than its end of the pipe.
void WaitForEnd(pid_t owner) {
  for (int tries = 0; tries < 200 && ProcessLives(owner); ++tries) ::usleep(10000);
}

[[noreturn]] void Guard(int pipe, pid_t owner) {
  ::setsid();
  for (int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) ::signal(signal, SIG_IGN);
  ::prctl(PR_SET_NAME, "kvmtest-guard");
  // Holding ctest's pipe open would make ctest wait for us.
  ::dup2(pipe, 0);
  ::syscall(SYS_close_range, 1U, ~0U, 0U);
  (void)!::chdir("/");
  Charges charges = ReadUntilTheRunnerIsGone(0);
  for (const auto& [kind, what] : charges) {
    if (kind == 'g') ::kill(-std::atoi(what.c_str()), SIGKILL);
  }
  for (const auto& [kind, what] : charges) {
    if (kind == 'e') KillByEnvironment(what);
  }
  for (const auto& [kind, what] : charges) {
    if (kind == 'd' && what.size() > 1 && what[0] == '/') RemoveTree(what);
  }
  for (const auto& [kind, what] : charges) {
    if (kind != 't') continue;
    WaitForEnd(owner);
    RemoveAbandoned(what);
  }
  ::_exit(0);
}

}  // namespace

bool Guardian::Start() {
  int pipe[2];
  if (::pipe2(pipe, O_CLOEXEC) != 0) return false;
  Fd read_end(pipe[0]);
  Fd write_end(pipe[1]);
  pid_t owner = ::getpid();
  pid_t pid = ::fork();
  if (pid < 0) return false;
  if (pid == 0) {
    // Twice, so that it is a child of init (or of ctest's reaper), not ours.
    pid_t second = ::fork();
    if (second == 0) Guard(read_end.get(), owner);
    ::_exit(second < 0 ? 1 : 0);
  }
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (status != 0) return false;
  pipe_ = std::move(write_end);
  return true;
}

void Guardian::Tell(char sign, char kind, const std::string& what) {
  if (!pipe_ || what.find('\n') != std::string::npos) return;
  WriteAll(pipe_.get(), std::string{sign, kind} + what + "\n");
}

}  // namespace kvmtest::host
