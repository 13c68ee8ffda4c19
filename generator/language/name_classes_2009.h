// The names that a program of the 2009 dialect makes, class by class: names that look alike to all
// filters still to come are one class. So dicts are counted without being made, and a run knows
// whose names no filter will leave anything of.
#ifndef KVMTEST_LANGUAGE_NAME_CLASSES_2009_H_
#define KVMTEST_LANGUAGE_NAME_CLASSES_2009_H_

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "language/config_impl.h"

namespace kvmtest::language {

class NameClasses2009 {
 public:
  // None if that takes more than `work` (bytes of labels and open filters of classes looked at), if
  // 'depend' is assigned, or filters are not understood.
  static std::optional<NameClasses2009> Find(const ConfigImpl& config, size_t work);

  // Of all dicts; UINT64_MAX stands for that many or more.
  uint64_t count() const { return count_; }

  using Class = uint32_t;
  static constexpr Class kNoLabels = 0;
  // The class of names that a variant's label is added to; none if filters leave nothing of them.
  std::optional<Class> Enter(Class names, VariantId variant) const;
  // Do filters leave these names at the end? All names of a class fare alike until their next
  // label, so a run that asks this and Enter need not ask filters.
  bool IsLeft(Class names) const;
  struct Entry {
    Class from, to;
  };
  // All, of a variant ordered by where they lead. A variant without any has no dict.
  std::unordered_map<VariantId, std::vector<Entry>> Entries() const;

 private:
  class Search;

  uint64_t count_ = 0;
  std::vector<Class> left_;                      // ascending
  std::unordered_map<uint64_t, Class> entered_;  // by class and variant
};

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_NAME_CLASSES_2009_H_
