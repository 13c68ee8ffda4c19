// What procedures check before they run; what they do is shown with fake_qemu.py (tests/faults)
// and real guests (tests/procedures).
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "plan/procedure_types.h"
#include "procedures/procedure.h"

namespace kvmtest::procedures {
namespace {

TEST(Procedures, TableIsComplete) {
  std::set<std::string> types;
  for (const Procedure* procedure : Procedures()) {
    EXPECT_TRUE(types.insert(procedure->type).second) << procedure->type;
    EXPECT_EQ(FindProcedure(procedure->type), procedure);
    EXPECT_TRUE(IsProcedureParam(procedure->params.substr(0, procedure->params.find(' '))));
  }
  EXPECT_EQ(FindProcedure("install"), nullptr);
  EXPECT_EQ(FindProcedure(""), nullptr);
}

// `kvmtest-generate check` tells of tests that would be skipped.
TEST(Procedures, TheGeneratorKnowsThem) {
  std::set<std::string> types;
  for (const Procedure* procedure : Procedures()) types.insert(procedure->type);
  EXPECT_EQ(types, std::set<std::string>(std::begin(plan::kProcedureTypes),
                                         std::end(plan::kProcedureTypes)));
}

TEST(Procedures, Checks) {
  struct Row {
    const char* type;
    vm::Params::Map params;
    const char* wrong;
  };
  const Row kRows[] = {
      {"boot",
       {{"login_timeout", "0"}},
       "login_timeout = 0: expected a whole number from 1 to 1000000"},
      {"boot",
       {{"shell_client", "none"}},
       "shell_client = none needs boot_marker, a regular expression"},
      {"boot", {{"vms", "a b"}, {"shell_client_b", "none"}, {"boot_marker", "x"}}, ""},
      {"boot",
       {{"vms", "a b"}, {"shell_client_b", "none"}},
       "shell_client = none needs boot_marker, a regular expression"},
      {"reboot", {{"shell_client", "none"}, {"boot_marker", "x"}}, ""},
      {"reboot",
       {{"shell_client", "none"}, {"boot_marker", "x"}, {"reboot_method", "shell"}},
       "reboot_method = shell, but shell_client = none"},
      {"shutdown",
       {{"shutdown_method", "kill"}},
       "shutdown_method = kill: expected shell or system_powerdown"},
  };
  for (const Row& row : kRows) {
    EXPECT_EQ(FindProcedure(row.type)->check(vm::Params(row.params)), row.wrong) << row.type;
  }
}

}  // namespace
}  // namespace kvmtest::procedures
