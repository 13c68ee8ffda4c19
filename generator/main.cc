// kvmtest-generate: Cartesian configurations -> CTest tests.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include "check_command.h"
#include "costs_command.h"
#include "ctest_command.h"
#include "dicts_command.h"
#include "explain_command.h"
#include "kut_command.h"
#include "large_pages.h"
#include "plan/text.h"
#include "plan_command.h"
#include "standard_output.h"

namespace {

// Whether this is an option of the command with "=" and nothing behind it.
bool HasEmptyValue(const CLI::App& command, const std::string& argument) {
  if (!argument.starts_with("--") || !argument.ends_with('=')) return false;
  const CLI::Option* option = command.get_option_no_throw(argument.substr(0, argument.size() - 1));
  return option != nullptr && option->get_items_expected_max() > 0;
}

// The arguments, last first as App::parse takes them. CLI11 (2.1) would cut a STRING such as
// "[x] = [a,b]" into "x] = [a" and "b"; a line end, which means nothing to the language, keeps it
// whole. And it would take what comes behind "--label=" for the label.
std::vector<std::string> Arguments(const CLI::App& app, int argc, char** argv) {
  const auto commands = app.get_subcommands(
      [&](const CLI::App* command) { return argc > 1 && command->get_name() == argv[1]; });
  std::vector<std::string> arguments;
  bool are_options = !commands.empty();
  for (std::string argument : std::vector<std::string>(argv + 1, argv + argc)) {
    are_options = are_options && argument != "--";
    if (argument.starts_with('[') && argument.ends_with(']')) argument += '\n';
    const bool is_empty = are_options && HasEmptyValue(*commands[0], argument);
    if (is_empty) argument.pop_back();
    arguments.push_back(std::move(argument));
    if (is_empty) arguments.emplace_back();
  }
  return {arguments.rbegin(), arguments.rend()};
}

constexpr int kUsageError = 2;
constexpr int kInternalError = 3;  // no fault of the input

// What stands where a command should, and which commands there are.
int NoCommand(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands({})) names.push_back(command->get_name());
  std::vector<std::string> found = app.remaining();
  std::string message = "a command is missing";
  if (!found.empty()) {
    const char* kind = found[0].starts_with('-') ? "option" : "command";
    message = fmt::format("there is no {} '{}'", kind, found[0]);
  }
  fmt::print(stderr, "kvmtest-generate: error: {}; the commands are {} (see --help)\n", message,
             fmt::join(names, ", "));
  auto near = found.empty() ? std::nullopt : kvmtest::plan::DidYouMean(found[0], names);
  if (near) fmt::print(stderr, "hint: did you mean '{}'?\n", *near);
  return kUsageError;
}

// Ends as the error says; --help and --version are such errors, too.
int Answer(const CLI::App& app, const CLI::ParseError& error) {
  bool is_required = error.get_exit_code() == static_cast<int>(CLI::ExitCodes::RequiredError);
  if (is_required && app.get_subcommands().empty()) return NoCommand(app);
  std::ostringstream text;
  int status = app.exit(error, text, std::cerr);
  kvmtest::StandardOutput output;
  output.buffer() = text.str();
  if (!output.Finish()) return kvmtest::StandardOutput::kExitCode;
  return status == 0 ? 0 : kUsageError;
}

}  // namespace

int main(int argc, char** argv) try {
  kvmtest::UseLargePages();
  CLI::App app("Turns KVM-Autotest configurations into CTest tests", "kvmtest-generate");
  app.set_version_flag("--version", "kvmtest-generate " KVMTEST_VERSION);
  app.require_subcommand(1);
  int exit_code = 0;
  kvmtest::AddDictsCommand(app, &exit_code);
  kvmtest::AddExplainCommand(app, &exit_code);
  kvmtest::AddPlanCommand(app, &exit_code);
  kvmtest::AddCheckCommand(app, &exit_code);
  kvmtest::AddCtestCommand(app, &exit_code);
  kvmtest::AddCostsCommand(app, &exit_code);
  kvmtest::AddKutCommand(app, &exit_code);
  try {
    app.parse(Arguments(app, argc, argv));
  } catch (const CLI::ParseError& error) {
    return Answer(app, error);
  }
  return exit_code;
} catch (const std::exception& error) {
  std::fprintf(stderr, "kvmtest-generate: error: %s\n", error.what());
  return kInternalError;
}
