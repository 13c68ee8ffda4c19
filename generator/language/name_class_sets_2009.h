// Which classes of names are of use where the blocks further down have chosen already: a run of the
// 2009 dialect makes the dicts of earlier blocks anew for each choice of later ones, and most may
// be of no use to that.
#ifndef KVMTEST_LANGUAGE_NAME_CLASS_SETS_2009_H_
#define KVMTEST_LANGUAGE_NAME_CLASS_SETS_2009_H_

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "language/name_classes_2009.h"
#include "language/program_2009.h"
#include "language/work.h"

namespace kvmtest::language {

class NameClassSets2009 {
 public:
  using Class = NameClasses2009::Class;
  using Set = uint32_t;
  static constexpr Set kAll = 0;

  // Without classes all sets are of all names.
  explicit NameClassSets2009(std::optional<NameClasses2009> classes);

  const std::optional<NameClasses2009>& classes() const { return classes_; }
  bool Has(Set set, Class names) const {
    return set == kAll || std::binary_search(sets_[set]->begin(), sets_[set]->end(), names);
  }
  bool IsEmpty(Set set) const { return set != kAll && sets_[set]->empty(); }

  // Of names that the statements may make one of the set of.
  Set Before(std::span<const Statement2009> body, Set behind);
  // The variant's label alone does.
  Set BeforeLabel(const Variant2009& variant, Set behind);

 private:
  using Members = std::vector<Class>;  // ascending

  Set Before(const Statement2009& statement, Set behind);
  Set BeforeVariants(const Statement2009& statement, Set behind);
  Set FindBeforeLabel(const Variant2009& variant, Set behind);
  Set Union(Set a, Set b);
  Set Intern(Members members);

  std::optional<NameClasses2009> classes_;
  std::unordered_map<VariantId, std::vector<NameClasses2009::Entry>> entries_;
  std::map<Members, Set> known_;
  std::vector<const Members*> sets_;
  std::map<std::pair<const void*, Set>, Set> before_;  // by block of variants or variant
  Work work_;
};

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_NAME_CLASS_SETS_2009_H_
