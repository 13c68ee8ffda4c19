#include "vm/shell.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>

#include <string>

#include "host/process.h"

namespace kvmtest::vm {
namespace {

TEST(Base64, Table) {
  struct Row {
    const char *bytes, *text;
  };
  for (const Row& row : {Row{"", ""}, Row{"f", "Zg=="}, Row{"fo", "Zm8="}, Row{"foo", "Zm9v"},
                         Row{"foobar", "Zm9vYmFy"}, Row{"\xff\xfe", "//4="}}) {
    EXPECT_EQ(Base64(row.bytes), row.text);
    EXPECT_EQ(FromBase64(row.text), row.bytes);
  }
  EXPECT_EQ(FromBase64("YW\r\nJj\n"), "abc");  // as a guest breaks its lines
  EXPECT_EQ(FromBase64("YW-j"), std::nullopt);
}

TEST(ShellFrame, LinesAreShortAndHoldNoMarker) {
  ShellFrame frame{"0123456789abcdef"};
  std::string lines = frame.Encode(std::string(5000, 'x') + "\n'\"$`\\\n");
  size_t begin = 0;
  while (begin < lines.size()) {
    size_t end = lines.find('\n', begin);
    EXPECT_LT(end - begin, 110u);
    begin = end + 1;
  }
  EXPECT_FALSE(frame.Decode(lines, 0));
  EXPECT_EQ(lines.find("@@0123"), std::string::npos);
}

TEST(ShellFrame, PlainTextNeedsNoProgram) {
  ShellFrame frame{"ab"};
  auto uses_base64 = [&](std::string_view command) {
    return frame.Encode(command).find("base64") != std::string::npos;
  };
  EXPECT_FALSE(uses_base64("echo 'it is' \"plain\" $x `y` \\ \n{ #~; }"));
  EXPECT_TRUE(uses_base64("echo @@kvmtest-shell ready"));
  EXPECT_TRUE(uses_base64("echo \t"));
  EXPECT_TRUE(uses_base64("echo \x7f"));
  EXPECT_TRUE(uses_base64("echo \xc3\xa4"));
  EXPECT_TRUE(uses_base64(std::string(4097, 'x')));
  EXPECT_EQ(frame.Encode("a'b"),
            "kvmtest_c=\nkvmtest_c=${kvmtest_c}'a'\\''b'\n{ printf '\\n@@%s-%s\\n' ab begin\n"
            "(eval \"$kvmtest_c\") </dev/null 2>&1\nprintf '\\n@@%s-%s %d\\n' ab end $?; }\n");
}

TEST(ShellFrame, Decodes) {
  ShellFrame frame{"ab"};
  struct Row {
    const char* text;
    int status;
    const char* output;
  };
  for (const Row& row : {Row{"\n@@ab-begin\nhi\n\n@@ab-end 0\n", 0, "hi\n"},
                         Row{"\n@@ab-begin\n\n@@ab-end 7\n", 7, ""},
                         Row{"noise\n@@ab-begin\nno feed\n@@ab-end 127\nnext", 127, "no feed"},
                         Row{"\r\n@@ab-begin\r\nx\r\n@@ab-end 1\r\n", 1, "x"}}) {
    auto answer = frame.Decode(row.text, 0);
    ASSERT_TRUE(answer) << row.text;
    EXPECT_EQ(answer->status, row.status);
    EXPECT_EQ(answer->output, row.output);
  }
  for (const char* text : {"", "\n@@ab-begin\nhi", "\n@@ab-begin\nhi\n@@ab-end 0",
                           "\n@@cd-begin\nhi\n@@cd-end 0\n", "\n@@ab-end 0\n"}) {
    EXPECT_FALSE(frame.Decode(text, 0)) << text;
  }
}

TEST(ShellFrame, PartialHoldsBackWhatMayBeTheEnd) {
  ShellFrame frame{"ab"};
  struct Row {
    const char* text;
    std::optional<std::string_view> partial;
  };
  for (const Row& row : {
           Row{"", std::nullopt},
           Row{"x\n@@ab-begin", std::nullopt},
           Row{"\n@@ab-begin\n", ""},
           Row{"\n@@ab-begin\nhello", "hello"},
           Row{"\n@@ab-begin\nhello\n", "hello"},
           Row{"\n@@ab-begin\nhello\n@@ab-e", "hello"},
           Row{"\n@@ab-begin\nhello\n@@ab-x", "hello\n@@ab-x"},
           Row{"\n@@ab-begin\nhello\n@@ab-end 0\n", "hello"},
           Row{"\n@@ab-begin\n@@ab-end 0\n", ""},
       }) {
    EXPECT_EQ(frame.Partial(row.text, 0), row.partial) << row.text;
  }
}

// A real sh that reads its commands from the socket, as the guest's does from ttyS1.
class RealShell : public testing::Test {
 protected:
  void Start(std::vector<std::string> argv) {
    int ends[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
    host::Fd theirs(ends[1]);
    shell_ = std::make_unique<SerialShell>(loop_, host::Fd(ends[0]), -1);
    std::string error;
    process_ = host::Spawn({std::move(argv), theirs.get(), theirs.get(), theirs.get(), {}}, &error);
    ASSERT_TRUE(process_) << error;
  }
  ~RealShell() override {
    if (!process_) return;
    process_->Kill(SIGKILL);
    process_->WaitUntil(loop_, host::Clock::now() + host::seconds(10));
  }

  ShellFrame::Answer Run(const std::string& command) {
    EXPECT_TRUE(shell_->Send(command));
    std::optional<ShellFrame::Answer> answer;
    EXPECT_TRUE(loop_.RunUntil([&] { return (answer = shell_->TakeAnswer()).has_value(); },
                               host::Clock::now() + host::seconds(30)))
        << command;
    return answer.value_or(ShellFrame::Answer{-1, "", 0});
  }

  host::Loop loop_;
  std::unique_ptr<GuestShell> shell_;
  std::optional<host::Process> process_;
};

TEST_F(RealShell, Commands) {
  Start({"sh"});
  struct Row {
    const char* command;
    int status;
    const char* output;
  };
  for (const Row& row : {
           Row{"true", 0, ""},
           Row{"false", 1, ""},
           Row{"echo hi", 0, "hi\n"},
           Row{"printf 'no feed'", 0, "no feed"},
           Row{"printf '\\n\\n'", 0, "\n\n"},
           Row{"echo out; echo err >&2; exit 7", 7, "out\nerr\n"},
           Row{"x=1; cd /; pwd", 0, "/\n"},
           Row{"echo \"it's '$x' \\\"quoted\\\"\"", 0, "it's '' \"quoted\"\n"},
           Row{"read line; echo \"got $line\"", 0, "got \n"},  // stdin is empty, not our frames
           Row{"printf '@@%s-%s 0\\n' x end", 0, "@@x-end 0\n"},
           Row{"# only a comment", 0, ""},
           Row{"echo a\necho b\n", 0, "a\nb\n"},
       }) {
    ShellFrame::Answer answer = Run(row.command);
    EXPECT_EQ(answer.status, row.status) << row.command;
    EXPECT_EQ(answer.output, row.output) << row.command;
  }
}

// A command may read the line itself (`attach` does): nothing of its frame is left there.
TEST_F(RealShell, CommandHasTheLineToItself) {
  Start({"sh", "-c", "exec 3<&0; exec sh"});
  ASSERT_TRUE(shell_->Send("while read -r line <&3; do echo \"got $line\"; done"));
  EXPECT_FALSE(shell_->Send("true"));  // one at a time
  auto seen = [&](std::string_view text) {
    return [&, text] { return shell_->Partial() == text; };
  };
  ASSERT_TRUE(loop_.RunUntil(seen(""), host::Clock::now() + host::seconds(20)));
  EXPECT_EQ(shell_->Type("a\nb\n"), 4u);
  EXPECT_TRUE(loop_.RunUntil(seen("got a\ngot b"), host::Clock::now() + host::seconds(20)));
  EXPECT_TRUE(shell_->busy());
}

TEST_F(RealShell, SyntaxErrorDoesNotEndIt) {
  Start({"sh"});
  EXPECT_NE(Run("if then (").status, 0);
  EXPECT_EQ(Run("echo still here").output, "still here\n");
}

TEST_F(RealShell, LongCommandsAndAnswers) {
  Start({"sh"});
  std::string text(20000, 'y');
  EXPECT_EQ(Run("echo " + text).output, text + "\n");
  EXPECT_EQ(Run("head -c 500000 /dev/zero | tr '\\0' z").output, std::string(500000, 'z'));
}

// More than any socket takes at once; it comes to the shell while somebody waits.
TEST_F(RealShell, CommandsOfAnyLength) {
  Start({"sh"});
  const std::string command = "echo '" + std::string(1000000, 'y') + "' | wc -c; exit 3";
  ShellFrame::Answer answer = Run(command);
  EXPECT_EQ(answer.status, 3);
  EXPECT_EQ(answer.output, "1000001\n");
  EXPECT_EQ(shell_->untaken(), 0u);
}

// Nobody waits for the long one any longer; the next is taken for what it is.
TEST_F(RealShell, CommandBehindOneThatWasGivenUp) {
  Start({"sh", "-c", "sleep 0.3; exec sh"});
  ASSERT_TRUE(shell_->Send("echo '" + std::string(1000000, 'y') + "'"));
  EXPECT_GT(shell_->untaken(), 0u);
  EXPECT_EQ(shell_->Type("x"), 0u);  // not into the middle of it
  shell_->GiveUp();
  EXPECT_EQ(Run("echo next").output, "next\n");
}

TEST_F(RealShell, GoesUnderALongCommand) {
  Start({"sh", "-c", "read -r line"});
  (void)shell_->Send("echo '" + std::string(1000000, 'y') + "'");  // it may see it go at once
  EXPECT_TRUE(
      loop_.RunUntil([&] { return shell_->closed(); }, host::Clock::now() + host::seconds(20)));
  EXPECT_EQ(shell_->untaken(), 0u);
  EXPECT_FALSE(shell_->Send("true"));
}

// Another shell has taken its place: what was meant for the first is not for that.
TEST_F(RealShell, IsReplacedUnderALongCommand) {
  Start({"sh", "-c", "sleep 0.2; echo '@@kvmtest-shell ready'; cat > /dev/null"});
  ASSERT_TRUE(shell_->Send("echo '" + std::string(1000000, 'y') + "'"));
  EXPECT_TRUE(loop_.RunUntil([&] { return shell_->ready_count() == 1; },
                             host::Clock::now() + host::seconds(20)));
  EXPECT_EQ(shell_->untaken(), 0u);
  EXPECT_FALSE(shell_->busy());
}

// A terminal that echoes, as a serial port does before stty: nothing of it is an answer.
TEST_F(RealShell, EchoDoesNotMatch) {
  Start({"sh", "-c", "while IFS= read -r line; do printf '%s\\n' \"$line\"; done"});
  ASSERT_TRUE(shell_->Send("true"));
  EXPECT_FALSE(loop_.RunUntil([&] { return shell_->TakeAnswer().has_value(); },
                              host::Clock::now() + host::milliseconds(300)));
}

TEST_F(RealShell, CountsReadyLinesInAnyPieces) {
  Start({"sh", "-c",
         "printf '@@kvmtest-'; sleep 0.1; printf 'shell ready\\n@@kvmtest-shell ready\\n'; cat"});
  EXPECT_TRUE(loop_.RunUntil([&] { return shell_->ready_count() == 2; },
                             host::Clock::now() + host::seconds(20)));
}

}  // namespace
}  // namespace kvmtest::vm
