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
  bool Run() {
    for (const bool is_wanted : {true, false})
      for (const OpenPoint& open : is_wanted ? from_.wanted : from_.unwanted)
        if (!Require(open, is_wanted)) return false;
    if (!Body(static_cast<PointId>(points_.points().size()))) return false;
    Arrange(&to_.wanted);
    Arrange(&to_.unwanted);
    return !AnyInBoth(to_.wanted, to_.unwanted);
  }
  OpenPoints Take() { return std::move(to_); }

 private:
  bool Require(const OpenPoint& open, bool is_wanted) {
    const FilterPoint& point = points_.points()[open.point];
    const auto [found, effect] = Judge(point, open.value);
    if (!found) (is_wanted ? to_.wanted : to_.unwanted).push_back({point.first, effect});
    return !found || *found == is_wanted;
  }

  static void Arrange(std::vector<OpenPoint>* required) {
    std::sort(required->begin(), required->end());
    required->erase(std::unique(required->begin(), required->end()), required->end());
  }

  static bool AnyInBoth(const std::vector<OpenPoint>& a, const std::vector<OpenPoint>& b) {
    auto in_b = b.begin();
    for (const OpenPoint& open : a) {
      while (in_b != b.end() && *in_b < open) ++in_b;
      if (in_b != b.end() && *in_b == open) return true;
    }
    return false;
  }

  // What stands before `end`.
  bool Body(PointId end) {
    while (at_ < from_.points.size() && from_.points[at_].point < end) {
      if (!One(from_.points[at_++])) {
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
    const bool is_only = point.kind == FilterPoint::Kind::kOnly;
    if (is_sure_) return Require(open, is_only);
    const auto [found, effect] = Judge(point, open.value);
    if (!found) to_.points.push_back({open.point, effect});
    return !found || *found == is_only;
  }

  bool Condition(const FilterPoint& point, const OpenPoint& open) {
    uint32_t value = open.value;
    if (value != OpenPoint::kHolds) {
      const auto [holds, effect] = Judge(point, value);
      if (holds == false) {
        SkipTo(point.end);
        return true;
      }
      value = holds ? OpenPoint::kHolds : effect;
    }
    const bool holds = value == OpenPoint::kHolds;
    const size_t begin = to_.points.size();
    to_.points.push_back({open.point, value});
    if (PossibleBody(point, open.point, holds)) {
      if (to_.points.size() == begin + 1 && !point.multiplies) to_.points.resize(begin);
      return true;
    }
    if (holds) return false;
    // It must not hold.
    to_.points.resize(begin);
    if (is_sure_)
      to_.unwanted.push_back({point.first, value});
    else
      to_.points.insert(to_.points.end(), {{open.point, value}, {open.point, OpenPoint::kDead}});
    return true;
  }

  bool PossibleBody(const FilterPoint& condition, PointId id, bool holds) {
    if (at_ < from_.points.size() && from_.points[at_] == OpenPoint{id, OpenPoint::kDead}) {
      ++at_;
      return false;
    }
    const bool is_sure = std::exchange(is_sure_, is_sure_ && holds);
    const bool leaves = Body(condition.end);
    is_sure_ = is_sure;
    return leaves;
  }

  bool BlockOfVariants(const FilterPoint& block, const OpenPoint& open) {
    const size_t begin = to_.points.size();
    to_.points.push_back(open);
    const bool is_sure = std::exchange(is_sure_, false);
    size_t dead = 0;
    while (at_ < from_.points.size() && from_.points[at_].point < block.end)
      dead += Variant(from_.points[at_++]) ? 0 : 1;
    is_sure_ = is_sure;
    if (to_.points.size() == begin + 1) to_.points.resize(begin);
    return dead < block.variants;
  }

  bool Variant(const OpenPoint& variant) {
    const size_t begin = to_.points.size();
    to_.points.push_back(variant);
    bool lives = variant.value != OpenPoint::kDead && Body(points_.points()[variant.point].end);
    if (!lives) {
      to_.points.resize(begin);
      to_.points.push_back({variant.point, OpenPoint::kDead});
    } else if (to_.points.size() == begin + 1) {
      to_.points.resize(begin);
    }
    return lives;
  }

  FilterEffects::Verdict Judge(const FilterPoint& point, FilterEffects::Effect effect) {
    if (change_) {
      FilterEffects& filter = points_.filter(point.filter);
      effect = filter.After(filter.KindOf(*change_), effect);
    }
    return points_.Judge(point, moment_, effect);
  }

  void SkipTo(PointId end) {
    while (at_ < from_.points.size() && from_.points[at_].point < end) ++at_;
  }

  FilterPoints2009& points_;
  const OpenPoints& from_;
  Moment moment_;
  std::optional<NameChangeId> change_;
  size_t at_ = 0;
  bool is_sure_ = true;  // whatever variants are taken, and conditions hold
  OpenPoints to_;
};

}  // namespace

size_t OpenPointsHash::operator()(const OpenPoints& open) const {
  uint64_t hash = 0;
  for (const std::vector<OpenPoint>* list : {&open.wanted, &open.unwanted, &open.points}) {
    hash += list->size();
    for (const OpenPoint& point : *list)
      hash =
          (hash ^ (uint64_t{point.point} << 32 | point.value)) * 0x9E3779B97F4A7C15 + (hash >> 29);
  }
  return hash;
}

std::optional<OpenPoints> OpenAtBegin(FilterPoints2009& points) {
  OpenPoints all;
  for (const FilterPoint& point : points.points()) {
    const bool is_filter = point.kind <= FilterPoint::Kind::kCondition;
    all.points.push_back({static_cast<PointId>(all.points.size()),
                          is_filter ? FilterEffects::kEmptyName : OpenPoint::kAround});
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
  auto begin = std::lower_bound(open.points.begin(), open.points.end(), variant, IsBefore);
  auto end = std::lower_bound(begin, open.points.end(), points[variant].end, IsBefore);
  if (begin != end) {
    if (begin->value == OpenPoint::kDead) return std::nullopt;
    ++begin;
  }
  OpenPoints inside{open.wanted, open.unwanted, {begin, end}};
  inside.points.insert(inside.points.end(),
                       std::lower_bound(end, open.points.end(), points[block].end, IsBefore),
                       open.points.end());
  return inside;
}

std::optional<OpenPoints> OpenInCondition(const OpenPoints& open, PointId condition) {
  if (open.points.empty() || open.points[0].point != condition) return std::nullopt;
  return OpenPoints{open.wanted, open.unwanted, {open.points.begin() + 1, open.points.end()}};
}

}  // namespace kvmtest::language
