#include "ctest/properties.h"

#include <gtest/gtest.h>

namespace kvmtest::ctest {
namespace {

TEST(Properties, AreWrittenInOrderAndListsLast) {
  TestProperties properties;
  properties.Set("TIMEOUT", "${T}");
  properties.Append("FIXTURES_REQUIRED", {"install", "network"});
  properties.AddOwn({{"RUN_SERIAL", "ON"}, {"ENVIRONMENT", "A=1;B=]=]"}});
  EXPECT_EQ(properties.Text(),
            "TIMEOUT ${T} RUN_SERIAL [=[ON]=] ENVIRONMENT [==[A=1;B=]=]]==] FIXTURES_REQUIRED "
            "[=[install;network]=]");
}

TEST(Properties, ListsOfTheCallersAreJoinedWithOurs) {
  TestProperties properties;
  properties.Append("FIXTURES_SETUP", {"boot"});
  properties.Append("FIXTURES_REQUIRED", {});
  properties.AddOwn({{"FIXTURES_SETUP", "guests"}, {"FIXTURES_REQUIRED", ""}, {"DEPENDS", "a;b"}});
  EXPECT_EQ(properties.Text(), " FIXTURES_SETUP [=[boot;guests]=] DEPENDS [=[a;b]=]");
}

TEST(Properties, RefusesOursAndWhatIsNoProperty) {
  for (const char* ours : {"COST", "GENERATED_RESOURCE_SPEC_FILE", "LABELS", "RESOURCE_GROUPS",
                           "SKIP_RETURN_CODE", "TIMEOUT", "_BACKTRACE_TRIPLES"}) {
    EXPECT_NE(PropertyFault({ours, "1"}).find("is kvmtest's own: "), std::string::npos) << ours;
  }
  for (const char* odd : {"", "a b", "A-B", "x)"}) EXPECT_NE(PropertyFault({odd, "1"}), "") << odd;
  EXPECT_NE(PropertyFault({"ENVIRONMENT", "A=1\nB=2"}), "");
  EXPECT_EQ(PropertyFault({"ENVIRONMENT", "A=1;B=ü [x"}), "");
  EXPECT_EQ(PropertyFault({"WORKING_DIRECTORY", ""}), "");
}

}  // namespace
}  // namespace kvmtest::ctest
