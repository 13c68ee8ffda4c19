// What one filter of the 2009 dialect sees of names to which labels will still be added: names that
// look alike to it, whatever is put before and behind them, are one.
#ifndef KVMTEST_LANGUAGE_NAME_EFFECTS_H_
#define KVMTEST_LANGUAGE_NAME_EFFECTS_H_

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "language/pattern_automaton.h"

namespace kvmtest::language {

class NameEffects {
 public:
  // Of a name: for each state of the automaton that there can be before it, the one behind it.
  using Effect = uint32_t;
  static constexpr Effect kEmptyName = 0;  // leaves every state as it is

  // Labels are told by their numbers in `labels`, which must outlive this.
  NameEffects(std::unique_ptr<PatternAutomaton> automaton,
              std::span<const std::string_view> labels);

  // Finds out which states there can be before names, taking off `work` what it looks at. False if
  // there is more, or the automaton gives up; then nothing else may be asked.
  bool Prepare(size_t* work);

  Effect Prepend(uint32_t label, Effect effect);
  Effect Append(uint32_t label, Effect effect);
  // Is the filter found in such names as they are?
  bool Found(Effect effect) const;
  bool GaveUp() const { return automaton_->GaveUp(); }

 private:
  using State = PatternAutomaton::State;
  using States = std::vector<State>;

  State Run(State state, std::string_view text);
  Effect Intern(States states);

  std::unique_ptr<PatternAutomaton> automaton_;
  std::span<const std::string_view> labels_;
  States before_;                              // the start, then those behind a label and its dot
  std::unordered_map<State, uint32_t> index_;  // of them
  std::map<States, Effect> known_;
  std::vector<const States*> effects_;
  std::unordered_map<uint64_t, Effect> prepended_, appended_;  // by label and effect
};

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_NAME_EFFECTS_H_
