#include "ctest/gates.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "ctest/escape.h"
#include "plan/gates.h"
#include "plan/natural_order.h"
#include "plan/timeline.h"

namespace kvmtest::ctest {
namespace {

using Queues = std::vector<uint32_t>;  // ascending places in HostDemand::host.queues

struct HostDemand {
  plan::Host host = {};
  uint64_t longest = 0;
  std::set<Queues> pools = {};
};

Queues PlacesOf(const plan::Host& host, const std::vector<std::string>& names) {
  Queues places;
  for (const std::string& name : names) {
    auto queue = std::lower_bound(host.queues.begin(), host.queues.end(), name, plan::NaturalLess);
    places.push_back(static_cast<uint32_t>(queue - host.queues.begin()));
  }
  std::sort(places.begin(), places.end());
  return places;
}

// Those of all calls, by the demands' host.
std::map<std::string, HostDemand> HostsOf(const ResourceSpec& merged) {
  std::map<std::string, std::set<std::string>> queues;
  for (const ResourceSpec::Demand& demand : merged.demands)
    queues[demand.host].insert(demand.queues.begin(), demand.queues.end());
  std::map<std::string, HostDemand> hosts;
  for (const auto& [name, names] : queues) {
    plan::Host& host = hosts[name].host;
    host.name = name;
    host.queues.assign(names.begin(), names.end());
    std::sort(host.queues.begin(), host.queues.end(), plan::NaturalLess);
  }
  for (const ResourceSpec::Demand& demand : merged.demands) {
    HostDemand& host = hosts[demand.host];
    host.longest = std::max(host.longest, demand.longest);
    for (const std::vector<std::string>& pool : demand.pools)
      host.pools.insert(PlacesOf(host.host, pool));
  }
  return hosts;
}

class VariablesWriter {
 public:
  void AddHost(HostDemand demand) {
    plan::Host& host = demand.host;
    // Where every test is pinned, ctest knows all.
    if (demand.pools.empty()) return;
    bool complete = true;
    host.gates = plan::GatesFor(demand.pools, host.queues.size(), &complete);
    if (!complete) WarnOfMore(host.name);
    for (const Queues& gate : host.gates)
      gates_.resources[GateResource(NameOf(host, gate))] = {{"0", gate.size()}};
    std::set<Queues> admitted = std::move(demand.pools);
    for (uint32_t queue = 0; queue < host.queues.size(); ++queue) admitted.insert({queue});
    for (const Queues& queues : admitted) SetVariables(host, queues, 2 * demand.longest);
  }

  TreeGates Take() { return std::move(gates_); }

 private:
  static std::string NameOf(const plan::Host& host, const Queues& queues) {
    return QueueSetName(host.name, plan::QueueNames(host, queues));
  }

  void WarnOfMore(const std::string& host) {
    gates_.warnings.push_back(fmt::format(
        "on host '{}' pooled tests admit more than {} sets of queues, counted with what these make "
        "together: ctest may start a test that no queue is left for, which then takes a place and "
        "waits inside the runner",
        host, plan::kMostGates));
  }

  void SetVariables(const plan::Host& host, const Queues& queues, uint64_t wait) {
    const std::string name = NameOf(host, queues);
    std::string group;
    for (uint32_t gate : plan::GatesOf(host.gates, queues))
      group += fmt::format(",{}:1", GateResource(NameOf(host, host.gates[gate])));
    if (!group.empty()) Set(GatesVariable(name), group);
    // One that has its queue may be waited for, and one that waits for it, too. Among tests of one
    // ctest some queue is free for what all admit, but another ctest of the tree counts apart.
    Set(WaitVariable(name), std::to_string(wait));
    Set(WaitOptionVariable(name), fmt::format("--wait={}", wait));
  }

  void Set(const std::string& variable, const std::string& value) {
    gates_.script += fmt::format("set({} \"{}\")\n", variable, value);
  }

  TreeGates gates_;
};

}  // namespace

std::string GatesVariable(const std::string& queue_set) {
  return "KVMTEST_GATES_" + queue_set;
}

std::string WaitVariable(const std::string& queue_set) {
  return "KVMTEST_WAIT_" + queue_set;
}

std::string WaitOptionVariable(const std::string& queue_set) {
  return "KVMTEST_WAIT_OPTION_" + queue_set;
}

TreeGates GatesOfTree(const ResourceSpec& merged) {
  VariablesWriter writer;
  std::map<std::string, HostDemand> hosts = HostsOf(merged);
  for (auto& [_, host] : hosts) writer.AddHost(std::move(host));
  return writer.Take();
}

}  // namespace kvmtest::ctest
