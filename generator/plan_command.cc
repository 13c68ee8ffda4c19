// kvmtest-generate plan: who runs what, where.
#include "plan_command.h"

#include <cstdio>
#include <memory>
#include <string>

#include "language/diagnostic.h"
#include "plan/table.h"
#include "plan_options.h"
#include "standard_output.h"

namespace kvmtest {
namespace {

struct Options {
  PlanOptions plan;
  bool json = false;
};

int Run(const Options& options) {
  language::DiskReader reader;
  language::Diagnostics diagnostics;
  diagnostics.set_warnings(!options.plan.config.no_warnings);
  auto config = language::ParseConfig(reader, options.plan.config.ToInput(), diagnostics);
  std::optional<plan::Plan> plan;
  if (config) plan = plan::BuildPlan(*config, options.plan.Build(), diagnostics);
  static const language::SourceMap kNoSources;
  std::string messages = diagnostics.Render(config ? config->sources() : kNoSources);
  std::fwrite(messages.data(), 1, messages.size(), stderr);
  if (!plan) return 1;
  StandardOutput output;
  output.buffer() = options.json ? plan::WriteJson(*plan) : plan::WriteTable(*plan);
  return output.Finish() ? 0 : StandardOutput::kExitCode;
}

}  // namespace

void AddPlanCommand(CLI::App& app, int* exit_code) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("plan", "Show hosts, queues, MAC ranges and test sets, and who runs what");
  options->plan.AddTo(command);
  command->add_flag("--json", options->json, "For programs");
  command->callback([options, exit_code] { *exit_code = Run(*options); });
}

}  // namespace kvmtest
