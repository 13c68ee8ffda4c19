// ctest knows how many tests a host's queues can run, but not on which queue a pooled test is. Two
// tests that only queues 1 and 2 admit, and a third, would start together where there are three
// queues, and one would wait for another's end. So each set of queues that is all that some test
// admits is a gate: of the tests that no other queue runs, as many start as it has queues. (Hall's
// theorem: if that holds for every union of such sets, there is a queue for each.)
//
// What remains is a test that any queue admits and that sits on one which others depend on: it
// tries such queues last, and who has to wait for it may.
//
// A plan knows one configuration. Those of a build tree share the queues of their hosts, so what
// ctest is told follows from what all of them admit (ctest/gates.cc).
#include "plan/gates.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <type_traits>
#include <utility>

#include "plan/host_run.h"

namespace kvmtest::plan {
namespace {

using Queues = std::vector<uint32_t>;

bool Meet(const Queues& a, const Queues& b) {
  return std::any_of(a.begin(), a.end(),
                     [&](uint32_t queue) { return std::binary_search(b.begin(), b.end(), queue); });
}

Queues Union(const Queues& a, const Queues& b) {
  Queues both;
  std::set_union(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(both));
  return both;
}

struct HostState {
  std::set<Queues> admitted = {};     // by its pooled tests
  std::vector<uint64_t> demand = {};  // by queue, of tests that not every queue runs
  bool pools = false;
};

void SortQueues(const Plan& plan, const std::vector<uint64_t>& demand, Test* test) {
  const std::vector<uint32_t> lanes = LanesOf(plan, *test);
  std::vector<std::pair<uint64_t, size_t>> order;
  for (size_t i = 0; i < lanes.size(); ++i) order.emplace_back(demand[lanes[i]], i);
  std::sort(order.begin(), order.end());
  // What is told by queue is told in their order, if it is told at all.
  auto sort = [&order](auto* by_queue) {
    if (by_queue->empty()) return;
    std::remove_reference_t<decltype(*by_queue)> sorted;
    for (const auto& [_, i] : order) sorted.push_back(std::move((*by_queue)[i]));
    *by_queue = std::move(sorted);
  };
  sort(&test->queues);
  sort(&test->queue_params);
  sort(&test->queue_timeouts);
}

}  // namespace

std::vector<uint32_t> QueuesOf(const Plan& plan, const Test& test) {
  Queues queues = LanesOf(plan, test);
  std::sort(queues.begin(), queues.end());
  return queues;
}

std::vector<std::string> QueueNames(const Host& host, const std::vector<uint32_t>& queues) {
  std::vector<std::string> names;
  names.reserve(queues.size());
  for (uint32_t queue : queues) names.push_back(host.queues[queue]);
  return names;
}

// The sets of several queues, and what they make together, as long as that is not all queues.
std::vector<Queues> GatesFor(const std::set<Queues>& admitted, size_t queues, bool* complete) {
  *complete = true;
  std::set<Queues> gates;
  std::vector<Queues> found;
  auto add = [&](const Queues& set) {
    if (set.size() < 2 || set.size() == queues || gates.contains(set)) return;
    *complete = found.size() < kMostGates;
    if (!*complete) return;
    gates.insert(set);
    found.push_back(set);
  };
  for (const Queues& set : admitted) add(set);
  for (size_t i = 0; i < found.size(); ++i)
    for (size_t j = 0; j < i; ++j)
      if (Meet(found[i], found[j])) add(Union(found[i], found[j]));
  return found;
}

void SetGates(Plan* plan) {
  std::vector<HostState> hosts(plan->hosts.size());
  for (const Test& test : plan->tests) hosts[test.host].pools |= test.pooled;
  for (size_t i = 0; i < hosts.size(); ++i) hosts[i].demand.resize(plan->hosts[i].queues.size());
  for (const Test& test : plan->tests) {
    HostState& host = hosts[test.host];
    if (!host.pools || test.disabled) continue;
    const Queues queues = QueuesOf(*plan, test);
    if (test.pooled) host.admitted.insert(queues);
    if (queues.size() == host.demand.size()) continue;
    for (uint32_t queue : queues) host.demand[queue] += test.expected / queues.size() + 1;
  }
  bool complete = true;  // if not, that is told where all calls of a build tree meet
  for (size_t i = 0; i < hosts.size(); ++i)
    plan->hosts[i].gates = GatesFor(hosts[i].admitted, hosts[i].demand.size(), &complete);
  for (Test& test : plan->tests)
    if (test.pooled) SortQueues(*plan, hosts[test.host].demand, &test);
}

}  // namespace kvmtest::plan
