#include "language/name_effects.h"

#include <utility>

namespace kvmtest::language {

namespace {

uint64_t KeyOf(uint32_t label, uint32_t effect) {
  return uint64_t{label} << 32 | effect;
}

}  // namespace

NameEffects::NameEffects(std::unique_ptr<PatternAutomaton> automaton,
                         std::span<const std::string_view> labels)
    : automaton_(std::move(automaton)), labels_(labels) {}

bool NameEffects::Prepare(size_t* work) {
  auto add = [this](State state) {
    if (index_.try_emplace(state, before_.size()).second) before_.push_back(state);
  };
  add(automaton_->start());
  for (size_t i = 0; i < before_.size(); ++i) {
    for (std::string_view label : labels_) {
      if (*work <= label.size() || GaveUp()) return false;
      *work -= label.size() + 1;
      add(automaton_->Next(Run(before_[i], label), '.'));
    }
  }
  Intern(before_);
  return !GaveUp();
}

NameEffects::Effect NameEffects::Prepend(uint32_t label, Effect effect) {
  auto [it, is_new] = prepended_.try_emplace(KeyOf(label, effect));
  if (!is_new) return it->second;
  States states;
  for (State state : before_) {
    State behind = Run(state, labels_[label]);
    if (effect != kEmptyName)
      behind = (*effects_[effect])[index_.at(automaton_->Next(behind, '.'))];
    states.push_back(behind);
  }
  return it->second = Intern(std::move(states));
}

NameEffects::Effect NameEffects::Append(uint32_t label, Effect effect) {
  if (effect == kEmptyName) return Prepend(label, effect);
  auto [it, is_new] = appended_.try_emplace(KeyOf(label, effect));
  if (!is_new) return it->second;
  States states = *effects_[effect];
  for (State& state : states) state = Run(automaton_->Next(state, '.'), labels_[label]);
  return it->second = Intern(std::move(states));
}

bool NameEffects::Found(Effect effect) const {
  return automaton_->FoundAtEnd((*effects_[effect])[0]);
}

NameEffects::State NameEffects::Run(State state, std::string_view text) {
  for (char c : text) state = automaton_->Next(state, static_cast<unsigned char>(c));
  return state;
}

NameEffects::Effect NameEffects::Intern(States states) {
  auto [it, is_new] = known_.try_emplace(std::move(states), static_cast<Effect>(effects_.size()));
  if (is_new) effects_.push_back(&it->first);
  return it->second;
}

}  // namespace kvmtest::language
