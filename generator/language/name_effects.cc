#include "language/name_effects.h"

#include <algorithm>
#include <numeric>
#include <set>

#include "language/regex.h"

namespace kvmtest::language {

namespace {

using How = NameChange::How;

// Of effects, in one judgement.
constexpr size_t kMostJudged = 1000;

constexpr uint32_t kNoEffect = UINT32_MAX;

// The changes that have to be looked at, as the filter may tell them from others; and, if these
// are not all, one of the others.
struct ToldChanges {
  std::vector<NameChangeId> all;
  std::optional<NameChangeId> other = {};
};

ToldChanges AllOf(const NameChanges& changes) {
  ToldChanges told{std::vector<NameChangeId>(changes.all().size())};
  std::iota(told.all.begin(), told.all.end(), 0);
  return told;
}

ToldChanges ChangesToTell(std::span<const Word2009> words, const NameChanges& changes) {
  if (changes.has_texts()) return AllOf(changes);
  std::vector<NameChangeId> own(changes.odd().begin(), changes.odd().end());
  for (const Word2009& word : words) {
    if (!IsLiteralPattern(word.text)) return AllOf(changes);
    const std::span<const NameChangeId> of_word = changes.OfLabel(word.text);
    own.insert(own.end(), of_word.begin(), of_word.end());
  }
  std::sort(own.begin(), own.end());
  own.erase(std::unique(own.begin(), own.end()), own.end());
  NameChangeId other = 0;
  while (other < own.size() && own[other] == other) ++other;
  if (other == changes.all().size()) return {std::move(own)};
  own.push_back(other);
  return {std::move(own), other};
}

}  // namespace

NameEffects::NameEffects(std::unique_ptr<PatternAutomaton> automaton,
                         std::span<const Word2009> words, const NameChanges& changes, Work* work)
    : automaton_(std::move(automaton)), changes_(changes), work_(work) {
  const ToldChanges told = ChangesToTell(words, changes);
  FindStates(told.all);
  effects_.Of(before_);
  FindKinds(told.all, told.other);
}

// Between the pieces of names.
void NameEffects::FindStates(std::span<const NameChangeId> changes) {
  auto add = [this](State state) {
    if (index_.try_emplace(state, before_.size()).second) before_.push_back(state);
  };
  add(automaton_->start());
  for (size_t i = 0; i < before_.size(); ++i) {
    if (changes_.has_texts()) add(automaton_->Next(before_[i], '.'));
    for (NameChangeId change : changes) {
      const State behind = Run(before_[i], changes_.all()[change].text);
      if (work_->gave_up()) return;
      add(changes_.has_texts() ? behind : automaton_->Next(behind, '.'));
    }
  }
}

void NameEffects::FindKinds(std::span<const NameChangeId> changes,
                            std::optional<NameChangeId> other) {
  std::map<std::pair<How, States>, Kind> known;
  std::vector<size_t> changes_of;  // by kind
  for (NameChangeId id : changes) {
    const NameChange& change = changes_.all()[id];
    States behind = BehindText(change.text);
    if (work_->gave_up()) return;
    auto [it, is_new] = known.try_emplace({change.how, behind}, static_cast<Kind>(kinds_.size()));
    if (is_new) {
      kinds_.push_back({change, std::move(behind), {}});
      changes_of.push_back(0);
    }
    ++changes_of[it->second];
    kind_of_[id] = it->second;
    if (id == other) usual_ = it->second;
  }
  if (!other && !changes_of.empty())
    usual_ = static_cast<Kind>(std::max_element(changes_of.begin(), changes_of.end()) -
                               changes_of.begin());
  std::erase_if(kind_of_, [this](const auto& entry) { return entry.second == usual_; });
  for (const auto& [change, kind] : kind_of_) unusual_.push_back(change);
}

NameEffects::Kind NameEffects::KindOf(NameChangeId change) const {
  auto it = kind_of_.find(change);
  return it == kind_of_.end() ? usual_ : it->second;
}

NameEffects::State NameEffects::Run(State state, std::string_view text) {
  if (!work_->Spend(text.size() + 1)) return state;
  for (char c : text) state = automaton_->Next(state, static_cast<unsigned char>(c));
  if (automaton_->GaveUp()) work_->GiveUp();
  return state;
}

NameEffects::States NameEffects::BehindText(std::string_view text) {
  if (text.empty()) return before_;
  States states;
  for (State state : before_) {
    State behind = Run(state, text);
    if (!changes_.has_texts()) {
      const auto looks = std::pair(automaton_->FoundAtEnd(behind), automaton_->Next(behind, '.'));
      behind = behind_.try_emplace(looks, behind).first->second;
    }
    states.push_back(behind);
  }
  return states;
}

NameEffects::Effect NameEffects::After(Kind kind, Effect effect) {
  std::vector<Effect>& after = kinds_[kind].after;
  if (after.size() <= effect) after.resize(effects_.size(), kNoEffect);
  if (after[effect] == kNoEffect) after[effect] = Make(kinds_[kind], effect);
  return after[effect];
}

NameEffects::Effect NameEffects::Make(const Change& change, Effect effect) {
  if (!work_->Spend(before_.size())) return effect;
  if (effect == kEmptyName || change.what.how == How::kSet) return effects_.Of(change.behind);
  const States& states = effects_[effect];
  States made(before_.size());
  for (size_t i = 0; i < made.size(); ++i) {
    switch (change.what.how) {
      case How::kPrependLabel:
        made[i] = states[index_.at(automaton_->Next(change.behind[i], '.'))];
        break;
      case How::kAppendLabel:
        made[i] = change.behind[index_.at(automaton_->Next(states[i], '.'))];
        break;
      case How::kPrepend:
        made[i] = states[index_.at(change.behind[i])];
        break;
      case How::kAppend:
        made[i] = Run(states[i], change.what.text);
        break;
      case How::kSet:
        break;
    }
  }
  return effects_.Of(std::move(made));
}

NameEffects::KindSet NameEffects::SetOf(const std::vector<Kind>& kinds) {
  const KindSet set = sets_.Of(kinds);
  verdicts_.resize(sets_.size());
  return set;
}

std::optional<bool> NameEffects::IsFound(KindSet to_come, Effect effect) {
  std::vector<Verdict>& verdicts = verdicts_[to_come];
  if (verdicts.size() <= effect) verdicts.resize(effects_.size());
  if (verdicts[effect] == Verdict::kUnknown) verdicts[effect] = Judge(to_come, effect);
  if (verdicts[effect] == Verdict::kOpen) return std::nullopt;
  return verdicts[effect] == Verdict::kFound;
}

NameEffects::Verdict NameEffects::Judge(KindSet to_come, Effect effect) {
  const std::vector<Kind>& kinds = sets_[to_come];
  std::vector<Effect> open = {effect};
  std::set<Effect> seen = {effect};
  bool found = false, missed = false;
  while (!open.empty()) {
    const Effect at = open.back();
    open.pop_back();
    (automaton_->FoundAtEnd(effects_[at][0]) ? found : missed) = true;
    if ((found && missed) || seen.size() > kMostJudged || work_->gave_up()) return Verdict::kOpen;
    for (Kind kind : kinds) {
      const Effect after = After(kind, at);
      if (seen.insert(after).second) open.push_back(after);
    }
  }
  return found ? Verdict::kFound : Verdict::kMissed;
}

}  // namespace kvmtest::language
