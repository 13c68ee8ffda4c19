#include "ctest/gather.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

namespace kvmtest::ctest {
namespace {

std::string Tests(size_t count) {
  return fmt::format("{} test{}", count, count == 1 ? "" : "s");
}

uint64_t MedianOf(std::vector<uint64_t> times) {
  std::sort(times.begin(), times.end());
  const size_t middle = times.size() / 2;
  if (times.size() % 2 == 1) return times[middle];
  return (times[middle - 1] + times[middle]) / 2;
}

// A file that shows which plan a call has for a host: a result, if there is one.
struct Witness {
  std::string path;
  std::string what;
};

Witness WitnessOf(const FoundCall& call, const std::string& host) {
  auto digest = call.plan.digests.find(host);
  if (digest == call.plan.digests.end())
    return {call.pointer, fmt::format("no host '{}' in its plan", host)};
  for (const Result& result : call.results) {
    if (result.host == host && result.plan == digest->second)
      return {result.path, fmt::format("a result of host '{}', of plan {}", host, result.plan)};
  }
  return {call.pointer,
          fmt::format("no result of host '{}' yet, of plan {}", host, digest->second)};
}

std::set<std::string> HostsApart(const CallPlan& first, const CallPlan& other) {
  std::set<std::string> hosts;
  for (const auto& [plan, beside] : {std::pair(&first, &other), std::pair(&other, &first)}) {
    for (const auto& [host, digest] : plan->digests) {
      auto found = beside->digests.find(host);
      if (found == beside->digests.end() || found->second != digest) hosts.insert(host);
    }
  }
  return hosts;
}

// A host for which the two have different plans, if there is any; of several one with results.
std::optional<std::string> HostApart(const FoundCall& first, const FoundCall& other) {
  const std::set<std::string> hosts = HostsApart(first.plan, other.plan);
  for (const FoundCall* call : {&other, &first}) {
    for (const Result& result : call->results)
      if (hosts.contains(result.host)) return result.host;
  }
  return hosts.empty() ? std::nullopt : std::optional(*hosts.begin());
}

// What is wrong if the two are not of the same plan.
std::string Difference(const FoundCall& first, const FoundCall& other) {
  if (first.plan.name != other.plan.name) {
    return fmt::format(
        "{}: error: tests of '{}', and others of '{}': expected those of one kvm_discover_tests()\n"
        "{}: note: here are the others\n"
        "hint: name the directories kvmtest/{} or kvmtest/{} of the build trees\n",
        first.pointer, first.plan.name, other.plan.name, other.pointer, first.plan.name,
        other.plan.name);
  }
  const std::optional<std::string> host = HostApart(first, other);
  if (!host) return "";
  const Witness here = WitnessOf(first, *host);
  const Witness there = WitnessOf(other, *host);
  return fmt::format(
      "{}: error: {}: expected results of one plan\n"
      "{}: note: {}\n"
      "hint: gather from hosts that ran the same configuration with the same costs; "
      "--earlier FILE keeps what was gathered before\n",
      here.path, here.what, there.path, there.what);
}

class Gatherer {
 public:
  void Add(const FoundCall& call) {
    for (const auto& [host, tests] : call.plan.tests)
      for (const auto& [name, _] : tests) planned_[host].insert(name);
    for (const Result& result : call.results) {
      if (seen_.emplace(result.test, result.host, result.run, result.started).second)
        Add(call.plan, result);
    }
  }

  Gathered Take() {
    Gathered gathered;
    for (auto& [name, times] : times_) gathered.costs[name] = MedianOf(std::move(times));
    gathered.summary = Summary(gathered.costs.size());
    gathered.error = std::move(error_);
    return gathered;
  }

 private:
  void Add(const CallPlan& plan, const Result& result) {
    const PlannedTest* test = Find(plan, result);
    if (!IsOf(plan, result) || test == nullptr) {
      ++of_other_plans_;
      return;
    }
    with_result_[result.host].insert(result.test);
    auto assign = plan.assign.find(test->set);
    if (assign != plan.assign.end()) CheckHost(*test, assign->second, result);
    if (result.status == "pass") {
      times_[test->cost_name].push_back(result.milliseconds);
    } else {
      ++others_[result.status];
    }
  }

