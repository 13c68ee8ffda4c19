#include "plan/pooled.h"

#include <algorithm>
#include <map>
#include <utility>

namespace kvmtest::plan {
namespace {

// What all queues have in common is the test's.
void ShareParams(Test* test, Plan* plan) {
  std::map<std::pair<TextId, TextId>, size_t> times;
  for (const std::vector<Param>& params : test->queue_params)
    for (Param param : params) ++times[{param.key, param.value}];
  auto is_shared = [&](Param param) {
    return times.at({param.key, param.value}) == test->queue_params.size();
  };
  std::vector<Param> shared = plan->runs.List(test->params);
  std::erase_if(shared, [&](Param param) { return !is_shared(param); });
  test->params = plan->runs.Intern(plan->texts, shared);
  bool any = false;
  for (std::vector<Param>& params : test->queue_params) {
    std::erase_if(params, is_shared);
    any |= !params.empty();
  }
  if (!any) test->queue_params.clear();
}

}  // namespace

uint32_t MergeAlternatives(const std::vector<uint32_t>& alternatives, uint32_t host, Plan* plan) {
  uint32_t kept = UINT32_MAX;
  std::vector<uint32_t> setups;
  for (uint32_t id : alternatives) {
    const Test& test = plan->tests[id];
    if (test.host != host) continue;
    if (kept == UINT32_MAX) kept = id;
    for (uint32_t setup : test.queues) {
      auto same_queue = [&](uint32_t other) {
        return plan->queues[other].queue == plan->queues[setup].queue;
      };
      if (std::any_of(setups.begin(), setups.end(), same_queue)) continue;
      setups.push_back(setup);
      plan->tests[kept].queue_params.push_back(plan->runs.List(test.params));
    }
  }
  Test& test = plan->tests[kept];
  test.queues = std::move(setups);
  test.pooled = test.queues.size() > 1;
  ShareParams(&test, plan);
  return kept;
}

}  // namespace kvmtest::plan
