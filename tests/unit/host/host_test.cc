#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <thread>

#include "host/clock.h"
#include "host/ctest_tags.h"
#include "host/fd.h"
#include "host/files.h"
#include "host/guardian.h"
#include "host/lock.h"
#include "host/log.h"
#include "host/loop.h"
#include "host/process.h"
#include "host/temporary.h"

namespace kvmtest::host {
namespace {

class HostTest : public testing::Test {
 protected:
  HostTest() : directory_(testing::TempDir() + "kvmtest-host-XXXXXX") {
    EXPECT_NE(::mkdtemp(directory_.data()), nullptr);
  }
  ~HostTest() override { RemoveTree(directory_); }

  std::string directory_;
  Loop loop_;
};

TEST_F(HostTest, RunProgramReturnsOutputAndStatus) {
  RunOutcome outcome =
      RunProgram(loop_, {"sh", "-c", "echo out; echo err >&2; exit 3"}, seconds(20));
  EXPECT_TRUE(outcome.started);
  EXPECT_FALSE(outcome.timed_out);
  EXPECT_EQ(outcome.output, "out\nerr\n");
  EXPECT_EQ(outcome.exit.Text(), "exit status 3");
}

TEST_F(HostTest, RunProgramReturnsMuchOutput) {
  RunOutcome outcome = RunProgram(loop_, {"head", "-c", "1000000", "/dev/zero"}, seconds(20));
  EXPECT_EQ(outcome.output.size(), 1000000u);
}

TEST_F(HostTest, RunProgramKillsAtItsLimit) {
  RunOutcome outcome = RunProgram(loop_, {"sleep", "100"}, milliseconds(50));
  EXPECT_TRUE(outcome.timed_out);
  EXPECT_EQ(outcome.exit.Text(), "signal 9 (Killed)");
}

TEST_F(HostTest, RunProgramGivesUpWhenItIsToldTo) {
  int asked = 0;
  RunOutcome outcome = RunProgram(loop_, {"sh", "-c", "echo a; exec sleep 60"}, seconds(50), {},
                                  [&] { return ++asked > 1; });  // when the first output has come
  EXPECT_TRUE(outcome.given_up);
  EXPECT_FALSE(outcome.timed_out);
  EXPECT_EQ(outcome.exit.signal, SIGKILL);
  EXPECT_LT(outcome.wall_seconds, 40);
}

TEST_F(HostTest, ForeignFiles) {
  std::string path = directory_ + "/file";
  auto read = [&](size_t most) {
    std::string wrong;
    std::optional<std::string> text = ReadForeignFile(path, most, &wrong);
    return text ? "text " + *text : wrong.empty() ? "nothing" : wrong;
  };
  EXPECT_EQ(read(3), "nothing");
  WriteFile(path, "abc");
  EXPECT_EQ(read(3), "text abc");
  EXPECT_EQ(read(2), "it has 3 bytes, more than 2");
  ::unlink(path.c_str());
  ASSERT_EQ(::symlink("/proc/self/maps", path.c_str()), 0);  // whose size is 0
  EXPECT_EQ(read(20), "it has more than 20 bytes");
  for (const char* target : {"/dev/zero", "/", "/dev/tty"}) {
    ::unlink(path.c_str());
    ASSERT_EQ(::symlink(target, path.c_str()), 0);
    EXPECT_EQ(read(20), "it is no regular file") << target;
  }
  ::unlink(path.c_str());
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  EXPECT_EQ(read(20), "it is no regular file");
  // Nor is a reader waited for.
  EXPECT_FALSE(WriteFile(path, "abc"));
}

TEST_F(HostTest, ProgramThatIsNotThere) {
  RunOutcome outcome = RunProgram(loop_, {"kvmtest-nonesuch"}, seconds(1));
  EXPECT_FALSE(outcome.started);
  EXPECT_EQ(outcome.error, "cannot find the program 'kvmtest-nonesuch'");
}

TEST_F(HostTest, ProgramThatCannotBeExecuted) {
  std::string path = directory_ + "/empty";
  ASSERT_TRUE(WriteFile(path,
                        "\x7f"
                        "ELF broken"));
  std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  std::string error;
  EXPECT_FALSE(Spawn({{path}, -1, -1, -1, {}}, &error));
  EXPECT_EQ(error, "cannot run " + path + ": Exec format error");
}

TEST_F(HostTest, ChildrenInheritOnlyWhatTheyShould) {
  Fd kept = MemoryFile("kept", "x");
  int leaked = ::open("/dev/null", O_RDONLY);  // as ctest may leave one to us
  // Asks for each number, since to list the directory would open one more.
  RunOutcome outcome = RunProgram(
      loop_,
      {"sh", "-c",
       "i=0; while [ $i -lt 64 ]; do [ -e /proc/$$/fd/$i ] && echo $i; i=$((i+1)); done"},
      seconds(20), {kept.get()});
  ::close(leaked);
  EXPECT_EQ(outcome.output, "0\n1\n2\n" + std::to_string(kept.get()) + "\n");
}

TEST_F(HostTest, LoopCallsHandlersUntilDone) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
  Fd read_end(ends[0]), write_end(ends[1]);
  std::string got;
  loop_.Watch(read_end.get(), [&] { ReadAvailable(read_end.get(), &got); });
  ASSERT_TRUE(WriteAll(write_end.get(), "hello"));
  EXPECT_TRUE(loop_.RunUntil([&] { return got == "hello"; }, Clock::now() + seconds(20)));
  EXPECT_FALSE(loop_.RunUntil([] { return false; }, Clock::now() + milliseconds(10)));
}

TEST_F(HostTest, SecondLockIsRefusedWithTheHoldersName) {
  std::string holder;
  bool broken = true;
  std::string path = directory_ + "/lock";
  {
    std::optional<Lock> first = Lock::TryAcquire(path, "first", &holder, &broken);
    ASSERT_TRUE(first);
    EXPECT_FALSE(Lock::TryAcquire(path, "second", &holder, &broken));
    EXPECT_FALSE(broken);
    EXPECT_EQ(holder, "first");
  }
  EXPECT_TRUE(Lock::TryAcquire(path, "third", &holder, &broken));
  EXPECT_FALSE(Lock::TryAcquire(directory_ + "/no/such", "x", &holder, &broken));
  EXPECT_TRUE(broken);
  EXPECT_EQ(holder, "cannot open " + directory_ + "/no/such: No such file or directory");
}

// Whoever has a lock is nameless for a moment at both ends. `then` happens when somebody who wants
// it has read the empty file.
class NamelessLock {
 public:
  NamelessLock(const std::string& path, const std::function<void(int fd)>& then)
      : lock_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666)),
        events_(::inotify_init1(IN_CLOEXEC)) {
    ::flock(lock_.get(), LOCK_EX);
    ::inotify_add_watch(events_.get(), path.c_str(), IN_CLOSE_NOWRITE);
    thread_ = std::thread([this, then] {
      char event[sizeof(inotify_event) + NAME_MAX + 1];
      if (::read(events_.get(), event, sizeof event) > 0) then(lock_.get());
    });
  }
  ~NamelessLock() { thread_.join(); }

 private:
  Fd lock_, events_;
  std::thread thread_;
};

