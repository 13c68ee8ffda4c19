#include "language/patience.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace kvmtest::language {

namespace {

constexpr size_t kMostTold = 3;

}  // namespace

ExpandError Patience::Error(std::vector<DeadEnd> dead_ends) const {
  ExpandError error{
      .code = "too-many-steps",
      .message =
          fmt::format("no dict was found in {} steps; the filters leave too few combinations, "
                      "or none",
                      steps_),
      .span = {},
      .hint = "filters take effect soonest right behind the blocks that they speak of"};
  std::sort(dead_ends.begin(), dead_ends.end(), [](const DeadEnd& a, const DeadEnd& b) {
    return std::tuple(b.count, a.filter.file, a.filter.line) <
           std::tuple(a.count, b.filter.file, b.filter.line);
  });
  for (const DeadEnd& dead_end : dead_ends) {
    if (error.notes.size() == kMostTold) break;
    error.notes.push_back(
        {dead_end.filter, fmt::format("this filter cut off {} of the ways tried", dead_end.count)});
  }
  return error;
}

}  // namespace kvmtest::language
