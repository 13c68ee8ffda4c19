#include "checking.h"

#include <fmt/format.h>

#include <algorithm>

#include "language/other_dialect.h"
#include "plan/check.h"
#include "plan/warning_codes.h"

namespace kvmtest {
namespace {

using language::Diagnostic;
using language::Verdict;

bool Holds(const std::vector<std::string>& codes, const std::string& code) {
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}

std::string CodeFault(const std::string& code) {
  if (Holds(plan::WarningCodes(), code) || Holds(plan::FatalCodes(), code)) return "";
  std::vector<std::string> codes = plan::WarningCodes();
  codes.insert(codes.end(), plan::FatalCodes().begin(), plan::FatalCodes().end());
  auto near = language::DidYouMean(code, codes);
  return fmt::format("no warning has the code '{}'{}", code,
                     near ? fmt::format("; did you mean '{}'?", *near) : "");
}

std::string IgnoredCodeFault(const std::string& code) {
  if (!Holds(plan::FatalCodes(), code)) return CodeFault(code);
  return fmt::format("'{}' is an error that leaves no safe plan; it cannot be ignored", code);
}

// What the user asked for comes first; what he ignores does not come here.
Verdict Judge(const ConfigOptions& config, const JudgeOptions& options,
              const plan::SlipJudge* slips, const Diagnostic& warning) {
  if (config.strict || Holds(options.errors, warning.code)) return Verdict::kError;
  if (warning.pedantic) return Verdict::kDropped;
  if (slips != nullptr && slips->IsSlip(warning)) return Verdict::kError;
  return config.no_warnings ? Verdict::kDropped : Verdict::kStays;
}

}  // namespace

void JudgeOptions::AddTo(CLI::App* command) {
  auto add = [command](const char* name, std::vector<std::string>* codes, const char* what) {
    return command->add_option(name, *codes, what)->allow_extra_args(false);
  };
  add("--error", &errors, "Warnings of this code are errors; may be repeated")->check(CodeFault);
  add("--ignore", &ignored, "Leave out warnings of this code; may be repeated")
      ->check(IgnoredCodeFault);
}

Checking CheckConfiguration(language::FileReader& reader, const PlanOptions& options,
                            const JudgeOptions& judge,
                            const std::optional<plan::BuildOptions>& build,
                            language::Diagnostics& diagnostics) {
  diagnostics.set_complete(true);
  diagnostics.set_pedantic(options.config.strict || !judge.errors.empty());
  diagnostics.set_ignored({judge.ignored.begin(), judge.ignored.end()});
  // What is an error is decided in the end, so that no warning hides what comes behind it.
  language::Input input = options.config.ToInput();
  input.strict = false;
  Checking checking;
  checking.config = language::ParseConfig(reader, input, diagnostics);
  const plan::BuildOptions build_options = build ? *build : options.Build();
  std::optional<plan::SlipJudge> slips;
  checking.has_language_errors = diagnostics.HasErrors();
  if (!checking.has_language_errors) {
    slips.emplace(*checking.config, build_options.narrowed);
    language::WarnOfOtherDialect(reader, input, *checking.config, options.max_dicts, diagnostics);
    checking.plan = plan::CheckPlan(checking.config.get(), build_options, diagnostics);
  }
  diagnostics.Judge([&](const Diagnostic& warning) {
    return Judge(options.config, judge, slips ? &*slips : nullptr, warning);
  });
  return checking;
}

}  // namespace kvmtest
