// When each task runs, if all take as long as is expected: whenever one ends, the first in their
// order starts that can. With the rules of ctest this foresees a run; with those of a planner it is
// how a list becomes a plan.
#ifndef KVMTEST_PLAN_TIMELINE_H_
#define KVMTEST_PLAN_TIMELINE_H_

#include <cstdint>
#include <vector>

namespace kvmtest::plan {

// What all queues of a host share; of 0 nobody knows how much there is.
struct Machine {
  uint64_t cpus = 0;
  uint64_t memory = 0;  // MiB
};

// Where tasks run.
struct Site {
  std::vector<Machine> machines = {};
  std::vector<uint32_t> machine_of = {};             // of each lane, which is a queue
  std::vector<std::vector<uint32_t>> admitted = {};  // lanes, in the order in which they are tried
  // Sets of lanes, ascending; each lets in as many at once of the tasks that only its lanes run as
  // it has lanes.
  std::vector<std::vector<uint32_t>> gates = {};
};

inline constexpr uint32_t kNoGroup = UINT32_MAX;

struct Task {
  uint64_t work = 0;  // milliseconds
  uint64_t cpus = 0;
  uint64_t memory = 0;                  // MiB
  uint32_t admitted = 0;                // in Site::admitted: any of these lanes runs it
  std::vector<uint32_t> required = {};  // tasks that have to end before
  // Tasks of one group run on one lane, whichever the first of them gets.
  uint32_t group = kNoGroup;
};

struct Run {
  uint64_t begin = 0;  // milliseconds
  uint64_t end = 0;
  uint32_t lane = 0;
};

enum class StartRule : uint8_t {
  // When one of its lanes is free.
  kOnFreeLane,
  // As ctest does, which knows how many lanes a machine has but not who is on which: when the
  // machine has one left, and for a task that only one lane runs when no other such has that, and
  // its gates let it in. It waits then for one of its lanes, and keeps others from starting
  // meanwhile. Of one machine.
  kOnFreePlace,
};

// The gates, in Site::gates, through which a task has to pass that these lanes run, ascending.
std::vector<uint32_t> GatesOf(const std::vector<std::vector<uint32_t>>& gates,
                              const std::vector<uint32_t>& lanes);

// `tasks` in the order in which they are considered. A task that asks for more than its machine has
// takes all of it. What is never started (requirements in a circle) begins and ends at UINT64_MAX.
std::vector<Run> Simulate(const Site& site, const std::vector<Task>& tasks, StartRule rule);

}  // namespace kvmtest::plan

#endif  // KVMTEST_PLAN_TIMELINE_H_
