#include "plan/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "plan/draft.h"
#include "plan/procedure_types.h"
#include "plan/selection.h"
#include "plan/structure.h"

namespace kvmtest::plan {
namespace {

// Tests of other types are skipped by the runner.
void WarnOfTypes(const Context& context, const Draft& draft) {
  const Plan& plan = draft.plan;
  std::map<std::string, Seen, std::less<>> tests;  // by type
  for (size_t i = 0; i < plan.tests.size(); ++i) {
    const Test& test = plan.tests[i];
    std::string_view type = ParamOf(plan, test, "type");
    // There may be a program of that name, perhaps once the project is built.
    if (!type.empty() && !ParamOf(plan, test, "test_dirs").empty()) continue;
    if (std::find(std::begin(kProcedureTypes), std::end(kProcedureTypes), type) !=
        std::end(kProcedureTypes))
      continue;
    tests[std::string(type)].Add(i);
  }
  if (tests.empty()) return;
  size_t all = 0;
  size_t first = plan.tests.size();
  std::vector<std::pair<size_t, std::string>> sorted;
  for (const auto& [type, seen] : tests) {
    sorted.emplace_back(seen.tests, type.empty() ? "no type" : "'" + type + "'");
    all += seen.tests;
    first = std::min(first, seen.first);
  }
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  constexpr size_t kShown = 10;
  std::string list;
  for (size_t i = 0; i < std::min(sorted.size(), kShown); ++i) {
    list += fmt::format("{}{} ({})", i == 0 ? "" : ", ", sorted[i].second, sorted[i].first);
  }
  if (sorted.size() > kShown) list += fmt::format(" and {} others", sorted.size() - kShown);
  context.Warn("no-procedure", draft.tests[first].origin,
               fmt::format("{} {} skipped, for the runner has no procedure for the type: {}",
                           Count(all, "test"), all == 1 ? "is" : "are", list));
}

}  // namespace

std::optional<Plan> CheckPlan(language::Config* config, BuildOptions options,
                              language::Diagnostics& diagnostics) {
  options.go_on = true;
  Context context{*config, options, diagnostics};
  auto draft = MakeDraft(context);
  if (!draft) return std::nullopt;
  WarnOfTypes(context, *draft);
  WarnOfUnselected(context, config);
  if (!diagnostics.HasErrors()) Finish(options, &draft->plan);
  return std::move(draft->plan);
}

std::string Summary(const language::Diagnostics& diagnostics, const std::optional<Plan>& plan,
                    const CheckEnd& end) {
  std::string slips;
  if (size_t errors = diagnostics.error_count() + end.other_errors; errors > 0)
    slips = Count(errors, "error");
  if (size_t warnings = diagnostics.warning_count(); warnings > 0)
    slips += (slips.empty() ? "" : ", ") + Count(warnings, "warning");
  if (slips.empty()) slips = "no slips";
  if (end.has_language_errors) {
    return slips + "; nobody looked at the plan, which needs a configuration that can be read\n";
  }
  if (!plan) return slips + "; there was no plan to check\n";
  return fmt::format("{}, {}, {}: {}\n", Count(plan->sets.size(), "test set"),
                     Count(plan->hosts.size(), "host"), Count(plan->tests.size(), "test"), slips);
}

// ---- what is a slip ---------------------------------------------------------------------------

namespace {

constexpr std::string_view kSlips[] = {
    "apart",
    "bad-capacity",
    "bad-size",
    "dependency-elsewhere",
    "dependency-label",
    "dependency-not-selected",
    "dependency-other-queue",
    "empty-set",
    "idle-host",
    "idle-queue",
    "ip-overlap",
    "no-host",
    "no-queue",
    "odd-label",
    "odd-name",
    "over-capacity",
    "pool-images",
    "repeated-test",
    "unselected",
};

// Of the language.
constexpr std::string_view kFiltersInVain[] = {
    "never-matches",
    "nothing-left",
    "unknown-label",
    "unknown-sequence",
};

template <size_t n>
bool Holds(const std::string_view (&codes)[n], std::string_view code) {
  return std::find(std::begin(codes), std::end(codes), code) != std::end(codes);
}

// The first line behind the block that begins at `begin`.
uint32_t EndOfBlock(const language::SourceMap& sources, const Span& begin) {
  std::string_view text = sources.Text(begin.file);
  auto lines = static_cast<uint32_t>(std::count(text.begin(), text.end(), '\n')) + 1;
  for (uint32_t line = begin.line + 1; line <= lines; ++line) {
    std::string expanded = language::ExpandTabs(sources.Line(begin.file, line));
    size_t indent = expanded.find_first_not_of(' ');
    if (indent == expanded.npos || expanded[indent] == '#') continue;
    if (indent < begin.column) return line;
  }
  return lines + 1;
}

}  // namespace

std::set<std::string> SlipCodes() {
  return {std::begin(kSlips), std::end(kSlips)};
}

SlipJudge::SlipJudge(const language::Config& config, bool narrowed)
    : config_(config), narrowed_(narrowed) {
  Structure structure = FindStructure(config);
  if (structure.set_block == language::kNone) return;
  sets_ = config.blocks()[structure.set_block].span;
  if (sets_.IsKnown()) end_ = EndOfBlock(config.sources(), sets_);
}

bool SlipJudge::IsInSets(const language::Span& place) const {
  if (!sets_.IsKnown()) return false;
  for (language::Span span = place; span.IsKnown();
       span = config_.sources().IncludedFrom(span.file)) {
    if (span.file == sets_.file) return span.line > sets_.line && span.line < end_;
  }
  return false;
}

bool SlipJudge::IsSlip(const language::Diagnostic& warning) const {
  if (narrowed_ && warning.code == "dependency-not-selected") return false;
  if (Holds(kSlips, warning.code)) return true;
  if (!Holds(kFiltersInVain, warning.code)) return false;
  // A name is told once, with the other places that use it.
  bool is_name = warning.code.starts_with("unknown-");
  return IsInSets(warning.span) ||
         (is_name &&
          std::any_of(warning.notes.begin(), warning.notes.end(),
                      [this](const language::Note& note) { return IsInSets(note.span); }));
}

}  // namespace kvmtest::plan
