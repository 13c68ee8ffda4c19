#include "report/kept_from_running.h"

#include <fmt/format.h>

#include <map>
#include <string>
#include <utility>

namespace kvmtest::report {

namespace {

// Which tests are kept from running, and since when.
using Kept = std::map<const Test*, double>;

void ForgetResult(Test* test) {
  test->last = Attempt();
  test->attempts.clear();
  test->kind.clear();
  test->of_other_generation = false;
  test->measurements.clear();
  test->accel.clear();
  test->qemu_version.clear();
  test->has_repro = false;
  test->consoles.clear();
  test->verdict_text = TextTail();
  test->pictures.clear();
}

// Since when who requires the test has not been run; 0: nothing is in the way.
double InTheWaySince(const Test& test, const Kept& kept) {
  auto found = kept.find(&test);
  if (found != kept.end()) return found->second;
  return RowOf(test.last.outcome).is_bad ? test.last.started : 0;
}

}  // namespace

void MarkKeptFromRunning(HostTests* host) {
  std::map<std::string, const Test*> by_name;
  for (const Test& test : host->tests) by_name[test.test] = &test;
  for (Test& test : host->tests) {
    if (!test.is_disabled || test.last.outcome == Outcome::kRunning) continue;
    test.text = "disabled: the configuration says skip = yes";
    ForgetResult(&test);
  }
  Kept kept;
  for (bool is_settled = false; !std::exchange(is_settled, true);) {
    for (Test& test : host->tests) {
      if (test.is_disabled || kept.count(&test) > 0) continue;
      for (const std::string& name : test.requires_tests) {
        auto required = by_name.find(name);
        if (required == by_name.end()) continue;
        double since = InTheWaySince(*required->second, kept);
        if (since <= test.last.started) continue;
        const bool has_run = required->second->last.outcome != Outcome::kNotRun;
        test.text = fmt::format("requires {}, which {}", name,
                                has_run ? "did not pass" : "was not run either");
        ForgetResult(&test);
        kept[&test] = since;
        is_settled = false;
        break;
      }
    }
  }
}

}  // namespace kvmtest::report
