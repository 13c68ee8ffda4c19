#include "language/name_class_sets_2009.h"

#include <iterator>

namespace kvmtest::language {

namespace {

// In members looked at, of which sets may be made.
constexpr size_t kMostWork = 8'000'000;

}  // namespace

NameClassSets2009::NameClassSets2009(std::optional<NameClasses2009> classes)
    : classes_(std::move(classes)), sets_(1), work_(kMostWork) {
  if (classes_)
    entries_ = classes_->Entries();
  else
    work_.GiveUp();
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
  const std::vector<NameClasses2009::Entry>& entries = entries_[variant.id];
  Members before;
  if (behind == kAll) {
    for (const NameClasses2009::Entry& entry : entries) before.push_back(entry.from);
  } else {
    auto leads_before = [](const NameClasses2009::Entry& entry, Class names) {
      return entry.to < names;
    };
    for (Class names : *sets_[behind]) {
      auto entry = std::lower_bound(entries.begin(), entries.end(), names, leads_before);
      for (; entry != entries.end() && entry->to == names; ++entry) before.push_back(entry->from);
    }
    if (!work_.Spend(sets_[behind]->size())) return kAll;
  }
  if (!work_.Spend(1 + before.size())) return kAll;
  std::sort(before.begin(), before.end());
  return Intern(std::move(before));
}

NameClassSets2009::Set NameClassSets2009::Union(Set a, Set b) {
  if (a == b || b == kAll) return b;
  if (a == kAll || !work_.Spend(sets_[a]->size() + sets_[b]->size())) return kAll;
  Members both;
  std::set_union(sets_[a]->begin(), sets_[a]->end(), sets_[b]->begin(), sets_[b]->end(),
                 std::back_inserter(both));
  return Intern(std::move(both));
}

NameClassSets2009::Set NameClassSets2009::Intern(Members members) {
  auto [it, is_new] = known_.try_emplace(std::move(members), static_cast<Set>(sets_.size()));
  if (is_new) sets_.push_back(&it->first);
  return it->second;
}

}  // namespace kvmtest::language
