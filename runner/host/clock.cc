#include "host/clock.h"

#include <fmt/format.h>

#include <cmath>

namespace kvmtest::host {

std::string ShowSeconds(double length) {
  double tenths = std::round(length * 10);
  if (tenths == 0 && length > 0) return fmt::format("{:.2g}", length);
  return std::fmod(tenths, 10) == 0 ? fmt::format("{:.0f}", tenths / 10)
                                    : fmt::format("{:.1f}", tenths / 10);
}

std::string Until::Text() const {
  std::string text = ShowSeconds(length) + " s";
  return set_by.empty() ? text : text + fmt::format(" ({})", set_by);
}

Until Within(double limit, std::string set_by, TimePoint deadline) {
  TimePoint now = Clock::now();
  TimePoint own =
      now + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(limit));
  if (own < deadline) return {own, limit, std::move(set_by)};
  Until until(deadline, std::max(0.0, SecondsBetween(now, deadline)),
              "then the time of the whole test was up: timeout");
  until.is_deadline = true;
  return until;
}

}  // namespace kvmtest::host
