#include "plan/host_run.h"

#include <algorithm>
#include <map>
#include <unordered_map>
#include <utility>

namespace kvmtest::plan {

std::vector<uint32_t> LanesOf(const Plan& plan, const Test& test) {
  const std::vector<std::string>& queues = plan.hosts[test.host].queues;
  std::vector<uint32_t> lanes;
  for (uint32_t setup : test.queues) {
    auto queue = std::find(queues.begin(), queues.end(), plan.queues[setup].queue);
    lanes.push_back(static_cast<uint32_t>(queue - queues.begin()));
  }
  return lanes;
}

HostRun HostRunOf(const Plan& plan, const std::vector<uint32_t>& tests) {
  HostRun run;
  if (tests.empty()) return run;
  const Host& host = plan.hosts[plan.tests[tests[0]].host];
  run.site = {.machines = {{.cpus = host.cpus, .memory = host.memory}},
              .machine_of = std::vector<uint32_t>(host.queues.size(), 0),
              .gates = host.gates};
  std::map<std::vector<uint32_t>, uint32_t> admitted;  // by setups
  std::unordered_map<uint32_t, uint32_t> task_of;
  for (uint32_t i = 0; i < tests.size(); ++i) task_of[tests[i]] = i;
  for (uint32_t id : tests) {
    const Test& test = plan.tests[id];
    auto [lanes, is_new] =
        admitted.try_emplace(test.queues, static_cast<uint32_t>(run.site.admitted.size()));
    if (is_new) run.site.admitted.push_back(LanesOf(plan, test));
    Task task{
        .work = test.expected, .cpus = test.cpus, .memory = test.memory, .admitted = lanes->second};
    for (uint32_t other : test.required)
      if (auto found = task_of.find(other); found != task_of.end())
        task.required.push_back(found->second);
    run.tasks.push_back(std::move(task));
  }
  return run;
}

}  // namespace kvmtest::plan
