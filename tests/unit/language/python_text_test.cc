#include "language/python_text.h"

#include <gtest/gtest.h>

namespace kvmtest::language::python {
namespace {

TEST(PythonText, StripTakesUnicodeWhiteSpace) {
  EXPECT_EQ(Strip(" \t\x1c a b\u00a0\u2003 \u3000"), "a b");
  EXPECT_EQ(Strip("\u200b"), "\u200b");  // zero width space is none
  EXPECT_EQ(Strip(" \n "), "");
}

TEST(PythonText, AlnumIsPythons) {
  struct Case {
    char32_t c;
    bool alnum;
  };
  for (Case t : {Case{U'a', true}, Case{U'_', false}, Case{U'\u00e9', true}, Case{U'\u00d7', false},
                 Case{U'\u00b2', true}, Case{U'\u0967', true}, Case{U'\u4e00', true},
                 Case{U'\u2603', false}, Case{U'\u0301', false}, Case{U'\U0001d7d8', true}})
    EXPECT_EQ(IsAlnum(t.c), t.alnum) << static_cast<uint32_t>(t.c);
}

TEST(PythonText, ExpandTabsCountsCharacters) {
  EXPECT_EQ(ExpandTabs("x = a\tb"), "x = a   b");
  EXPECT_EQ(ExpandTabs("\u00e9\t|"), "\u00e9       |");
  EXPECT_EQ(ExpandTabs("\t\tx"), "                x");
}

TEST(PythonText, ReprQuotesAsPython) {
  EXPECT_EQ(Repr("a"), "'a'");
  EXPECT_EQ(Repr("it's"), "\"it's\"");
  EXPECT_EQ(Repr("both ' and \""), "'both \\' and \"'");
  EXPECT_EQ(Repr("a\\b\t\x01\u00a0\u00e9\u2028"), "'a\\\\b\\t\\x01\\xa0\u00e9\\u2028'");
}

TEST(PythonText, InvalidUtf8IsFound) {
  EXPECT_EQ(FindInvalidUtf8("caf\u00e9 \U0001f600"), std::string_view::npos);
  EXPECT_EQ(FindInvalidUtf8("ab\xff"), 2u);
  EXPECT_EQ(FindInvalidUtf8("a\xc3"), 1u);             // cut short
  EXPECT_EQ(FindInvalidUtf8("\xed\xa0\x80"), 0u);      // a surrogate
  EXPECT_EQ(FindInvalidUtf8("\xc0\xaf"), 0u);          // overlong
  EXPECT_EQ(FindInvalidUtf8("\xf4\x90\x80\x80"), 0u);  // beyond Unicode
  for (size_t before = 0; before < 20; ++before) {
    std::string ascii(before, 'x');
    EXPECT_EQ(FindInvalidUtf8(ascii + "\u00e9" + ascii + "\xff" + ascii), 2 * before + 2);
    EXPECT_EQ(FindInvalidUtf8(ascii + "\u00e9" + ascii), std::string_view::npos);
  }
}

}  // namespace
}  // namespace kvmtest::language::python
