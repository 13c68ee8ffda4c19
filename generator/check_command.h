// kvmtest-generate check: every slip of a configuration in one run.
#ifndef KVMTEST_GENERATOR_CHECK_COMMAND_H_
#define KVMTEST_GENERATOR_CHECK_COMMAND_H_

#include <CLI/CLI.hpp>

namespace kvmtest {

// Adds the subcommand; when it is the one called, *exit_code is what main returns.
void AddCheckCommand(CLI::App& app, int* exit_code);

}  // namespace kvmtest

#endif  // KVMTEST_GENERATOR_CHECK_COMMAND_H_
