#include "check_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "language/diagnostic.h"
#include "language/other_dialect.h"
#include "plan/check.h"
#include "plan/warning_codes.h"
#include "plan_options.h"
#include "standard_output.h"

namespace kvmtest {
namespace {

using language::Diagnostic;
using language::Diagnostics;
using language::Verdict;

struct Options {
  PlanOptions plan;
  std::vector<std::string> errors;
  std::vector<std::string> ignored;
};

bool Holds(const std::vector<std::string>& codes, const std::string& code) {
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}

// What the user asked for comes first.
Verdict Judge(const Options& options, const plan::SlipJudge* slips, const Diagnostic& warning) {
  if (Holds(options.ignored, warning.code)) return Verdict::kDropped;
  if (options.plan.config.strict || Holds(options.errors, warning.code)) return Verdict::kError;
  if (warning.pedantic) return Verdict::kDropped;
  if (slips != nullptr && slips->IsSlip(warning)) return Verdict::kError;
  return options.plan.config.no_warnings ? Verdict::kDropped : Verdict::kStays;
}

int Run(const Options& options) {
  language::DiskReader reader;
  std::string messages;
  const std::optional<plan::BuildOptions> build = options.plan.Build(reader, &messages);
  Diagnostics diagnostics;
  diagnostics.set_complete(true);
  diagnostics.set_pedantic(options.plan.config.strict || !options.errors.empty());
  // What is an error is decided in the end, so that no warning hides what comes behind it.
  language::Input input = options.plan.config.ToInput();
  input.strict = false;
  auto config = language::ParseConfig(reader, input, diagnostics);
  std::optional<plan::SlipJudge> slips;
  std::optional<plan::Checked> checked;
  if (config && build && !diagnostics.HasErrors()) {
    slips.emplace(*config);
    language::WarnOfOtherDialect(reader, input, *config, options.plan.max_dicts, diagnostics);
    checked = plan::CheckPlan(config.get(), *build, diagnostics);
  }
  diagnostics.Judge([&](const Diagnostic& warning) {
    return Judge(options, slips ? &*slips : nullptr, warning);
  });
  static const language::SourceMap kNoSources;
  messages += diagnostics.Render(config ? config->sources() : kNoSources);
  std::fwrite(messages.data(), 1, messages.size(), stderr);
  StandardOutput output;
  output.buffer() = plan::Summary(diagnostics, checked);
  if (!output.Finish()) return StandardOutput::kExitCode;
  return build && !diagnostics.HasErrors() ? 0 : 1;
}

std::string CodeFault(const std::string& code) {
  const std::vector<std::string>& codes = plan::WarningCodes();
  if (Holds(codes, code)) return "";
  auto near = language::DidYouMean(code, codes);
  return fmt::format("no warning has the code '{}'{}", code,
                     near ? fmt::format("; did you mean '{}'?", *near) : "");
}

}  // namespace

void AddCheckCommand(CLI::App& app, int* exit_code) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("check", "Find what is wrong, or forgotten, in CONFIG");
  options->plan.AddTo(command);
  auto add = [command](const char* name, std::vector<std::string>* codes, const char* what) {
    command->add_option(name, *codes, what)->allow_extra_args(false)->check(CodeFault);
  };
  add("--error", &options->errors, "Warnings of this code are errors; may be repeated");
  add("--ignore", &options->ignored, "Leave out warnings of this code; may be repeated");
  command->callback([options, exit_code] { *exit_code = Run(*options); });
}

}  // namespace kvmtest
