#include "plan/build.h"

#include <fmt/format.h>

#include <algorithm>

#include "language/emptied_variants.h"
#include "language/nothing_selected.h"
#include "plan/draft.h"
#include "plan/gates.h"
#include "plan/order.h"
#include "plan/plan_digest.h"
#include "plan/structure.h"
#include "plan/text.h"

namespace kvmtest::plan {
namespace {

std::string Quoted(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names)
    text += fmt::format("{}'{}'", text.empty() ? "" : ", ", name);
  return text;
}

// ---- test sets --------------------------------------------------------------------------------

void CheckWantedSets(const Context& context, const Draft& draft) {
  std::vector<std::string> names;
  for (const DraftSet& set : draft.sets) names.push_back(set.name);
  for (const std::string& wanted : context.options.sets) {
    if (std::find(names.begin(), names.end(), wanted) != names.end()) continue;
    auto near = DidYouMean(wanted, names);
    context.Error("unknown-set", kWholeFile,
                  names.empty()
                      ? fmt::format("no test set named '{}'", wanted)
                      : fmt::format("no test set named '{}', only {}", wanted, Quoted(names)),
                  {}, near ? fmt::format("did you mean '{}'?", *near) : "");
  }
}

// "only nightly" empties the other sets, and that is what it is for.
bool IsNarrowed(const BuildOptions& options) {
  return options.narrowed && options.sets.empty();
}

void WarnOfEmptySets(const Context& context, const Draft& draft) {
  // Where no block is known to hold sets, the last one mostly does.
  if (!draft.plan.tests.empty() && FindStructure(context.config).set_block == language::kNone)
    language::WarnEmptiedVariants(context.config, context.diagnostics);
  std::vector<size_t> tests(draft.sets.size());
  for (const Test& test : draft.plan.tests) ++tests[test.set];
  // The reasons of all may take long to find.
  constexpr size_t kMostExplained = 3;
  size_t explained = 0;
  for (size_t i = 0; i < tests.size(); ++i) {
    const DraftSet& set = draft.sets[i];
    if (tests[i] > 0 || !IsWanted(context.options, set.name)) continue;
    if (IsNarrowed(context.options)) continue;
    std::vector<language::Note> notes;
    if (set.variant != language::kNone && ++explained <= kMostExplained)
      notes = language::WhyNothingIsSelected(context.config, set.variant);
    context.Warn("empty-set", set.span, fmt::format("set '{}' selects no test", set.name),
                 std::move(notes));
  }
}

// With what was asked for beyond the file, which may be why.
void ReportNothingSelected(const Context& context) {
  const language::SourceMap& sources = context.config.sources();
  std::vector<std::string> strings;
  for (language::FileId id = 0; id < sources.size(); ++id) {
    if (sources.IsString(id)) strings.emplace_back(sources.Text(id));
  }
  std::vector<language::Note> notes;
  if (!strings.empty()) {
    notes.push_back({{}, fmt::format("parsed after the file: {}", Quoted(strings))});
  }
  if (!context.options.sets.empty()) {
    notes.push_back({{}, fmt::format("only of the test sets {}", Quoted(context.options.sets))});
  }
  if (context.options.sets.empty())
    for (language::Note& note : language::WhyNothingIsSelected(context.config))
      notes.push_back(std::move(note));
  context.Error("nothing-selected", kWholeFile, "nothing is selected: there is no test to run",
                std::move(notes));
}

// Keeps the wanted sets and their tests. Hosts, queues and addresses stay as all sets need them.
void SelectSets(const BuildOptions& options, Plan* plan) {
  std::vector<uint32_t> new_set(plan->sets.size(), UINT32_MAX);
  std::vector<TestSet> sets;
  std::vector<bool> has_tests(plan->sets.size());
  for (const Test& test : plan->tests) has_tests[test.set] = true;
  for (size_t i = 0; i < plan->sets.size(); ++i) {
    if (!IsWanted(options, plan->sets[i].name)) continue;
    if (!has_tests[i] && IsNarrowed(options)) continue;
    new_set[i] = static_cast<uint32_t>(sets.size());
    sets.push_back(plan->sets[i]);
  }
  std::vector<uint32_t> new_test(plan->tests.size(), UINT32_MAX);
  std::vector<Test> tests;
  for (size_t i = 0; i < plan->tests.size(); ++i) {
    if (new_set[plan->tests[i].set] == UINT32_MAX) continue;
    new_test[i] = static_cast<uint32_t>(tests.size());
    tests.push_back(std::move(plan->tests[i]));
    tests.back().set = new_set[tests.back().set];
  }
  // Required tests are of the same set, so they were kept as well.
  for (Test& test : tests) {
    for (uint32_t& other : test.required) other = new_test[other];
  }
  plan->sets = std::move(sets);
  plan->tests = std::move(tests);
}

}  // namespace

bool IsWanted(const BuildOptions& options, const std::string& set) {
  return options.sets.empty() ||
         std::find(options.sets.begin(), options.sets.end(), set) != options.sets.end();
}

namespace {

// As far as all alternatives are wanted. Nothing as MakeDraft.
std::optional<Draft> MakeAlternatives(const Context& context, Alternatives* alternatives) {
  Draft draft = CollectTests(context, alternatives);
  if (!draft.complete) return std::nullopt;
  CheckWantedSets(context, draft);
  WarnOfEmptySets(context, draft);
  if (context.diagnostics.HasErrors() && !context.options.go_on) return std::nullopt;
  WarnOfPlaces(context, draft);
  ExpectTimes(context, &draft);
  PlaceTests(context, &draft);
  ReadCapacities(context, &draft);
  return draft;
}

// Only those that count, where there are very many. Should they not be what the planner took them
// for, then all: a plan is never without a test.
std::optional<Draft> MakeAlternatives(const Context& context) {
  const language::Diagnostics before = context.diagnostics;
  std::optional<Alternatives> preselected = Preselect(context, FindStructure(context.config));
  if (!preselected) return MakeAlternatives(context, nullptr);
  std::optional<Draft> draft = MakeAlternatives(context, &*preselected);
  if (!draft || IsAsPreselected(*draft)) return draft;
  context.diagnostics = before;
  return MakeAlternatives(context, nullptr);
}

}  // namespace

std::optional<Draft> MakeDraft(const Context& context) {
  const bool go_on = context.options.go_on;
  if (context.diagnostics.HasErrors()) return std::nullopt;
  std::optional<Draft> made = MakeAlternatives(context);
  if (!made) return std::nullopt;
  Draft draft = std::move(*made);
  ChooseAlternatives(context, &draft);
  WarnOfCapacities(context, draft);
  NameTests(context, &draft);
  LinkTests(context, &draft);
  WarnOfOtherQueues(context, draft);
  WarnOfPoolImages(context, draft);
  SelectSets(context.options, &draft.plan);
  if (context.diagnostics.HasErrors() && !go_on) return std::nullopt;
  if (draft.plan.tests.empty()) {
    if (!context.diagnostics.HasErrors()) ReportNothingSelected(context);
    return std::nullopt;
  }
  return draft;
}

void Finish(const BuildOptions& options, Plan* plan) {
  plan->takes_processors = options.processors;
  SetGates(plan);
  SetCosts(plan);
  SetDigests(plan);
}

std::optional<Plan> BuildPlan(const language::Config& config, const BuildOptions& options,
                              language::Diagnostics& diagnostics) {
  auto draft = MakeDraft({config, options, diagnostics});
  if (!draft || diagnostics.HasErrors()) return std::nullopt;
  Finish(options, &draft->plan);
  return std::move(draft->plan);
}

}  // namespace kvmtest::plan
