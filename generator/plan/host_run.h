// The tests of a host as tasks on its queues.
#ifndef KVMTEST_PLAN_HOST_RUN_H_
#define KVMTEST_PLAN_HOST_RUN_H_

#include <cstdint>
#include <vector>

#include "plan/plan.h"
#include "plan/timeline.h"

namespace kvmtest::plan {

struct HostRun {
  Site site = {};  // one machine; lanes are of Host::queues
  std::vector<Task> tasks = {};
};

// The test's queues as places in Host::queues, in the order of Test::queues.
std::vector<uint32_t> LanesOf(const Plan& plan, const Test& test);

// `tests` in Plan::tests, all of one host; tasks are beside them. What they require beyond these
// counts as done.
HostRun HostRunOf(const Plan& plan, const std::vector<uint32_t>& tests);

}  // namespace kvmtest::plan

#endif  // KVMTEST_PLAN_HOST_RUN_H_
