// Which classes of names are of use where the blocks further down have chosen already: a run of the
// 2009 dialect makes the dicts of earlier blocks anew for each choice of later ones, and most may
// be of no use to that.
#ifndef KVMTEST_LANGUAGE_NAME_CLASS_SETS_2009_H_
#define KVMTEST_LANGUAGE_NAME_CLASS_SETS_2009_H_

#include <algorithm>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "language/name_classes_2009.h"
#include "language/program_2009.h"

namespace kvmtest::language {

// Each class of a set has names that lead to it. So making sets takes about as long as making the
// dicts that they are for.
class NameClassSets2009 {
 public:
  using Class = NameClasses2009::Class;
  using Members = std::vector<Class>;          // ascending
  using Set = std::shared_ptr<const Members>;  // null: of all names

  // Without classes all sets are of all names.
  explicit NameClassSets2009(std::optional<NameClasses2009> classes);

  const std::optional<NameClasses2009>& classes() const { return classes_; }
  static bool Has(const Set& set, Class names) {
    return set == nullptr || std::binary_search(set->begin(), set->end(), names);
  }
  static bool IsEmpty(const Set& set) { return set != nullptr && set->empty(); }

  // Of names that the statements may make one of the set of.
  Set Before(std::span<const Statement2009> body, Set behind);
  // The variant's label alone does.
  Set BeforeLabel(const Variant2009& variant, const Set& behind);

 private:
  struct LessMembers {
    bool operator()(const Set& a, const Set& b) const { return *a < *b; }
  };

  Set Before(const Statement2009& statement, const Set& behind);
  Set BeforeVariants(const Statement2009& statement, const Set& behind);
  Set FindBeforeLabel(const Variant2009& variant, const Set& behind);
  Set Once(const void* place, const Set& behind, const std::function<Set()>& find);
  Set Union(const Set& a, const Set& b);
  Set Intern(Members members);

  std::optional<NameClasses2009> classes_;
  std::unordered_map<VariantId, std::vector<NameClasses2009::Entry>> entries_;
  // The same sets come again and again. All are forgotten when they are too many.
  std::set<Set, LessMembers> known_;
  std::map<std::pair<const void*, Set>, Set> before_;  // by block of variants or variant
  size_t remembered_ = 0;
};

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_NAME_CLASS_SETS_2009_H_
