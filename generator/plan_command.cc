// kvmtest-generate plan: who runs what, where.
#include "plan_command.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
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

struct PlanCommandOptions {
  PlanOptions plan;
  bool json = false;
  std::string dhcp_hosts;  // path of a file to be written
};

// Are both paths of one file? Not if one of them leads nowhere.
bool AreSameFile(const std::string& a, const std::string& b) {
  struct stat of_a, of_b;
  return stat(a.c_str(), &of_a) == 0 && stat(b.c_str(), &of_b) == 0 && of_a.st_dev == of_b.st_dev &&
         of_a.st_ino == of_b.st_ino;
}

// By whatever name: two writers into one file would write over each other.
bool IsStandardOutput(const std::string& path) {
  struct stat file, output;
  return path == "-" || (stat(path.c_str(), &file) == 0 && fstat(STDOUT_FILENO, &output) == 0 &&
                         file.st_dev == output.st_dev && file.st_ino == output.st_ino);
}

// The configuration and what it includes, or the costs.
std::optional<std::string> InputThatWouldBeLost(const PlanCommandOptions& options,
                                                const language::Config& config) {
  if (AreSameFile(options.dhcp_hosts, options.plan.costs)) return options.plan.costs;
  for (const language::InputFile& input : config.inputs())
    if (input.present && AreSameFile(options.dhcp_hosts, input.path)) return input.path;
  return std::nullopt;
}

bool HasAddresses(const plan::Plan& plan) {
  return std::any_of(plan.queues.begin(), plan.queues.end(), [](const plan::QueueSetup& queue) {
    return std::any_of(queue.blocks.begin(), queue.blocks.end(),
                       [](const plan::MacBlock& block) { return block.base_ip.has_value(); });
  });
}

int Run(const PlanCommandOptions& options) {
  language::DiskReader reader;
  std::string messages;
  std::optional<plan::BuildOptions> build = options.plan.Build(reader, &messages);
  std::optional<plan::Plan> plan;
  if (build) {
    language::Diagnostics diagnostics;
    diagnostics.set_warnings(!options.plan.config.no_warnings);
    auto config = language::ParseConfig(reader, options.plan.config.ToInput(), diagnostics);
    if (config) {
      if (auto lost = InputThatWouldBeLost(options, *config)) {
        fmt::print(stderr, "error: --dhcp-hosts: '{}' is read for the plan, and is kept\n", *lost);
        return StandardOutput::kExitCode;
      }
      plan = plan::BuildPlan(*config, *build, diagnostics);
    }
    static const language::SourceMap kNoSources;
    messages += diagnostics.Render(config ? config->sources() : kNoSources);
  }
  std::fwrite(messages.data(), 1, messages.size(), stderr);
  if (!plan) return 1;
  StandardOutput output;
  if (!options.dhcp_hosts.empty()) {
    if (!HasAddresses(*plan))
      fmt::print(stderr,
                 "warning: --dhcp-hosts: no queue has a range with IP addresses (base_ip_...)\n");
    if (IsStandardOutput(options.dhcp_hosts)) {
      output.buffer() = plan::WriteDhcpHosts(*plan);
    } else if (auto failure = ctest::WriteOutput(options.dhcp_hosts, plan::WriteDhcpHosts(*plan))) {
      fmt::print(stderr, "error: {}\n", *failure);
      return StandardOutput::kExitCode;
    }
  }
  output.buffer() += options.json ? plan::WriteJson(*plan) : plan::WriteTable(*plan);
  return output.Finish() ? 0 : StandardOutput::kExitCode;
}

}  // namespace

void AddPlanCommand(CLI::App& app, int* exit_code) {
  auto options = std::make_shared<PlanCommandOptions>();
  CLI::App* command =
      app.add_subcommand("plan", "Show hosts, queues, MAC ranges and test sets, and who runs what");
  options->plan.AddTo(command);
  command->add_flag("--json", options->json, "For programs");
  command
      ->add_option("--dhcp-hosts", options->dhcp_hosts,
                   "Write the MAC and IP addresses of all ranges to this file, for dnsmasq "
                   "--dhcp-hostsfile; -: to standard output, before the table")
      ->check([](const std::string& path) {
        return path.empty() ? std::string("the name of a file is missing") : std::string();
      });
  command->callback([options, exit_code] { *exit_code = Run(*options); });
}

}  // namespace kvmtest
