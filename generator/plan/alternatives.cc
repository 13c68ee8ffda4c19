#include "plan/alternatives.h"

#include <algorithm>

namespace kvmtest::plan {

Alternatives::Alternatives(const language::Config& config, const Structure& structure) {
  for (const language::Variant& variant : config.variants()) {
    role_of_.push_back(variant.block == structure.set_block   ? Role::kSet
                       : structure.IsPlacement(variant.block) ? Role::kPlace
                                                              : Role::kTest);
  }
}

void Alternatives::Split(std::span<const VariantId> variants) {
  place_.clear();
  test_.clear();
  VariantId set = language::kNone;
  for (VariantId id : variants) {
    const Role role = role_of_[id];
    if (role == Role::kTest)
      test_.push_back(id);
    else if (role == Role::kPlace)
      place_.push_back(id);
    else
      set = id;
  }
  auto [it, is_new] = set_of_.try_emplace(set, static_cast<uint32_t>(sets_.size()));
  set_ = it->second;
  if (!is_new) return;
  sets_.push_back({.variant = set});
  indices_.emplace_back();
}

// Mostly the place of the dict before.
uint32_t Alternatives::FindPlace() {
  std::vector<Place>& places = sets_[set_].places;
  Index& index = indices_[set_];
  is_new_place_ = false;
  if (index.place < places.size() && places[index.place].variants == place_) return index.place;
  auto [it, is_new] = index.places.try_emplace(place_, static_cast<uint32_t>(places.size()));
  if (is_new) places.push_back({.variants = place_});
  is_new_place_ = is_new;
  index.place = it->second;
  return index.place;
}

// Mostly the one behind that of the dict before, since places admit tests in one order.
uint32_t Alternatives::FindTest() {
  Set& set = sets_[set_];
  Index& index = indices_[set_];
  is_new_test_ = false;
  const uint32_t next = index.test + 1;
  if (next < set.tests.size()) {
    const Alternating& test = set.tests[next];
    if (std::equal(set.variants.begin() + test.begin, set.variants.begin() + test.end,
                   test_.begin(), test_.end()))
      return index.test = next;
  }
  auto [it, is_new] = index.tests.try_emplace(test_, static_cast<uint32_t>(set.tests.size()));
  if (is_new) {
    const auto begin = static_cast<uint32_t>(set.variants.size());
    set.variants.insert(set.variants.end(), test_.begin(), test_.end());
    set.tests.push_back({.begin = begin, .end = static_cast<uint32_t>(set.variants.size())});
  }
  is_new_test_ = is_new;
  index.test = it->second;
  return index.test;
}

bool Alternatives::IsNew(std::span<const VariantId> variants) {
  Split(variants);
  Set& set = sets_[set_];
  if (set.assign == AssignWay::kManual && !set.places.empty()) {
    is_new_place_ = is_new_test_ = false;
    return true;
  }
  const uint32_t place = FindPlace();
  const uint32_t test = FindTest();
  if (is_new_test_) set.tests[test].first = place;
  set.places[place].tests.push_back(test);
  return is_new_place_ || is_new_test_;
}

void Alternatives::Made(uint32_t test, AssignWay assign) {
  Set& set = sets_[set_];
  set.assign = assign;
  const Index& index = indices_[set_];
  if (is_new_place_) set.places[index.place].example = test;
  if (is_new_test_) set.tests[index.test].example = test;
}

Alternatives::Use Alternatives::UseOf(std::span<const VariantId> variants) {
  Split(variants);
  const Set& set = sets_[set_];
  if (set.assign == AssignWay::kManual) return Use::kTest;
  const uint32_t place = FindPlace();
  const uint32_t test = FindTest();
  if (place >= set.places.size() || test >= set.tests.size()) return Use::kTest;
  const Alternating& which = set.tests[test];
  const auto begin = set.chosen.begin() + which.chosen_begin;
  const auto end = set.chosen.begin() + which.chosen_end;
  if (begin == end ? which.first == place : std::find(begin, end, place) != end) return Use::kTest;
  const std::vector<uint32_t>& shown = set.places[place].shown;
  return std::find(shown.begin(), shown.end(), test) != shown.end() ? Use::kExample : Use::kNone;
}

const PlannedPlace* Alternatives::Planned() const {
  const Set& set = sets_[set_];
  const uint32_t test = indices_[set_].test;
  return test < set.planned.size() ? &set.planned[test] : nullptr;
}

void Alternatives::MarkTaken(std::vector<bool>* taken) const {
  for (const Set& set : sets_) {
    if (set.assign == AssignWay::kManual) continue;
    (*taken)[set.variant] = true;
    for (VariantId id : set.variants) (*taken)[id] = true;
    for (const Place& place : set.places)
      for (VariantId id : place.variants) (*taken)[id] = true;
  }
}

}  // namespace kvmtest::plan
