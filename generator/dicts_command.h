// kvmtest-generate dicts: what a configuration expands to, as canonical JSON lines.
#ifndef KVMTEST_DICTS_COMMAND_H_
#define KVMTEST_DICTS_COMMAND_H_

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "language/config.h"

namespace kvmtest {

// The options every subcommand that reads a configuration has.
struct ConfigOptions {
  std::string config;
  std::vector<std::string> strings;
  language::Dialect dialect = language::Dialect::kAuto;
  bool defaults = false;
  bool strict = false;
  bool no_warnings = false;

  language::Input ToInput() const { return {config, strings, dialect, strict, defaults}; }
};

void AddConfigOptions(CLI::App* command, ConfigOptions* options);

// Adds the subcommand; when it is the one called, *exit_code is what main returns.
void AddDictsCommand(CLI::App& app, int* exit_code);

}  // namespace kvmtest

#endif  // KVMTEST_DICTS_COMMAND_H_
