#ifndef KVMTEST_HOST_CLOCK_H_
#define KVMTEST_HOST_CLOCK_H_

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

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

// How long it is until then.
inline Duration TimeUntil(TimePoint until) {
  return std::chrono::duration_cast<Duration>(until - Clock::now());
}

// "3", "2.5": with as many decimals as a person needs.
std::string ShowSeconds(double length);

// When a wait ends, how long it was to be and what says so, for whoever waited in vain.
struct Until {
  // A bare time knows neither a limit nor a deadline that whoever waits in vain could name.
  explicit Until(TimePoint end)
      : at(end), length(std::max(0.0, SecondsBetween(Clock::now(), end))) {}
  Until(TimePoint end, double limit, std::string why)
      : at(end), length(limit), set_by(std::move(why)) {}
  operator TimePoint() const { return at; }
  // "3 s (login_timeout)"
  std::string Text() const;

  TimePoint at;
  double length = 0;         // seconds
  std::string set_by;        // a param or the like; empty: nothing that a user could change
  bool is_deadline = false;  // no limit of the step's own: the whole test's time was up
};

// The earlier of a step's own limit, in seconds, and the deadline of the whole test.
Until Within(double limit, std::string set_by, TimePoint deadline);

}  // namespace kvmtest::host

#endif  // KVMTEST_HOST_CLOCK_H_
