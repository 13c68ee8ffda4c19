#include "language/explain_params.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <utility>

namespace kvmtest::language {

ParamsPart TakePart(const DictBuilder& builder, const ParamHistory& history) {
  ParamsPart part{{}, history.steps()};
  for (const DictBuilder::Entry& entry : builder.Ordered())
    part.entries.push_back({entry.key, std::string(entry.value->text)});
  return part;
}

namespace {

bool SameSteps(const ParamHistory::Steps& a, const ParamHistory::Steps& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const ParamStep& x, const ParamStep& y) {
                      return x.at == y.at && x.value == y.value && x.effect == y.effect;
                    });
}

}  // namespace

void JoinParts(const ExplainedStatement& join, ParamsPart second, ParamsPart* first) {
  for (auto& [key, steps] : second.steps) {
    auto is_key = [key = key](const ParamsPart::Entry& entry) { return entry.key == key; };
    auto theirs = std::find_if(second.entries.begin(), second.entries.end(), is_key);
    if (theirs == second.entries.end()) continue;
    auto mine = std::find_if(first->entries.begin(), first->entries.end(), is_key);
    ParamHistory::Steps& all = first->steps[key];
    if (mine == first->entries.end()) {
      first->entries.push_back(*theirs);
    } else {
      mine->text = theirs->text;
      if (SameSteps(all, steps)) continue;
      OverrideSteps(&all, join.span);
      all.push_back({.at = join, .remark = "takes the value of the later part, made as follows"});
    }
    all.insert(all.end(), std::make_move_iterator(steps.begin()),
               std::make_move_iterator(steps.end()));
  }
}

namespace {

using FlatEntry = DictBuilder::FlatEntry;

// Why a suffixed key is called as it is, or came to nothing.
std::string FlatRemark(const KeySpace& keys, KeyId from, std::string_view text) {
  const KeySpace::Suffixed* suffixed = keys.AsSuffixed(from);
  if (suffixed == nullptr || keys.Text(suffixed->base) != text) return {};
  return fmt::format("'{}' is called '{}' because all values of '{}' with a suffix are the same",
                     suffixed->flattened, text, text);
}

std::string GoneRemark(const KeySpace& keys, KeyId key) {
  const KeySpace::Suffixed* suffixed = keys.AsSuffixed(key);
  if (suffixed == nullptr) return {};
  return fmt::format("'{}' has the same value, so the suffix falls away",
                     keys.Text(suffixed->base));
}

class Finisher {
 public:
  Finisher(ParamsPart part, std::string_view key, DictBuilder& builder)
      : part_(std::move(part)), key_(key), builder_(builder) {}

  std::vector<ExplainedParam> Finish() {
    builder_.Begin();
    for (const ParamsPart::Entry& entry : part_.entries) {
      values_.push_back({.text = entry.text, .origin = {}, .lasting = false});
      builder_.Set(entry.key, &values_.back());
    }
    builder_.MarkSuffixed();
    for (const FlatEntry& entry : builder_.Flattened()) AddSet(entry);
    if (!key_.empty() && params_.empty()) AddGone();
    for (ExplainedParam& param : params_) JudgeSteps(&param.steps);
    std::sort(params_.begin(), params_.end(),
              [](const ExplainedParam& a, const ExplainedParam& b) { return a.key < b.key; });
    return std::move(params_);
  }

 private:
  void AddSet(const FlatEntry& entry) {
    const KeySpace& keys = builder_.keys();
    ExplainedParam param;
    param.key = entry.key == kNone ? FlatText(keys, entry.from) : keys.Text(entry.key);
    if (!key_.empty() && param.key != key_) return;
    param.value = entry.value->text;
    param.steps = part_.steps[entry.from];
    param.remark = FlatRemark(keys, entry.from, param.key);
    if (!param.remark.empty()) ForgetRenames(&param.steps);
    if (entry.key != kNone && entry.key != entry.from && builder_.Find(entry.key) != nullptr)
      PutLostFirst(part_.steps[entry.key], &param.steps);
    params_.push_back(std::move(param));
  }

  // A plain key of the same spelling loses its value to the one with a suffix.
  static void PutLostFirst(ParamHistory::Steps lost, ParamHistory::Steps* steps) {
    for (const ParamStep& step : *steps)
      if (step.effect == ParamStep::Effect::kRenames) OverrideSteps(&lost, step.at.span);
    steps->insert(steps->begin(), lost.begin(), lost.end());
  }

  void AddGone() {
    for (const auto& [key, steps] : part_.steps) {
      if (FlatText(builder_.keys(), key) != key_) continue;
      ExplainedParam param{.key = std::string(key_), .steps = steps};
      if (builder_.Find(key) != nullptr) param.remark = GoneRemark(builder_.keys(), key);
      params_.push_back(std::move(param));
      return;
    }
  }

  ParamsPart part_;
  std::string_view key_;
  DictBuilder& builder_;
  std::deque<Value> values_;  // the builder points to them
  std::vector<ExplainedParam> params_;
};

}  // namespace

std::vector<ExplainedParam> FinishParams(ParamsPart part, std::string_view key,
                                         DictBuilder& builder) {
  return Finisher(std::move(part), key, builder).Finish();
}

}  // namespace kvmtest::language
