// kvmtest-generate: Cartesian configurations -> CTest tests.
#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "ctest_command.h"
#include "dicts_command.h"
#include "plan_command.h"

namespace {

// The arguments, last first as App::parse takes them. CLI11 (2.1) would cut a STRING such as
// "[x] = [a,b]" into "x] = [a" and "b"; a line end, which means nothing to the language, keeps it
// whole.
std::vector<std::string> Arguments(int argc, char** argv) {
  std::vector<std::string> arguments(argv + 1, argv + argc);
  for (std::string& argument : arguments) {
    if (argument.starts_with('[') && argument.ends_with(']')) argument += '\n';
  }
  return {arguments.rbegin(), arguments.rend()};
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Turns KVM-Autotest configurations into CTest tests", "kvmtest-generate");
  app.set_version_flag("--version", "kvmtest-generate " KVMTEST_VERSION);
  app.require_subcommand(1);
  int exit_code = 0;
  kvmtest::AddDictsCommand(app, &exit_code);
  kvmtest::AddPlanCommand(app, &exit_code);
  kvmtest::AddCtestCommand(app, &exit_code);
  try {
    app.parse(Arguments(argc, argv));
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  return exit_code;
}
