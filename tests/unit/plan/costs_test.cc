#include "plan/costs.h"

#include <gtest/gtest.h>

namespace kvmtest::plan {
namespace {

std::string Error(const std::string& text) {
  std::string error;
  return ParseCosts(text, "costs", &error) ? "none" : error;
}

TEST(Costs, AreLinesOfSecondsAndNames) {
  std::string error;
  const auto costs = ParseCosts(
      "# measured on Monday\n12 nightly.boot\n\n  0.25\tnightly.linux boot \r\n7.1234567890 b\n0 c",
      "costs", &error);
  ASSERT_TRUE(costs) << error;
  EXPECT_EQ(*costs,
            (Costs{{"nightly.boot", 12'000}, {"nightly.linux boot", 250}, {"b", 7123}, {"c", 0}}));
  EXPECT_EQ(*ParseCosts("", "costs", &error), Costs());
}

TEST(Costs, WhatIsWrittenReadsBack) {
  const Costs costs = {{"a", 1}, {"b c", 59'999}, {"d", 31'622'400'000}};
  std::string error;
  EXPECT_EQ(*ParseCosts(WriteCosts(costs), "costs", &error), costs);
}

TEST(Costs, TellsWhatIsNoCost) {
  EXPECT_EQ(Error("1 a\nsoon b\n"),
            "costs:2:1: error: expected seconds such as 12.5, then a test's name\n"
            "    2 | soon b\n"
            "      | ^\n");
  EXPECT_EQ(Error("12\n"),
            "costs:1:3: error: expected a test's name\n"
            "    1 | 12\n"
            "      |   ^\n");
  EXPECT_EQ(Error("1 a\n  2 a\n"),
            "costs:2:5: error: this test has a line already\n"
            "    2 |   2 a\n"
            "      |     ^\n");
  for (const char* seconds : {"-1", "1.", ".5", "1e3", "1.2.3", "99999999999", "1,5"})
    EXPECT_NE(Error(std::string(seconds) + " a\n"), "none") << seconds;
}

}  // namespace
}  // namespace kvmtest::plan
