// The treaty with the runner: per host one tests.jsonl. Its first record holds what the tests have
// in common, then each test has a record with the differences. See generator/README.md.
#ifndef KVMTEST_CTEST_DESCRIPTIONS_H_
#define KVMTEST_CTEST_DESCRIPTIONS_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ctest/generation.h"
#include "plan/plan.h"

namespace kvmtest::ctest {

inline constexpr int kSchema = 1;

struct Descriptions {
  std::string text;
  std::vector<uint64_t> offsets;  // of each test's record, in the order of `tests`
};

// `tests` are the tests of that host, by their place in the plan. What other hosts have is not
// told.
Descriptions Describe(const plan::Plan& plan, uint32_t host, const std::vector<uint32_t>& tests,
                      const Options& options, std::string_view generation);

}  // namespace kvmtest::ctest

#endif  // KVMTEST_CTEST_DESCRIPTIONS_H_
