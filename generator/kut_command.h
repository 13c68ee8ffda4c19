// kvmtest-generate kvm-unit-tests: a tree of kvm-unit-tests as a configuration.
#ifndef KVMTEST_KUT_COMMAND_H_
#define KVMTEST_KUT_COMMAND_H_

#include <CLI/CLI.hpp>

namespace kvmtest {

// Adds the subcommand; when it is the one called, *exit_code is what main returns.
void AddKutCommand(CLI::App& app, int* exit_code);

}  // namespace kvmtest

#endif  // KVMTEST_KUT_COMMAND_H_
