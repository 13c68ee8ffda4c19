// Digests of a plan, see Plan::digest.
#ifndef KVMTEST_PLAN_PLAN_DIGEST_H_
#define KVMTEST_PLAN_PLAN_DIGEST_H_

#include "plan/plan.h"

namespace kvmtest::plan {

// When all else is known.
void SetDigests(Plan* plan);

}  // namespace kvmtest::plan

#endif  // KVMTEST_PLAN_PLAN_DIGEST_H_
