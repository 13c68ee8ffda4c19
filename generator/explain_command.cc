#include "explain_command.h"

#include <cstdio>
#include <memory>
#include <optional>
#include <string>

#include "dicts_command.h"
#include "language/explain.h"
#include "standard_output.h"

namespace kvmtest {

namespace {

struct ExplainOptions {
  ConfigOptions config;
  std::string test;
  std::string param;
};

int RunExplain(const ExplainOptions& options) {
  language::DiskReader reader;
  language::Diagnostics diagnostics;
  diagnostics.set_warnings(options.config.strict);  // what is asked for is an answer, no lint
  std::unique_ptr<language::Config> config =
      language::ParseConfig(reader, options.config.ToInput(), diagnostics);
  std::optional<language::Explanation> explanation;
  if (config != nullptr && !diagnostics.HasErrors())
    explanation = language::Explain(*config, options.test, options.param, diagnostics);
  static const language::SourceMap kNoSources;
  std::string messages = diagnostics.Render(config ? config->sources() : kNoSources);
  std::fputs(messages.c_str(), stderr);
  StandardOutput output;
  if (explanation) output.buffer() = language::RenderExplanation(*explanation, *config);
  if (!output.Finish()) return StandardOutput::kExitCode;
  return explanation && explanation->IsExplained() ? 0 : 1;
}

}  // namespace

void AddExplainCommand(CLI::App& app, int* exit_code) {
  auto options = std::make_shared<ExplainOptions>();
  CLI::App* command = app.add_subcommand(
      "explain", "Show which lines make a test what it is, or keep it out of the result");
  AddConfigOptions(command, &options->config);
  command
      ->add_option("--test", options->test,
                   "Name or short name of a test, or a filter that selects one")
      ->required();
  command->add_option("--param", options->param, "Only this param")
      ->check([](const std::string& key) {
        return key.empty() ? "a key is expected; without --param all params are told" : "";
      });
  command->callback([options, exit_code] { *exit_code = RunExplain(*options); });
}

}  // namespace kvmtest
