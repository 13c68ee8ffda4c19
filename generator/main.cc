// kvmtest-generate: Cartesian configurations -> CTest tests.
#include <CLI/CLI.hpp>

#include "ctest_command.h"
#include "dicts_command.h"
#include "plan_command.h"

int main(int argc, char** argv) {
  CLI::App app("Turns KVM-Autotest configurations into CTest tests", "kvmtest-generate");
  app.set_version_flag("--version", KVMTEST_VERSION);
  app.require_subcommand(1);
  int exit_code = 0;
  kvmtest::AddDictsCommand(app, &exit_code);
  kvmtest::AddPlanCommand(app, &exit_code);
  kvmtest::AddCtestCommand(app, &exit_code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  return exit_code;
}
