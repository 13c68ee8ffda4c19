#include "vm/frame_switch.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <string>

namespace kvmtest::vm {
namespace {

using Ports = std::vector<unsigned>;

// A frame from one station to another; station 255 is everybody.
std::string Frame(int to, int from, const std::string& data = "") {
  auto mac = [](int station) {
    return station == 255 ? std::string(6, '\xff')
                          : std::string("\x52\x54\0\0\0", 5) + static_cast<char>(station);
  };
  return mac(to) + mac(from) + std::string("\x08\0", 2) + data;
}

TEST(FrameSwitch, LearnsWhoIsWhere) {
  FrameSwitch net;
  for (unsigned i = 0; i < 3; ++i) EXPECT_EQ(net.AddPort(), i);
  EXPECT_EQ(net.Route(0, Frame(2, 1)), (Ports{1, 2}));    // nobody knows 2
  EXPECT_EQ(net.Route(1, Frame(1, 2)), (Ports{0}));       // 1 has been heard
  EXPECT_EQ(net.Route(2, Frame(2, 3)), (Ports{1}));       // and 2 by now
  EXPECT_EQ(net.Route(2, Frame(255, 3)), (Ports{0, 1}));  // broadcast
  EXPECT_EQ(net.Route(0, Frame(1, 9)), Ports());          // behind the port itself
}

// A migrated VM announces itself from where it is now.
TEST(FrameSwitch, FollowsAStation) {
  FrameSwitch net;
  for (int i = 0; i < 3; ++i) net.AddPort();
  net.Route(0, Frame(255, 1));
  EXPECT_EQ(net.Route(1, Frame(1, 2)), (Ports{0}));
  net.Route(2, Frame(255, 1));
  EXPECT_EQ(net.Route(1, Frame(1, 2)), (Ports{2}));
  net.RemovePort(2);
  EXPECT_EQ(net.Route(1, Frame(1, 2)), (Ports{0}));  // forgotten, so to all that are left
}

TEST(FrameSwitch, NotAFrame) {
  FrameSwitch net;
  net.AddPort();
  net.AddPort();
  EXPECT_EQ(net.Route(0, ""), Ports());
  EXPECT_EQ(net.Route(0, std::string(13, '\xff')), Ports());
}

// A sender with a group address (a broken guest) is not learned.
TEST(FrameSwitch, GroupsAreNobodysAddress) {
  FrameSwitch net;
  for (int i = 0; i < 3; ++i) net.AddPort();
  net.Route(0, Frame(1, 255));
  EXPECT_EQ(net.Route(1, Frame(255, 1)), (Ports{0, 2}));
}

// An IPv4 packet from 10.20.0.1 to 10.20.0.2.
std::string Packet(char protocol, char fragment, const std::string& data) {
  std::string header(20, '\0');
  header[0] = '\x45';
  header[7] = fragment;
  header[9] = protocol;
  return header.replace(12, 8, std::string("\x0a\x14\0\1\x0a\x14\0\2", 8)) + data;
}

TEST(EchoReply, IsFound) {
  const std::string reply("\0\0", 2), request("\x08\0", 2);
  auto found = EchoReplyIn(Frame(2, 1, Packet(1, 0, reply)));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->from, 0x0a140001U);
  EXPECT_EQ(found->to, 0x0a140002U);
  EXPECT_FALSE(EchoReplyIn(Frame(2, 1, Packet(1, 0, request))));
  EXPECT_FALSE(EchoReplyIn(Frame(2, 1, Packet(1, 9, reply))));   // a later piece
  EXPECT_FALSE(EchoReplyIn(Frame(2, 1, Packet(17, 0, reply))));  // UDP
  std::string whole = Frame(2, 1, Packet(1, 0, reply));
  for (size_t size = 0; size < 35; ++size) EXPECT_FALSE(EchoReplyIn(whole.substr(0, size)));
  whole[12] = '\x86';  // no IPv4
  EXPECT_FALSE(EchoReplyIn(whole));
}

TEST(Hub, PassesFramesOn) {
  host::Loop loop;
  Hub hub(loop);
  host::Fd a = hub.Plug(), b = hub.Plug(), c = hub.Plug();
  auto take = [](const host::Fd& fd) {
    char buffer[200];
    ssize_t got = ::recv(fd.get(), buffer, sizeof buffer, MSG_DONTWAIT);
    return got < 0 ? "none" : std::string(buffer + 14, static_cast<size_t>(got) - 14);
  };
  auto send = [&](const host::Fd& fd, const std::string& frame) {
    EXPECT_EQ(::send(fd.get(), frame.data(), frame.size(), 0), static_cast<ssize_t>(frame.size()));
    loop.RunFor(host::milliseconds(10));
  };
  send(a, Frame(255, 1, "who"));
  EXPECT_EQ(take(a) + take(b) + take(c), "nonewhowho");
  send(b, Frame(1, 2, "me"));
  EXPECT_EQ(take(a) + take(b) + take(c), "menonenone");
  EXPECT_EQ(hub.passed(), 3U);
  send(b, Frame(1, 2, Packet(1, 0, std::string("\0\0", 2))));
  EXPECT_EQ(hub.replies({0x0a140001, 0x0a140002}), 1U);
  EXPECT_EQ(hub.replies({0x0a140002, 0x0a140001}), 0U);
  EXPECT_NE(take(a), "none");
  c.Close();
  for (int i = 0; i < 50; ++i) send(a, Frame(255, 1, "to one that reads nothing"));
  EXPECT_EQ(take(b), "to one that reads nothing");
  EXPECT_GT(hub.dropped(), 0U);
}

}  // namespace
}  // namespace kvmtest::vm
