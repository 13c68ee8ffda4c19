// In which order tasks are started: as ctest does it, and so that the last one ends soonest.
#ifndef KVMTEST_PLAN_BEST_ORDER_H_
#define KVMTEST_PLAN_BEST_ORDER_H_

#include <cstdint>
#include <vector>

#include "plan/timeline.h"

namespace kvmtest::plan {

// Requirements have no circles.
//
// That of ctest (3.25, 4.4; -j2 and up): what others require comes first, level by level of
// requirements, whatever its key; then the highest key; then what is listed first.
std::vector<uint32_t> StartOrder(const std::vector<Task>& tasks, const std::vector<double>& keys);

// The tasks' runs if they are started in this order.
std::vector<Run> RunsInOrder(const Site& site, const std::vector<Task>& tasks,
                             const std::vector<uint32_t>& order, StartRule rule);

struct Ordered {
  std::vector<uint32_t> order = {};
  std::vector<Run> runs = {};  // beside the tasks
  uint64_t end = 0;            // milliseconds
};

// Of all start orders by some rules, and of what comes of the best when what ends last begins
// sooner, the one that ends soonest. `first` are the keys of another rule; empty: there is none.
Ordered BestOrder(const Site& site, const std::vector<Task>& tasks,
                  const std::vector<double>& first, StartRule rule);

}  // namespace kvmtest::plan

#endif  // KVMTEST_PLAN_BEST_ORDER_H_
