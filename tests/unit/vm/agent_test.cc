#include "vm/agent.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "host/files.h"

namespace kvmtest::vm {
namespace {

using nlohmann::json;

// The guest's end of the port: an agent that answers as it is told.
class AgentTest : public testing::Test {
 protected:
  AgentTest() {
    int ends[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    for (int end : ends) ::fcntl(end, F_SETFL, O_NONBLOCK);
    guest_ = host::Fd(ends[1]);
    shell_ = std::make_unique<AgentShell>(loop_, host::Fd(ends[0]), -1);
  }

  void SayBytes(const std::string& text) { ASSERT_TRUE(host::WriteAll(guest_.get(), text)); }
  void Say(const json& message) { SayBytes(message.dump() + "\n"); }
  void Turn() { loop_.RunFor(host::milliseconds(5)); }

  // The next request, without its delimiter.
  json Heard() {
    std::string line;
    loop_.RunUntil(
        [&] {
          host::ReadAvailable(guest_.get(), &heard_);
          return heard_.find('\n') != std::string::npos;
        },
        host::Clock::now() + host::seconds(5));
    size_t end = heard_.find('\n');
    if (end == std::string::npos) return nullptr;
    line = heard_.substr(0, end);
    heard_.erase(0, end + 1);
    if (!line.empty() && line[0] == '\xff') line.erase(0, 1);
    return json::parse(line, nullptr, false);
  }

  void AnswerSync() {
    json sync = Heard();
    ASSERT_EQ(sync["execute"], "guest-sync-delimited") << sync;
    SayBytes("\xff" + json{{"return", sync["arguments"]["id"]}}.dump() + "\n");
    Turn();
  }
  void Begin() {
    shell_->PortChanged(true);
    AnswerSync();
    ASSERT_EQ(shell_->ready_count(), 1);
  }
  // A command is sent and the agent says that process 7 runs it.
  json Start(const std::string& command) {
    EXPECT_TRUE(shell_->Send(command));
    AnswerSync();
    json exec = Heard();
    EXPECT_EQ(exec["execute"], "guest-exec") << exec;
    Say({{"return", {{"pid", 7}}}});
    return exec;
  }
  ShellFrame::Answer End(const json& status) {
    json asked = Heard();
    EXPECT_EQ(asked, json({{"execute", "guest-exec-status"}, {"arguments", {{"pid", 7}}}}));
    Say({{"return", status}});
    Turn();
    return shell_->TakeAnswer().value_or(ShellFrame::Answer{-1, "none", 0});
  }

  host::Loop loop_;
  host::Fd guest_;
  std::unique_ptr<AgentShell> shell_;
  std::string heard_;
};

TEST_F(AgentTest, RunsCommands) {
  Begin();
  json exec = Start("printf '\xff'");
  EXPECT_EQ(exec["arguments"]["input-data"], Base64("printf '\xff'"));
  EXPECT_TRUE(shell_->busy());
  EXPECT_FALSE(shell_->Send("another"));
  EXPECT_EQ(End({{"exited", false}}).status, -1);  // it is asked again
  auto answer = End({{"exited", true}, {"exitcode", 3}, {"out-data", "/wE="}});
  EXPECT_EQ(answer.status, 3);
  EXPECT_EQ(answer.output, "\xff\x01");
  EXPECT_EQ(answer.refusal, "");
  EXPECT_FALSE(shell_->busy());
  Start("in pieces");
  Heard();
  std::string status = json{{"return", {{"exited", true}, {"exitcode", 4}}}}.dump() + "\n";
  for (char byte : status) {
    SayBytes(std::string(1, byte));
    Turn();
  }
  EXPECT_EQ(shell_->TakeAnswer().value_or(ShellFrame::Answer()).status, 4);
  Start("kill -9 $$");
  EXPECT_EQ(End({{"exited", true}, {"signal", 9}}).status, 137);
}

TEST_F(AgentTest, Refusals) {
  Begin();
  struct Row {
    json answer;
    const char* refusal;
  };
  for (const Row& row : {
           Row{{{"error", {{"class", "CommandNotFound"}, {"desc", "it has been disabled"}}}},
               "it has been disabled (CommandNotFound)"},
           Row{{{"error", 5}}, "no description (no class)"},
           Row{{{"error", {{"class", json::array()}, {"desc", "a\nb"}}}}, "a (no class)"},
           Row{{{"return", 5}}, "an answer that makes no sense: {\"return\":5}"},
       }) {
    EXPECT_TRUE(shell_->Send("true"));
    AnswerSync();
    EXPECT_EQ(Heard()["execute"], "guest-exec");
    Say(row.answer);
    Turn();
    EXPECT_EQ(shell_->TakeAnswer().value_or(ShellFrame::Answer()).refusal, row.refusal);
  }
  Start("cat /dev/zero");
  EXPECT_EQ(End({{"exited", true}, {"exitcode", 0}, {"out-truncated", true}}).refusal,
            "it keeps no more than the beginning of so much output");
}

// Whatever the port still holds of another conversation is no answer.
TEST_F(AgentTest, KeepsInStep) {
  Begin();
  Start("sleep 1000");
  Heard();  // the question for its status stays without an answer
  shell_->GiveUp();
  EXPECT_TRUE(shell_->Send("true"));
  json sync = Heard();
  Say({{"return", {{"exited", true}, {"exitcode", 9}}}});
  SayBytes("{\"error\": half a li");
  SayBytes("\xff" + json{{"return", 1}}.dump() + "\n");
  Turn();
  EXPECT_FALSE(shell_->TakeAnswer());
  SayBytes("\xff" + json{{"return", sync["arguments"]["id"]}}.dump() + "\n");
  EXPECT_EQ(Heard()["execute"], "guest-exec");
}

// A guest that boots anew: nothing that the last agent was to do is done by the next.
TEST_F(AgentTest, GuestReboots) {
  EXPECT_EQ(
      shell_->WhyNotReady(),
      "nothing in the guest has opened the port org.qemu.guest_agent.0 of QEMU's guest agent");
  Begin();
  Start("reboot");
  Heard();
  shell_->PortChanged(false);
  EXPECT_EQ(shell_->WhyNotReady(), "the guest agent has closed its port");
  EXPECT_TRUE(shell_->busy());
  shell_->GiveUp();
  EXPECT_TRUE(shell_->Send("late"));
  Turn();
  std::string nothing;
  host::ReadAvailable(guest_.get(), &nothing);
  EXPECT_EQ(nothing, "");
  shell_->PortChanged(true);
  EXPECT_EQ(shell_->WhyNotReady(), "the guest agent does not answer guest-sync-delimited");
  AnswerSync();
  EXPECT_EQ(shell_->ready_count(), 2);
  EXPECT_FALSE(shell_->busy());
  Start("true");
}

// One whose state was restored has its port open all along, and qemu says so late.
TEST_F(AgentTest, Restored) {
  shell_->AssumeReady();
  Start("true");
  shell_->PortChanged(true);
  EXPECT_EQ(End({{"exited", true}, {"exitcode", 0}}).status, 0);
  EXPECT_EQ(shell_->ready_count(), 1);
}

// An agent may say anything.
TEST_F(AgentTest, Nonsense) {
  Begin();
  Start("true");
  auto answer = End({{"exited", true},
                     {"exitcode", "7"},
                     {"signal", json::array()},
                     {"out-data", 5},
                     {"err-data", "***"}});
  EXPECT_EQ(answer.status, 0);
  EXPECT_EQ(answer.output, "");
}

}  // namespace
}  // namespace kvmtest::vm
