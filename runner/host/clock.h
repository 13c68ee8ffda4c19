#ifndef KVMTEST_HOST_CLOCK_H_
#define KVMTEST_HOST_CLOCK_H_

#include <algorithm>
#include <chrono>

namespace kvmtest::host {

using Clock = std::chrono::steady_clock;
using TimePoint = Clock::time_point;
using Duration = std::chrono::milliseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

inline double SecondsBetween(TimePoint from, TimePoint to) {
  return std::chrono::duration<double>(to - from).count();
}

// The earlier of a step's own limit and the limit of everything.
inline TimePoint Within(Duration limit, TimePoint deadline) {
  return std::min(Clock::now() + limit, deadline);
}

}  // namespace kvmtest::host

#endif  // KVMTEST_HOST_CLOCK_H_
