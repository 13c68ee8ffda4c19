#include "language/filter_effects.h"

#include <algorithm>
#include <set>
#include <utility>

#include "language/names_2009.h"
#include "language/regex.h"
#include "language/regex_alternatives.h"

namespace kvmtest::language {

namespace {

constexpr uint32_t kUnknownEffect = UINT32_MAX;
// Of an alternative that cannot be found any more.
constexpr uint32_t kLost = UINT32_MAX;

// Plain labels stay together: no name is between two of them.
std::vector<std::vector<Word2009>> PartsOf(std::span<const Word2009> words) {
  std::vector<std::vector<Word2009>> parts;
  std::vector<Word2009> labels;
  for (const Word2009& word : words) {
    for (std::string_view text : AlternativesOf(word.text)) {
      if (!text.empty() && IsLiteralPattern(text))
        labels.push_back({text, word.span});
      else
        parts.push_back({{text, word.span}});
    }
  }
  if (!labels.empty()) parts.push_back(std::move(labels));
  return parts;
}

}  // namespace

FilterEffects::FilterEffects(std::span<const Word2009> words, const NameChanges& changes,
                             Work* work)
    : work_(work) {
  for (const std::vector<Word2009>& part : PartsOf(words)) {
    std::unique_ptr<PatternAutomaton> automaton = FilterAutomaton2009(part);
    understood_ = automaton != nullptr;
    if (!understood_ || work_->gave_up()) return;
    parts_.push_back(std::make_unique<NameEffects>(std::move(automaton), part, changes, work));
  }
  effects_.Of(OfParts(parts_.size(), NameEffects::kEmptyName));
  FindKinds();
}

void FilterEffects::FindKinds() {
  OfParts usual;
  std::set<NameChangeId> unusual;
  for (const auto& part : parts_) {
    usual.push_back(part->usual());
    unusual.insert(part->unusual().begin(), part->unusual().end());
  }
  kinds_.Of(std::move(usual));
  for (NameChangeId change : unusual) {
    if (!work_->Spend(parts_.size())) return;
    OfParts kinds;
    for (const auto& part : parts_) kinds.push_back(part->KindOf(change));
    kind_of_[change] = kinds_.Of(std::move(kinds));
  }
  unusual_.assign(unusual.begin(), unusual.end());
  after_.resize(kinds_.size());
}

FilterEffects::Kind FilterEffects::KindOf(NameChangeId change) const {
  auto it = kind_of_.find(change);
  return it == kind_of_.end() ? usual() : it->second;
}

FilterEffects::Effect FilterEffects::After(Kind kind, Effect effect) {
  std::vector<Effect>& after = after_[kind];
  if (after.size() <= effect) after.resize(effects_.size(), kUnknownEffect);
  if (after[effect] != kUnknownEffect) return after[effect];
  if (!work_->Spend(parts_.size())) return effect;
  OfParts made = effects_[effect];
  for (size_t i = 0; i < made.size(); ++i)
    if (made[i] != kLost) made[i] = parts_[i]->After(kinds_[kind][i], made[i]);
  return after[effect] = effects_.Of(std::move(made));
}

FilterEffects::KindSet FilterEffects::SetOf(const std::vector<Kind>& kinds) {
  if (!work_->Spend(parts_.size() * kinds.size())) return 0;
  OfParts sets;
  for (size_t i = 0; i < parts_.size(); ++i) {
    std::vector<NameEffects::Kind> of_part;
    of_part.reserve(kinds.size());
    for (Kind kind : kinds) of_part.push_back(kinds_[kind][i]);
    std::sort(of_part.begin(), of_part.end());
    of_part.erase(std::unique(of_part.begin(), of_part.end()), of_part.end());
    sets.push_back(parts_[i]->SetOf(of_part));
  }
  const KindSet set = sets_.Of(std::move(sets));
  verdicts_.resize(sets_.size());
  return set;
}

FilterEffects::Verdict FilterEffects::Judge(KindSet to_come, Effect effect) {
  std::vector<std::optional<Verdict>>& verdicts = verdicts_[to_come];
  if (verdicts.size() <= effect) verdicts.resize(effects_.size());
  if (!verdicts[effect]) verdicts[effect] = FindVerdict(to_come, effect);
  return *verdicts[effect];
}

FilterEffects::Verdict FilterEffects::FindVerdict(KindSet to_come, Effect effect) {
  OfParts looks = effects_[effect];
  bool any_open = false;
  for (size_t i = 0; i < looks.size(); ++i) {
    if (looks[i] == kLost) continue;
    const std::optional<bool> found = parts_[i]->IsFound(sets_[to_come][i], looks[i]);
    if (found == true) return {true, effect};
    if (found == false) looks[i] = kLost;
    any_open |= !found;
  }
  if (!any_open) return {false, effect};
  return {std::nullopt, effects_.Of(std::move(looks))};
}

}  // namespace kvmtest::language
