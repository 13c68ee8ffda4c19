// Who runs what in `assign = auto`: good, stable and quick assignments.
#include "plan/assign.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>
#include <numeric>
#include <random>
#include <set>

namespace kvmtest::plan {
namespace {

Piece Work(std::string name, uint64_t work, uint32_t admitted = 0) {
  return {.name = std::move(name), .parts = {{.work = work}}, .admitted = admitted};
}

AssignProblem Lanes(uint32_t lanes) {
  AssignProblem problem;
  problem.site.machines.resize(1);
  problem.site.admitted.emplace_back();
  for (uint32_t lane = 0; lane < lanes; ++lane) {
    problem.lanes.push_back(fmt::format("q{}", lane));
    problem.site.machine_of.push_back(0);
    problem.site.admitted[0].push_back(lane);
  }
  return problem;
}

// When the last piece of one part ends, if each queue takes its own as they were planned.
uint64_t EndOf(const AssignProblem& problem, const Assignment& assignment) {
  std::vector<uint32_t> order(problem.pieces.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
    return !assignment.begin.empty() && assignment.begin[a] < assignment.begin[b];
  });
  Site site = problem.site;
  site.admitted.clear();
  for (uint32_t lane = 0; lane < site.machine_of.size(); ++lane) site.admitted.push_back({lane});
  std::vector<Task> tasks;
  for (uint32_t id : order) {
    const Part& part = problem.pieces[id].parts[0];
    tasks.push_back({.work = part.work,
                     .cpus = part.cpus,
                     .memory = part.memory,
                     .admitted = assignment.lane_of[id]});
  }
  uint64_t end = 0;
  for (const Run& run : Simulate(site, tasks, StartRule::kOnFreeLane)) end = std::max(end, run.end);
  EXPECT_EQ(end, assignment.end);
  return end;
}

class Random {
 public:
  explicit Random(uint32_t seed) : engine_(seed) {}
  uint32_t Below(uint32_t n) { return static_cast<uint32_t>(engine_() % n); }
  uint64_t Milliseconds() { return static_cast<uint64_t>(1000 * seconds_(engine_)) + 1; }

