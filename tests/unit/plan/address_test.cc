#include "plan/address.h"

#include <gtest/gtest.h>

namespace kvmtest::plan {
namespace {

TEST(Address, MacsAreSixHexGroups) {
  EXPECT_EQ(ParseMac("52:54:00:12:34:56"), kQemuDefaultMac);
  EXPECT_EQ(ParseMac("0:0:0:0:1:0"), Mac{256});
  EXPECT_EQ(ParseMac("FF:ff:FF:ff:FF:ff"), kLastMac);
  for (const char* text :
       {"", "52:54:00:12:34", "52:54:00:12:34:56:78", "52:54:00:12:34:g6", "52:54:00:12:34:156",
        "52-54-00-12-34-56", "52:54::12:34:56", "+2:54:00:12:34:56", "52:54:00:12:34:56 "}) {
    EXPECT_FALSE(ParseMac(text)) << text;
  }
}

TEST(Address, IpsAreFourDecimalGroups) {
  EXPECT_EQ(ParseIp("10.20.0.1"), Ip{0x0a140001});
  EXPECT_EQ(ParseIp("255.255.255.255"), kLastIp);
  for (const char* text : {"", "10.20.0", "10.20.0.256", "10.20.0.1.2", "10.20..1", "a.b.c.d"}) {
    EXPECT_FALSE(ParseIp(text)) << text;
  }
}

TEST(Address, CountsAreDigits) {
  EXPECT_EQ(ParseCount("256"), 256u);
  for (const char* text : {"", "-1", "+1", "0x10", "1 ", "99999999999999999999999"}) {
    EXPECT_FALSE(ParseCount(text)) << text;
  }
}

TEST(Address, TextsReadBack) {
  EXPECT_EQ(MacText(kQemuDefaultMac), "52:54:00:12:34:56");
  EXPECT_EQ(IpText(0x0a1400ff), "10.20.0.255");
  EXPECT_EQ(ParseMac(MacText(0x010203040506)), Mac{0x010203040506});
}

TEST(Address, GroupAddressesHaveAnOddFirstByte) {
  EXPECT_TRUE(IsMulticast(Mac{0x01} << 40));
  EXPECT_FALSE(IsMulticast(Mac{0x52} << 40 | 1));
}

}  // namespace
}  // namespace kvmtest::plan
