// kvmtest-generate plan: who runs what, where, as a table or as JSON.
#ifndef KVMTEST_PLAN_COMMAND_H_
#define KVMTEST_PLAN_COMMAND_H_

#include <CLI/CLI.hpp>

namespace kvmtest {

// Adds the subcommand; when it is the one called, *exit_code is what main returns.
void AddPlanCommand(CLI::App& app, int* exit_code);

}  // namespace kvmtest

#endif  // KVMTEST_PLAN_COMMAND_H_
