#include "ctest/gather.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
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

// A file that shows which plan a call has: a result, if there is one.
struct Witness {
  std::string path;
  std::string what;
};

Witness WitnessOf(const FoundCall& call) {
  for (const Result& result : call.results) {
    if (result.plan == call.plan.digest)
      return {result.path, fmt::format("a result of host '{}'", result.host)};
  }
  return {call.pointer, "no result yet"};
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
  if (first.plan.digest == other.plan.digest) return "";
  const Witness here = WitnessOf(first);
  const Witness there = WitnessOf(other);
  return fmt::format(
      "{}: error: {}, of plan {}: expected results of one plan\n"
      "{}: note: {}, of plan {}\n"
      "hint: gather from hosts that ran the same configuration with the same costs; "
      "--earlier FILE keeps what was gathered before\n",
      here.path, here.what, first.plan.digest, there.path, there.what, other.plan.digest);
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
    if (result.plan != plan.digest || test == nullptr) {
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
