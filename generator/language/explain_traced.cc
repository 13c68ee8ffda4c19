#include "language/explain_traced.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "language/explain_params.h"
#include "language/param_history.h"
#include "language/reserved_keys.h"

namespace kvmtest::language {

namespace {

using Kind = Traced2009::Kind;

std::vector<const Traced2009::Event*> InOrder(const Traced2009& dict) {
  std::vector<const Traced2009::Event*> events;
  for (const Traced2009::Event* event = dict.events; event != nullptr; event = event->before)
    events.push_back(event);
  std::reverse(events.begin(), events.end());
  return events;
}

bool SetsName(const Item& item) {
  return item.kind < ItemKind::kRegexSet &&
         (item.key == kNameKey || item.key == kShortnameKey || item.key == kDependKey);
}

class Replayer2009 {
 public:
  Replayer2009(const Interner& keys, std::string_view key, const Bounds& bounds)
      : key_(key),
        builder_(keys, Dialect::k2009, /*ordered=*/true, bounds),
        history_(builder_, none_) {}

  bool Replay(const Traced2009& dict) {
    history_.Begin();
    for (const Traced2009::Event* event : InOrder(dict)) {
      for (const Item& item : event->items) {
        ExplainedStatement at = StatementIn(event->scope, item.value.origin.ToSpan());
        if (event->kind == Kind::kNames)
          AddName(item, at, *event);
        else if (event->kind == Kind::kSkipped)
          Skip(item, at);
        else if (event->kind == Kind::kItems && !SetsName(item) && !history_.Apply(item, at))
          return false;
      }
    }
    return true;
  }

  std::vector<ExplainedParam> Params(const Traced2009& dict) {
    std::vector<ExplainedParam> params = FinishParams(TakePart(builder_, history_), key_, builder_);
    AddNameParam("shortname", dict.shortname, shortname_steps_, &params);
    AddNameParam("name", dict.name, name_steps_, &params);
    return params;
  }

  const ExpandError& error() const { return builder_.error(); }

 private:
  void Skip(const Item& item, const ExplainedStatement& at) {
    // The last condition is the one that does not hold.
    if (!key_.empty() && builder_.keys().Text(item.key) == key_)
      history_.Skip(item, at,
                    fmt::format("does not apply: '{}' is not found in the name here",
                                at.conditions.back().text));
  }

  void AddName(const Item& item, const ExplainedStatement& at, const Traced2009::Event& event) {
    auto add = [&](std::string_view now, std::vector<ParamStep>* steps) {
      if (now.data() == nullptr) return;  // it did not change
      bool replaces = item.kind == ItemKind::kSet || item.kind == ItemKind::kRegexSet;
      steps->push_back(
          {.at = at,
           .effect = replaces ? ParamStep::Effect::kReplaces : ParamStep::Effect::kChanges,
           .value = std::string(now),
           .value_is_as_written = false});
    };
    add(event.name, &name_steps_);
    add(event.shortname, &shortname_steps_);
  }

  // Not a param, but assigned to like one.
  void AddNameParam(std::string_view name, const std::string& value, std::vector<ParamStep> steps,
                    std::vector<ExplainedParam>* params) const {
    if (steps.empty() || (!key_.empty() && key_ != name)) return;
    JudgeSteps(&steps);
    ExplainedParam param{std::string(name), value, std::move(steps), {}};
    param.remark = "the names of variants taken afterwards are added";
    params->insert(params->begin(), std::move(param));
  }

  std::string_view key_;
  NoSpecialKeys none_;
  DictBuilder builder_;
  ParamHistory history_;
  std::vector<ParamStep> name_steps_, shortname_steps_;
};

std::vector<ExplainedDep> Deps(const ConfigImpl& config, const Traced2009& dict) {
  if (dict.depend_text != nullptr)
    return {{std::string(dict.depend_text->text), dict.depend_text->origin.ToSpan()}};
  std::vector<ExplainedDep> deps;
  for (size_t i = 0; i < dict.depend.size(); ++i)
    deps.push_back({dict.depend[i], config.variants[dict.depend_of[i]].span});
  return deps;
}

// A filter sees only what there is of the name when it is run.
std::string WhyFilter(const Traced2009::Event& event, const std::string& whole_name) {
  std::string seen = event.name.empty() ? "at this point there is no name yet"
                                        : fmt::format("at this point the name is '{}'", event.name);
  if (event.word != nullptr) return fmt::format("{}: '{}' is found in it", seen, event.word->text);
  std::vector<std::string_view> words, later;
  for (const Word2009& word : event.statement->words) {
    words.push_back(word.text);
    if (FindLabel(whole_name, word.text)) later.push_back(word.text);
  }
  std::string why = seen;
  if (!event.name.empty())
    why += words.size() > 1 ? fmt::format(": it has none of these {}", words.size())
                            : fmt::format(": '{}' is not found in it", words[0]);
  if (!later.empty()) why += fmt::format("; '{}' comes later", fmt::join(later, "', '"));
  return why;
}

}  // namespace

std::optional<ExplainedTest> ExplainTraced(const ConfigImpl& config, const Traced2009& dict,
                                           std::string_view key, const Bounds& bounds,
                                           ExpandError* error) {
  ExplainedTest test;
  test.name = dict.name;
  test.shortname = dict.shortname;
  test.variants = TracedVariants(dict);
  test.deps = Deps(config, dict);
  Replayer2009 replayer(config.tree.keys, key, bounds);
  if (!replayer.Replay(dict)) {
    *error = replayer.error();
    return std::nullopt;
  }
  test.params = replayer.Params(dict);
  return test;
}

std::vector<Obstacle> TracedObstacles(const ConfigImpl& config, const Traced2009& dict) {
  std::vector<Obstacle> obstacles;
  for (const Traced2009::Event* event : InOrder(dict)) {
    if (event->kind == Kind::kFilter) {
      // The statement begins where its first word does, or before; the line is what counts.
      Obstacle obstacle{.at = StatementIn(event->scope, event->statement->words[0].span)};
      obstacle.why = WhyFilter(*event, dict.name);
      obstacles.push_back(std::move(obstacle));
    } else if (event->kind == Kind::kNothing) {
      Obstacle obstacle{.at =
                            StatementIn(event->scope, config.blocks[event->statement->block].span)};
      obstacle.why = "a block without variants: nothing passes it";
      obstacles.push_back(std::move(obstacle));
    }
  }
  return obstacles;
}

std::vector<VariantId> TracedVariants(const Traced2009& dict) {
  std::vector<VariantId> variants, appended;
  for (const Traced2009::Taken* taken = dict.taken; taken != nullptr; taken = taken->before)
    (taken->append ? appended : variants).push_back(taken->variant->id);
  variants.insert(variants.end(), appended.rbegin(), appended.rend());
  return variants;
}

}  // namespace kvmtest::language
