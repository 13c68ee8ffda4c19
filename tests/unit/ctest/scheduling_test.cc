// Real ctest over generated files, with a runner that only notes who is alive: queues exclude each
// other's tests, run beside each other, and in config order.
#include <gtest/gtest.h>
#include <stdio.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "ctest/publish.h"
#include "ctest/stamp.h"
#include "golden.h"

namespace kvmtest::ctest {
namespace {

namespace fs = std::filesystem;

// Fails if another test of its queue is alive. Each queue's first test waits for the other queue's
// first, so that both are seen alive at once or the test times out.
constexpr const char* kRunner = R"sh(#!/bin/sh
set -e
name=$4
cd "$(dirname "$0")"
[ "$CTEST_RESOURCE_GROUP_COUNT" = 1 ]
queue=pool
for type in $(echo "$CTEST_RESOURCE_GROUP_0" | tr , ' ');
do
  case $type in kvmq__*) queue=$type ;; esac
done
if [ $queue = pool ]; then
  mkdir slot-0 2>/dev/null && slot=slot-0 || { mkdir slot-1 && slot=slot-1; }
  touch "met-$slot"
  tries=0
  while [ ! -e met-slot-0 ] || [ ! -e met-slot-1 ]; do
    tries=$((tries + 1)); [ $tries -lt 600 ]; sleep 0.1
  done
  rmdir $slot
  exit 0
fi
mkdir "alive-$queue"
echo "$name $CTEST_RESOURCE_GROUP_0" >> "order-$queue"
touch "met-$queue"
tries=0
while [ $(ls -d met-* | wc -l) -lt 2 ]; do
  tries=$((tries + 1)); [ $tries -lt 600 ]; sleep 0.1
done
rmdir "alive-$queue"
)sh";

// Counts how many tests are alive at once. They wait until two of them have begun, and for the one
// called wide or there, which others must not keep from starting.
constexpr const char* kMeetingRunner = R"sh(#!/bin/sh
cd "$(dirname "$0")"
case $4 in
  *.wide|*.there) touch met ;;
  *) touch "alive-$4" "seen-$4"; ls -d alive-* | wc -l >> counts; tries=0
    while [ ! -e met ] || [ $(ls -d seen-* | wc -l) -lt 2 ]; do
      tries=$((tries + 1)); [ $tries -lt 600 ] || exit 1; sleep 0.1; done
    rm "alive-$4" ;;
esac
)sh";

class SchedulingTest : public ::testing::Test {
 protected:
  SchedulingTest() {
    std::string pattern = (fs::temp_directory_path() / "kvmtest-XXXXXX").string();
    root_ = mkdtemp(pattern.data());
    std::ofstream(root_ + "/runner") << kRunner;
    fs::permissions(root_ + "/runner", fs::perms::owner_all);
    plan_.digest = "0123456789abcdef";
    plan_.sets = {{"nightly"}};
  }
  ~SchedulingTest() override { fs::remove_all(root_); }

  void AddTest(const std::string& name, std::vector<uint32_t> queues, uint64_t cost) {
    plan::Test test;
    test.name = "nightly." + name;
    test.queues = std::move(queues);
    test.pooled = test.queues.size() > 1;
    test.timeout = 60;
    test.cost = cost;
    test.origin = "kvm_tests.cfg:1";
    plan_.tests.push_back(std::move(test));
  }

  // Makes the tests of plan_ those of a call.
  void MakeCall(const std::string& name) {
    Options options;
    options.name = name;
    options.config = "sets.cfg";
    options.output_dir = root_ + "/" + name;
    options.state_dir = root_ + "/state";
    options.root = root_;
    options.runner = root_ + "/runner";
    options.version = "0";
    EXPECT_EQ(MakeDirectories(options.output_dir), std::nullopt);
    Generation generation = Render(plan_, options);
    std::ofstream(root_ + "/calls.txt", std::ios::app) << name << '\n';
    Findings findings;
    EXPECT_EQ(Publish(FindPlace(options.output_dir), generation, WriteStamp({}), &findings),
              std::nullopt);
    EXPECT_EQ(findings.errors, std::vector<std::string>{});
    EXPECT_EQ(findings.clashes, "");
    std::ofstream(root_ + "/CTestTestfile.cmake", std::ios::app)
        << "include(" << root_ << "/resources.cmake)\n"
        << "subdirs(" << generation.directory << "/h)\n"
        << "set(CTEST_RESOURCE_SPEC_FILE " << root_ << "/resources.json)\n";
  }

  std::string RunCTest() {
    FILE* pipe = popen((std::string(KVMTEST_CTEST_COMMAND) +
                        " -j8 --output-on-failure --test-dir " + root_ + " 2>&1")
                           .c_str(),
                       "r");
    std::string output;
    char buffer[4096];
    while (size_t count = fread(buffer, 1, sizeof buffer, pipe)) output.append(buffer, count);
    pclose(pipe);
    return output;
  }

