#include "language/name_class_sets_2009.h"

#include <algorithm>
#include <iterator>

namespace kvmtest::language {

namespace {

// Members of sets, and places where they are of use.
constexpr size_t kMostRemembered = 1'000'000;

}  // namespace

NameClassSets2009::NameClassSets2009(std::optional<NameClasses2009> classes)
    : classes_(std::move(classes)) {
  if (classes_) entries_ = classes_->Entries();
}

NameClassSets2009::Set NameClassSets2009::Before(std::span<const Statement2009> body, Set behind) {
  if (!classes_) return nullptr;
  for (auto it = body.rbegin(); it != body.rend(); ++it) behind = Before(*it, behind);
  return behind;
}

NameClassSets2009::Set NameClassSets2009::Before(const Statement2009& statement,
                                                 const Set& behind) {
  switch (statement.kind) {
    case Kind2009::kException:
      return Union(behind, Before(statement.body, behind));
    case Kind2009::kVariants:
    case Kind2009::kSubvariants:
      return Once(&statement, behind, [&] { return BeforeVariants(statement, behind); });
    case Kind2009::kOperators:
    case Kind2009::kOnly:
    case Kind2009::kNo:
      break;
  }
  return behind;
}

NameClassSets2009::Set NameClassSets2009::BeforeVariants(const Statement2009& statement,
                                                         const Set& behind) {
  std::optional<Set> any;
  for (const Variant2009& variant : statement.variants) {
    const Set before = statement.kind == Kind2009::kSubvariants
                           ? BeforeLabel(variant, Before(variant.body, behind))
                           : Before(variant.body, BeforeLabel(variant, behind));
    any = any ? Union(*any, before) : before;
  }
  return any.value_or(behind);
}

NameClassSets2009::Set NameClassSets2009::BeforeLabel(const Variant2009& variant,
                                                      const Set& behind) {
  if (!classes_) return nullptr;
  return Once(&variant, behind, [&] { return FindBeforeLabel(variant, behind); });
}

NameClassSets2009::Set NameClassSets2009::FindBeforeLabel(const Variant2009& variant,
                                                          const Set& behind) {
  const std::vector<NameClasses2009::Entry>& entries = entries_[variant.id];
  Members before;
  if (behind == nullptr) {
    for (const NameClasses2009::Entry& entry : entries) before.push_back(entry.from);
  } else {
    auto leads_before = [](const NameClasses2009::Entry& entry, Class names) {
      return entry.to < names;
    };
    for (Class names : *behind) {
      auto entry = std::lower_bound(entries.begin(), entries.end(), names, leads_before);
      for (; entry != entries.end() && entry->to == names; ++entry) before.push_back(entry->from);
    }
  }
  std::sort(before.begin(), before.end());
  return Intern(std::move(before));
}

NameClassSets2009::Set NameClassSets2009::Union(const Set& a, const Set& b) {
  if (a == b) return a;
  if (a == nullptr || b == nullptr) return nullptr;
  Members both;
  std::set_union(a->begin(), a->end(), b->begin(), b->end(), std::back_inserter(both));
  return Intern(std::move(both));
}

NameClassSets2009::Set NameClassSets2009::Once(const void* place, const Set& behind,
                                               const std::function<Set()>& find) {
  const std::pair key(place, behind);
  if (auto known = before_.find(key); known != before_.end()) return known->second;
  Set before = find();
  ++remembered_;
  before_[key] = before;
  return before;
}

NameClassSets2009::Set NameClassSets2009::Intern(Members members) {
  if (remembered_ > kMostRemembered) {
    known_.clear();
    before_.clear();
    remembered_ = 0;
  }
  auto [it, is_new] = known_.insert(std::make_shared<const Members>(std::move(members)));
  if (is_new) remembered_ += (*it)->size();
  return *it;
}

}  // namespace kvmtest::language
