// Tests that take their queue at run time.
#ifndef KVMTEST_PLAN_POOLED_H_
#define KVMTEST_PLAN_POOLED_H_

#include <cstdint>
#include <vector>

#include "plan/plan.h"

namespace kvmtest::plan {

// Makes of the alternatives on the host, in Plan::tests, one test that any queue may run which
// admits one of them, with what that one's dict says; pooled if there are several. Which of them it
// is now is returned; the others are to be dropped.
uint32_t MergeAlternatives(const std::vector<uint32_t>& alternatives, uint32_t host, Plan* plan);

}  // namespace kvmtest::plan

#endif  // KVMTEST_PLAN_POOLED_H_
