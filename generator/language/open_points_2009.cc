#include "language/open_points_2009.h"

#include <algorithm>
#include <utility>

namespace kvmtest::language {

namespace {

bool IsBefore(const OpenPoint& open, PointId point) {
  return open.point < point;
}

// Goes through open points once, and writes down those that stay open.
class Sieve {
 public:
  Sieve(FilterPoints2009& points, const OpenPoints& from, Moment moment,
        std::optional<NameChangeId> change)
      : points_(points), from_(from), moment_(moment), change_(change) {}

  // False if filters leave nothing.
  bool Run() { return Body(static_cast<PointId>(points_.points().size())); }
  OpenPoints Take() { return std::move(to_); }

 private:
  // What stands before `end`.
  bool Body(PointId end) {
    while (at_ < from_.size() && from_[at_].point < end) {
      if (!One(from_[at_++])) {
        SkipTo(end);
        return false;
      }
    }
    return true;
  }

  bool One(const OpenPoint& open) {
    const FilterPoint& point = points_.points()[open.point];
    switch (point.kind) {
      case FilterPoint::Kind::kOnly:
      case FilterPoint::Kind::kNo:
        return Filter(point, open);
      case FilterPoint::Kind::kCondition:
        return Condition(point, open);
      case FilterPoint::Kind::kBlock:
      case FilterPoint::Kind::kVariant:
        break;
    }
    return BlockOfVariants(point, open);
  }

  bool Filter(const FilterPoint& point, const OpenPoint& open) {
    const uint32_t effect = Changed(point, open.value);
    const std::optional<bool> found = points_.IsFound(point, moment_, effect);
    if (!found) to_.push_back({open.point, effect});
    return !found || *found == (point.kind == FilterPoint::Kind::kOnly);
  }

  bool Condition(const FilterPoint& point, const OpenPoint& open) {
    uint32_t value = open.value;
    if (value != OpenPoint::kHolds) {
      value = Changed(point, value);
      const std::optional<bool> holds = points_.IsFound(point, moment_, value);
      if (holds == false) {
        SkipTo(point.end);
        return true;
      }
      if (holds) value = OpenPoint::kHolds;
    }
    const size_t begin = to_.size();
    to_.push_back({open.point, value});
    bool is_dead = at_ < from_.size() && from_[at_] == OpenPoint{open.point, OpenPoint::kDead};
    if (is_dead) ++at_;
    is_dead = is_dead || !Body(point.end);
    if (is_dead && value == OpenPoint::kHolds) return false;
    if (is_dead) {
      to_.resize(begin + 1);
      to_.push_back({open.point, OpenPoint::kDead});
    } else if (to_.size() == begin + 1 && !point.multiplies) {
      to_.resize(begin);
    }
    return true;
  }

  bool BlockOfVariants(const FilterPoint& block, const OpenPoint& open) {
    const size_t begin = to_.size();
    to_.push_back(open);
    size_t dead = 0;
    while (at_ < from_.size() && from_[at_].point < block.end)
      dead += Variant(from_[at_++]) ? 0 : 1;
    if (to_.size() == begin + 1) to_.resize(begin);
    return dead < block.variants;
  }

  bool Variant(const OpenPoint& variant) {
    const size_t begin = to_.size();
    to_.push_back(variant);
    bool lives = variant.value != OpenPoint::kDead && Body(points_.points()[variant.point].end);
    if (!lives) {
      to_.resize(begin);
      to_.push_back({variant.point, OpenPoint::kDead});
    } else if (to_.size() == begin + 1) {
      to_.resize(begin);
    }
    return lives;
  }

  uint32_t Changed(const FilterPoint& point, uint32_t effect) {
    if (!change_) return effect;
    NameEffects& filter = points_.filter(point.filter);
    return filter.After(filter.KindOf(*change_), effect);
  }

  void SkipTo(PointId end) {
    while (at_ < from_.size() && from_[at_].point < end) ++at_;
  }

  FilterPoints2009& points_;
  const OpenPoints& from_;
  Moment moment_;
  std::optional<NameChangeId> change_;
  size_t at_ = 0;
  OpenPoints to_;
};

}  // namespace

size_t OpenPointsHash::operator()(const OpenPoints& open) const {
  uint64_t hash = open.size();
  for (const OpenPoint& point : open)
    hash = (hash ^ (uint64_t{point.point} << 32 | point.value)) * 0x9E3779B97F4A7C15 + (hash >> 29);
  return hash;
}

std::optional<OpenPoints> OpenAtBegin(FilterPoints2009& points) {
  OpenPoints all;
  for (const FilterPoint& point : points.points()) {
    const bool is_filter = point.kind <= FilterPoint::Kind::kCondition;
    all.push_back({static_cast<PointId>(all.size()),
                   is_filter ? NameEffects::kEmptyName : OpenPoint::kAround});
  }
  return StillOpen(points, all, 0);
}

std::optional<OpenPoints> StillOpen(FilterPoints2009& points, const OpenPoints& open, Moment moment,
                                    std::optional<NameChangeId> change) {
  Sieve sieve(points, open, moment, change);
  if (!sieve.Run()) return std::nullopt;
  return sieve.Take();
}

std::optional<OpenPoints> OpenInVariant(std::span<const FilterPoint> points, const OpenPoints& open,
                                        PointId block, PointId variant) {
  const PointId end = points[variant].end;
  auto begin = std::lower_bound(open.begin(), open.end(), variant, IsBefore);
  auto behind = std::lower_bound(begin, open.end(), end, IsBefore);
  if (begin != behind) {
    if (begin->value == OpenPoint::kDead) return std::nullopt;
    ++begin;
  }
  OpenPoints inside(begin, behind);
  inside.insert(inside.end(), std::lower_bound(behind, open.end(), points[block].end, IsBefore),
                open.end());
  return inside;
}

std::optional<OpenPoints> OpenInCondition(const OpenPoints& open, PointId condition) {
  if (open.empty() || open[0].point != condition) return std::nullopt;
  return OpenPoints(open.begin() + 1, open.end());
}

}  // namespace kvmtest::language
