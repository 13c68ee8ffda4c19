#include "vm/console.h"

#include <gtest/gtest.h>

#include <string>

namespace kvmtest::vm {
namespace {

std::unique_ptr<ConsoleMatcher> Default(std::vector<std::string> ignore = {}) {
  std::string error;
  auto matcher = ConsoleMatcher::Make(DefaultConsoleRules(), ignore, &error);
  EXPECT_EQ(error, "");
  return matcher;
}

TEST(ConsoleMatcher, KnownLines) {
  struct Row {
    const char* line;
    const char* kind;  // "": nothing
  };
  constexpr Row kRows[] = {
      {"[    4.1] Kernel panic - not syncing: sysrq triggered crash", "guest-panic"},
      {"BUG: kernel NULL pointer dereference, address: 0000", "kernel-oops"},
      {"[ 1.0] Oops: 0002 [#1] PREEMPT SMP", "kernel-oops"},
      {"kernel BUG at mm/slub.c:123!", "kernel-oops"},
      {"[ 2.1] BUG: KASAN: slab-out-of-bounds in foo+0x12/0x30", "kernel-oops"},
      {"[ 2.1] UBSAN: array-index-out-of-bounds in drivers/x.c:12:3", "kernel-oops"},
      {"watchdog: BUG: soft lockup - CPU#0 stuck for 22s!", ""},
      {"INFO: task kworker/0:1:33 blocked for more than 120 seconds.", ""},
      {"sh invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0", ""},
      {"rcu: INFO: rcu_preempt self-detected stall on CPU", ""},
      {"Call Trace:", ""},
      {"RIP: 0033:0x47b7a0", ""},
      {"DEBUG: all is well", ""},
      {"watchdog: initialized", ""},
  };
  for (const Row& row : kRows) {
    auto matcher = Default();
    matcher->Feed(std::string(row.line) + "\n");
    EXPECT_EQ(matcher->failure() ? matcher->failure()->kind : "", row.kind) << row.line;
  }
}

TEST(ConsoleMatcher, PiecesOfAnySizeAndUnfinishedLines) {
  const std::string text = "hello\r\nKernel panic - not syncing: x\r\n";
  for (size_t size = 1; size < text.size(); ++size) {
    auto matcher = Default();
    for (size_t at = 0; at < text.size(); at += size) matcher->Feed(text.substr(at, size));
    ASSERT_TRUE(matcher->failure()) << size;
    EXPECT_EQ(matcher->failure()->line, "Kernel panic - not syncing: x");
  }
  auto matcher = Default();
  matcher->Feed("Kernel panic - not syncing");
  EXPECT_FALSE(matcher->failure());
  matcher->Finish();
  EXPECT_TRUE(matcher->failure());
}

TEST(ConsoleMatcher, PanicOutweighsItsOops) {
  auto matcher = Default();
  matcher->Feed("BUG: a\nBUG: b\nKernel panic - not syncing: c\nKernel panic - not syncing: d\n");
  EXPECT_EQ(matcher->failure()->line, "Kernel panic - not syncing: c");
}

TEST(ConsoleMatcher, WarningsAndIgnored) {
  auto matcher = Default({"expected"});
  matcher->Feed("WARNING: CPU: 0 PID: 1\nBUG: this is expected\n");
  EXPECT_FALSE(matcher->failure());
  EXPECT_EQ(matcher->warnings(), std::vector<std::string>{"WARNING: CPU: 0 PID: 1"});
}

TEST(ConsoleMatcher, BadPattern) {
  std::string error;
  EXPECT_EQ(ConsoleMatcher::Make({{"x", "a("}}, {}, &error), nullptr);
  EXPECT_EQ(error, "'a(' is no regular expression: missing ): a(");
}

TEST(ConsoleMatcher, LongLineIsShownWhereItMatters) {
  auto matcher = Default();
  const std::string panic = "Kernel panic - not syncing: y";
  matcher->Feed(std::string(1000, 'x') + panic + std::string(1000, 'z') + "\n");
  ASSERT_TRUE(matcher->failure());
  EXPECT_EQ(matcher->failure()->line, "..." + std::string(60, 'x') + panic +
                                          std::string(300 - 60 - panic.size(), 'z') + "...");
}

TEST(ConsoleMatcher, EndlessLineIsCut) {
  auto matcher = Default();
  std::string flood(10 << 20, 'x');
  matcher->Feed(flood);
  matcher->Feed("\nKernel panic - not syncing\n");
  EXPECT_TRUE(matcher->failure());
}

TEST(ConsoleText, FindsFromAPositionOnly) {
  ConsoleText text;
  RE2 ready("ready");
  text.Append("booting\nready\n");
  size_t end = text.end();
  EXPECT_EQ(text.Find(ready, 0), 13u);
  EXPECT_EQ(text.Find(ready, end), std::nullopt);
  text.Append("rea");
  EXPECT_EQ(text.Find(ready, end), std::nullopt);
  text.Append("dy");
  EXPECT_EQ(text.Find(ready, end), end + 5);
}

TEST(ConsoleText, ForgetsTheBeginningOnly) {
  ConsoleText text;
  for (int i = 0; i < 5; ++i) text.Append(std::string(1 << 20, 'x'));
  size_t end = text.end();
  EXPECT_EQ(end, 5u << 20);
  text.Append("\nlast\n");
  EXPECT_EQ(text.Find(RE2("last"), 0), end + 5);
  EXPECT_EQ(text.LastLines(1), std::vector<std::string>{"last"});
}

TEST(ConsoleText, LastLines) {
  ConsoleText text;
  text.Append("a\r\nb\r\n\r\n\x1b[31mc\x1b[0m\r\nd");
  EXPECT_EQ(text.LastLines(3), (std::vector<std::string>{"", "c", "d"}));
  EXPECT_EQ(text.LastLines(9), (std::vector<std::string>{"a", "b", "", "c", "d"}));
}

TEST(Printable, Table) {
  EXPECT_EQ(Printable("a\x01\x1b[2J\x1b[1;31mb\r\n"), "ab\n");
  EXPECT_EQ(Printable("\xc3\xa9 \xff \xe2\x82\xac \xe2\x82"), "\xc3\xa9 ? \xe2\x82\xac ??");
  EXPECT_EQ(Printable("\x1b["), "");
}

}  // namespace
}  // namespace kvmtest::vm
