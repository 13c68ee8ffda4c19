// Where a pool's tests may not all run on every queue.
#ifndef KVMTEST_PLAN_GATES_H_
#define KVMTEST_PLAN_GATES_H_

#include <cstdint>
#include <vector>

#include "plan/plan.h"

namespace kvmtest::plan {

// A test's queues as places in Host::queues, ascending. GatesOf (plan/timeline.h) tells its gates.
std::vector<uint32_t> QueuesOf(const Plan& plan, const Test& test);

// Sets the hosts' gates, the order in which pooled tests try their queues (first those that fewest
// others depend on) and how long tests may have to wait.
void SetGates(Plan* plan);

}  // namespace kvmtest::plan

#endif  // KVMTEST_PLAN_GATES_H_
