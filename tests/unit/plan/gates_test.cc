// Pools whose queues admit different tests.
#include "plan/gates.h"

#include <gtest/gtest.h>

#include <numeric>
#include <string>

#include "build_testing.h"
#include "plan/timeline.h"

namespace kvmtest::plan {
namespace {

// A host with so many queues, and tests of it, each with the queues that admit it.
Plan PlanOf(size_t queues, const std::vector<std::vector<uint32_t>>& admitted) {
  Plan plan;
  plan.hosts.emplace_back().name = "h";
  for (size_t i = 0; i < queues; ++i) {
    plan.hosts[0].queues.push_back(std::to_string(i));
    plan.queues.push_back({.host = 0, .queue = std::to_string(i), .state_dir = {}, .blocks = {}});
  }
  plan.sets.push_back({.name = "s"});
  for (const std::vector<uint32_t>& lanes : admitted) {
    Test& test = plan.tests.emplace_back();
    test.queues = lanes;
    test.pooled = lanes.size() > 1;
    test.timeout = 100;
    test.expected = 1000;
  }
  return plan;
}

using Sets = std::vector<std::vector<uint32_t>>;

TEST(Gates, AreWhatPooledTestsAdmitAndTheirUnions) {
  struct Row {
    size_t queues;
    Sets admitted;
    Sets gates;
  };
  const Row kRows[] = {
      {3, {{0, 1, 2}, {0, 1, 2}}, {}},          // all alike
      {3, {{0, 1}, {0, 1, 2}}, {{0, 1}}},       //
      {3, {{0}, {0, 1, 2}}, {}},                // pinned: has the queue's own resource
      {3, {{0, 1}, {1, 2}}, {{0, 1}, {1, 2}}},  // together they are all
      {4, {{0, 1}, {1, 2}}, {{0, 1}, {1, 2}, {0, 1, 2}}},
      {5, {{0, 1}, {2, 3}}, {{0, 1}, {2, 3}}},  // side by side
  };
  for (const Row& row : kRows) {
    Plan plan = PlanOf(row.queues, row.admitted);
    SetGates(&plan);
    EXPECT_EQ(plan.hosts[0].gates, row.gates);
  }
}

TEST(Gates, AreNotWithoutEnd) {
  Sets admitted;
  for (uint32_t i = 0; i < 40; ++i) admitted.push_back({i, i + 1});
  Plan plan = PlanOf(60, admitted);
  SetGates(&plan);
  EXPECT_EQ(plan.hosts[0].gates.size(), 32u);
}

TEST(Gates, WhoPassesWhich) {
  Plan plan = PlanOf(4, {{0, 1}, {1, 2}, {1}, {3}, {0, 1, 2, 3}});
  SetGates(&plan);
  std::vector<std::vector<uint32_t>> passed;
  for (const plan::Test& test : plan.tests)
    passed.push_back(GatesOf(plan.hosts[0].gates, QueuesOf(plan, test)));
  EXPECT_EQ(passed, (Sets{{0, 2}, {1, 2}, {0, 1, 2}, {}, {}}));
}

TEST(Gates, WhatOthersDependOnIsTriedLast) {
  Plan plan = PlanOf(3, {{0, 1, 2}, {0, 1}, {0}});
  plan.tests[0].queue_params = {{{1, 1}}, {{2, 2}}, {{3, 3}}};
  plan.tests[0].queue_timeouts = {10, 20, 30};
  SetGates(&plan);
  EXPECT_EQ(plan.tests[0].queues, (std::vector<uint32_t>{2, 1, 0}));
  EXPECT_EQ(plan.tests[0].queue_params[0], (std::vector<Param>{{3, 3}}));
  EXPECT_EQ(plan.tests[0].queue_params[2], (std::vector<Param>{{1, 1}}));
  EXPECT_EQ(plan.tests[0].queue_timeouts, (std::vector<uint64_t>{30, 20, 10}));
  EXPECT_EQ(plan.tests[1].queues, (std::vector<uint32_t>{1, 0}));
}

}  // namespace
}  // namespace kvmtest::plan