  std::string root_;
  plan::Plan plan_;
};

TEST_F(SchedulingTest, QueuesRunBesideEachOtherAndTheirTestsOneByOneInOrder) {
  plan_.hosts = {{"h", false, false, {"1", "2"}}};
  plan_.queues = {{0, "1", "env", {{"r0", 0x525400100000, {}, 256, 1, 255}}},
                  {0, "2", "env2", {{"r1", 0x525400100100, {}, 256, 0, 256}}}};
  for (int i = 0; i < 5; ++i) AddTest("x" + std::to_string(i), {0}, 9 - i);
  for (int i = 0; i < 3; ++i) AddTest("y" + std::to_string(i), {1}, 9 - i);
  MakeCall("kvm");
  std::string output = RunCTest();
  EXPECT_NE(output.find("100% tests passed, 0 tests failed out of 8"), std::string::npos) << output;
  std::string types = " kvmp__h,kvmq__h__1,kvmr__h__1__r0\n";
  std::string expected;
  for (int i = 0; i < 5; ++i) expected += "nightly.x" + std::to_string(i) + types;
  EXPECT_EQ(ReadWhole(root_ + "/order-kvmq__h__1"), expected);
}

TEST_F(SchedulingTest, PooledTestsAreAsManyAtOnceAsTheHostHasQueues) {
  plan_.hosts = {{"h", false, false, {"1", "2"}}};
  plan_.queues = {{0, "1", "env1", {}}, {0, "2", "env2", {}}};
  for (int i = 0; i < 6; ++i) AddTest("x" + std::to_string(i), {0, 1}, 9 - i);
  MakeCall("kvm");
  std::string output = RunCTest();
  EXPECT_NE(output.find("100% tests passed, 0 tests failed out of 6"), std::string::npos) << output;
  EXPECT_TRUE(fs::exists(root_ + "/met-slot-1"));
}

TEST_F(SchedulingTest, WhatIsRequiredRunsFirstAndIsBroughtAlong) {
  plan_.hosts = {{"h", false, false, {"1", "2"}}};
  plan_.queues = {{0, "1", "env", {}}, {0, "2", "env2", {}}};
  AddTest("boot", {0}, 9);
  AddTest("install", {0}, 8);
  AddTest("other", {1}, 9);
  plan_.tests[0].required = {1};
  MakeCall("kvm");
  std::string output = RunCTest();
  EXPECT_NE(output.find("100% tests passed, 0 tests failed out of 3"), std::string::npos) << output;
  EXPECT_EQ(ReadWhole(root_ + "/order-kvmq__h__1"),
            "nightly.install kvmp__h,kvmq__h__1\nnightly.boot kvmp__h,kvmq__h__1\n");
}

// Notes how much memory the tests that are alive have been allotted together. `large` and `small`
// fit beside each other, and wait until they are.
constexpr const char* kMemoryRunner = R"sh(#!/bin/sh
set -e
name=$4
cd "$(dirname "$0")"
own=${CTEST_RESOURCE_GROUP_0_KVMM__H#id:0,slots:}
take() { while ! mkdir lock 2>/dev/null; do sleep 0.02; done; }
take
echo "$own" > "alive-$name"
sum=0
for file in alive-*; do sum=$((sum + $(cat "$file"))); done
echo $sum >> sums
rmdir lock
touch "met-$name"
if [ "$name" = nightly.large ] || [ "$name" = nightly.small ]; then
  tries=0
  while [ ! -e met-nightly.large ] || [ ! -e met-nightly.small ]; do
    tries=$((tries + 1)); [ $tries -lt 600 ]; sleep 0.1
  done
fi
take
rm "alive-$name"
rmdir lock
)sh";

// Tests whose memory was summed up, and the largest sum.
std::pair<uint64_t, uint64_t> CountAndMost(const std::string& path) {
  std::istringstream sums(ReadWhole(path));
  uint64_t count = 0, most = 0;
  for (uint64_t sum; sums >> sum; ++count) most = std::max(most, sum);
  return {count, most};
}

TEST_F(SchedulingTest, MemoryOfTheHostIsNeverOvercommitted) {
  std::ofstream(root_ + "/runner") << kMemoryRunner;
  plan_.hosts = {{.name = "h", .queues = {"1", "2", "3"}, .memory = 1000}};
  plan_.queues = {{0, "1", "env1", {}}, {0, "2", "env2", {}}, {0, "3", "env3", {}}};
  const std::vector<std::pair<std::string, uint64_t>> tests = {
      {"large", 600}, {"small", 400}, {"whole", 2000}, {"a", 600}, {"b", 500}, {"c", 500}};
  for (uint32_t i = 0; i < tests.size(); ++i) {
    AddTest(tests[i].first, {i % 3}, tests.size() - i);
    plan_.tests.back().memory = tests[i].second;
  }
  MakeCall("kvm");
  const std::string output = RunCTest();
  EXPECT_NE(output.find("100% tests passed, 0 tests failed out of 6"), std::string::npos) << output;
  EXPECT_EQ(CountAndMost(root_ + "/sums"), (std::pair<uint64_t, uint64_t>(6, 1000)));
}

