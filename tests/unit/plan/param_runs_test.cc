#include "plan/param_runs.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace kvmtest::plan {
namespace {

class ParamRunsTest : public ::testing::Test {
 protected:
  // Of keys k000 ... in order, without `left_out`, and with another value of `changed`.
  std::vector<Param> List(int count, int left_out = -1, int changed = -1) {
    std::vector<Param> params;
    for (int i = 0; i < count; ++i) {
      if (i == left_out) continue;
      params.push_back(
          {texts_.Intern(fmt::format("k{:03}", i)), texts_.Intern(i == changed ? "other" : "v")});
    }
    return params;
  }

  std::vector<RunId> Intern(const std::vector<Param>& params) {
    return runs_.Intern(texts_, params);
  }

  StringPool texts_;
  ParamRuns runs_;
};

TEST_F(ParamRunsTest, GiveBackTheList) {
  EXPECT_TRUE(Intern({}).empty());
  for (int count : {1, 2, 15, 16, 17, 200}) {
    EXPECT_EQ(runs_.List(Intern(List(count))), List(count)) << count;
  }
}

TEST_F(ParamRunsTest, AreTheSameForTheSameList) {
  auto first = Intern(List(200));
  const size_t size = runs_.size();
  EXPECT_EQ(Intern(List(200)), first);
  EXPECT_EQ(runs_.size(), size);
  EXPECT_GT(first.size(), 4u);
  EXPECT_LT(first.size(), 50u);
}

TEST_F(ParamRunsTest, AreSharedByListsThatDifferSomewhere) {
  auto all = Intern(List(200));
  for (int i = 0; i < 200; ++i) {
    for (const auto& params : {List(200, i), List(200, -1, i)}) {
      auto runs = Intern(params);
      EXPECT_EQ(runs_.List(runs), params);
      auto is_new = [&](RunId run) { return std::count(all.begin(), all.end(), run) == 0; };
      EXPECT_LE(std::count_if(runs.begin(), runs.end(), is_new), 1) << i;
    }
  }
}

}  // namespace
}  // namespace kvmtest::plan
