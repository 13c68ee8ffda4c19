// CPUs and memory: what is read, and that sets which are planned keep to it.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>

#include "build_testing.h"
#include "plan/schedule.h"

namespace kvmtest::plan {
namespace {

// The only test's "cpus memory", and its host's.
std::string Capacities(const std::string& text, bool processors = false) {
  const Built built = Build(text, {.processors = processors});
  if (!built.plan) return built.messages;
  const Test& test = built.plan->tests[0];
  const Host& host = built.plan->hosts[0];
  return built.messages +
         fmt::format("{} {} of {} {}", test.cpus, test.memory, host.cpus, host.memory);
}

TEST(Capacity, IsReadFromParams) {
  EXPECT_EQ(Capacities("type = boot\n"), "0 0 of 0 0");
  EXPECT_EQ(Capacities("used_cpus = 2\nused_mem = 300\n"), "2 300 of 0 0");
  EXPECT_EQ(Capacities("total_cpus = 4\ntotal_mem = 8G\nused_cpus = 1\n"), "1 512 of 4 8192");
  EXPECT_EQ(Capacities("total_mem = 1T\nmem = 2g\n"), "0 2048 of 0 1048576");
  EXPECT_EQ(Capacities("total_mem = 4096M\nvms = a b\nmem = 300\nmem_b = 1G\n"),
            "0 1324 of 0 4096");
  EXPECT_EQ(Capacities("total_mem = 4G\nmem = 1048577K\n"), "0 1025 of 0 4096");
  EXPECT_EQ(Capacities("total_mem = 4096\nmem_vm1 = 2G\n"), "0 2048 of 0 4096");
  EXPECT_EQ(Capacities("total_mem = 4096\nvms =\n"), "0 0 of 0 4096");
  // As the runner reads it; rounded up.
  EXPECT_EQ(Capacities("total_mem = 8G\nmem = 1048577K\n"), "0 1025 of 0 8192");
  EXPECT_EQ(Capacities("total_mem = 8G\nmem = 1b\n"), "0 1 of 0 8192");
  EXPECT_EQ(Capacities("vms = a b\nsmp = 3\nsmp_a = 2\n"), "0 0 of 0 0");
  EXPECT_EQ(Capacities("vms = a b\nsmp = 3\nsmp_a = 2\n", true), "5 0 of 0 0");
  EXPECT_EQ(Capacities("used_cpus = 1\nsmp = 3\n", true), "1 0 of 0 0");
}

TEST(Capacity, SizesThatTheRunnerRefusesAreTold) {
  // Whether or not anybody counts them.
  for (const char* text : {"mem = 512\nsmp = 1\n", "mem = 4G\nsmp = 1024\n", "mem = 64k\nsmp = 2\n",
                           "mem =\nsmp =\n", "mem_chk_cmd = x\nsmp_x = y\nvms = vm1\n"})
    EXPECT_EQ(Capacities(text), "0 0 of 0 0");
  EXPECT_NE(Capacities("mem_vm1 = huger\n").find("-Wbad-size"), std::string::npos);
  EXPECT_EQ(
      Capacities("type = boot\ntotal_mem = 1G\nmem = lots\n"),
      R"(main.cfg:3:1: warning: mem is 'lots', not a number of MiB or a size such as 4G [-Wbad-size]
    3 | mem = lots
      | ^~~~~~~~~~
main.cfg:1:1: note: the first is ''
0 512 of 0 1024)");
  EXPECT_EQ(
      Capacities(
          "smp_b = huge\nmem_b = 4096 MB\nvariants:\n    - x:\n    - y:\n        vms = a b\n"),
      R"(main.cfg:2:1: warning: mem_b is '4096 MB', not a number of MiB or a size such as 4G [-Wbad-size]
    2 | mem_b = 4096 MB
      | ^~~~~~~~~~~~~~~
main.cfg:5:7: note: the first is 'y'
main.cfg:1:1: warning: smp_b is 'huge', not a number of CPUs [-Wbad-size]
    1 | smp_b = huge
      | ^~~~~~~~~~~~
main.cfg:5:7: note: the first is 'y'
0 0 of 0 0)");
  EXPECT_NE(Capacities("mem_vm1 = huge\n").find("mem_vm1 is 'huge'"), std::string::npos);
  EXPECT_NE(Capacities("total_mem = 1G\nmem = 2G\ntype = boot\n")
                .find("main.cfg:2:1: warning: 1 test uses 2048 MiB"),
            std::string::npos);
  for (const char* value : {"0", "1025", "2.5", "-1", "two"})
    EXPECT_NE(Capacities(fmt::format("smp = {}\n", value)).find("[-Wbad-size]"), std::string::npos);
  for (const char* value : {"G", "0", "1P", "4 G", "1G2", "x"})
    EXPECT_NE(Capacities(fmt::format("mem = {}\n", value)).find("[-Wbad-size]"), std::string::npos);
}

TEST(Capacity, OfAHostIsTheLeastThatIsSaid) {
  EXPECT_EQ(
      Capacities("variants:\n    - a:\n        total_mem = 2G\n    - b:\n"
                 "        total_mem = 1G\n"),
      R"(main.cfg:5:9: warning: total_mem of host 'localhost' is not the same for all tests; the least, 1024, counts [-Wbad-capacity]
    5 |         total_mem = 1G
      |         ^~~~~~~~~~~~~~
main.cfg:4:7: note: it is 'b'
0 512 of 0 1024)");
}

TEST(Capacity, IsSomethingThatCanBeCounted) {
  EXPECT_EQ(
      Capacities("type = boot\ntotal_cpus = 65536\nused_mem = 4294967296\n"),
      R"(main.cfg:3:1: warning: used_mem is '4294967296', not a number of MiB or a size such as 4G [-Wbad-capacity]
    3 | used_mem = 4294967296
      | ^~~~~~~~~~~~~~~~~~~~~
main.cfg:1:1: note: it is ''
main.cfg:2:1: warning: total_cpus is '65536', not a number of CPUs [-Wbad-capacity]
    2 | total_cpus = 65536
      | ^~~~~~~~~~~~~~~~~~
main.cfg:1:1: note: it is ''
0 0 of 0 0)");
}

// A host without anything would run nothing.
TEST(Capacity, OfAHostIsMoreThanNothing) {
  EXPECT_EQ(Capacities("type = boot\ntotal_cpus = 0\n"),
            R"(main.cfg:2:1: warning: total_cpus is '0', not a number of CPUs [-Wbad-capacity]
    2 | total_cpus = 0
      | ^~~~~~~~~~~~~~
main.cfg:1:1: note: it is ''
0 0 of 0 0)");
}

std::string Hosts(const std::string& small, const std::string& large) {
  return "variants:\n    - @q1:\n        queue = 1\n    - @q2:\n        queue = 2\n"
         "variants:\n    - @small:\n        hostname = small\n" +
         small + "    - @large:\n        hostname = large\n" + large +
         "variants:\n    - @nightly:\n        assign = auto\n";
}

TEST(Capacity, DecidesWhichHostsWillDo) {
  const std::string tests =
      "variants:\n    - a:\n    - b:\n        mem = 4096\n    - c:\n    - d:\n        mem = 4096\n";
  const Built built = Build(tests + Hosts("        total_mem = 2G\n", "        total_mem = 8G\n"));
  ASSERT_TRUE(built.plan) << built.messages;
  EXPECT_EQ(built.messages, "");
  for (const plan::Test& test : built.plan->tests) {
    if (test.memory == 4096) {
      EXPECT_EQ(built.plan->hosts[test.host].name, "large") << test.name;
    }
  }
  const Built nowhere =
      Build(tests + Hosts("        total_mem = 2G\n", "        total_mem = 3G\n"));
  ASSERT_TRUE(nowhere.plan);
  EXPECT_EQ(nowhere.plan->tests.size(), 4u);
  EXPECT_NE(nowhere.messages.find("uses 4096 MiB, but host"), std::string::npos)
      << nowhere.messages;
}

// At most so much is in use at any time of the schedules.
uint64_t MostMemory(const Plan& plan, const std::string& host) {
  uint64_t most = 0;
  for (const Schedule& schedule : SchedulesOf(plan)) {
    if (plan.hosts[schedule.host].name != host) continue;
    for (const Run& at : schedule.runs) {
      uint64_t used = 0;
      for (size_t i = 0; i < schedule.runs.size(); ++i)
        if (schedule.runs[i].begin <= at.begin && at.begin < schedule.runs[i].end)
          used += plan.tests[schedule.tests[i]].memory;
      most = std::max(most, used);
    }
  }
  return most;
}

TEST(Capacity, IsNeverOvercommittedAndMakesHostsEven) {
  std::string tests = "variants:\n";
  for (int i = 0; i < 40; ++i)
    tests += fmt::format("    - t{}:\n        mem = {}\n", i, i % 2 == 0 ? 1024 : 512);
  const Built built = Build(tests + Hosts("        total_mem = 1G\n", "        total_mem = 2G\n"));
  ASSERT_TRUE(built.plan) << built.messages;
  EXPECT_LE(MostMemory(*built.plan, "small"), 1024u);
  EXPECT_LE(MostMemory(*built.plan, "large"), 2048u);
  // 40 tests of a minute, 768 MiB each on average, share 3 GiB: ten minutes if nothing is wasted.
  for (const Schedule& schedule : SchedulesOf(*built.plan)) EXPECT_LE(schedule.end, 11 * 60'000u);
}

}  // namespace
}  // namespace kvmtest::plan
