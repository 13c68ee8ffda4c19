// What a failing test's reader gets of a VM: vCPUs, a script to boot it again, its console as it
// comes and when it came.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <string>

#include "host/files.h"
#include "vm/console_patterns.h"
#include "vm/console_times.h"
#include "vm/live_output.h"
#include "vm/repro.h"
#include "vm/vcpus.h"

namespace kvmtest::vm {
namespace {

TEST(Vcpus, RegistersOfEveryMachine) {
  struct Row {
    const char* text;
    const char* pc;
    bool halted;
    bool user;
  };
  constexpr Row kRows[] = {
      {"RAX=1 RBX=2\nRIP=ffffffff81b2a6cb RFL=00000246 [---Z-P-] CPL=0 II=0 SMM=0 HLT=1",
       "RIP ffffffff81b2a6cb", true, false},
      {"EIP=ffff002b EFL=00000246 [---Z-P-] CPL=3 II=0 A20=1 SMM=0 HLT=0", "EIP ffff002b", false,
       true},
      {" PC=ffff8000080a1b2c X00=0000000000000000", "PC ffff8000080a1b2c", false, false},
      {" V      =   0\n pc       ffffffff8000512a\n mhartid  0", "pc ffffffff8000512a", false,
       false},
      {"nothing of the kind", "", false, false},
  };
  for (const Row& row : kRows) {
    auto found = ParseRegisters(std::string("\nCPU#0\n") + row.text + "\n");
    ASSERT_EQ(found.size(), 1u) << row.text;
    EXPECT_EQ(found[0].pc, row.pc) << row.text;
    EXPECT_EQ(found[0].halted, row.halted) << row.text;
    EXPECT_EQ(found[0].user, row.user) << row.text;
  }
  auto two = ParseRegisters("\nCPU#0\nEIP=1 HLT=0\n\nCPU#11\nEIP=2 HLT=1\n");
  EXPECT_EQ(two[0].pc, "EIP 1");
  EXPECT_EQ(two[11].pc, "EIP 2");
  EXPECT_TRUE(ParseRegisters("").empty());
}

VcpuSample Sample(double at, std::vector<VcpuSample::Vcpu> vcpus) {
  VcpuSample sample;
  sample.taken = host::TimePoint() + host::milliseconds(static_cast<long>(at * 1000));
  sample.vcpus = std::move(vcpus);
  return sample;
}

TEST(Vcpus, IdleLoopingBusy) {
  struct Row {
    double seconds;  // of CPU time, within one
    VcpuRegisters first, second;
    const char* line;
  };
  const Row kRows[] = {
      {0.0,
       {"RIP 1000", true, false},
       {"RIP 1000", true, false},
       "vCPU 0 is idle (halted) at RIP 1000 (0 % of a CPU within 1.0 s)"},
      {0.02,
       {"RIP 1000", false, false},
       {"RIP 2000", true, false},
       "vCPU 0 is idle at RIP 2000 (2 % of a CPU within 1.0 s)"},
      {0.98,
       {"RIP 1000", false, false},
       {"RIP 1010", false, false},
       "vCPU 0 is looping at RIP 1010 (98 % of a CPU within 1.0 s)"},
      {0.5,
       {"RIP 1000", false, true},
       {"RIP 7000", false, false},
       "vCPU 0 is busy at RIP 1000 in user mode, then RIP 7000 (50 % of a CPU within 1.0 s)"},
      {0.5,
       {"", false, false},
       {"", false, false},
       "vCPU 0 is busy at an unknown place, then an unknown place (50 % of a CPU within 1.0 s)"},
  };
  for (const Row& row : kRows) {
    VcpuStory story = CompareVcpus(Sample(5, {{0, 3.0, row.first}}),
                                   Sample(6, {{0, 3.0 + row.seconds, row.second}}));
    EXPECT_EQ(story.lines, std::vector<std::string>{row.line});
  }
}

// Seen on a host with a load of 20: a guest that looped got 5 % of a CPU.
TEST(Vcpus, StarvedIsNotIdle) {
  VcpuRegisters running{"RIP 1000", false, false};
  VcpuStory story =
      CompareVcpus(Sample(0, {{0, 0.0, running, 0.0}}), Sample(1, {{0, 0.05, running, 0.9}}));
  EXPECT_EQ(story.lines,
            std::vector<std::string>{"vCPU 0 is looping at RIP 1000 (5 % of a CPU within 1.0 s, "
                                     "waited for one 90 %)"});
}

TEST(Vcpus, SummaryOfOneAndOfMany) {
  VcpuRegisters halted{"RIP 1000", true, false}, running{"RIP 2000", false, false};
  EXPECT_EQ(CompareVcpus(Sample(0, {{0, 0, halted}}), Sample(1, {{0, 0, halted}})).summary,
            "its vCPU is idle (halted) at RIP 1000");
  VcpuStory two = CompareVcpus(Sample(0, {{0, 0, halted}, {1, 0, running}}),
                               Sample(1, {{0, 0, halted}, {1, 1, running}}));
  EXPECT_EQ(two.summary, "vCPUs: 1 idle (halted), 1 looping");
  EXPECT_EQ(CompareVcpus({}, {}).summary, "");
  EXPECT_EQ(ShowVcpus(Sample(0, {{0, 0, halted}})).lines,
            std::vector<std::string>{"vCPU 0 is at RIP 1000, halted"});
}

TEST(Repro, EveryVmWithItsDisksAndNothingOfTheRun) {
  VmConfig one;
  one.name = "vm1";
  one.qemu_binary = "qemu-system-x86_64";
  one.machine = "pc";
  one.images.push_back({"hd", "/images/it's.raw", "raw", "", "ide", "", ""});
  one.paused = true;
  VmConfig two = one;
  two.name = "vm2";
  two.shell_port = false;
  two.images.clear();
  std::string script =
      ReproScript({one, two}, {"a test", "tcg", "", "123", "qemu-img", "/work dir"});
  for (const char* part : {
           "\ncd '/work dir'\n",
           "\ncase \"${1:-vm1}\" in\n  vm1)\n",
           "    qemu-img create -q -f qcow2 -F raw -b '/images/it'\\''s.raw' "
           "\"$dir\"/vm1-hd.qcow2\n",
           "-serial mon:stdio -chardev socket,id=shell,path=\"$dir\"/shell,server=on,wait=off "
           "-serial chardev:shell",
           "if=none,id=drive-hd,file=\"$dir\"/vm1-hd.qcow2,format=qcow2",
           "\n  vm2)\n    qemu-system-x86_64 -name 'guest=a test/vm2,debug-threads=on'",
       }) {
    EXPECT_NE(script.find(part), std::string::npos) << part << "\nin\n" << script;
  }
  EXPECT_EQ(script.find("fd="), std::string::npos) << script;
  EXPECT_EQ(script.find(" -S "), std::string::npos) << script;
  EXPECT_EQ(script.find("@"), std::string::npos) << script;
}

std::string ReadPipe(int fd) {
  std::string text;
  while (host::ReadAvailable(fd, &text) && !text.empty() && text.back() != '\n') {
  }
  return text;
}

TEST(LiveOutput, WholeLinesWithTheirVm) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_NONBLOCK), 0);
  host::Fd reader(ends[0]), writer(ends[1]);
  LiveOutput live(writer.get());
  live.Feed("vm1", "one\r\ntw");
  live.Feed("vm2", "x\n");
  live.Feed("vm1", "o\x1b[1m\nlast");
  live.Finish("vm1");
  live.Finish("vm2");
  EXPECT_EQ(ReadPipe(reader.get()), "vm1| one\nvm2| x\nvm1| two\nvm1| last\n");
}

