#include "report/kept_from_running.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "report/model.h"

namespace kvmtest::report {
namespace {

report::Test Ended(const std::string& name, Outcome outcome, double started,
                   std::vector<std::string> requires_tests = {}) {
  report::Test test;
  test.test = name;
  test.requires_tests = std::move(requires_tests);
  test.last.outcome = outcome;
  test.last.started = started;
  test.kind = "some";
  test.text = "as it ended";
  return test;
}

std::string Told(const report::Test& test) {
  return std::string(RowOf(test.last.outcome).name) + ": " + test.text;
}

TEST(KeptFromRunning, WhatHasRunBeforeItsRequirementFailedHasNoResult) {
  HostTests host;
  // In whatever order they stand.
  host.tests = {Ended("third", Outcome::kPass, 3, {"second"}), Ended("first", Outcome::kFail, 11),
                Ended("second", Outcome::kPass, 2, {"other", "first"}),
                Ended("never", Outcome::kNotRun, 0, {"first"}), Ended("other", Outcome::kPass, 1)};
  host.tests[2].consoles.push_back({"console-vm1.log", "of then", false});
  MarkKeptFromRunning(&host);
  EXPECT_EQ(Told(host.tests[0]), "not-run: requires second, which was not run either");
  EXPECT_EQ(Told(host.tests[1]), "fail: as it ended");
  EXPECT_EQ(Told(host.tests[2]), "not-run: requires first, which did not pass");
  EXPECT_EQ(Told(host.tests[3]), "not-run: requires first, which did not pass");
  EXPECT_EQ(Told(host.tests[4]), "pass: as it ended");
  EXPECT_TRUE(host.tests[2].consoles.empty());
  EXPECT_EQ(host.tests[2].kind, "");
}

TEST(KeptFromRunning, WhatRanAfterwardsKeepsItsResult) {
  HostTests host;
  host.tests = {Ended("first", Outcome::kFail, 1),
                // With order instead of fixtures the runner has looked at the requirement itself.
                Ended("second", Outcome::kSkip, 2, {"first"}), Ended("passed", Outcome::kPass, 9),
                Ended("before", Outcome::kPass, 5, {"passed"}), Ended("skipped", Outcome::kSkip, 9),
                Ended("waits", Outcome::kPass, 5, {"skipped", "not of this host"})};
  MarkKeptFromRunning(&host);
  for (const report::Test& test : host.tests) EXPECT_EQ(test.text, "as it ended") << test.test;
}

TEST(KeptFromRunning, WhatIsDisabledHasNoResult) {
  HostTests host;
  // Nor is it in the way of those that require it: ctest runs these without it.
  host.tests = {Ended("fails", Outcome::kFail, 9), Ended("disabled", Outcome::kFail, 3, {"fails"}),
                Ended("requires", Outcome::kPass, 2, {"disabled"}),
                Ended("runs", Outcome::kRunning, 5)};
  host.tests[1].is_disabled = host.tests[3].is_disabled = true;
  MarkKeptFromRunning(&host);
  EXPECT_EQ(Told(host.tests[1]), "not-run: disabled: the configuration says skip = yes");
  EXPECT_EQ(host.tests[1].kind, "");
  EXPECT_EQ(Told(host.tests[2]), "pass: as it ended");
  EXPECT_EQ(Told(host.tests[3]), "running: as it ended");
}

}  // namespace
}  // namespace kvmtest::report
