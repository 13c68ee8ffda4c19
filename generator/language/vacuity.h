// Filters that can match nothing where they stand, and filters that together leave nothing:
// told from the structure of blocks (possible.h), so whatever other filters select.
#ifndef KVMTEST_LANGUAGE_VACUITY_H_
#define KVMTEST_LANGUAGE_VACUITY_H_

#include <cstdint>
#include <span>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "language/config_impl.h"
#include "language/diagnostic.h"
#include "language/possible.h"

namespace kvmtest::language {

// An only, no or condition, or a side of a join.
struct PlacedFilter {
  ItemKind kind = ItemKind::kOnly;
  Clause clause;
  Place statement;
};

class Vacuity {
 public:
  Vacuity(const ConfigImpl& config, const Choices& choices, const LabelOffers& offers,
          Diagnostics* diagnostics)
      : config_(config),
        choices_(choices),
        offers_(offers),
        possible_(choices, offers),
        joins_(HasJoinsOfSeveral(config.tree)),
        diagnostics_(*diagnostics) {}

  // Are there names in which the labels stand next to each other?
  bool IsPossible(const Adjacency& part) const { return CanMatchAlone({{part}}, kNone); }
  // What might have been meant by a sequence that no name has: "... did you mean 'b.a'?"
  std::string HintForSequence(const Adjacency& part) const;
  // Can the filter match in the text of `place` (kNone: top level), inside the conditions
  // `guards`? If not, it is reported.
  bool CanMatch(const PlacedFilter& use, VariantId place, std::span<const PlacedFilter> guards);
  // Of a filter that can: reports its alternatives that cannot, but for those at `told`.
  void CheckAlternatives(const PlacedFilter& use, VariantId place,
                         std::span<const PlacedFilter> guards, std::span<const size_t> told);
  // CanMatch of a negative condition: is there a dict that does not match?
  bool CanFail(const PlacedFilter& use, VariantId place, std::span<const PlacedFilter> guards);
  // The same of a condition, where all dicts pass the only and no among `filters` that are of its
  // file.
  bool CanHold(const PlacedFilter& use, VariantId place, std::span<const PlacedFilter> guards,
               std::span<const PlacedFilter> filters);
  bool CanMatchQuietly(const PlacedFilter& use, VariantId place) const {
    return possible_.One(use.clause, place);
  }
  // Do these only and no of the variant's own text, and a side of a join there, leave anything? If
  // not, the fewest of them that leave nothing are reported.
  bool CheckTogether(std::span<const PlacedFilter> filters, VariantId place);

 private:
  struct Reason {
    std::string text;
    std::vector<Note> notes = {};
    std::string hint = {};
  };

  bool CanMatchInside(const PlacedFilter& use, VariantId place,
                      std::span<const PlacedFilter> guards) const;
  // A filter of this alternative of a filter only; it lasts.
  const Filter& Alone(const Alternative& alternative);
  // In how many ways it can begin to match.
  size_t Ways(const Clause& clause) const;
  // Is there no dict that passes the filters, and for which the conditions among them hold?
  // `outside`: need it take no variant of the top-level block that `place` is in?
  bool LeaveNothing(std::span<const PlacedFilter> filters, VariantId place,
                    bool* outside = nullptr) const;
  // The top-level blocks that have its labels, as bits; several may share one.
  uint64_t BlocksOf(const PlacedFilter& use);
  // Of the filters, those that may let none of the condition's dicts pass: they name labels of the
  // same top-level blocks as it does, or of blocks that others of them name. All else is chosen
  // whatever is chosen there.
  void KeepConcerning(const PlacedFilter& use, std::vector<PlacedFilter>* filters);
  // The fewest of the filters that leave nothing; the last `kept` stay.
  std::vector<PlacedFilter> Needed(std::vector<PlacedFilter> filters, size_t kept,
                                   VariantId place) const;
  // What dicts must not have to pass the negative ones of the filters: variants with single labels,
  // those with a block of which nothing is left, and other alternatives. False if that excludes
  // `place`.
  bool Excluded(std::span<const PlacedFilter> filters, VariantId place,
                Possible::Unwanted* unwanted) const;

  void ReportNeverHolds(const PlacedFilter& use, Reason reason);
  Reason Excludes(std::vector<PlacedFilter> guards_and_use, VariantId place) const;
  Reason WhyNot(const PlacedFilter& use, VariantId place,
                std::span<const PlacedFilter> guards) const;
  Reason WhyAlways(const Filter& filter, VariantId place) const;
  Reason WhyNotHere(AtomId atom, VariantId place) const;
  bool CanMatchAlone(const Alternative& alternative, VariantId place) const;
  Note DefinedHere(VariantId variant) const;
  Span FilterSpan(const PlacedFilter& use) const;
  Span AlternativeSpan(const PlacedFilter& use, size_t index) const;

  const ConfigImpl& config_;
  const Choices& choices_;
  const LabelOffers& offers_;
  Possible possible_;
  // Conditions that hold wherever in a top-level block they stand, with what is around them:
  // hashes.
  std::unordered_set<uint64_t> held_;
  std::unordered_map<uint64_t, uint64_t> blocks_of_;
  std::unordered_map<const Alternative*, Filter> alone_;
  uint64_t alternative_steps_ = 0;
  std::vector<PlacedFilter> around_;  // of the condition at hand
  bool joins_;
  Diagnostics& diagnostics_;
};

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_VACUITY_H_