TEST(LiveOutput, NeverWaitsForAReader) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);  // blocks: a write that waits would never end here
  host::Fd reader(ends[0]), writer(ends[1]);
  LiveOutput live(writer.get());
  for (int i = 0; i < 1000; ++i) live.Feed("vm1", std::string(1000, 'x') + "\n");
}

TEST(ConsoleTimes, OneLineForWhatComesTogether) {
  std::string path = testing::TempDir() + "console_times_test";
  host::Fd file = host::OpenForWriting(path);
  host::TimePoint start = host::Clock::now();
  ConsoleTimes times(file.get(), start);
  times.Came(0, start + host::milliseconds(1500));
  times.Came(7, start + host::milliseconds(1505));
  times.Came(9, start + host::milliseconds(1510));
  EXPECT_EQ(host::ReadFile(path), "1.500 0\n1.510 9\n");
}

TEST(ConsolePatterns, ListAndErrors) {
  auto read = [](Params::Map map) { return ReadConsolePatterns(Params(std::move(map))); };
  auto good = read({{"console_expect", "a b && c|d"}, {"console_fail", "x && y"}});
  ASSERT_TRUE(std::holds_alternative<ConsolePatterns>(good));
  EXPECT_EQ(std::get<ConsolePatterns>(good).expect, (std::vector<std::string>{"a b", "c|d"}));
  EXPECT_EQ(std::get<ConsolePatterns>(good).fail, "x && y");
  struct Row {
    const char* key;
    const char* value;
    const char* error;
  };
  constexpr Row kRows[] = {
      {"console_fail", "(", "console_fail = (: no regular expression: missing ): ("},
      {"console_ignore", "*",
       "console_ignore = *: no regular expression: no argument for repetition "
       "operator: *"},
      {"console_expect", "a && (", "console_expect = (: no regular expression: missing ): ("},
      {"console_expect", "a && ", "console_expect: an empty pattern beside '&&'"},
  };
  for (const Row& row : kRows) {
    auto bad = read({{row.key, row.value}});
    ASSERT_TRUE(std::holds_alternative<ParamError>(bad)) << row.value;
    EXPECT_EQ(std::get<ParamError>(bad).text, row.error);
  }
}

}  // namespace
}  // namespace kvmtest::vm
