// kvmtest-generate explain: why a test has the values that it has, or why a name is no test.
#ifndef KVMTEST_EXPLAIN_COMMAND_H_
#define KVMTEST_EXPLAIN_COMMAND_H_

#include <CLI/CLI.hpp>

namespace kvmtest {

// Adds the subcommand; when it is the one called, *exit_code is what main returns.
void AddExplainCommand(CLI::App& app, int* exit_code);

}  // namespace kvmtest

#endif  // KVMTEST_EXPLAIN_COMMAND_H_
