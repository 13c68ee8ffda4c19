// Everything is fitted under a common end: the earliest of a fixed scale under which all find room.
//
// What few queues admit comes first, and of that what takes longest; each piece goes to the first
// of its favourites with room, else to the queue with most room, else to one that others leave for
// queues with room, or for some that others leave in turn. Favourites depend on names alone, and
// the scale on nothing, so that a small change of the tests moves few of them. Of CPUs and memory
// only the sum over time is looked at.
#ifndef KVMTEST_PLAN_FITTING_H_
#define KVMTEST_PLAN_FITTING_H_

#include <cstdint>
#include <vector>

#include "plan/assign.h"

namespace kvmtest::plan {

Assignment Fit(const AssignProblem& problem);

}  // namespace kvmtest::plan

#endif  // KVMTEST_PLAN_FITTING_H_
