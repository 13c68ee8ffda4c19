#include "check_command.h"

#include <cstdio>
#include <memory>
#include <optional>
#include <string>

#include "checking.h"
#include "plan/check.h"
#include "standard_output.h"

namespace kvmtest {
namespace {

struct CheckCommandOptions {
  PlanOptions plan;
  JudgeOptions judge;
};

int Run(const CheckCommandOptions& options) {
  language::DiskReader reader;
  std::string messages;
  const std::optional<plan::BuildOptions> build = options.plan.Build(reader, &messages);
  language::Diagnostics diagnostics;
  const Checking checking =
      CheckConfiguration(reader, options.plan, options.judge, build, diagnostics);
  static const language::SourceMap kNoSources;
  messages += diagnostics.Render(checking.config ? checking.config->sources() : kNoSources);
  std::fwrite(messages.data(), 1, messages.size(), stderr);
  StandardOutput output;
  output.buffer() =
      plan::Summary(diagnostics, checking.plan, {checking.has_language_errors, build ? 0u : 1u});
  if (!output.Finish()) return StandardOutput::kExitCode;
  return build && !diagnostics.HasErrors() ? 0 : 1;
}

}  // namespace

void AddCheckCommand(CLI::App& app, int* exit_code) {
  auto options = std::make_shared<CheckCommandOptions>();
  CLI::App* command = app.add_subcommand("check", "Find what is wrong, or forgotten, in CONFIG");
  options->plan.AddTo(command);
  options->judge.AddTo(command);
  command->callback([options, exit_code] { *exit_code = Run(*options); });
}

}  // namespace kvmtest
