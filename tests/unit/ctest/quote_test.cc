#include "ctest/quote.h"

#include <gtest/gtest.h>

#include "ctest/escape.h"

namespace kvmtest::ctest {
namespace {

TEST(Quote, BracketsGrowWithTheText) {
  EXPECT_EQ(Bracket("a b;c $x \\ \""), "[=[a b;c $x \\ \"]=]");
  EXPECT_EQ(Bracket("a]=]b"), "[==[a]=]b]==]");
  EXPECT_EQ(Bracket("a]="), "[==[a]=]==]") << "\"]=\" and \"]=]\" would close after \"a\"";
  EXPECT_EQ(Bracket("a]"), "[=[a]]=]");
  EXPECT_EQ(Bracket("]=]==]"), "[===[]=]==]]===]");
}

TEST(Quote, ListItemsHoldNothingThatCMakeSplitsAt) {
  EXPECT_EQ(ListItemFault("queue:1 a=b \"q\" $x"), std::nullopt);
  EXPECT_EQ(ListItemFault("a;b"), "it holds ';', which CMake's lists cannot carry");
  EXPECT_EQ(ListItemFault("a[b"), "it holds '[', which CMake's lists cannot carry");
  EXPECT_EQ(ListItemFault("a\\"), "it holds '\\', which CMake's lists cannot carry");
  EXPECT_EQ(ListItemFault(""), "it is empty");
}

TEST(Quote, LabelsThatCdashWouldNotShow) {
  EXPECT_EQ(LabelSlip("queue:1 a=b/\"q\" $x, gr\xc3\xb6\xc3\x9f"
                      "er"),
            std::nullopt);
  EXPECT_EQ(LabelSlip("a&b"), "holds '&', and CDash shows only the end of it");
  EXPECT_EQ(LabelSlip("a<b>c"), "holds '>', and CDash shows only the end of it");
  EXPECT_EQ(LabelSlip(std::string(249, 'x')), std::nullopt);
  EXPECT_EQ(LabelSlip(std::string(250, 'x')),
            "has 250 bytes, and CDash takes no results with a label of more than 249");
}

TEST(Escape, KeepsNamesApart) {
  EXPECT_EQ(Escape("hostname1"), "hostname1");
  EXPECT_EQ(Escape("host-1"), "host_2d1");
  EXPECT_EQ(Escape("a_b"), "a_5fb");
  EXPECT_EQ(Escape("RHEL.5"), "_52_48_45_4c_2e5");
  EXPECT_EQ(Escape("\xc3\xa9"), "_c3_a9");
  EXPECT_EQ(QueueResource("host-1", "q_1"), "kvmq__host_2d1__q_5f1");
  EXPECT_EQ(RangeResource("h", "1", {"r0", 0x525400100000, {}, 1, 0, 1}), "kvmr__h__1__r0");
  EXPECT_EQ(RangeResource("h", "1", {"auto", 0x02ac29720000, {}, 1, 0, 1}),
            "kvmr__h__1__auto__02ac29720000");
  EXPECT_EQ(PoolResource("h"), "kvmp__h");
}

TEST(Escape, ResultDirectoriesFitIntoAFileName) {
  EXPECT_EQ(ResultDirectoryName(std::string(200, 'a')), std::string(200, 'a'));
  EXPECT_EQ(ResultDirectoryName(std::string(201, 'a')),
            std::string(182, 'a') + "__9a253eda0ce95884");
  EXPECT_NE(ResultDirectoryName(std::string(201, 'a')), ResultDirectoryName(std::string(202, 'a')));
}

}  // namespace
}  // namespace kvmtest::ctest
