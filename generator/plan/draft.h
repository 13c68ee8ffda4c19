// The plan while it is being made: tests with what their dicts said and where, but not yet hosts,
// queues and addresses. Internal to the room.
#ifndef KVMTEST_PLAN_DRAFT_H_
#define KVMTEST_PLAN_DRAFT_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "language/config.h"
#include "language/diagnostic.h"
#include "plan/alternatives.h"
#include "plan/build.h"
#include "plan/plan.h"
#include "plan/ranges.h"
#include "plan/structure.h"

namespace kvmtest::plan {

using language::Span;

// A range as some dict defines it.
struct DefinedRange {
  RangeDefinition range;
  Span base;     // where its base MAC address was set
  Span base_ip;  // likewise; unknown if it has none
  Span naming;   // where `mac_ranges` first named it
};

struct Dependency {
  std::string labels;  // without set, host and queue, joined by '.'
  std::string word;    // as the user wrote it
  Span span;
};

struct DraftTest {
  std::string bare_name;    // without the labels of set, host and queue
  std::string longer_name;  // only without those of the set
  std::string type;         // with the guest: tests that are alike in these take alike
  std::string guest;
  std::string host;
  std::optional<std::string> queue;
  std::optional<std::string> env;
  std::optional<std::vector<uint32_t>> ranges;  // in Draft::ranges; nothing: no `mac_ranges`
  std::vector<Dependency> dependencies;
  // No test, but shows what a place is like where not all alternatives are made.
  bool is_example = false;
  std::optional<PlannedPlace> planned = {};  // likewise: where it shall be
  Span host_span;
  Span queue_span;
  Span env_span;
  Span ranges_span;
  Span origin;
  std::array<Span, 6> capacity_spans = {};  // of kCapacityKeys
};

// The last two stand for the first two where these are not said.
enum CapacityKey : size_t {
  kUsedCpusKey,
  kUsedMemoryKey,
  kTotalCpusKey,
  kTotalMemoryKey,
  kCpusKey,
  kMemoryKey
};
inline constexpr const char* kCapacityKeys[] = {"used_cpus", "used_mem", "total_cpus",
                                                "total_mem", "smp",      "mem"};

inline constexpr std::string_view kUsualVms = "vm1";  // where no `vms` says otherwise

struct DraftSet {
  std::string name;
  Span span;  // of its variant
  language::VariantId variant = language::kNone;
  Span assign_span = {};
  bool has_tests = false;
  bool assign_differs = false;
};

struct Draft {
  Plan plan;                     // sets and tests, with params; the rest is still empty
  std::vector<DraftTest> tests;  // beside plan.tests
  std::vector<DraftSet> sets;    // beside plan.sets
  std::vector<DefinedRange> ranges;
  std::vector<bool> taken;  // by variant: is it some test's?
  bool complete = true;     // else the language gave up
};

// The configuration file as such, where no line of it says more.
inline constexpr Span kWholeFile{0, 0, 0, 0};

struct Context {
  const language::Config& config;
  const BuildOptions& options;
  language::Diagnostics& diagnostics;

  void Error(const char* code, Span span, std::string message,
             std::vector<language::Note> notes = {}, std::string hint = {}) const {
    // With its code, as check shows those of slips.
    diagnostics.Report({language::Severity::kError, code, span, std::move(message),
                        std::move(notes), std::move(hint), /*pedantic=*/false, /*judged=*/true});
  }
  void Warn(const char* code, Span span, std::string message,
            std::vector<language::Note> notes = {}, std::string hint = {}) const {
    diagnostics.Report({language::Severity::kWarning, code, span, std::move(message),
                        std::move(notes), std::move(hint)});
  }
};

// The steps, in their order. Each reports what it finds and leaves the draft in a state that the
// next can work on, so that one run shows all slips.
// Where there are very many alternatives, those that count; nothing: all dicts do.
std::optional<Alternatives> Preselect(const Context& context, const Structure& structure);
Draft CollectFirst(const Context& context, Alternatives* alternatives);  // for Preselect
// Is each test, when it is made, where the planner put it?
bool IsAsPreselected(const Draft& draft);

Draft CollectTests(const Context& context, Alternatives* alternatives);  // dicts -> tests
void WarnOfPlaces(const Context& context, const Draft& draft);  // what is left out or too much
void ExpectTimes(const Context& context, Draft* draft);         // how long tests take
void PlaceTests(const Context& context, Draft* draft);          // hosts, queues, addresses
void ReadCapacities(const Context& context, Draft* draft);      // CPUs and memory
void ChooseAlternatives(const Context& context, Draft* draft);  // where tests may run
void WarnOfCapacities(const Context& context,
                      const Draft& draft);             // tests too large for their hosts
void NameTests(const Context& context, Draft* draft);  // unique names
void LinkTests(const Context& context, Draft* draft);  // dependencies
void WarnOfOtherQueues(const Context& context,
                       const Draft& draft);                         // dependencies beyond one's own
void WarnOfPoolImages(const Context& context, const Draft& draft);  // which dependents cannot find

// All of them, then only the tests of the wanted sets in `plan`. Nothing if there was an error, or
// with `go_on` one that leaves too little to look at.
std::optional<Draft> MakeDraft(const Context& context);

// Tests of one host have one name.
void ReportClash(const Context& context, const Draft& draft, const std::vector<uint32_t>& tests);

// Does the test need more than its host has?
bool IsTooLarge(const Plan& plan, const Test& test);

// What a plan without errors has besides: the order of its tests, and its digests.
void Finish(const BuildOptions& options, Plan* plan);

// Is the set asked for? Slips of others are not told, nor are their tests kept.
bool IsWanted(const BuildOptions& options, const std::string& set);

// "yes" of a param: yes, on, true.
bool IsYes(std::string_view value);

std::optional<std::string_view> FindParam(const Plan& plan, const Test& test, std::string_view key);

// A param of a test; "" if it has none.
std::string_view ParamOf(const Plan& plan, const Test& test, std::string_view key);

// Tests alike, told once.
struct Seen {
  size_t tests = 0;
  size_t first = 0;

  void Add(size_t test) {
    if (tests++ == 0) first = test;
  }
};

// "the first is 'nightly.boot'", where it was written.
language::Note FirstOf(const Draft& draft, const Seen& seen);

// "1 test", "2 tests".
std::string Count(uint64_t n, std::string_view what);

}  // namespace kvmtest::plan

#endif  // KVMTEST_PLAN_DRAFT_H_
