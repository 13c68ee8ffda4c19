// All slips of a configuration at once.
#ifndef KVMTEST_PLAN_CHECK_H_
#define KVMTEST_PLAN_CHECK_H_

#include <cstddef>
#include <optional>
#include <set>
#include <string>

#include "language/config.h"
#include "language/diagnostic.h"
#include "plan/build.h"

namespace kvmtest::plan {

// Everything that BuildPlan says, going on behind errors, and the rules that need a second look at
// the configuration: tests and queues that no set selects, types without procedure. Nothing if
// errors of the language, or nothing selected, left no plan to look at; where there are errors it
// is not complete. Leaves `config` without the filters of its test sets.
std::optional<Plan> CheckPlan(language::Config* config, BuildOptions options,
                              language::Diagnostics& diagnostics);

struct CheckEnd {
  bool has_language_errors = false;  // which keep from a look at the plan
  size_t other_errors = 0;           // which the diagnostics do not have
};
// "2 test sets, 3 hosts, 120 tests: 1 error, 2 warnings", or "no slips", as a line.
std::string Summary(const language::Diagnostics& diagnostics, const std::optional<Plan>& plan,
                    const CheckEnd& end = {});

// The codes of rules about the plan: warnings where a plan is made of it all the same.
std::set<std::string> SlipCodes();

// Is the warning about a slip in the plan, which a check is to fail for? So are the language's own
// about filters that find nothing, in the text of test sets.
class SlipJudge {
 public:
  // With `narrowed` (as in BuildOptions) what a set does not select may be what was asked for.
  SlipJudge(const language::Config& config, bool narrowed);

  bool IsSlip(const language::Diagnostic& warning) const;

 private:
  bool IsInSets(const language::Span& span) const;

  const language::Config& config_;
  bool narrowed_;
  language::Span sets_;  // the word `variants` of their block; unknown if there is none
  uint32_t end_ = 0;     // the first line behind it
};

}  // namespace kvmtest::plan

#endif  // KVMTEST_PLAN_CHECK_H_
