// kvmtest-generate ctest: the files that ctest loads.
#ifndef KVMTEST_CTEST_COMMAND_H_
#define KVMTEST_CTEST_COMMAND_H_

#include <CLI/CLI.hpp>

namespace kvmtest {

// Adds the subcommand; when it is the one called, *exit_code is what main returns: 0 done, 1 errors
// in the configuration, 3 the files could not be written.
void AddCtestCommand(CLI::App& app, int* exit_code);

}  // namespace kvmtest

#endif  // KVMTEST_CTEST_COMMAND_H_
