// Who runs what in `assign = auto`: good, stable and quick assignments.
#include "plan/assign.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <set>

namespace kvmtest::plan {
namespace {

Piece Work(std::string name, uint64_t work, uint32_t admitted = 0) {
  return {.name = std::move(name), .work = work, .admitted = admitted};
}

AssignProblem Lanes(uint32_t lanes) {
  AssignProblem problem;
  problem.machines.resize(1);
  problem.admitted.emplace_back();
  for (uint32_t lane = 0; lane < lanes; ++lane) {
    problem.lanes.push_back({0, fmt::format("q{}", lane)});
    problem.admitted[0].push_back(lane);
  }
  return problem;
}

uint64_t EndOf(const AssignProblem& problem, const std::vector<uint32_t>& lane_of) {
  std::vector<uint64_t> load(problem.lanes.size());
  for (size_t i = 0; i < lane_of.size(); ++i) load[lane_of[i]] += problem.pieces[i].work;
  return *std::max_element(load.begin(), load.end());
}

// About 20 tests a queue, some that require each other, some for which not every queue will do.
AssignProblem RandomProblem(uint32_t seed) {
  std::mt19937 random(seed);
  auto below = [&random](uint32_t n) { return static_cast<uint32_t>(random() % n); };
  AssignProblem problem = Lanes(1 + below(16));
  const auto lanes = static_cast<uint32_t>(problem.lanes.size());
  for (int set = below(4); set > 0; --set) {
    std::set<uint32_t> some;
    for (uint32_t lane = 0; lane < lanes; ++lane)
      if (below(2) == 0) some.insert(lane);
    if (!some.empty()) problem.admitted.emplace_back(some.begin(), some.end());
  }
  std::lognormal_distribution<double> seconds(3.5, 1.5);
  for (uint32_t tests = lanes * 20; tests > 0;) {
    const uint32_t group = std::min(tests, below(4) == 0 ? 1 + below(5) : 1);
    Piece piece = Work(fmt::format("t{}", tests), 0,
                       below(3) == 0 ? below(static_cast<uint32_t>(problem.admitted.size())) : 0);
    for (uint32_t i = 0; i < group; ++i)
      piece.work += static_cast<uint64_t>(1000 * seconds(random)) + 1;
    problem.pieces.push_back(std::move(piece));
    tests -= group;
  }
  return problem;
}

TEST(Assign, KeepsToWhatQueuesAdmit) {
  AssignProblem problem = Lanes(3);
  problem.admitted.push_back({1});
  problem.admitted.push_back({0, 2});
  for (int i = 0; i < 30; ++i)
    problem.pieces.push_back(Work(fmt::format("t{}", i), 100 + i, i % 3));
  const std::vector<uint32_t> lane_of = Assign(problem);
  for (int i = 0; i < 30; ++i) {
    const std::vector<uint32_t>& lanes = problem.admitted[problem.pieces[i].admitted];
    EXPECT_TRUE(std::find(lanes.begin(), lanes.end(), lane_of[i]) != lanes.end()) << i;
  }
}

TEST(Assign, OnSmallListsIsAsGoodAsAny) {
  AssignProblem problem = Lanes(2);
  for (uint64_t work : {70, 60, 50, 40, 30, 20, 10})
    problem.pieces.push_back(Work(fmt::format("t{}", work), work * 1000));
  // Within a step of the scale of ends.
  EXPECT_LE(EndOf(problem, Assign(problem)), 142'000u);
  problem = Lanes(4);
  problem.pieces = {Work("a", 0), Work("b", 0)};
  EXPECT_EQ(EndOf(problem, Assign(problem)), 0u);
  problem.pieces.clear();
  EXPECT_TRUE(Assign(problem).empty());
}

TEST(Assign, IsNearTheBoundBelowWhichNothingEnds) {
  double sum = 0, worst = 0;
  uint32_t worst_seed = 0;
  constexpr uint32_t kLists = 200;
  for (uint32_t seed = 1; seed <= kLists; ++seed) {
    const AssignProblem problem = RandomProblem(seed);
    const double ratio = static_cast<double>(EndOf(problem, Assign(problem))) /
                         static_cast<double>(LeastEnd(problem));
    ASSERT_GE(ratio, 1.0) << seed;
    sum += ratio;
    if (ratio > worst) worst = ratio, worst_seed = seed;
  }
  fmt::print("{} lists: {:.4f} of the bound on average, {:.3f} at worst (seed {})\n", kLists,
             sum / kLists, worst, worst_seed);
  EXPECT_LE(sum / kLists, 1.05);
  EXPECT_LE(worst, 4.0 / 3);
}

TEST(Assign, DoesNotDependOnTheOrderOfTests) {
  for (uint32_t seed = 1; seed <= 20; ++seed) {
    AssignProblem problem = RandomProblem(seed);
    std::map<std::string, uint32_t> before;
    const std::vector<uint32_t> lane_of = Assign(problem);
    for (size_t i = 0; i < lane_of.size(); ++i) before[problem.pieces[i].name] = lane_of[i];
    std::shuffle(problem.pieces.begin(), problem.pieces.end(), std::mt19937(seed));
    const std::vector<uint32_t> shuffled = Assign(problem);
    for (size_t i = 0; i < shuffled.size(); ++i)
      ASSERT_EQ(before[problem.pieces[i].name], shuffled[i]) << seed;
  }
}

// Of the other tests, when one is removed.
TEST(Assign, ASmallChangeMovesFewTests) {
  double moved = 0, others = 0;
  for (uint32_t seed = 1; seed <= 60; ++seed) {
    AssignProblem problem = RandomProblem(seed);
    const std::vector<uint32_t> before = Assign(problem);
    const size_t removed = seed * 7 % problem.pieces.size();
    problem.pieces.erase(problem.pieces.begin() + static_cast<ptrdiff_t>(removed));
    const std::vector<uint32_t> after = Assign(problem);
    for (size_t i = 0; i < after.size(); ++i)
      moved += before[i < removed ? i : i + 1] == after[i] ? 0 : 1;
    others += static_cast<double>(after.size());
  }
  fmt::print("{:.1f} % of the other tests move when one is removed\n", 100 * moved / others);
  EXPECT_LE(moved / others, 0.12);
}

}  // namespace
}  // namespace kvmtest::plan
