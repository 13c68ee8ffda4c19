// Results of runs on all hosts -> how long tests take. Pure: files are read elsewhere.
#ifndef KVMTEST_CTEST_GATHER_H_
#define KVMTEST_CTEST_GATHER_H_

#include <string>
#include <vector>

#include "ctest/results.h"
#include "plan/costs.h"

namespace kvmtest::ctest {

// What was found of a call in one build tree.
struct FoundCall {
  std::string pointer = {};  // path of its current.cmake
  CallPlan plan = {};        // its current one
  std::vector<Result> results = {};
};

struct Gathered {
  plan::Costs costs = {};
  std::string summary = {};  // lines
  std::string error = {};    // if there is one, nothing else holds but the summary
};

// Only results of a call's current plan count, and only of tests that have passed; of several for
// one test the median does. Refused are calls of different plans, and a test that the planner put
// on one host and that has results of two.
Gathered GatherCosts(const std::vector<FoundCall>& calls);

}  // namespace kvmtest::ctest

#endif  // KVMTEST_CTEST_GATHER_H_
