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
  std::vector<std::string> params;  // as STRINGs behind those
  language::Dialect dialect = language::Dialect::kAuto;
  bool defaults = false;
  bool strict = false;
  bool no_warnings = false;

  // In the order in which they are parsed.
  std::vector<std::string> AllStrings() const {
    std::vector<std::string> all = strings;
    all.insert(all.end(), params.begin(), params.end());
    return all;
  }
  language::Input ToInput() const { return {config, AllStrings(), dialect, strict, defaults}; }
};

void AddConfigOptions(CLI::App* command, ConfigOptions* options);

// Adds the subcommand; when it is the one called, *exit_code is what main returns.
void AddDictsCommand(CLI::App& app, int* exit_code);

}  // namespace kvmtest

#endif  // KVMTEST_DICTS_COMMAND_H_
