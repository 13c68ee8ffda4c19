// What the tests of `check` share: a configuration in memory, and all that is found in it.
#ifndef KVMTEST_TESTS_UNIT_PLAN_CHECK_TESTING_H_
#define KVMTEST_TESTS_UNIT_PLAN_CHECK_TESTING_H_

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "build_testing.h"
#include "plan/check.h"

namespace kvmtest::plan {

class CheckTest : public ::testing::Test {
 protected:
  // The messages, then what was looked at and how much is wrong with it.
  std::string Check(const std::string& text) {
    language::MemoryReader reader;
    reader.Add("main.cfg", text);
    for (const auto& [path, included] : files_) reader.Add(path, included);
    language::Diagnostics diagnostics;
    diagnostics.set_complete(true);
    auto config =
        language::ParseConfig(reader, {.path = "main.cfg", .strings = strings_}, diagnostics);
    options_.narrowed = !strings_.empty();
    const CheckEnd end{diagnostics.HasErrors(), 0};
    SlipJudge slips(*config, options_.narrowed);
    auto checked = CheckPlan(config.get(), options_, diagnostics);
    diagnostics.Judge([&slips](const language::Diagnostic& warning) {
      return slips.IsSlip(warning) ? language::Verdict::kError : language::Verdict::kStays;
    });
    return diagnostics.Render(config->sources()) + Summary(diagnostics, checked, end);
  }

  BuildOptions options_;
  std::vector<std::string> strings_;
  std::vector<std::pair<std::string, std::string>> files_;
};

}  // namespace kvmtest::plan

#endif  // KVMTEST_TESTS_UNIT_PLAN_CHECK_TESTING_H_
