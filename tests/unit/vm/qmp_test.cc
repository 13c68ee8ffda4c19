#include "vm/qmp.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <string>

#include "host/files.h"

namespace kvmtest::vm {
namespace {

// The other end of the monitor: what it has to say lies in the socket before we ask.
class QmpTest : public testing::Test {
 protected:
  QmpTest() {
    int ends[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
    ::fcntl(ends[1], F_SETFL, O_NONBLOCK);
    qemu_ = host::Fd(ends[1]);
    qmp_ = std::make_unique<Qmp>(loop_, host::Fd(ends[0]), -1);
  }
  void Say(const std::string& text) { ASSERT_TRUE(host::WriteAll(qemu_.get(), text)); }
  host::TimePoint Soon() { return host::Clock::now() + host::milliseconds(200); }
  host::TimePoint Later() { return host::Clock::now() + host::seconds(20); }

  host::Loop loop_;
  host::Fd qemu_;
  std::unique_ptr<Qmp> qmp_;
};

constexpr char kGreeting[] =
    R"({"QMP": {"version": {"qemu": {"micro": 22, "minor": 2, "major": 7}, "package": "Debian"}}})"
    "\r\n";

TEST_F(QmpTest, Handshake) {
  Say(kGreeting);
  loop_.RunFor(host::milliseconds(10));
  Say(R"({"return": {}, "id": "kvmtest-1"})"
      "\r\n");
  EXPECT_TRUE(qmp_->Handshake(Later()).ok());
  EXPECT_EQ(qmp_->qemu_version(), "7.2.22 (Debian)");
  std::string sent;
  host::ReadAvailable(qemu_.get(), &sent);
  EXPECT_EQ(sent, R"({"execute":"qmp_capabilities","id":"kvmtest-1"})"
                  "\r\n");
}

// getfd: the descriptor comes with the bytes of the request.
TEST_F(QmpTest, SendsDescriptor) {
  int pipe[2];
  ASSERT_EQ(::pipe2(pipe, O_CLOEXEC), 0);
  host::Fd read_end(pipe[0]), write_end(pipe[1]);
  EXPECT_EQ(qmp_->Execute("getfd", {{"fdname", "x"}}, Soon(), write_end.get()).kind,
            Qmp::Reply::kTimeout);
  char bytes[200], control[CMSG_SPACE(sizeof(int))];
  iovec part{bytes, sizeof bytes};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  ASSERT_GT(::recvmsg(qemu_.get(), &message, 0), 0);
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  ASSERT_NE(header, nullptr);
  int got = -1;
  std::memcpy(&got, CMSG_DATA(header), sizeof got);
  host::Fd received(got);
  write_end.Close();
  EXPECT_TRUE(host::WriteAll(received.get(), "hello"));
  received.Close();
  EXPECT_EQ(::read(read_end.get(), bytes, sizeof bytes), 5);
}

TEST_F(QmpTest, NoGreeting) {
  Qmp::Reply reply = qmp_->Handshake(Soon());
  EXPECT_EQ(reply.kind, Qmp::Reply::kTimeout);
  EXPECT_EQ(reply.error, "qemu's monitor sent no greeting");
}

TEST_F(QmpTest, ClosedWithoutGreeting) {
  qemu_.Close();
  Qmp::Reply reply = qmp_->Handshake(Later());
  EXPECT_EQ(reply.kind, Qmp::Reply::kClosed);
  EXPECT_EQ(reply.error, "qemu closed its monitor without a greeting");
}

TEST_F(QmpTest, AnswersAreMatchedByIdAndEventsKept) {
  Say(R"({"event": "RESET", "data": {"guest": true, "reason": "guest-reset"}})"
      "\n"
      R"({"return": {"status": "stale"}, "id": "kvmtest-0"})"
      "\n"
      "this is no JSON\n[]\n"
      R"({"return": {"status": "running"}, "id": "kvmtest-1"})"
      "\n"
      R"({"event": "STOP"})"
      "\n");
  Qmp::Reply reply = qmp_->Execute("query-status", nullptr, Later());
  ASSERT_TRUE(reply.ok()) << reply.error;
  EXPECT_EQ(reply.value["status"], "running");
  ASSERT_EQ(qmp_->events().size(), 2u);
  EXPECT_EQ(qmp_->FindEvent("RESET")->data["reason"], "guest-reset");
  EXPECT_EQ(qmp_->FindEvent("RESET", 1), nullptr);
  EXPECT_NE(qmp_->FindEvent("STOP", 1), nullptr);
}

TEST_F(QmpTest, EventsOfAnotherQemu) {
  Say(R"({"timestamp": {"seconds": 7, "microseconds": 500000}, "event": "RESET", )"
      R"("data": {"guest": true}})"
      "\n"
      R"({"event": "STOP"})"
      "\n");
  loop_.RunUntil([&] { return qmp_->events().size() == 2; }, Later());
  const std::string saved = qmp_->SaveEvents();
  EXPECT_EQ(saved, R"([["RESET",{"guest":true},7.5],["STOP",{},0.0]])");
  qmp_->Tell([](const Qmp::Event& event) { ADD_FAILURE() << event.name; });
  for (const char* damaged : {"", "{}", "[[]]", R"([["RESET",7,{}]])", R"([["RESET",{},7],1])"}) {
    EXPECT_FALSE(qmp_->Replay(damaged)) << damaged;
  }
  ASSERT_EQ(qmp_->events().size(), 2u);
  EXPECT_TRUE(qmp_->Replay(saved));
  ASSERT_EQ(qmp_->events().size(), 4u);
  EXPECT_EQ(qmp_->events()[2].name, "RESET");
  EXPECT_EQ(qmp_->events()[2].data["guest"], true);
  EXPECT_EQ(qmp_->events()[2].time, 7.5);
  EXPECT_EQ(qmp_->events()[3].name, "STOP");
}

TEST_F(QmpTest, ErrorsTimeoutsAndTheEnd) {
  Say(R"({"error": {"class": "GenericError", "desc": "no such device"}, "id": "kvmtest-1"})"
      "\n");
  Qmp::Reply reply = qmp_->Execute("device_del", {{"id", "x"}}, Later());
  EXPECT_EQ(reply.kind, Qmp::Reply::kError);
  EXPECT_EQ(reply.error, "no such device");
  reply = qmp_->Execute("stop", nullptr, Soon());
  EXPECT_EQ(reply.kind, Qmp::Reply::kTimeout);
  EXPECT_EQ(reply.error, "qemu did not answer stop");
  qemu_.Close();
  reply = qmp_->Execute("cont", nullptr, Later());
  EXPECT_EQ(reply.kind, Qmp::Reply::kClosed);
}

TEST_F(QmpTest, AnswerInPieces) {
  Say(R"({"return": {"status")");
  loop_.RunFor(host::milliseconds(10));
  Say(R"(: "paused"}, "id": "kvmtest-1"})"
      "\n");
  EXPECT_EQ(qmp_->Execute("query-status", nullptr, Later()).value["status"], "paused");
}

TEST_F(QmpTest, QemuThatDoesNotReadIsNoReasonToHang) {
  Qmp::Reply reply;
  for (int i = 0; i < 10000 && reply.kind != Qmp::Reply::kClosed; ++i) {
    reply = qmp_->Execute("x", {{"y", std::string(1000, 'z')}}, host::Clock::now());
  }
  EXPECT_EQ(reply.kind, Qmp::Reply::kClosed);
}

}  // namespace
}  // namespace kvmtest::vm
