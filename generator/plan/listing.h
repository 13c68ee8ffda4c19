// Lists: the first test, by any of some rules, goes to the first queue that can take it. Keeps to
// CPUs and memory at any time, and to the order of requirements that ctest has; but a small change
// of the tests may move many.
#ifndef KVMTEST_PLAN_LISTING_H_
#define KVMTEST_PLAN_LISTING_H_

#include <cstdint>
#include <vector>

#include "plan/assign.h"

namespace kvmtest::plan {

// The list that ends soonest of some.
Assignment List(const AssignProblem& problem);

// When each piece has its lane already.
Assignment ListOn(const AssignProblem& problem, const std::vector<uint32_t>& lane_of);

}  // namespace kvmtest::plan

#endif  // KVMTEST_PLAN_LISTING_H_
