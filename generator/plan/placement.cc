// Rules about where tests run that make no plan unsafe: what is told here is a warning, and an
// error to `kvmtest-generate check`.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "plan/draft.h"
#include "plan/label_index.h"
#include "plan/text.h"

namespace kvmtest::plan {

bool IsYes(std::string_view value) {
  return value == "yes" || value == "on" || value == "true";
}

std::optional<std::string_view> FindParam(const Plan& plan, const Test& test,
                                          std::string_view key) {
  auto id = plan.texts.Find(key);
  if (!id) return std::nullopt;
  for (RunId run : test.params) {
    for (Param param : plan.runs.Run(run)) {
      if (param.key == *id) return plan.texts.Text(param.value);
    }
  }
  return std::nullopt;
}

std::string_view ParamOf(const Plan& plan, const Test& test, std::string_view key) {
  return FindParam(plan, test, key).value_or("");
}

std::string Count(uint64_t n, std::string_view what) {
  return fmt::format("{} {}{}", n, what, n == 1 ? "" : "s");
}

language::Note FirstOf(const Draft& draft, const Seen& seen) {
  return {draft.tests[seen.first].origin,
          fmt::format("{} is '{}'", seen.tests == 1 ? "it" : "the first",
                      draft.plan.tests[seen.first].full_name)};
}

namespace {

// Tests that forgot their host.
void WarnOfNoHost(const Context& context, const Draft& draft) {
  Seen without;
  bool others_do = false;
  for (size_t i = 0; i < draft.tests.size(); ++i) {
    const std::string& host = draft.tests[i].host;
    const std::string& set = draft.plan.sets[draft.plan.tests[i].set].name;
    if (host.empty() && IsWanted(context.options, set)) without.Add(i);
    // To be on any machine is what these say.
    others_do = others_do || (!host.empty() && host != "localhost");
  }
  if (!others_do || without.tests == 0) return;
  bool one = without.tests == 1;
  context.Warn(
      "no-host", draft.tests[without.first].origin,
      fmt::format("{} {} no host, as others do; any machine runs {}", Count(without.tests, "test"),
                  one ? "names" : "name", one ? "it" : "them"),
      {FirstOf(draft, without)});
}

// Hosts and queues that are there but run nothing.
void WarnOfIdlePlaces(const Context& context, const Draft& draft) {
  if (context.options.narrowed || draft.tests.empty()) return;
  const language::Config& config = context.config;
  const Structure structure = FindStructure(config);
  for (language::VariantId id = 0; id < config.variants().size(); ++id) {
    if (draft.taken[id]) continue;
    const language::Variant& variant = config.variant(id);
    if (!structure.places[variant.block]) continue;  // a test that no set runs
    if (config.VariantAssigns(id, "hostname")) {
      context.Warn("idle-host", variant.span,
                   fmt::format("no set runs a test on host '{}'", variant.text));
    } else if (config.VariantAssigns(id, "queue")) {
      context.Warn("idle-queue", variant.span,
                   fmt::format("no set runs a test on queue '{}'", variant.text));
    }
  }
}

}  // namespace

void WarnOfPlaces(const Context& context, const Draft& draft) {
  WarnOfNoHost(context, draft);
  WarnOfIdlePlaces(context, draft);
}

namespace {

// Where the test says that it requires the other.
language::Span SpanOfDependency(const Draft& draft, uint32_t test, uint32_t other) {
  const Labels labels = SplitLabels(draft.tests[other].bare_name);
  for (const Dependency& dependency : draft.tests[test].dependencies)
    if (HasLabels(labels, SplitLabels(dependency.labels)) && dependency.span.IsKnown())
      return dependency.span;
  return draft.tests[test].origin;
}

}  // namespace

// What a required test leaves behind lies in the state directory of its own queue.
void WarnOfOtherQueues(const Context& context, const Draft& draft) {
  const Plan& plan = draft.plan;
  auto queue_of = [&plan](uint32_t test) -> const std::string& {
    return plan.queues[plan.tests[test].queues.front()].queue;
  };
  std::map<std::pair<uint32_t, uint32_t>, std::pair<Seen, uint32_t>> found;  // by set and host
  for (uint32_t i = 0; i < plan.tests.size(); ++i) {
    const Test& test = plan.tests[i];
    // Of planned sets `apart` is told.
    const TestSet& set = plan.sets[test.set];
    if (set.assign != AssignWay::kManual || !IsWanted(context.options, set.name)) continue;
    if (test.pooled || test.queues.empty()) continue;
    for (uint32_t other : test.required) {
      if (plan.tests[other].pooled || queue_of(other) == queue_of(i)) continue;
      auto& [seen, required] = found[{test.set, test.host}];
      if (seen.tests == 0) required = other;
      seen.Add(i);
      break;
    }
  }
  for (const auto& [key, what] : found) {
    const auto& [seen, other] = what;
    auto first = static_cast<uint32_t>(seen.first);
    context.Warn(
        "dependency-other-queue", SpanOfDependency(draft, first, other),
        fmt::format("{} of set '{}' {} what runs on another queue of host '{}', which has "
                    "another state directory",
                    Count(seen.tests, "test"), plan.sets[key.first].name,
                    seen.tests == 1 ? "requires" : "require", plan.hosts[key.second].name),
        {{draft.tests[other].origin,
          fmt::format("'{}' on queue '{}' requires '{}' on queue '{}'", plan.tests[first].name,
                      queue_of(first), plan.tests[other].name, queue_of(other))}});
  }
}

// What a test leaves for others lies where images do, so that must be one place for all queues.
void WarnOfPoolImages(const Context& context, const Draft& draft) {
  const Plan& plan = draft.plan;
  auto key_of = [&plan](const Test& test) -> std::string_view {
    for (const std::vector<Param>& params : test.queue_params)
      for (Param param : params)
        if (std::string_view key = plan.texts.Text(param.key);
            key == "images_base_dir" || key.starts_with("image_name"))
          return key;
    return "";
  };
  std::map<std::tuple<uint32_t, uint32_t, std::string_view>, Seen> found;  // by set, host and key
  for (uint32_t i = 0; i < plan.tests.size(); ++i) {
    const Test& test = plan.tests[i];
    if (test.required.empty() || !test.pooled) continue;
    if (!IsWanted(context.options, plan.sets[test.set].name)) continue;
    if (std::string_view key = key_of(test); !key.empty()) found[{test.set, test.host, key}].Add(i);
  }
  for (const auto& [where, seen] : found) {
    const auto& [set, host, key] = where;
    context.Warn(
        "pool-images", draft.tests[seen.first].origin,
        fmt::format(
            "{} of set '{}' {} what another queue of host '{}' may run, and '{}' depends on "
            "the queue",
            Count(seen.tests, "test"), plan.sets[set].name,
            seen.tests == 1 ? "requires" : "require", plan.hosts[host].name, key),
        {FirstOf(draft, seen)},
        fmt::format(
            "set '{}' for all queues alike, or 'assign = auto', which keeps such tests on one "
            "queue",
            key));
  }
}

}  // namespace kvmtest::plan
