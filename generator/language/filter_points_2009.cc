#include "language/filter_points_2009.h"

#include <algorithm>
#include <map>
#include <utility>

#include "language/reserved_keys.h"

namespace kvmtest::language {

namespace {

using How = NameChange::How;

How HowOf(ItemKind kind) {
  if (Appends(kind)) return How::kAppend;
  return Prepends(kind) ? How::kPrepend : How::kSet;
}

}  // namespace

FilterPoints2009::FilterPoints2009(const ConfigImpl& config, Work* work)
    : rules_(config.tree.keys), work_(work) {
  Survey(config.program.body);
  for (std::span<const Word2009> words : words_) {
    if (!understood_ || work_->gave_up()) return;
    filters_.push_back(std::make_unique<FilterEffects>(words, changes_, work_));
    understood_ = filters_.back()->understood();
  }
  for (FilterPoint& point : points_) {
    if (!understood_ || work_->gave_up()) return;
    if (point.kind <= FilterPoint::Kind::kCondition) FindComing(&point);
  }
}

void FilterPoints2009::Survey(const Block2009& block) {
  for (const Statement2009& statement : block) Survey(statement);
}

void FilterPoints2009::Survey(const Statement2009& statement) {
  Place& place = statements_[&statement];  // which stays where it is
  place.begin = moment_;
  place.point = static_cast<PointId>(points_.size());
  switch (statement.kind) {
    case Kind2009::kOperators:
      SurveyOperators(statement, &place);
      break;
    case Kind2009::kOnly:
      AddFilter(FilterPoint::Kind::kOnly, statement.words);
      break;
    case Kind2009::kNo:
      AddFilter(FilterPoint::Kind::kNo, statement.words);
      break;
    case Kind2009::kException:
      AddFilter(FilterPoint::Kind::kCondition, std::span(statement.words).first(1));
      Survey(statement.body);
      points_[place.point].multiplies = moment_ != place.begin;
      break;
    case Kind2009::kVariants:
    case Kind2009::kSubvariants:
      Add(FilterPoint::Kind::kBlock);
      points_[place.point].variants = static_cast<uint32_t>(statement.variants.size());
      for (const Variant2009& variant : statement.variants) SurveyVariant(statement, variant);
      break;
  }
  CloseFrom(place.point);
  place.end = moment_;
}

// A condition of operators matters if they change names.
void FilterPoints2009::SurveyOperators(const Statement2009& statement, Place* place) {
  for (const Item& item : statement.items) {
    if (rules_.Hits(item, kDependKey)) understood_ = false;
    if (rules_.Hits(item, kNameKey))
      place->changes.push_back(changes_.Add({HowOf(item.kind), item.value.text}));
  }
  for (const Word2009& word : statement.words) {
    bool found;
    ExpandError error;
    understood_ = understood_ && rules_.Matches(word, {}, &found, &error);
    if (!place->changes.empty())
      points_[AddFilter(FilterPoint::Kind::kCondition, {&word, 1})].multiplies = true;
  }
  for (NameChangeId change : place->changes) Happen(change);
}

void FilterPoints2009::SurveyVariant(const Statement2009& block, const Variant2009& variant) {
  VariantPlace& place = variants_[&variant];
  place.begin = moment_;
  place.point = Add(FilterPoint::Kind::kVariant);
  const bool is_sub = block.kind == Kind2009::kSubvariants;
  place.change = changes_.Add({is_sub ? How::kAppendLabel : How::kPrependLabel, variant.name});
  if (is_sub) Happen(place.change);
  Survey(variant.body);
  if (!is_sub) Happen(place.change);
  CloseFrom(place.point);
}

PointId FilterPoints2009::Add(FilterPoint::Kind kind) {
  points_.push_back({.kind = kind});
  return static_cast<PointId>(points_.size() - 1);
}

PointId FilterPoints2009::AddFilter(FilterPoint::Kind kind, std::span<const Word2009> words) {
  auto [it, is_new] = filter_of_.try_emplace(TextOf(words), words_.size());
  if (is_new) words_.push_back(words);
  const PointId point = Add(kind);
  points_[point].filter = it->second;
  points_[point].asked = moment_;
  points_[point].first = first_.try_emplace({it->second, moment_}, point).first->second;
  return point;
}

// All that are still open, which hold each other.
void FilterPoints2009::CloseFrom(PointId point) {
  for (; point < points_.size() && points_[point].end == 0; ++point)
    points_[point].end = static_cast<PointId>(points_.size());
}

void FilterPoints2009::Happen(NameChangeId change) {
  moments_.resize(changes_.all().size());
  moments_[change].push_back(++moment_);
}

void FilterPoints2009::FindComing(FilterPoint* point) {
  FilterEffects& filter = *filters_[point->filter];
  std::map<FilterEffects::Kind, Moment> last;
  if (point->asked > 0) last[filter.usual()] = point->asked;
  if (!work_->Spend(1 + filter.unusual().size())) return;
  for (NameChangeId change : filter.unusual()) {
    const std::vector<Moment>& moments = moments_[change];
    auto behind = std::upper_bound(moments.begin(), moments.end(), point->asked);
    if (behind == moments.begin()) continue;
    Moment& latest = last[filter.KindOf(change)];
    latest = std::max(latest, *std::prev(behind));
  }
  std::vector<std::pair<Moment, FilterEffects::Kind>> latest_first;
  latest_first.reserve(last.size());
  for (const auto& [kind, moment] : last) latest_first.push_back({moment, kind});
  std::sort(latest_first.rbegin(), latest_first.rend());
  std::vector<FilterEffects::Kind> kinds;
  for (const auto& [moment, kind] : latest_first) {
    kinds.insert(std::upper_bound(kinds.begin(), kinds.end(), kind), kind);
    point->coming.push_back({moment, filter.SetOf(kinds)});
  }
  point->none = filter.SetOf({});
}

FilterEffects::Verdict FilterPoints2009::Judge(const FilterPoint& point, Moment moment,
                                               FilterEffects::Effect effect) {
  FilterEffects::KindSet changes = point.none;
  for (const FilterPoint::Coming& coming : point.coming) {
    if (coming.moment <= moment) break;
    changes = coming.changes;
  }
  return filters_[point.filter]->Judge(changes, effect);
}

}  // namespace kvmtest::language
