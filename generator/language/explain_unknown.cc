#include "language/explain_unknown.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "language/config_impl.h"
#include "language/expand.h"
#include "language/find_tests.h"
#include "language/label_book.h"
#include "language/nothing_selected.h"
#include "language/reserved_keys.h"

namespace kvmtest::language {

namespace {

// There are none. In 2009 a block without variants leaves nothing, too.
ExplainRemark NoTests(const Config& config) {
  std::vector<Note> notes = WhyNothingIsSelected(config);
  if (config.dialect() == Dialect::k2009 && notes.empty())
    return {"this configuration has no tests at all", {}};
  return {
      fmt::format("filters remove every test of this configuration{}", notes.empty() ? "" : ":"),
      std::move(notes)};
}

// For who has no idea what tests are called. Nothing where that cannot be found out.
std::optional<ExplainRemark> Sample(const Config& config, const Bounds& bounds) {
  constexpr size_t kEnough = 3;
  ExplainRemark remark{"tests of this configuration are called, for example:", {}};
  Diagnostics unheard;
  bool ok =
      ExpandNames(config,
                  [&](std::string_view name) {
                    remark.notes.push_back(
                        {{}, name.empty() ? "'' (there are no variants)" : std::string(name)});
                    return remark.notes.size() < kEnough;
                  },
                  unheard, {.bounds = bounds});
  if (!remark.notes.empty()) return remark;
  return ok ? std::optional(NoTests(config)) : std::nullopt;
}

}  // namespace

std::vector<std::string> ExplainLabels(const Config& config, const Bounds& bounds,
                                       Explanation* result) {
  constexpr size_t kMaxRemarks = 5;
  constexpr size_t kMaxKnown = 100;
  LabelBook book(config);
  std::vector<std::string> labels;
  for (const std::string& label : SplitName(result->asked)) {
    std::optional<std::string> known = label;
    if (!book.Has(label)) {
      if (result->remarks.size() == kMaxRemarks) continue;
      result->remarks.push_back(book.Unknown(label));
      known = book.Near(label);
    }
    if (known && labels.size() < kMaxKnown &&
        std::find(labels.begin(), labels.end(), *known) == labels.end())
      labels.push_back(*known);
  }
  if (labels.empty())
    if (std::optional<ExplainRemark> sample = Sample(config, bounds))
      result->remarks.push_back(std::move(*sample));
  bool together = true;
  for (size_t i = 0; i < labels.size(); ++i) {
    for (size_t j = i + 1; j < labels.size() && result->remarks.size() < kMaxRemarks; ++j) {
      std::optional<ExplainRemark> exclusive = book.Exclusive(labels[i], labels[j]);
      if (!exclusive) continue;
      result->remarks.push_back(std::move(*exclusive));
      together = config.impl().tree.has_joins;
    }
  }
  return together ? labels : std::vector<std::string>();
}

namespace {

NameList Without(const Tree& tree, std::span<const std::string> labels, const Bounds& bounds) {
  std::vector<std::vector<NodeId>> paths;
  return FindRemoved(tree, FilterOfLabels(tree, labels), bounds, &paths);
}

// Any two of the labels go together, but not all of them.
ExplainRemark TooMany(const Tree& tree, std::span<const std::string> labels, const Bounds& bounds) {
  size_t fit = 1, too_many = labels.size();
  while (fit + 1 < too_many) {
    size_t middle = (fit + too_many) / 2;
    (Without(tree, labels.first(middle), bounds).count > 0 ? fit : too_many) = middle;
  }
  return {fmt::format("no name has all of '{}'", fmt::join(labels.first(too_many), "', '")), {}};
}

}  // namespace

void ExplainUnknown(const Config& config, const Bounds& bounds, Explanation* result) {
  result->answer = Explanation::Answer::kUnknown;
  const std::vector<std::string> labels = ExplainLabels(config, bounds, result);
  if (labels.empty()) return;
  const Tree& tree = config.impl().tree;
  result->names = FindByFilter(config, FilterOfLabels(tree, labels), bounds);
  result->names_are_tests = result->names.count > 0;
  if (result->names_are_tests || result->names.at_least) return;
  result->names = Without(tree, labels, bounds);
  if (result->names.count == 0 && result->remarks.empty())
    result->remarks.push_back(TooMany(tree, labels, bounds));
}

namespace {

bool IsLanguagesOwn(Dialect dialect, std::string_view key) {
  bool modern = dialect == Dialect::kModern;
  for (uint32_t own : {kNameKey, kShortnameKey, modern ? kDepKey : kDependKey})
    if (key == kFixedKeys[own]) return true;
  return modern && (key == kFixedKeys[kNameMapKey] || key == kFixedKeys[kShortNameMapKey]);
}

}  // namespace

void ExplainMissingKey(Dialect dialect, const ExplainedTest& all, Explanation* result) {
  const std::string& key = result->key;
  if (IsLanguagesOwn(dialect, key)) {
    result->answer = Explanation::Answer::kInResult;
    result->remarks.push_back(
        {fmt::format("'{}' is the language's own; it comes from the variants above", key), {}});
    return;
  }
  result->answer = Explanation::Answer::kNoSuchParam;
  std::vector<std::string> keys;
  for (const ExplainedParam& param : all.params) keys.push_back(param.key);
  ExplainRemark remark{fmt::format("no statement of this test sets '{}'", key), {}};
  if (std::optional<std::string> near = DidYouMean(key, keys))
    remark.notes.push_back({{}, fmt::format("did you mean '{}'?", *near)});
  result->remarks.push_back(std::move(remark));
}

}  // namespace kvmtest::language
