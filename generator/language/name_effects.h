// What one filter of the 2009 dialect sees of names that will still change: names that look alike
// to it, whatever is put before and behind them, are one.
#ifndef KVMTEST_LANGUAGE_NAME_EFFECTS_H_
#define KVMTEST_LANGUAGE_NAME_EFFECTS_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "language/name_changes.h"
#include "language/names_2009.h"
#include "language/numbering.h"
#include "language/pattern_automaton.h"
#include "language/work.h"

namespace kvmtest::language {

class NameEffects {
 public:
  // Of a name: for each state of the automaton that there can be before it, the one behind it.
  using Effect = uint32_t;
  static constexpr Effect kEmptyName = 0;  // leaves every state as it is
  // Changes that act alike on all names.
  using Kind = uint32_t;
  // Of kinds, ascending.
  using KindSet = uint32_t;

  // The filter is found where any of the words is. Takes off `work`, which must outlive this as
  // `changes` must, what it looks at; once that is over, answers are of no use. It is also over if
  // the automaton gives up.
  NameEffects(std::unique_ptr<PatternAutomaton> automaton, std::span<const Word2009> words,
              const NameChanges& changes, Work* work);

  Kind KindOf(NameChangeId change) const;
  // That of most changes.
  Kind usual() const { return usual_; }
  std::span<const NameChangeId> unusual() const { return unusual_; }

  Effect After(Kind change, Effect effect);
  KindSet SetOf(const std::vector<Kind>& kinds);
  // Is the filter found in such names, whichever and however many of these changes are still to
  // come? Neither, if that depends on them, or is not found out.
  std::optional<bool> IsFound(KindSet to_come, Effect effect);

 private:
  using State = PatternAutomaton::State;
  using States = std::vector<State>;
  struct Change {
    NameChange what;
    States behind;              // the text, for each state before it
    std::vector<Effect> after;  // by effect
  };
  enum class Verdict : uint8_t { kUnknown, kFound, kMissed, kOpen };

  void FindStates(std::span<const NameChangeId> changes);
  void FindKinds(std::span<const NameChangeId> changes, std::optional<NameChangeId> other);
  State Run(State state, std::string_view text);
  States BehindText(std::string_view text);
  Effect Make(const Change& change, Effect effect);
  Verdict Judge(KindSet to_come, Effect effect);

  std::unique_ptr<PatternAutomaton> automaton_;
  const NameChanges& changes_;
  Work* work_;
  States before_;                              // from the start on
  std::unordered_map<State, uint32_t> index_;  // of them
  // States behind labels that are alike: found at the end or not, and to the same state by a dot.
  std::map<std::pair<bool, State>, State> behind_;
  Numbering<States> effects_;
  std::vector<Change> kinds_;
  Kind usual_ = 0;
  std::vector<NameChangeId> unusual_;
  std::unordered_map<NameChangeId, Kind> kind_of_;  // of unusual ones
  Numbering<std::vector<Kind>> sets_;
  std::vector<std::vector<Verdict>> verdicts_;  // by set and effect
};

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_NAME_EFFECTS_H_