TEST_F(HostTest, LockThatIsJustLetGoIsTaken) {
  std::string holder;
  bool broken = true;
  std::string path = directory_ + "/lock";
  NamelessLock first(path, [](int fd) { ::flock(fd, LOCK_UN); });
  EXPECT_TRUE(Lock::TryAcquire(path, "second", &holder, &broken)) << holder;
  EXPECT_FALSE(broken);
}

TEST_F(HostTest, LockThatIsJustTakenGetsItsName) {
  std::string holder;
  bool broken = true;
  std::string path = directory_ + "/lock";
  NamelessLock first(path, [](int fd) { WriteAll(fd, "first\n"); });
  EXPECT_FALSE(Lock::TryAcquire(path, "second", &holder, &broken));
  EXPECT_FALSE(broken);
  EXPECT_EQ(holder, "first");
}

TEST_F(HostTest, LockOfOneKilledBeforeItWroteItsName) {
  std::string holder;
  bool broken = true;
  std::string path = directory_ + "/lock";
  NamelessLock first(path, [](int) {});
  EXPECT_FALSE(Lock::TryAcquire(path, "second", &holder, &broken));
  EXPECT_FALSE(broken);
  EXPECT_EQ(holder, "an unknown process");
}

// What qemu inherits keeps the queue after a runner that was killed.
TEST_F(HostTest, LockLastsAsLongAsAChildThatInheritedIt) {
  std::string holder;
  bool broken;
  std::string path = directory_ + "/lock";
  {
    pid_t owner = ::fork();
    if (owner == 0) {
      std::optional<Lock> lock = Lock::TryAcquire(path, "owner", &holder, &broken);
      ::fcntl(lock->fd(), F_SETFD, 0);
      if (::fork() == 0) ::execlp("sleep", "sleep", "0.5", nullptr);
      ::_exit(0);  // without the destructor: as if killed
    }
    ::waitpid(owner, nullptr, 0);
  }
  EXPECT_FALSE(Lock::TryAcquire(path, "next", &holder, &broken));
  EXPECT_TRUE(loop_.RunUntil(
      [&] {
        ::usleep(10000);
        return Lock::TryAcquire(path, "next", &holder, &broken).has_value();
      },
      Clock::now() + seconds(20)));
}

