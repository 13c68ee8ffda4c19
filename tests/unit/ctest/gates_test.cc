// What tests of several calls take of a host's queues together.
#include "ctest/gates.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>

namespace kvmtest::ctest {
namespace {

using Demand = ResourceSpec::Demand;

TreeGates GatesOf(const std::vector<Demand>& demands) {
  ResourceSpec merged;
  merged.demands = demands;
  return GatesOfTree(merged);
}

TEST(TreeGates, OneCallHasTheGatesOfItsPool) {
  const TreeGates gates = GatesOf({{.host = "h",
                                    .queues = {"1", "2", "3"},
                                    .longest = 5,
                                    .pools = {{"1", "2"}, {"1", "2", "3"}}}});
  EXPECT_EQ(gates.resources, (Resources{{"kvmg__h__1__2", {{"0", 2}}}}));
  EXPECT_EQ(gates.script, R"(set(KVMTEST_GATES_h__1 ",kvmg__h__1__2:1")
set(KVMTEST_WAIT_h__1 "10")
set(KVMTEST_WAIT_OPTION_h__1 "--wait=10")
set(KVMTEST_GATES_h__1__2 ",kvmg__h__1__2:1")
set(KVMTEST_WAIT_h__1__2 "10")
set(KVMTEST_WAIT_OPTION_h__1__2 "--wait=10")
set(KVMTEST_WAIT_h__1__2__3 "10")
set(KVMTEST_WAIT_OPTION_h__1__2__3 "--wait=10")
set(KVMTEST_GATES_h__2 ",kvmg__h__1__2:1")
set(KVMTEST_WAIT_h__2 "10")
set(KVMTEST_WAIT_OPTION_h__2 "--wait=10")
set(KVMTEST_WAIT_h__3 "10")
set(KVMTEST_WAIT_OPTION_h__3 "--wait=10")
)");
}

TEST(TreeGates, ThereAreNoneWhereEachTestIsPinnedOrAllQueuesAdmitIt) {
  EXPECT_EQ(GatesOf({{.host = "h", .queues = {"1", "2"}, .longest = 5},
                     {.host = "h", .queues = {"2", "3"}, .longest = 9}})
                .script,
            "");
  const TreeGates all =
      GatesOf({{.host = "h", .queues = {"1", "2"}, .longest = 5, .pools = {{"1", "2"}}}});
  EXPECT_TRUE(all.resources.empty());
  EXPECT_EQ(all.script.find("GATES"), std::string::npos) << all.script;
  // Another ctest of the tree may have taken them all.
  EXPECT_NE(all.script.find("set(KVMTEST_WAIT_OPTION_h__1__2 \"--wait=10\")"), std::string::npos)
      << all.script;
}

// The queues and the longest test of all calls count, and so does what their sets make together.
TEST(TreeGates, CallsMeet) {
  const TreeGates gates =
      GatesOf({{.host = "h", .queues = {"1", "2", "10"}, .longest = 5, .pools = {{"1", "2"}}},
               {.host = "h", .queues = {"2", "10", "Q"}, .longest = 75, .pools = {{"2", "10"}}},
               {.host = "other", .queues = {"1", "2"}, .longest = 500, .pools = {{"1", "2"}}}});
  EXPECT_EQ(gates.resources, (Resources{{"kvmg__h__1__2", {{"0", 2}}},
                                        {"kvmg__h__2__10", {{"0", 2}}},
                                        {"kvmg__h__1__2__10", {{"0", 3}}}}));
  for (const char* line : {
           "set(KVMTEST_GATES_h__1__2 \",kvmg__h__1__2:1,kvmg__h__1__2__10:1\")\n",
           "set(KVMTEST_GATES_h__10 \",kvmg__h__2__10:1,kvmg__h__1__2__10:1\")\n",
           "set(KVMTEST_WAIT_h___51 \"150\")\n",
       })
    EXPECT_NE(gates.script.find(line), std::string::npos) << line << gates.script;
  EXPECT_EQ(gates.script.find("KVMTEST_GATES_h___51 "), std::string::npos);
  EXPECT_EQ(gates.script.find("GATES_other"), std::string::npos);
}

TEST(TreeGates, MoreThanCtestShallWalkOverAreTold) {
  Demand demand{.host = "h", .longest = 5};
  for (int i = 0; i < 60; ++i) demand.queues.push_back(std::to_string(i));
  for (int i = 0; i < 8; i += 2) demand.pools.push_back({std::to_string(i), std::to_string(i + 1)});
  EXPECT_EQ(GatesOf({demand}).warnings, std::vector<std::string>{});
  for (int i = 8; i < 50; ++i) demand.pools.push_back({std::to_string(i), std::to_string(i + 1)});
  EXPECT_EQ(
      GatesOf({demand}).warnings,
      std::vector<std::string>{
          "on host 'h' pooled tests admit more than 32 sets of queues, counted with what these "
          "make together: ctest may start a test that no queue is left for, which then takes a "
          "place and waits inside the runner"});
  EXPECT_EQ(GatesOf({demand}).resources.size(), 32u);
}

}  // namespace
}  // namespace kvmtest::ctest