  // Of whatever host, lest a result that a hand has moved go unseen.
  static bool IsOf(const CallPlan& plan, const Result& result) {
    return std::any_of(plan.digests.begin(), plan.digests.end(),
                       [&](const auto& host) { return host.second == result.plan; });
  }

  // The test, on whatever host.
  static const PlannedTest* Find(const CallPlan& plan, const Result& result) {
    for (const auto& [_, tests] : plan.tests) {
      auto found = tests.find(result.test);
      if (found != tests.end()) return &found->second;
    }
    return nullptr;
  }

  void CheckHost(const PlannedTest& test, const std::string& assign, const Result& result) {
    const Result& first = *first_.emplace(test.cost_name, &result).first->second;
    if (first.host == result.host || !error_.empty()) return;
    error_ = fmt::format(
        "{}: error: '{}' ran on hosts '{}' and '{}': expected one, as set '{}' has 'assign = {}'\n"
        "{}: note: the result of host '{}'\n"
        "hint: remove the one that was made by hand\n",
        first.path, test.cost_name, first.host, result.host, test.set, assign, result.path,
        result.host);
  }

  std::string Summary(size_t measured) const {
    std::vector<std::string> hosts;
    std::vector<std::string> silent;
    size_t planned = 0;
    size_t without = 0;
    for (const auto& [host, _] : with_result_) hosts.push_back(host);
    for (const auto& [host, tests] : planned_) {
      auto found = with_result_.find(host);
      if (found == with_result_.end()) {
        if (!tests.empty()) silent.push_back(fmt::format("{} ({})", host, Tests(tests.size())));
        continue;
      }
      planned += tests.size();
      for (const std::string& test : tests) without += found->second.contains(test) ? 0 : 1;
    }
    std::string text = fmt::format("{} measured on {} host{}{}{}\n", Tests(measured), hosts.size(),
                                   hosts.size() == 1 ? "" : "s", hosts.empty() ? "" : ": ",
                                   fmt::join(hosts, ", "));
    if (without > 0)
      text += fmt::format("without a result: {} of their {}\n", without, Tests(planned));
    if (!silent.empty())
      text += fmt::format("hosts without results: {}\n", fmt::join(silent, ", "));
    std::vector<std::string> left_out;
    for (const auto& [status, count] : others_)
      left_out.push_back(fmt::format("{} of status '{}'", count, status));
    if (of_other_plans_ > 0) left_out.push_back(fmt::format("{} of other plans", of_other_plans_));
    if (!left_out.empty()) text += fmt::format("results left out: {}\n", fmt::join(left_out, ", "));
    return text;
  }

  std::set<std::tuple<std::string, std::string, std::string, double>> seen_;
  std::map<std::string, std::set<std::string>> planned_;      // CTest names by host
  std::map<std::string, std::set<std::string>> with_result_;  // likewise
  std::map<std::string, std::vector<uint64_t>> times_;        // by name of the test
  std::map<std::string, const Result*> first_;                // likewise, of planned sets
  std::map<std::string, size_t> others_;                      // by status
  size_t of_other_plans_ = 0;
  std::string error_;
};

}  // namespace

Gathered GatherCosts(const std::vector<FoundCall>& calls) {
  for (const FoundCall& call : calls) {
    std::string difference = Difference(calls.front(), call);
    if (!difference.empty()) return {.error = std::move(difference)};
  }
  Gatherer gatherer;
  for (const FoundCall& call : calls) gatherer.Add(call);
  Gathered gathered = gatherer.Take();
  if (gathered.error.empty() && gathered.costs.empty())
    gathered.error = "error: no test of the current plan has passed: nothing to gather\n";
  return gathered;
}

}  // namespace kvmtest::ctest
