#include "plan/text.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "plan/digest.h"
#include "plan/natural_order.h"
#include "plan/string_pool.h"

namespace kvmtest::plan {
namespace {

TEST(Text, NamesAreUtf8WithoutControlCharacters) {
  EXPECT_FALSE(NameFault("RHEL.5.3 \"x\" [=[ ; $\\ \xc3\xa9 \xf0\x9f\x90\xa7"));
  EXPECT_EQ(NameFault(""), "it is empty");
  EXPECT_EQ(NameFault("a\nb"), "it holds the control character 0x0a");
  EXPECT_EQ(NameFault("a\x7f"), "it holds the control character 0x7f");
  for (const char* text :
       {"\xff", "\xc3", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe0\x80\x80", "\x80"}) {
    EXPECT_EQ(NameFault(text), "it is not UTF-8");
  }
}

TEST(Text, WordsAreSeparatedByBlanks) {
  EXPECT_EQ(Words("  r0\t r1\n"), (std::vector<std::string_view>{"r0", "r1"}));
  EXPECT_TRUE(Words("").empty());
}

TEST(Text, SuggestsOnlyWhatIsNear) {
  std::vector<std::string> sets = {"nightly", "weekly"};
  EXPECT_EQ(DidYouMean("nigthly", sets), "nightly");
  EXPECT_EQ(DidYouMean("weakly", sets), "weekly");
  EXPECT_EQ(DidYouMean("monthly", sets), std::nullopt);
  EXPECT_EQ(DidYouMean("r1", {"r0", "x"}), "r0");
  EXPECT_EQ(DidYouMean("x", {"y"}), std::nullopt);
}

TEST(NaturalOrder, NumbersCountAsNumbers) {
  std::vector<std::string> names = {"queue10", "queue2",  "queue", "b",
                                    "queue2a", "queue02", "10",    "9"};
  std::sort(names.begin(), names.end(), NaturalLess);
  EXPECT_EQ(names, (std::vector<std::string>{"9", "10", "b", "queue", "queue02", "queue2",
                                             "queue2a", "queue10"}));
}

TEST(Digest, LengthsAndOrderCount) {
  EXPECT_NE(Digest().Add("ab").Add("c").Hex(), Digest().Add("a").Add("bc").Hex());
  EXPECT_NE(Digest().Add(1).Add(2).Hex(), Digest().Add(2).Add(1).Hex());
  EXPECT_EQ(Digest().Add("ab").Hex().size(), 16u);
}

TEST(Digest, PlainFnv1aIsTheKnownOne) {
  EXPECT_EQ(Fnv1a(""), 0xcbf29ce484222325u);
  EXPECT_EQ(Fnv1a("a"), 0xaf63dc4c8601ec8cu);
}

TEST(StringPool, KeepsEveryTextOnceAndInPlace) {
  StringPool pool;
  TextId a = pool.Intern("a");
  std::string_view text = pool.Text(a);
  for (int i = 0; i < 10000; ++i) pool.Intern(std::to_string(i));
  EXPECT_EQ(pool.Intern("a"), a);
  EXPECT_EQ(text, "a");
  EXPECT_EQ(pool.size(), 10001u);
  EXPECT_EQ(pool.Find("a"), a);
  EXPECT_EQ(pool.Find("b"), std::nullopt);
}

}  // namespace
}  // namespace kvmtest::plan