 private:
  std::mt19937 engine_;
  std::lognormal_distribution<double> seconds_{3.5, 1.5};
};

// Machines with a CPU to three and 1 to 3 GiB for each queue, at least as much as a test may need.
void AddLimits(Random* random, AssignProblem* problem) {
  std::vector<uint64_t> lanes(problem->site.machines.size());
  for (uint32_t machine : problem->site.machine_of) ++lanes[machine];
  for (size_t i = 0; i < lanes.size(); ++i)
    problem->site.machines[i] = {
        .cpus = std::max<uint64_t>(4, lanes[i] * (1 + random->Below(3))),
        .memory = std::max<uint64_t>(4096, lanes[i] * 1024 * (1 + random->Below(3)))};
}

// About 20 tests a queue, some that require each other, some for which not every queue will do.
AssignProblem RandomProblem(uint32_t seed, bool has_limits = false) {
  Random random(seed);
  const uint32_t lanes = 1 + random.Below(16);
  AssignProblem problem = Lanes(lanes);
  problem.site.machines.resize(1 + random.Below(std::min(lanes, 3u)));
  for (uint32_t lane = 0; lane < lanes; ++lane)
    problem.site.machine_of[lane] =
        lane * static_cast<uint32_t>(problem.site.machines.size()) / lanes;
  if (has_limits) AddLimits(&random, &problem);
  for (uint32_t set = random.Below(4); set > 0; --set) {
    std::set<uint32_t> some;
    for (uint32_t lane = 0; lane < lanes; ++lane)
      if (random.Below(2) == 0) some.insert(lane);
    if (!some.empty()) problem.site.admitted.emplace_back(some.begin(), some.end());
  }
  const auto sets = static_cast<uint32_t>(problem.site.admitted.size());
  for (uint32_t tests = lanes * 20; tests > 0;) {
    const uint32_t group = std::min(tests, random.Below(4) == 0 ? 1 + random.Below(5) : 1);
    Piece piece = Work(fmt::format("t{}", tests), 0, random.Below(3) == 0 ? random.Below(sets) : 0);
    Part& part = piece.parts[0];
    for (uint32_t i = 0; i < group; ++i) part.work += random.Milliseconds();
    if (has_limits) part.cpus = 1 + random.Below(2) + 2 * (random.Below(8) / 7);
    if (has_limits) part.memory = uint64_t{512} << random.Below(4);
    problem.pieces.push_back(std::move(piece));
    tests -= group;
  }
  return problem;
}

TEST(Assign, KeepsToWhatQueuesAdmit) {
  AssignProblem problem = Lanes(3);
  problem.site.admitted.push_back({1});
  problem.site.admitted.push_back({0, 2});
  for (int i = 0; i < 30; ++i)
    problem.pieces.push_back(Work(fmt::format("t{}", i), 100 + i, i % 3));
  const std::vector<uint32_t> lane_of = Assign(problem).lane_of;
  for (int i = 0; i < 30; ++i) {
    const std::vector<uint32_t>& lanes = problem.site.admitted[problem.pieces[i].admitted];
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
  EXPECT_TRUE(Assign(problem).lane_of.empty());
}

// Of 200 random lists, with what the machines have unlimited or not.
class AssignNearTheBound : public testing::TestWithParam<bool> {};

TEST_P(AssignNearTheBound, EndsSoon) {
  double sum = 0, worst = 0;
  uint32_t worst_seed = 0;
  constexpr uint32_t kLists = 200;
  for (uint32_t seed = 1; seed <= kLists; ++seed) {
    const AssignProblem problem = RandomProblem(seed, GetParam());
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

INSTANTIATE_TEST_SUITE_P(Limits, AssignNearTheBound, testing::Bool());

// The most that any lanes must take for themselves, or the longest test: no assignment of fractions
// of tests ends sooner.
uint64_t FractionalEnd(const AssignProblem& problem) {
  const auto lanes = static_cast<uint32_t>(problem.lanes.size());
  std::vector<uint64_t> work(problem.site.admitted.size());
  uint64_t least = 0;
  for (const Piece& piece : problem.pieces) {
    work[piece.admitted] += piece.parts[0].work;
    least = std::max(least, piece.parts[0].work);
  }
  for (uint32_t some = 1; some < 1U << lanes; ++some) {
    uint64_t inside = 0;
    for (size_t set = 0; set < work.size(); ++set) {
      const std::vector<uint32_t>& admitted = problem.site.admitted[set];
      if (std::all_of(admitted.begin(), admitted.end(),
                      [some](uint32_t lane) { return (some >> lane & 1) != 0; }))
        inside += work[set];
    }
    least = std::max(least, inside / static_cast<uint64_t>(std::popcount(some)));
  }
  return least;
}

// Each test may run on two neighbours, or on any two or three.
AssignProblem FamilyProblem(uint32_t seed, uint32_t lanes, const std::string& shape) {
  Random random(seed);
  AssignProblem problem = Lanes(lanes);
  problem.site.admitted.clear();
  for (uint32_t i = 0; i + (shape == "chain" ? 1 : 0) < lanes; ++i) {
    std::set<uint32_t> some{i, (i + 1) % lanes};
    if (shape == "any") some = {random.Below(lanes), random.Below(lanes), random.Below(lanes)};
    problem.site.admitted.emplace_back(some.begin(), some.end());
  }
  for (uint32_t i = 0; i < lanes * 20; ++i)
    problem.pieces.push_back(
        Work(fmt::format("t{}", i), random.Milliseconds(),
             random.Below(static_cast<uint32_t>(problem.site.admitted.size()))));
  return problem;
}

TEST(Assign, MovesWhatOthersMakeRoomFor) {
  for (const char* shape : {"chain", "ring", "any"}) {
    for (uint32_t lanes : {3, 5, 8}) {
      double sum = 0, worst = 0;
      constexpr uint32_t kLists = 40;
      for (uint32_t seed = 1; seed <= kLists; ++seed) {
        const AssignProblem problem = FamilyProblem(seed, lanes, shape);
        const double ratio = static_cast<double>(EndOf(problem, Assign(problem))) /
                             static_cast<double>(FractionalEnd(problem));
        sum += ratio;
        worst = std::max(worst, ratio);
      }
      fmt::print("{} of {} queues: {:.4f} of the bound on average, {:.3f} at worst\n", shape, lanes,
                 sum / kLists, worst);
      EXPECT_LE(sum / kLists, 1.05) << shape << lanes;
      EXPECT_LE(worst, 4.0 / 3) << shape << lanes;
    }
  }
}

TEST(Assign, DoesNotDependOnTheOrderOfTests) {
  for (uint32_t seed = 1; seed <= 20; ++seed) {
    AssignProblem problem = RandomProblem(seed);
    std::map<std::string, uint32_t> before;
    const std::vector<uint32_t> lane_of = Assign(problem).lane_of;
    for (size_t i = 0; i < lane_of.size(); ++i) before[problem.pieces[i].name] = lane_of[i];
    std::shuffle(problem.pieces.begin(), problem.pieces.end(), std::mt19937(seed));
    const std::vector<uint32_t> shuffled = Assign(problem).lane_of;
    for (size_t i = 0; i < shuffled.size(); ++i)
      ASSERT_EQ(before[problem.pieces[i].name], shuffled[i]) << seed;
  }
}

// The share of the other tests that move when one is removed.
double MovedShare(bool has_limits) {
  double moved = 0, others = 0;
  for (uint32_t seed = 1; seed <= 60; ++seed) {
    AssignProblem problem = RandomProblem(seed, has_limits);
    const std::vector<uint32_t> before = Assign(problem).lane_of;
    const size_t removed = seed * 7 % problem.pieces.size();
    problem.pieces.erase(problem.pieces.begin() + static_cast<ptrdiff_t>(removed));
    const std::vector<uint32_t> after = Assign(problem).lane_of;
    for (size_t i = 0; i < after.size(); ++i)
      moved += before[i < removed ? i : i + 1] == after[i] ? 0 : 1;
    others += static_cast<double>(after.size());
  }
  return moved / others;
}

TEST(Assign, ASmallChangeMovesFewTests) {
  const double moved = MovedShare(/*has_limits=*/false);
  const double with_limits = MovedShare(/*has_limits=*/true);
  fmt::print(
      "{:.1f} % of the other tests move when one is removed, {:.1f} % where CPUs and memory "
      "are short\n",
      100 * moved, 100 * with_limits);
  EXPECT_LE(moved, 0.12);
}

}  // namespace
}  // namespace kvmtest::plan
