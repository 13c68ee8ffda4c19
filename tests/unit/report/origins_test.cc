// What the generator explains of a test's params, as text.
#include "report/origins.h"

#include <gtest/gtest.h>

#include <string>

namespace kvmtest::report {
namespace {

TEST(ParamOrigins, TakesThePlacesThatCount) {
  auto origins = ParamOrigins(
      "name:       a.b\n"
      "variants:\n"
      "  /a: 3: x.cfg:7: b\n"
      "\n"
      "disks = 'a 'b' c'\n"
      "  /t.cfg:2: disks = gone\n"
      "* /a: 3: x.cfg:5: disks = a 'b'\n"
      "      in variant 'b' (/t.cfg:4)\n"
      "* /t.cfg:6: disks += \" c\": 7: \n"
      "\n"
      "nics is not set\n"
      "* /t.cfg:8: del nics\n"
      "\n"
      "many = ''\n"
      "* a:1: x\n* a:2: x\n* a:3: x\n* a:4: x\n* a:5: x\n* a:6: x\n");
  ASSERT_EQ(origins.size(), 2u);
  EXPECT_EQ(origins["disks"].value, "'a 'b' c'");
  EXPECT_EQ(origins["disks"].places, "/a: 3: x.cfg:5, /t.cfg:6");
  EXPECT_EQ(origins["many"].value, "''");
  EXPECT_EQ(origins["many"].places, "a:1, a:2, a:3, a:4, ...");
}

TEST(ParamOrigins, MakesNothingOfAnythingElse) {
  EXPECT_TRUE(ParamOrigins("").empty());
  EXPECT_TRUE(ParamOrigins("\n\n* \n*\n= '\nerror: no such file\n").empty());
}

}  // namespace
}  // namespace kvmtest::report
