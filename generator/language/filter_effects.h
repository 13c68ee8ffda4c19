// What one filter of the 2009 dialect sees of names that will still change. Its alternatives look
// at them one by one: together they would see every combination, though no name has most of these.
#ifndef KVMTEST_LANGUAGE_FILTER_EFFECTS_H_
#define KVMTEST_LANGUAGE_FILTER_EFFECTS_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "language/name_changes.h"
#include "language/name_effects.h"
#include "language/numbering.h"
#include "language/program_2009.h"
#include "language/work.h"

namespace kvmtest::language {

class FilterEffects {
 public:
  // As NameEffects has them, of all alternatives.
  using Effect = uint32_t;
  static constexpr Effect kEmptyName = 0;
  using Kind = uint32_t;
  using KindSet = uint32_t;

  // Takes off `work`, which must outlive this as `changes` must, what it looks at; once that is
  // over, answers are of no use.
  FilterEffects(std::span<const Word2009> words, const NameChanges& changes, Work* work);
  // False if it holds what is not understood (see PatternAutomaton); then nothing else is of use.
  bool understood() const { return understood_; }

  Kind KindOf(NameChangeId change) const;
  // That of most changes.
  Kind usual() const { return 0; }
  std::span<const NameChangeId> unusual() const { return unusual_; }

  Effect After(Kind change, Effect effect);
  KindSet SetOf(const std::vector<Kind>& kinds);
  struct Verdict {
    // Is it found, whichever and however many of these changes are still to come? Neither, if
    // that depends on them, or is not found out.
    std::optional<bool> found;
    // That of names which look the same from now on: alternatives that cannot be found any more
    // are all one.
    Effect effect;
  };
  Verdict Judge(KindSet to_come, Effect effect);

 private:
  using OfParts = std::vector<uint32_t>;

  void FindKinds();
  Verdict FindVerdict(KindSet to_come, Effect effect);

  std::vector<std::unique_ptr<NameEffects>> parts_;
  Work* work_;
  bool understood_ = true;
  Numbering<OfParts> kinds_;
  Numbering<OfParts> effects_;
  Numbering<OfParts> sets_;
  std::vector<NameChangeId> unusual_;
  std::unordered_map<NameChangeId, Kind> kind_of_;             // of unusual ones
  std::vector<std::vector<Effect>> after_;                     // by kind and effect
  std::vector<std::vector<std::optional<Verdict>>> verdicts_;  // by set and effect
};

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_FILTER_EFFECTS_H_
