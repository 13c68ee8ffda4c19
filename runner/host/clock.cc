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

}  // namespace kvmtest::host
