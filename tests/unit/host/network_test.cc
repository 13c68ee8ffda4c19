#include <gtest/gtest.h>
#include <net/if.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <set>
#include <string>

#include "host/icmp.h"
#include "host/interfaces.h"
#include "host/lock.h"
#include "host/netns.h"
#include "host/process.h"

namespace kvmtest::host {
namespace {

TEST(InterfaceName, IsShortAndNobodyElses) {
  std::set<std::string> names;
  for (const char* host : {"a", "b"}) {
    for (const char* queue : {"1", "2"}) {
      for (const char* directory : {"/x", "/y"}) {
        for (unsigned index : {0U, 1U, 999U}) {
          std::string name = InterfaceName(host, queue, directory, index);
          EXPECT_LT(name.size(), size_t{IFNAMSIZ}) << name;
          EXPECT_TRUE(names.insert(name).second) << name;
        }
      }
    }
  }
  EXPECT_EQ(InterfaceName("a", "1", "/x", 0), InterfaceName("a", "1", "/x", 0));
  EXPECT_NE(InterfaceName("ab", "", "/x", 0), InterfaceName("a", "b", "/x", 0));
}

TEST(Icmp, EchoAndReply) {
  for (size_t size : {0U, 1U, 56U, 1400U}) {
    std::string packet = EchoRequest(0x1234, 0xfffe, size);
    EXPECT_EQ(packet.size(), size + 8);
    std::string header = "\x45" + std::string(19, '\0');
    EXPECT_EQ(EchoReplyTo(header + packet, 0x1234), std::nullopt);  // a question
    packet[0] = 0;
    EXPECT_EQ(EchoReplyTo(header + packet, 0x1234), std::nullopt);  // its checksum is wrong now
    packet[2] = static_cast<char>(packet[2] + 8);                   // the type's part in it
    EXPECT_EQ(EchoReplyTo(header + packet, 0x1234), 0xfffe);
    EXPECT_EQ(EchoReplyTo(header + packet, 0x1235), std::nullopt);
    EXPECT_EQ(EchoReplyTo(header + packet.substr(0, 7), 0x1234), std::nullopt);
  }
  EXPECT_EQ(EchoReplyTo("", 1), std::nullopt);
}

TEST(NameLock, OneAtATime) {
  std::string name = "kvmtest-unit-test/" + std::to_string(::getpid());
  std::string holder;
  bool broken = true;
  auto first = NameLock::TryAcquire(name, &holder, &broken);
  ASSERT_TRUE(first) << holder;
  EXPECT_FALSE(NameLock::TryAcquire(name, &holder, &broken));
  EXPECT_FALSE(broken);
  EXPECT_EQ(holder, "pid " + std::to_string(::getpid()) + " of user " + std::to_string(::getuid()));
  EXPECT_TRUE(NameLock::TryAcquire(name + "/other", &holder, &broken));
  first.reset();
  EXPECT_TRUE(NameLock::TryAcquire(name, &holder, &broken)) << holder;
}

TEST(NetworkNamespace, HasBridgesAndTaps) {
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  NetworkNamespace space;
  std::string error;
  if (!space.Enter(&error)) GTEST_SKIP() << error;
  pid_t keeper = space.pid();
  ASSERT_TRUE(space.AddBridge("kvtbr", "10.9.8.7", 24, &error)) << error;
  EXPECT_EQ(::if_nametoindex("kvtbr"), 0U) << "the bridge is in the test's own namespace";
  EXPECT_FALSE(space.AddBridge("kvtbr", "", 24, &error));
  EXPECT_EQ(error, "cannot make the bridge kvtbr: File exists");
  Fd tap = space.OpenTap("kvttap", "kvtbr", &error);
  if (tap) {
    EXPECT_FALSE(space.OpenTap("kvttap2", "nonesuch", &error));
    EXPECT_EQ(error, "cannot attach kvttap2 to the bridge nonesuch: No such device");
  } else {
    EXPECT_NE(error.find("/dev/net/tun: "), std::string::npos) << error;
  }
  Fd socket = space.OpenSocket(AF_INET, SOCK_DGRAM, 0, &error);
  EXPECT_TRUE(socket) << error;
  EXPECT_TRUE(space.Run({"sleep", "1000"}, "/dev/null", &error)) << error;
  EXPECT_FALSE(space.Run({"/nonesuch/program"}, "/dev/null", &error));
  EXPECT_EQ(error, "cannot find the program '/nonesuch/program'");
  space.Leave();
  EXPECT_FALSE(ProcessLives(keeper));
  EXPECT_NE(::kill(-keeper, 0), 0) << "its programs have gone with it";
}

// Killed with -9, the one who made it takes it along.
TEST(NetworkNamespace, DiesWithItsMaker) {
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  int pipe[2];
  ASSERT_EQ(::pipe(pipe), 0);
  pid_t maker = ::fork();
  if (maker == 0) {
    NetworkNamespace space;
    std::string error;
    pid_t keeper = space.Enter(&error) ? space.pid() : 0;
    if (keeper > 0) space.Run({"sleep", "1000"}, "/dev/null", &error);
    (void)!::write(pipe[1], &keeper, sizeof keeper);
    if (keeper > 0) ::pause();
    ::_exit(0);
  }
  pid_t keeper = 0;
  ASSERT_EQ(::read(pipe[0], &keeper, sizeof keeper), ssize_t{sizeof keeper});
  ::kill(maker, SIGKILL);
  ::waitpid(maker, nullptr, 0);
  if (keeper == 0) GTEST_SKIP() << "no network namespace here";
  // Both are our children now, who wait until they end.
  while (::waitpid(-keeper, nullptr, 0) > 0) {
  }
  EXPECT_FALSE(ProcessLives(keeper));
}

}  // namespace
}  // namespace kvmtest::host
