#ifndef KVMTEST_REPORT_SVG_H_
#define KVMTEST_REPORT_SVG_H_

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace kvmtest::report {

// Drawings have no style of their own, which the page's policy would forbid: places are attributes
// and colours come by class. They are as wide as the page, whose text is some 1120 wide.
constexpr double kDrawingWidth = 1120;

inline std::string Rect(double x, double y, double width, double height, std::string_view css) {
  return fmt::format(
      "<rect class=\"{}\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\"/>", css, x,
      y, width, height);
}

inline std::string BeginDrawing(double width, double height, std::string_view label) {
  return fmt::format(
      "<svg viewBox=\"0 0 {:.0f} {:.0f}\" width=\"{:.0f}\" height=\"{:.0f}\" role=\"img\" "
      "aria-label=\"{}\">",
      width, height, width, height, label);
}

}  // namespace kvmtest::report

#endif  // KVMTEST_REPORT_SVG_H_
