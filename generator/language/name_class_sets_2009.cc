#include "language/name_class_sets_2009.h"

#include <algorithm>

namespace kvmtest::language {

namespace {

// In members of sets looked at, with their memory.
constexpr size_t kMostWork = 100'000'000;

}  // namespace

NameClassSets2009::NameClassSets2009(std::optional<NameClasses2009> classes)
    : classes_(std::move(classes)), sets_(1), work_(kMostWork) {
  if (!classes_) work_.GiveUp();
}

NameClassSets2009::Set NameClassSets2009::Before(std::span<const Statement2009> body, Set behind) {
  for (auto it = body.rbegin(); it != body.rend(); ++it) behind = Before(*it, behind);
  return behind;
}

NameClassSets2009::Set NameClassSets2009::Before(const Statement2009& statement, Set behind) {
  switch (statement.kind) {
    case Kind2009::kException:
      return Union(behind, Before(statement.body, behind));
    case Kind2009::kVariants:
    case Kind2009::kSubvariants: {
      auto [it, is_new] = before_.try_emplace({&statement, behind}, kAll);
      if (is_new) it->second = BeforeVariants(statement, behind);
      return it->second;
    }
    case Kind2009::kOperators:
    case Kind2009::kOnly:
    case Kind2009::kNo:
      break;
  }
  return behind;
}

NameClassSets2009::Set NameClassSets2009::BeforeVariants(const Statement2009& statement,
                                                         Set behind) {
  if (work_.gave_up()) return kAll;
  std::optional<Set> any;
  for (const Variant2009& variant : statement.variants) {
    const Set before = statement.kind == Kind2009::kSubvariants
                           ? BeforeLabel(variant, Before(variant.body, behind))
                           : Before(variant.body, BeforeLabel(variant, behind));
    any = any ? Union(*any, before) : before;
  }
  return any.value_or(behind);
}

NameClassSets2009::Set NameClassSets2009::BeforeLabel(const Variant2009& variant, Set behind) {
  auto [it, is_new] = before_.try_emplace({&variant, behind}, kAll);
  if (is_new) it->second = FindBeforeLabel(variant, behind);
  return it->second;
}

NameClassSets2009::Set NameClassSets2009::FindBeforeLabel(const Variant2009& variant, Set behind) {
  if (work_.gave_up()) return kAll;
  const std::span<const NameClasses2009::Entry> entries = classes_->Entries(variant.id);
  if (!work_.Spend(classes_->size() + entries.size())) return kAll;
  std::vector<bool> before(classes_->size());
  for (const NameClasses2009::Entry& entry : entries)
    if (Has(behind, entry.to)) before[entry.from] = true;
  return Intern(std::move(before));
}

NameClassSets2009::Set NameClassSets2009::Union(Set a, Set b) {
  if (a == b || b == kAll) return b;
  if (a == kAll || !work_.Spend(classes_->size())) return kAll;
  std::vector<bool> both = sets_[a].is_member;
  const std::vector<bool>& more = sets_[b].is_member;
  for (size_t names = 0; names < both.size(); ++names)
    if (more[names]) both[names] = true;
  return Intern(std::move(both));
}

NameClassSets2009::Set NameClassSets2009::Intern(std::vector<bool> is_member) {
  auto [it, is_new] = known_.try_emplace(std::move(is_member), static_cast<Set>(sets_.size()));
  if (is_new)
    sets_.push_back(
        {it->first, static_cast<size_t>(std::count(it->first.begin(), it->first.end(), true))});
  return it->second;
}

}  // namespace kvmtest::language
