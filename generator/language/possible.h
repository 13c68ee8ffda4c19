// Can filters match, whatever other filters say? Told from the structure of blocks alone: each
// element of a filter must be a label of some variant, these variants must go together, and labels
// that are to stand next to each other must come from one variant or from blocks that do.
#ifndef KVMTEST_LANGUAGE_POSSIBLE_H_
#define KVMTEST_LANGUAGE_POSSIBLE_H_

#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "language/choices.h"
#include "language/config_impl.h"
#include "language/filter.h"

namespace kvmtest::language {

// The labels of every variant, and which variants offer a label.
class LabelOffers {
 public:
  struct Offer {
    VariantId variant;
    uint32_t position;  // of the label in the variant's name
  };

  explicit LabelOffers(const LabelTable& table) : table_(table) {}
  // Variants in the order of their numbers, then Finish.
  void AddVariant(std::span<const AtomId> labels);
  void Finish();

  const LabelTable& table() const { return table_; }
  std::span<const AtomId> LabelsOf(VariantId variant) const {
    return {labels_.data() + begins_[variant], begins_[variant + 1] - begins_[variant]};
  }
  // Where a filter's element is found.
  std::span<const Offer> Of(AtomId atom) const {
    return {offers_.data() + offer_begins_[atom], offer_begins_[atom + 1] - offer_begins_[atom]};
  }
  bool Offered(AtomId atom) const { return !Of(atom).empty(); }
  // A variant without labels does not part those around it.
  bool has_nameless() const { return has_nameless_; }

 private:
  const LabelTable& table_;
  std::vector<AtomId> labels_;
  std::vector<uint32_t> begins_ = {0};
  std::vector<Offer> offers_;
  std::vector<uint32_t> offer_begins_;
  bool has_nameless_ = false;
};

// Those of a modern tree.
LabelOffers OffersOf(const ConfigImpl& config);

struct Clause {
  const Filter* filter = nullptr;
};

class Possible {
 public:
  Possible(const Choices& choices, const LabelOffers& offers)
      : choices_(choices), offers_(offers) {}

  // What a dict must not have.
  struct Unwanted {
    // With each block of which nothing is left, the variant in whose text it stands is one of them.
    std::vector<VariantId> variants = {};
    std::vector<const Alternative*> alternatives = {};
  };

  // Can one dict that takes the variant `place` (kNone: any dict) match all of the filters and have
  // nothing that is unwanted? True as well where that would take long to find out. `outside`: did
  // it take no variant of the top-level block that `place` is in?
  bool All(std::span<const Clause> clauses, VariantId place, const Unwanted& unwanted,
           bool* outside = nullptr) const;
  bool All(std::span<const Clause> clauses, VariantId place,
           std::span<const VariantId> without = {}) const {
    return All(clauses, place, Unwanted{{without.begin(), without.end()}});
  }
  // The same for one filter; the filter must last, for what is found is remembered.
  bool One(const Clause& clause, VariantId place) const;
  // How much all searches have looked at.
  uint64_t steps() const { return steps_; }
  // kNone: of kNone.
  BlockId TopBlockOf(VariantId place) const {
    return place == kNone ? kNone : choices_.TopBlockOf(place);
  }

 private:
  class Search;

  const Choices& choices_;
  const LabelOffers& offers_;
  // By filter: a top-level block for which it was found to match, whatever variant of it is taken.
  mutable std::unordered_map<const Filter*, BlockId> found_outside_;
  mutable uint64_t steps_ = 0;
};

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_POSSIBLE_H_