TEST_F(SchedulingTest, MemoryOfTheHostIsSharedByAllCalls) {
  std::ofstream(root_ + "/runner") << kMemoryRunner;
  plan_.hosts = {{.name = "h", .queues = {"1"}, .memory = 1000}};
  plan_.queues = {{0, "1", "env1", {}}};
  AddTest("large", {0}, 9);
  AddTest("a", {0}, 8);
  for (plan::Test& test : plan_.tests) test.memory = 600;
  MakeCall("one");
  // On a queue of its own, so that nothing but the memory keeps it from running beside those.
  plan_.hosts[0].queues = {"2"};
  plan_.queues = {{0, "2", "env2", {}}};
  plan_.tests.clear();
  AddTest("small", {0}, 9);
  AddTest("b", {0}, 8);
  for (plan::Test& test : plan_.tests) test.memory = 400;
  AddTest("c", {0}, 7);
  plan_.tests.back().memory = 500;
  MakeCall("two");
  const std::string output = RunCTest();
  EXPECT_NE(output.find("100% tests passed, 0 tests failed out of 5"), std::string::npos) << output;
  EXPECT_EQ(CountAndMost(root_ + "/sums"), (std::pair<uint64_t, uint64_t>(5, 1000)));
}

// Three tests that only two of the queues admit: the third does not take the place of one that
// the last queue runs.
TEST_F(SchedulingTest, PooledTestsDoNotWaitInEachOthersPlaces) {
  std::ofstream(root_ + "/runner") << kMeetingRunner;
  plan_.hosts = {{.name = "h", .queues = {"1", "2", "3"}}};
  plan_.queues = {{0, "1", "env1", {}}, {0, "2", "env2", {}}, {0, "3", "env3", {}}};
  for (int i = 0; i < 3; ++i) AddTest("narrow" + std::to_string(i), {0, 1}, 9 - i);
  AddTest("wide", {0, 1, 2}, 1);
  MakeCall("kvm");
  const std::string output = RunCTest();
  EXPECT_NE(output.find("100% tests passed, 0 tests failed out of 4"), std::string::npos) << output;
  EXPECT_EQ(CountAndMost(root_ + "/counts"), (std::pair<uint64_t, uint64_t>(3, 2)));
}

// The same where another call has the third queue, and pins a test to one of the two.
TEST_F(SchedulingTest, PooledTestsDoNotWaitForThoseOfAnotherCall) {
  std::ofstream(root_ + "/runner") << kMeetingRunner;
  plan_.hosts = {{.name = "h", .queues = {"1", "2"}}};
  plan_.queues = {{0, "1", "env1", {}}, {0, "2", "env2", {}}};
  for (int i = 0; i < 3; ++i) AddTest("narrow" + std::to_string(i), {0, 1}, 9 - i);
  MakeCall("one");
  plan_.tests.clear();
  plan_.hosts[0].queues = {"2", "3"};
  plan_.queues = {{0, "2", "env2", {}}, {0, "3", "env3", {}}};
  AddTest("pinned", {0}, 10);
  AddTest("there", {1}, 1);
  MakeCall("two");
  const std::string output = RunCTest();
  EXPECT_NE(output.find("100% tests passed, 0 tests failed out of 5"), std::string::npos) << output;
  EXPECT_EQ(CountAndMost(root_ + "/counts"), (std::pair<uint64_t, uint64_t>(4, 2)));
}

TEST_F(SchedulingTest, ProcessorsAreWrittenWhereTheUserAsks) {
  plan_.hosts = {{.name = "h", .queues = {"1"}, .cpus = 4}};
  plan_.queues = {{0, "1", "env", {}}};
  AddTest("x", {0}, 2);
  plan_.tests[0].cpus = 3;
  Options options;
  options.output_dir = root_ + "/kvm";
  options.version = "0";
  auto script = [&] {
    return Render(plan_, options).files.at("h/sets/nightly/1/CTestTestfile.cmake");
  };
  EXPECT_NE(
      script().find("RESOURCE_GROUPS \"kvmp__h:1,kvmc__h:3${KVMTEST_GATES_h__1},kvmq__h__1:1\" "
                    "TIMEOUT ${KVMTEST_TIMEOUT} SKIP_RETURN_CODE 77 COST 2)"),
      std::string::npos)
      << script();
  plan_.takes_processors = true;
  EXPECT_NE(script().find(" COST 2 PROCESSORS 3)"), std::string::npos) << script();
}

}  // namespace
}  // namespace kvmtest::ctest
