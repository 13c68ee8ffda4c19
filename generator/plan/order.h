// In which order ctest starts the tests.
#ifndef KVMTEST_PLAN_ORDER_H_
#define KVMTEST_PLAN_ORDER_H_

#include "plan/plan.h"

namespace kvmtest::plan {

// Sets Test::cost. Of manual sets it counts down within each queue. Of the others it is the time in
// milliseconds, about, from the test's begin to the end of its set on its host, as far as is
// expected, in the best order that is found; a cost that is there already is the planner's order.
void SetCosts(Plan* plan);

}  // namespace kvmtest::plan

#endif  // KVMTEST_PLAN_ORDER_H_
