// kvmtest-generate costs: how long tests took, from the results of runs on all hosts.
#ifndef KVMTEST_COSTS_COMMAND_H_
#define KVMTEST_COSTS_COMMAND_H_

#include <CLI/CLI.hpp>

namespace kvmtest {

// Adds the subcommand; when it is the one called, *exit_code is what main returns.
void AddCostsCommand(CLI::App& app, int* exit_code);

}  // namespace kvmtest

#endif  // KVMTEST_COSTS_COMMAND_H_
