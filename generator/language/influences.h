// Which variants have a say in the value of a key, told from the text alone, without making a dict.
#ifndef KVMTEST_LANGUAGE_INFLUENCES_H_
#define KVMTEST_LANGUAGE_INFLUENCES_H_

#include <cstdint>
#include <set>
#include <string_view>
#include <vector>

#include "language/config.h"

namespace kvmtest::language {

// Sets of kinds of variants, a bit for each.
using Kinds = uint8_t;

// Dicts that have the same variants of those kinds have the same value. A statement adds the kind
// of the variant that it stands in, and those that the conditions around it name; a value, what the
// keys have that it puts in. There may be fewer than is told, never more. Modern only.
class Influences {
 public:
  // `kind_of`: by variant.
  Influences(const Config& config, const std::vector<Kinds>& kind_of);

  Kinds OfKey(std::string_view key) const;
  // Is there a statement that only dicts have with variants of all these kinds?
  bool HasStatementOfAll(std::string_view key, Kinds kinds) const;
  bool IsSet(std::string_view key) const { return Find(key) != nullptr; }
  Kinds OfKeysThatBeginWith(std::string_view prefix) const;
  Kinds OfDependencies() const { return of_dependencies_; }

 private:
  struct Key {
    std::string_view text;
    Kinds all = 0;
    std::set<Kinds> of_statements = {};
  };

  const Key* Find(std::string_view key) const;

  std::vector<Key> keys_;  // that anything sets
  Key any_key_;            // by patterns, suffixes
  Kinds of_dependencies_ = 0;
};

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_INFLUENCES_H_
