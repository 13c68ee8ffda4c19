// What the rest of a program of the 2009 dialect can still ask of names that look alike: a filter
// is open until no change to come matters to it any more. Classes of names with the same open
// points are one.
#ifndef KVMTEST_LANGUAGE_OPEN_POINTS_2009_H_
#define KVMTEST_LANGUAGE_OPEN_POINTS_2009_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "language/filter_points_2009.h"

namespace kvmtest::language {

// An only or no, or what is in a condition.
struct OpenPoint {
  // What the filter sees of the names, or one of these: a condition that holds; what is around
  // open points; a variant, or what stands in the condition before it, that leaves nothing.
  static constexpr uint32_t kHolds = UINT32_MAX, kAround = UINT32_MAX - 1, kDead = UINT32_MAX - 2;

  PointId point;
  uint32_t value;

  auto operator<=>(const OpenPoint&) const = default;
};

struct OpenPoints {
  // Filters that must be found, or must not, whatever variants are taken. Where the same is asked
  // several times, the first point stands for all.
  std::vector<OpenPoint> wanted, unwanted;
  // Others in the order of the text, those in conditions and variants behind these.
  std::vector<OpenPoint> points;

  size_t size() const { return wanted.size() + unwanted.size() + points.size(); }
  bool operator==(const OpenPoints&) const = default;
};

struct OpenPointsHash {
  size_t operator()(const OpenPoints& open) const;
};

// Of names without a label, at the program's beginning; none if filters leave nothing.
std::optional<OpenPoints> OpenAtBegin(FilterPoints2009& points);

// What is still open behind `moment`, after the change of names if there is one. None if filters
// leave nothing.
std::optional<OpenPoints> StillOpen(FilterPoints2009& points, const OpenPoints& open, Moment moment,
                                    std::optional<NameChangeId> change = std::nullopt);

// Of dicts that come to a variant: what is open in it, and behind its block; none if it leaves
// nothing.
std::optional<OpenPoints> OpenInVariant(std::span<const FilterPoint> points, const OpenPoints& open,
                                        PointId block, PointId variant);

// Of dicts that come to a condition; none if it does not hold, or nothing inside matters.
std::optional<OpenPoints> OpenInCondition(const OpenPoints& open, PointId condition);

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_OPEN_POINTS_2009_H_
