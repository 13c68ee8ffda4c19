// When each test of a host runs, if all take as long as is expected: as ctest does it, which starts
// what comes first in its order and finds its resources free, whenever a test ends.
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

struct Task {
  uint64_t work = 0;  // milliseconds
  uint64_t cpus = 0;
  uint64_t memory = 0;                  // MiB
  std::vector<uint32_t> lanes = {};     // of the host, ascending; the first that is free runs it
  std::vector<uint32_t> required = {};  // tasks that have to end before
};

struct Run {
  uint64_t begin = 0;  // milliseconds
  uint64_t end = 0;
  uint32_t lane = 0;
};

// `tasks` in ctest's order; `machine` is what all lanes share. A task that asks for more than there
// is runs alone. What is never started (requirements in a circle) begins and ends at UINT64_MAX.
std::vector<Run> Simulate(const std::vector<Task>& tasks, uint32_t lanes, const Machine& machine);

}  // namespace kvmtest::plan

#endif  // KVMTEST_PLAN_TIMELINE_H_