TEST_F(HostTest, GuardianActsWhenItsOwnerIsGone) {
  std::string kept = directory_ + "/kept";
  std::string removed = directory_ + "/removed";
  ASSERT_TRUE(MakeDirectories(kept) && MakeDirectories(removed + "/deep"));
  int pids[2];
  ASSERT_EQ(::pipe2(pids, O_CLOEXEC), 0);
  pid_t owner = ::fork();
  if (owner == 0) {
    Guardian guardian;
    guardian.Start();
    pid_t helper = ::fork();
    if (helper == 0) {
      ::setpgid(0, 0);
      ::close(pids[1]);
      ::execlp("sleep", "sleep", "1000", nullptr);
    }
    ::setpgid(helper, helper);
    guardian.AddGroup(helper);
    guardian.AddDirectory(kept);
    guardian.AddDirectory(removed);
    guardian.ForgetDirectory(kept);
    (void)!::write(pids[1], &helper, sizeof helper);
    ::kill(::getpid(), SIGKILL);
  }
  ::close(pids[1]);
  pid_t helper = 0;
  ASSERT_EQ(::read(pids[0], &helper, sizeof helper), static_cast<ssize_t>(sizeof helper));
  ::close(pids[0]);
  ::waitpid(owner, nullptr, 0);
  bool gone = loop_.RunUntil(
      [&] {
        ::usleep(10000);
        return !ProcessLives(helper) && ::access(removed.c_str(), F_OK) != 0;
      },
      Clock::now() + seconds(20));
  EXPECT_TRUE(gone);
  EXPECT_EQ(::access(kept.c_str(), F_OK), 0);
}

// Makes temporaries for a file and a directory below `directory`, and is killed.
void MakeAndDie(const std::string& directory, bool guarded) {
  pid_t maker = ::fork();
  if (maker == 0) {
    Guardian guardian;
    if (guarded && guardian.Start()) guardian.AddTemporaries(directory);
    auto file = Temporary::File(directory + "/file");
    auto folder = Temporary::Directory(directory + "/folder");
    bool made = file && folder && WriteFile(folder->path() + "/x", "x");
    if (made) ::kill(::getpid(), SIGKILL);
    ::_exit(1);
  }
  int status = 0;
  ::waitpid(maker, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status));
}

// For a part of its time such a process has neither arguments nor environment.
TEST_F(HostTest, WhatIsBecomingAnotherProgramIsKilledByItsEnvironment) {
  std::string script = directory_ + "/again";
  ASSERT_TRUE(WriteFile(script, "#!/bin/sh\nexec \"$0\"\n"));
  ASSERT_EQ(::chmod(script.c_str(), 0755), 0);
  std::string mark = "KVMTEST_OF_THIS_TEST=" + directory_;
  for (int i = 0; i < 40; ++i) {
    pid_t pid = ::fork();
    if (pid == 0) {
      ::putenv(mark.data());
      ::execl(script.c_str(), script.c_str(), nullptr);
      ::_exit(1);
    }
    auto has_begun = [&] {
      std::string environment = ReadFile(fmt::format("/proc/{}/environ", pid)).value_or("");
      return environment.find(mark) != std::string::npos;
    };
    while (!has_begun()) ::usleep(1000);
    ::usleep(static_cast<useconds_t>(111 * i));
    KillByEnvironment(mark);
    const bool lives = ProcessLives(pid);
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    ASSERT_FALSE(lives) << "attempt " << i;
  }
}

TEST_F(HostTest, TemporariesOfTheDeadAreRemoved) {
  std::string place = directory_ + "/place";
  {
    auto kept = Temporary::File(place);
    auto folder = Temporary::Directory(directory_ + "/folder");
    ASSERT_TRUE(kept && folder);
    EXPECT_EQ(kept->path().rfind(place + ".kvmtest-", 0), 0u);
    EXPECT_TRUE(WriteFile(directory_ + "/other.tmp", ""));
    MakeAndDie(directory_, /*guarded=*/false);
    EXPECT_EQ(ListDirectory(directory_).size(), 5u);
    std::vector<std::string> removed = RemoveAbandoned(directory_);
    ASSERT_EQ(removed.size(), 2u);
    EXPECT_EQ(removed[0].rfind(directory_ + "/file.kvmtest-", 0), 0u);
    EXPECT_EQ(removed[1].rfind(directory_ + "/folder.kvmtest-", 0), 0u);
    EXPECT_TRUE(WriteAll(kept->fd(), "whole") && kept->Publish());
    EXPECT_EQ(ReadFile(place), "whole");
  }
  EXPECT_EQ(ListDirectory(directory_), (std::vector<std::string>{"other.tmp", "place"}));
  EXPECT_FALSE(Temporary::File(directory_ + "/none/x"));
  EXPECT_FALSE(Temporary::Directory(directory_ + "/none/x"));
  EXPECT_FALSE(WriteFileAtomically(directory_ + "/none/x", ""));
  EXPECT_EQ(errno, ENOENT);
}

