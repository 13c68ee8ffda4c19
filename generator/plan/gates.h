// Where a pool's tests may not all run on every queue.
#ifndef KVMTEST_PLAN_GATES_H_
#define KVMTEST_PLAN_GATES_H_

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "plan/plan.h"

namespace kvmtest::plan {

// A test's queues as places in Host::queues, ascending. GatesOf (plan/timeline.h) tells its gates.
std::vector<uint32_t> QueuesOf(const Plan& plan, const Test& test);

// Places in Host::queues as names.
std::vector<std::string> QueueNames(const Host& host, const std::vector<uint32_t>& queues);

// ctest walks over a test's resources whenever it looks for one to start; and unions may be many.
inline constexpr size_t kMostGates = 32;

// The gates of a host with so many queues, some of whose pooled tests each such a set admits. If
// there are more than kMostGates, *complete is false.
std::vector<std::vector<uint32_t>> GatesFor(const std::set<std::vector<uint32_t>>& admitted,
                                            size_t queues, bool* complete);

// Sets the hosts' gates, as far as the plan knows of them, and the order in which pooled tests try
// their queues: first those that fewest others depend on.
void SetGates(Plan* plan);

}  // namespace kvmtest::plan

#endif  // KVMTEST_PLAN_GATES_H_
