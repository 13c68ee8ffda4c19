// kvmtest-generate plan: who runs what, where.
#include "plan_command.h"

#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <string>

#include "ctest/publish.h"
#include "language/diagnostic.h"
#include "plan/dhcp.h"
#include "plan/table.h"
#include "plan_options.h"
#include "standard_output.h"

namespace kvmtest {
namespace {

struct Options {
  PlanOptions plan;
  bool json = false;
  std::string dhcp_hosts;  // path of a file to be written
};

int Run(const Options& options) {
  language::DiskReader reader;
  std::string messages;
  std::optional<plan::BuildOptions> build = options.plan.Build(reader, &messages);
  std::optional<plan::Plan> plan;
  if (build) {
    language::Diagnostics diagnostics;
    diagnostics.set_warnings(!options.plan.config.no_warnings);
    auto config = language::ParseConfig(reader, options.plan.config.ToInput(), diagnostics);
    if (config) plan = plan::BuildPlan(*config, *build, diagnostics);
    static const language::SourceMap kNoSources;
    messages += diagnostics.Render(config ? config->sources() : kNoSources);
  }
  std::fwrite(messages.data(), 1, messages.size(), stderr);
  if (!plan) return 1;
  if (!options.dhcp_hosts.empty()) {
    if (auto failure = ctest::WriteOutput(options.dhcp_hosts, plan::WriteDhcpHosts(*plan))) {
      fmt::print(stderr, "error: {}\n", *failure);
      return StandardOutput::kExitCode;
    }
  }
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
  command->add_option("--dhcp-hosts", options->dhcp_hosts,
                      "Write the MAC and IP addresses of all ranges to this file, for dnsmasq "
                      "--dhcp-hostsfile");
  command->callback([options, exit_code] { *exit_code = Run(*options); });
}

}  // namespace kvmtest
