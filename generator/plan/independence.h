// May places and tests be looked at one by one?
#ifndef KVMTEST_PLAN_INDEPENDENCE_H_
#define KVMTEST_PLAN_INDEPENDENCE_H_

#include "plan/draft.h"
#include "plan/structure.h"

namespace kvmtest::plan {

// Does the text promise that where a place is, and what it has, is the same for all tests, and what
// a test needs is the same in all places? Not if a host sets its queue, or what a test takes, under
// a condition that names tests; nor if both hosts and tests set the same of what the planner reads.
bool ArePlacesIndependent(const Context& context, const Structure& structure);

}  // namespace kvmtest::plan

#endif  // KVMTEST_PLAN_INDEPENDENCE_H_
