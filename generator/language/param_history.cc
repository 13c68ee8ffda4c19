#include "language/param_history.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace kvmtest::language {

namespace {

bool IsPatternKind(ItemKind kind) {
  return kind >= ItemKind::kRegexSet && kind <= ItemKind::kDelete;
}

std::string_view LimitSuffix(std::string_view key) {
  for (std::string_view suffix : {"_max", "_min", "_fixed"})
    if (key.ends_with(suffix)) return suffix;
  return {};
}

// A value that is not the last is told only in part; that of all steps there may be very much.
std::string Kept(std::string_view text) {
  constexpr size_t kEnough = 1000;
  return std::string(text.substr(0, kEnough));
}

bool Contains(const std::vector<KeyId>& keys, KeyId key) {
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

}  // namespace

std::string FlatText(const KeySpace& keys, KeyId key) {
  const KeySpace::Suffixed* suffixed = keys.AsSuffixed(key);
  return suffixed != nullptr ? suffixed->flattened : std::string(keys.Text(key));
}

void JudgeSteps(std::vector<ParamStep>* steps) {
  Span by;
  for (auto step = steps->rbegin(); step != steps->rend(); ++step) {
    if (step->effect == ParamStep::Effect::kNothing || step->overridden_by.IsKnown()) continue;
    step->counts = !by.IsKnown();
    step->overridden_by = by;
    if (step->counts && step->effect == ParamStep::Effect::kReplaces) by = step->at.span;
  }
}

void ForgetRenames(std::vector<ParamStep>* steps) {
  for (ParamStep& step : *steps)
    if (step.effect == ParamStep::Effect::kRenames) step.effect = ParamStep::Effect::kNothing;
}

void OverrideSteps(std::vector<ParamStep>* steps, const Span& by) {
  for (ParamStep& step : *steps)
    if (step.effect != ParamStep::Effect::kNothing && !step.overridden_by.IsKnown())
      step.overridden_by = by;
}

std::vector<Span> CountingPlaces(std::vector<ParamStep> steps) {
  JudgeSteps(&steps);
  std::vector<Span> places;
  for (const ParamStep& step : steps)
    if (step.counts && std::find(places.begin(), places.end(), step.at.span) == places.end())
      places.push_back(step.at.span);
  return places;
}

void ParamHistory::Begin() {
  builder_.Begin();
  steps_.clear();
}

ParamHistory::Snapshot ParamHistory::Take() const {
  Snapshot snapshot;
  for (const DictBuilder::Entry& entry : builder_.Ordered()) snapshot[entry.key] = entry.value;
  return snapshot;
}

void ParamHistory::Add(KeyId key, ParamStep step) {
  const Value* value = builder_.Find(key);
  if (value != nullptr) step.value = Kept(value->text);
  steps_[key].push_back(std::move(step));
}

void ParamHistory::Skip(const Item& item, const ExplainedStatement& at, std::string why) {
  ParamStep step{.at = at, .remark = std::move(why)};
  Add(item.key, std::move(step));
}

bool ParamHistory::Apply(const Item& item, const ExplainedStatement& at) {
  ParamStep step{.at = at};
  if (item.kind == ItemKind::kSuffix) return ApplySuffix(item, step);
  return IsPatternKind(item.kind) ? ApplyPattern(item, step) : ApplyPlain(item, step);
}

bool ParamHistory::ApplyPlain(const Item& item, ParamStep step) {
  const bool was_set = builder_.Find(item.key) != nullptr;
  std::vector<KeyId> uses;
  step.put_in = Substitutes(item, &uses);
  if (!builder_.Apply(item, special_)) return false;
  step.value_is_as_written =
      step.put_in.empty() && (item.kind == ItemKind::kSet || item.kind == ItemKind::kLazySet);
  step.effect = Effect::kChanges;
  if (item.kind == ItemKind::kSet && !Contains(uses, item.key)) step.effect = Effect::kReplaces;
  if (item.kind == ItemKind::kLazySet && was_set) {
    step.effect = Effect::kNothing;
    step.put_in.clear();
    step.remark = "no effect: it is set already";
  }
  Add(item.key, std::move(step));
  return true;
}

bool ParamHistory::ApplyPattern(const Item& item, const ParamStep& step) {
  std::vector<KeyId> uses;
  std::vector<PutIn> put_in = Substitutes(item, &uses);
  const Snapshot before = Take();
  if (!builder_.Apply(item, special_)) return false;
  bool hit_itself = false;
  for (const auto& [key, old] : before) {
    // Values that others made may be moved.
    const Value* now = builder_.Find(key);
    if (now == old || (now != nullptr && !(now->origin.ToSpan() == item.value.origin.ToSpan())))
      continue;
    ParamStep mine = step;
    mine.put_in = put_in;
    bool replaces = item.kind == ItemKind::kDelete || item.kind == ItemKind::kRegexSet;
    mine.effect = replaces && !Contains(uses, key) ? Effect::kReplaces : Effect::kChanges;
    mine.value_is_as_written = replaces && put_in.empty();
    Add(key, std::move(mine));
    hit_itself |= key == item.key;
  }
  if (!hit_itself) Skip(item, step.at, "no effect: it is not set here");
  return true;
}

bool ParamHistory::ApplySuffix(const Item& item, const ParamStep& step) {
  KeySpace& keys = builder_.keys();
  const std::vector<DictBuilder::Entry> before = builder_.Ordered();
  if (!builder_.Apply(item, special_)) return false;
  // In the builder's order, since a new name may be the old one of a later key.
  for (const DictBuilder::Entry& entry : before) {
    KeyId renamed = keys.WithSuffix(entry.key, keys.Text(item.key));
    if (builder_.Find(renamed) == nullptr) continue;  // the language's own key
    ParamStep mine = step;
    mine.remark =
        fmt::format("renames '{}' to '{}'", FlatText(keys, entry.key), FlatText(keys, renamed));
    Steps history = steps_[entry.key];
    mine.effect = Effect::kReplaces;
    mine.value.reset();
    steps_[entry.key].push_back(mine);
    mine.effect = Effect::kRenames;
    mine.value = Kept(builder_.Find(renamed)->text);
    history.push_back(std::move(mine));
    steps_[renamed] = std::move(history);
  }
  return true;
}

std::vector<PutIn> ParamHistory::Substitutes(const Item& item, std::vector<KeyId>* uses) const {
  std::vector<PutIn> result;
  if (!item.substitutes) return result;
  const KeySpace& keys = builder_.keys();
  const std::vector<DictBuilder::FlatEntry> flat = builder_.Flattened();
  // As DictBuilder::Substitute reads it.
  for (std::string_view name : SubstitutedKeys(item.value.text)) {
    PutIn put_in{.name = std::string(name)};
    auto entry = std::find_if(flat.begin(), flat.end(), [&](const DictBuilder::FlatEntry& f) {
      return (f.key == kNone ? FlatText(keys, f.from) : keys.Text(f.key)) == name;
    });
    KeyId key = keys.Lookup(name);
    std::string text;
    if (entry != flat.end()) {
      put_in.value = Kept(entry->value->text);
      if (auto from = steps_.find(entry->from); from != steps_.end()) {
        Steps steps = from->second;
        if (entry->key != kNone && entry->key != entry->from) ForgetRenames(&steps);
        put_in.from = CountingPlaces(std::move(steps));
      }
      uses->push_back(entry->from);
    } else if (key < kReservedKeys && special_.Text(key, &text)) {
      put_in.value = Kept(text);
    }
    bool is_set = put_in.value.has_value();
    result.push_back(std::move(put_in));
    if (!is_set) break;
  }
  return result;
}

bool ParamHistory::ApplyLimits() {
  const Snapshot before = Take();
  if (!builder_.ApplyLimits(special_)) return false;
  const Snapshot after = Take();
  for (const DictBuilder::Entry& entry : builder_.Ordered())
    if (before.contains(entry.key) && builder_.IsLimit(entry.key))
      NoteLimit(entry.key, before, after);
  return true;
}

void ParamHistory::NoteLimit(KeyId limit, const Snapshot& before, const Snapshot& after) {
  const KeySpace& keys = builder_.keys();
  std::string_view text = keys.Text(limit);
  KeyId base = keys.Lookup(text.substr(0, text.find(LimitSuffix(text))));
  auto value_in = [base](const Snapshot& snapshot) {
    auto it = snapshot.find(base);
    return it == snapshot.end() ? nullptr : it->second;
  };
  const Value* old = value_in(before);
  const Value* now = value_in(after);
  const Value* value = before.at(limit);
  const Steps& from = steps_[limit];
  auto last = std::find_if(from.rbegin(), from.rend(),
                           [](const ParamStep& step) { return step.effect != Effect::kNothing; });
  if (last == from.rend()) return;
  ParamStep step{.at = last->at};
  std::vector<Span> places = CountingPlaces(from);
  if (places.size() > 1 || !last->value_is_as_written)
    step.put_in.push_back({.name = std::string(text),
                           .is_limit = true,
                           .value = Kept(value->text),
                           .from = std::move(places)});
  if (now == value) {
    step.effect = Effect::kReplaces;
    step.remark = old == nullptr
                      ? "applied when all else is done: sets what is not set"
                      : fmt::format("applied when all else is done: limits '{}'", Kept(old->text));
  } else {
    step.remark = now == old ? "no effect: the value is within the limit"
                             : "no effect: another limit decides";
  }
  Add(base, std::move(step));
}

}  // namespace kvmtest::language
