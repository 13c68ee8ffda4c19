// Where a pool's tests may not all run on every queue.
#ifndef KVMTEST_PLAN_GATES_H_
#define KVMTEST_PLAN_GATES_H_

#include <cstdint>
#include <vector>

#include "plan/plan.h"

namespace kvmtest::plan {

// A test's queues as places in Host::queues, ascending.
std::vector<uint32_t> QueuesOf(const Plan& plan, const Test& test);

// The gates, in Host::gates, through which a test of these queues has to pass.
std::vector<uint32_t> GatesOf(const Host& host, const std::vector<uint32_t>& queues);

// Sets the hosts' gates, the order in which pooled tests try their queues (first those that fewest
// others depend on) and how long tests may have to wait.
void SetGates(Plan* plan);

}  // namespace kvmtest::plan

#endif  // KVMTEST_PLAN_GATES_H_
