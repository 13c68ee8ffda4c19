// The plan as people read it, and as programs do.
#ifndef KVMTEST_PLAN_TABLE_H_
#define KVMTEST_PLAN_TABLE_H_

#include <string>

#include "plan/plan.h"

namespace kvmtest::plan {

// Hosts with their queues, states and addresses; how many tests each set runs where; and which.
std::string WriteTable(const Plan& plan);

// The same as one JSON document.
std::string WriteJson(const Plan& plan);

}  // namespace kvmtest::plan

#endif  // KVMTEST_PLAN_TABLE_H_
