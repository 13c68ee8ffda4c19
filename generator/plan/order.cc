#include "plan/order.h"

#include <algorithm>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "plan/best_order.h"
#include "plan/host_run.h"

namespace kvmtest::plan {
namespace {

// Counting down within each queue of a host from the same number keeps config order and interleaves
// queues. Other hosts have a number of their own, so that a test more there changes nothing here.
void CountDown(Plan* plan) {
  std::map<std::tuple<uint32_t, bool, std::string>, uint64_t> length;
  auto line = [plan](const Test& test) {
    const std::string& queue = plan->queues[test.queues.front()].queue;
    return std::tuple(test.host, test.pooled, test.pooled ? "" : queue);
  };
  auto is_manual = [plan](const Test& test) {
    return plan->sets[test.set].assign == AssignWay::kManual;
  };
  std::vector<uint64_t> longest(plan->hosts.size());
  for (const Test& test : plan->tests)
    if (is_manual(test)) longest[test.host] = std::max(longest[test.host], ++length[line(test)]);
  length.clear();
  for (Test& test : plan->tests)
    if (is_manual(test)) test.cost = longest[test.host] - length[line(test)]++;
}

void SetCostsOf(const std::vector<uint32_t>& tests, Plan* plan) {
  const HostRun host = HostRunOf(*plan, tests);
  std::vector<double> planners;  // its own order, if it had one
  for (uint32_t test : tests)
    if (plan->tests[test].cost > 0) planners.push_back(static_cast<double>(plan->tests[test].cost));
  if (planners.size() < tests.size()) planners.clear();
  const Ordered best = BestOrder(host.site, host.tasks, planners, StartRule::kOnFreePlace);
  // What waited for its queue was started before others that began sooner.
  uint64_t cost = UINT64_MAX;
  for (uint32_t task : best.order) {
    cost = std::min(cost - 1, best.end - best.runs[task].begin + tests.size());
    plan->tests[tests[task]].cost = cost;
  }
}

}  // namespace

void SetCosts(Plan* plan) {
  CountDown(plan);
  std::map<std::pair<uint32_t, uint32_t>, std::vector<uint32_t>> groups;  // by set and host
  for (uint32_t i = 0; i < plan->tests.size(); ++i) {
    const Test& test = plan->tests[i];
    if (plan->sets[test.set].assign != AssignWay::kManual && !test.disabled)
      groups[{test.set, test.host}].push_back(i);
  }
  for (const auto& [_, tests] : groups) SetCostsOf(tests, plan);
}

}  // namespace kvmtest::plan
