// When the tests of a set run, as far as is expected.
#ifndef KVMTEST_PLAN_SCHEDULE_H_
#define KVMTEST_PLAN_SCHEDULE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "plan/plan.h"
#include "plan/timeline.h"

namespace kvmtest::plan {

// One set on one host, run by itself: each host runs ctest, and a set at a time.
struct Schedule {
  uint32_t set = 0;
  uint32_t host = 0;
  std::vector<uint32_t> tests;  // in Plan::tests, in config order; without disabled ones
  std::vector<Run> runs;        // beside `tests`; lanes are of Host::queues
  uint64_t end = 0;             // milliseconds, of the last one
  bool is_guessed = false;      // some time is
};

// Ordered by set and host; where a set has no test that is not disabled on a host, there is none.
std::vector<Schedule> SchedulesOf(const Plan& plan);

// "1 h 05 min", "2 min 30 s", "12 s", "0.25 s": for people.
std::string DurationText(uint64_t milliseconds);

// A line for each queue of the host, with a mark where a test begins that is its number within
// `tests`, and a scale below.
std::string TimelineText(const Plan& plan, const Schedule& schedule);

}  // namespace kvmtest::plan

#endif  // KVMTEST_PLAN_SCHEDULE_H_
