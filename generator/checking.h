// A configuration with all that is wrong with it: what `check` tells, and what a generation with
// `--check error` fails on.
#ifndef KVMTEST_GENERATOR_CHECKING_H_
#define KVMTEST_GENERATOR_CHECKING_H_

#include <CLI/CLI.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "language/config.h"
#include "language/diagnostic.h"
#include "plan/build.h"
#include "plan_options.h"

namespace kvmtest {

// Which warnings count, by code.
struct JudgeOptions {
  std::vector<std::string> errors;
  std::vector<std::string> ignored;

  void AddTo(CLI::App* command);
};

struct Checking {
  std::unique_ptr<language::Config> config;  // null: it cannot be read
  bool has_language_errors = false;
  // Nothing: there was none to look at. Not to be used where there are errors.
  std::optional<plan::Plan> plan;
};

// Slips are errors here. A plan is looked at without `build`, too, whose file of costs may be
// unreadable: no rule depends on it.
Checking CheckConfiguration(language::FileReader& reader, const PlanOptions& options,
                            const JudgeOptions& judge,
                            const std::optional<plan::BuildOptions>& build,
                            language::Diagnostics& diagnostics);

}  // namespace kvmtest

#endif  // KVMTEST_GENERATOR_CHECKING_H_