TEST_F(HostTest, GuardianRemovesTemporaries) {
  MakeAndDie(directory_, /*guarded=*/true);
  EXPECT_TRUE(loop_.RunUntil(
      [&] {
        ::usleep(10000);
        return ListDirectory(directory_).empty();
      },
      Clock::now() + seconds(20)));
}

TEST_F(HostTest, LogKeepsWhatCameBeforeItsFile) {
  Log log;
  log.Info("early {}", 1);
  log.Note("noted");
  ASSERT_TRUE(log.OpenFile(directory_ + "/log"));
  log.Info("late");
  std::string text = ReadFile(directory_ + "/log").value_or("");
  EXPECT_LT(text.find(" early 1\n"), text.find(" noted\n"));
  EXPECT_LT(text.find(" noted\n"), text.find(" late\n"));
  EXPECT_EQ(log.notes(), std::vector<std::string>{"noted"});
}

TEST(SocketDirectory, GoesWherePathsAreShort) {
  ::setenv("XDG_RUNTIME_DIR", "/run/user/0", 1);
  EXPECT_EQ(SocketDirectoryBases(), (std::vector<std::string>{"/run/user/0", "/tmp"}));
  for (const std::string& useless : {std::string("run"), "/" + std::string(50, 'x')}) {
    ::setenv("XDG_RUNTIME_DIR", useless.c_str(), 1);
    EXPECT_EQ(SocketDirectoryBases(), std::vector<std::string>{"/tmp"});
  }
  ::unsetenv("XDG_RUNTIME_DIR");
  EXPECT_EQ(SocketDirectoryBases(), std::vector<std::string>{"/tmp"});
}

TEST(ShellQuote, Table) {
  EXPECT_EQ(ShellQuote(std::vector<std::string>{"qemu", "-append", "a b", "it's", "", "x,y=$z"}),
            "qemu -append 'a b' 'it'\\''s' '' 'x,y=$z'");
}

TEST(Processes, StartTimeTellsProcessesApart) {
  EXPECT_TRUE(ProcessStartTime(::getpid()).has_value());
  EXPECT_FALSE(ProcessStartTime(0).has_value());
  EXPECT_TRUE(ProcessLives(::getpid()));
}

TEST(Clock, SecondsForPeople) {
  const struct {
    double length;
    const char* text;
  } rows[] = {{3, "3"}, {8.04, "8"}, {2.5, "2.5"}, {12.34, "12.3"}, {0.04, "0.04"}, {0, "0"}};
  for (const auto& row : rows) EXPECT_EQ(ShowSeconds(row.length), row.text);
  EXPECT_EQ(Until(Clock::now(), 3, "login_timeout").Text(), "3 s (login_timeout)");
  EXPECT_EQ(Until(Clock::now(), 1.5, "").Text(), "1.5 s");
  EXPECT_EQ(Until(Clock::now() - milliseconds(20)).Text(), "0 s");
}

TEST(CtestTags, NothingThatCtestObeys) {
  EXPECT_EQ(WithoutCtestTags("a <CTestMeasurementFile type=\"file\" name=\"n\">/etc/hostname"
                             "</CTestMeasurementFile>"),
            "a < CTestMeasurementFile type=\"file\" name=\"n\">/etc/hostname"
            "< /CTestMeasurementFile>");
  EXPECT_EQ(WithoutCtestTags("<<DartMeasurement><CTestDetails>\n</CTestLabel>"),
            "<< DartMeasurement>< CTestDetails>\n< /CTestLabel>");
  EXPECT_EQ(WithoutCtestTags("xCTEST_FULL_OUTPUTCTEST_FULL_OUTPUT_"),
            "xCTEST FULL OUTPUTCTEST FULL OUTPUT_");
  EXPECT_EQ(WithoutCtestTags("CTest <b> < CTest </ <CTes CTEST_FULL <"),
            "CTest <b> < CTest </ <CTes CTEST_FULL <");
}

}  // namespace
}  // namespace kvmtest::host
