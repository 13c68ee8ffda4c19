// Why nothing is selected, in whole messages. That what they say is true: vacuity_law_test.cc.
#include "language/nothing_selected.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "language_testing.h"

namespace kvmtest::language {
namespace {

std::string Said(const std::string& text, Dialect dialect = Dialect::kModern,
                 const std::vector<std::string>& strings = {}) {
  Parsed parsed(text, dialect, {}, strings);
  parsed.diagnostics = {};  // what parsing said is tested elsewhere
  EXPECT_EQ(parsed.Names(), "");
  WarnNothingSelected(*parsed.config, parsed.diagnostics);
  return parsed.Messages();
}

const std::string kAb =
    "variants:\n    - a:\n    - b:\n    - c:\nvariants os:\n    - lin:\n    - win:\n";

TEST(NothingSelected, NamesEachFilterThatIsAloneAtFault) {
  EXPECT_EQ(Said(kAb + "only a\nonly lin\nno (os=lin)\n", Dialect::kModern, {"only a lin"}),
            R"(main.cfg:10:1: warning: nothing is selected: no dict is left [-Wnothing-selected]
   10 | no (os=lin)
      | ^~~~~~~~~~~
main.cfg:9:1: note: without 'only lin', 1 dict would be left
main.cfg:10:1: note: without 'no (os=lin)', 1 dict would be left
)");
  EXPECT_EQ(Said(kAb + "a:\n    only win\n", Dialect::kModern, {"only a", "only lin"}),
            R"(<string>:1:1: warning: nothing is selected: no dict is left [-Wnothing-selected]
    1 | only lin
      | ^~~~~~~~
main.cfg:9:5: note: without 'only win', 1 dict would be left
<string>:1:1: note: without 'only a', 2 dicts would be left
<string>:1:1: note: without 'only lin', 1 dict would be left
)");
}

TEST(NothingSelected, NamesThoseThatHaveToGoTogether) {
  EXPECT_EQ(Said(kAb + "only a\nno b, c\nno a\nno a\n"),
            R"(main.cfg:11:1: warning: nothing is selected: no dict is left [-Wnothing-selected]
   11 | no a
      | ^~~~
main.cfg:10:1: note: without 'no a' and ...
main.cfg:11:1: note: ... 'no a' again, 2 dicts would be left
)");
  EXPECT_EQ(Said(kAb + "only a\nonly b\nonly c\n"),
            R"(main.cfg:10:1: warning: nothing is selected: no dict is left [-Wnothing-selected]
   10 | only c
      | ^~~~~~
main.cfg:8:1: note: without 'only a' and ...
main.cfg:9:1: note: ... 'only b', 2 dicts would be left
main.cfg:8:1: note: without 'only a' and ...
main.cfg:10:1: note: ... 'only c', 2 dicts would be left
main.cfg:9:1: note: without 'only b' and ...
main.cfg:10:1: note: ... 'only c', 2 dicts would be left
)");
}

TEST(NothingSelected, KeepsToThePoint) {
  std::string many = "variants:\n";
  for (int i = 0; i < 7; ++i) many += fmt::format("    - v{}:\n        only x{}\n", i, i);
  EXPECT_EQ(Said(many + "only v0 v1 v2 v3 v4 v5 v6                                      v7\n"),
            R"(main.cfg:11:9: warning: nothing is selected: no dict is left [-Wnothing-selected]
   11 |         only x4
      |         ^~~~~~~
main.cfg:3:9: note: without 'only x0', 1 dict would be left
main.cfg:5:9: note: without 'only x1', 1 dict would be left
main.cfg:7:9: note: without 'only x2', 1 dict would be left
main.cfg:9:9: note: without 'only x3', 1 dict would be left
main.cfg:11:9: note: without 'only x4', 1 dict would be left
note: the same of 2 more
)");
  std::string wide = "variants:\n    - a:\n";
  for (int block = 0; block < 70; ++block) wide += "variants:\n    - x:\n    - y:\n";
  EXPECT_EQ(
      Said(wide + "only one_label another_label a_third_label a_fourth_label a_fifth_label\n"),
      R"(main.cfg:213:1: warning: nothing is selected: no dict is left [-Wnothing-selected]
  213 | only one_label another_label a_third_label a_fourth_label a_fifth_label
      | ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
main.cfg:213:1: note: without 'only one_label another_label a_third_label a_fourth_label ...', very many dicts would be left
)");
}

TEST(NothingSelected, LooksIntoTheSidesOfAJoin) {
  const std::string sides =
      "variants:\n    - one:\n        no lin\n    - two:\n        suffix _2\n";
  EXPECT_EQ(Said(sides + "variants:\n    - lin:\nvariants:\n    - t:\n        join one two\n"),
            R"(main.cfg:3:9: warning: nothing is selected: no dict is left [-Wnothing-selected]
    3 |         no lin
      |         ^~~~~~
main.cfg:10:9: note: there is no dict for 'one' of this 'join'
main.cfg:3:9: note: without 'no lin', dicts would be left
)");
  EXPECT_EQ(Said(sides + "only two\nvariants:\n    - t:\n        join two.two two\n"),
            R"(main.cfg:9:9: warning: nothing is selected: no dict is left [-Wnothing-selected]
    9 |         join two.two two
      |         ^~~~~~~~~~~~~~~~
main.cfg:9:9: note: there is no dict for 'two.two' of this 'join'
)");
}

TEST(NothingSelected, Of2009) {
  EXPECT_EQ(Said("variants:\n    - a:\n    - b:\nonly nightly\n", Dialect::k2009),
            R"(main.cfg:4:1: warning: nothing is selected: no dict is left [-Wnothing-selected]
    4 | only nightly
      | ^~~~~~~~~~~~
main.cfg:4:1: note: without 'only nightly', 2 dicts would be left
)");
  EXPECT_EQ(Said("variants:\n    - a:\n    - b:\na:\n    only x y\nno  b|c\nonly a.?\nonly z\n",
                 Dialect::k2009),
            R"(main.cfg:8:1: warning: nothing is selected: no dict is left [-Wnothing-selected]
    8 | only z
      | ^~~~~~
main.cfg:5:5: note: without 'only x y' and ...
main.cfg:8:1: note: ... 'only z', 1 dict would be left
)");
  // No filter is at fault.
  EXPECT_EQ(Said("variants:\n", Dialect::k2009),
            "warning: nothing is selected: no dict is left [-Wnothing-selected]\n");
}

TEST(NothingSelected, Of2009HasAPlaceWhereReasonsTakeLong) {
  std::string text = "variants:\n";
  for (int v = 0; v < 10; ++v) text += fmt::format("  - b0v{}:\n", v);
  for (int b = 1; b < 8; ++b) {
    text += "variants:\n";
    for (int v = 0; v < 10; ++v)
      text += fmt::format("  - b{}v{}:\n      no b{}v{}\n", b, v, b - 1, v);
  }
  EXPECT_EQ(Said(text + "only b1v3\nonly b1v4\n", Dialect::k2009),
            R"(main.cfg:160:1: warning: nothing is selected: no dict is left [-Wnothing-selected]
  160 | only b1v4
      | ^~~~~~~~~
main.cfg:160:1: note: the last filter of all; it would take long to find out which ones would have to go
)");
}

TEST(NothingSelected, OfAVariantOnly) {
  Parsed parsed(
      "variants:\n    - a:\n    - b:\nvariants:\n    - full:\n    - none:\n"
      "        only a\n        only b\n");
  ASSERT_EQ(parsed.Names(), "full.a full.b");
  std::string said;
  for (const Note& note : WhyNothingIsSelected(*parsed.config, 3))
    said += fmt::format("{}: {}\n", note.span.line, note.message);
  EXPECT_EQ(said,
            "7: without 'only a', 1 dict would be left\n"
            "8: without 'only b', 1 dict would be left\n");
  EXPECT_TRUE(WhyNothingIsSelected(*parsed.config).empty());
  EXPECT_TRUE(WhyNothingIsSelected(*parsed.config, 2).empty());
}

// Each side has dicts, but with p the one and with q the other.
TEST(NothingSelected, WhereSidesOfAJoinDoNotMeet) {
  Parsed parsed(
      "variants:\n    - a:\n    - b:\nvariants:\n    - t:\n        join a b\n"
      "        variants:\n            - p:\n            - q:\n    - u:\nno u\n"
      "only p..a, q..b\n");
  std::string said;
  for (const Note& note : WhyNothingIsSelected(*parsed.config))
    said += fmt::format("{}: {}\n", note.span.line, note.message);
  EXPECT_EQ(said, "12: without 'only p..a, q..b', 2 dicts would be left\n");
}

// A tree for which counting would take for ever: every pair of labels matters to some filter.
TEST(NothingSelected, OfALargeTreeNamesTheFiltersOutsideAllVariants) {
  std::string text = "variants:\n    - a:\n    - z:\n";
  for (int block = 0; block < 40; ++block)
    text += fmt::format("variants:\n    - x{}:\n    - y{}:\n", block, block);
  for (int block = 0; block < 20; ++block)
    text += fmt::format("no x{}..y{}..a\n", block, 39 - block);
  MemoryReader reader;
  reader.Add("main.cfg", text + "no z\nonly z\n");
  Diagnostics diagnostics;
  auto config = ParseConfig(reader, {.path = "main.cfg", .dialect = Dialect::kModern}, diagnostics);
  std::string said;
  for (const Note& note : WhyNothingIsSelected(*config))
    said += fmt::format("{}: {}\n", note.span.line, note.message);
  EXPECT_EQ(said,
            "144: without 'no z', dicts would be left\n"
            "145: without 'only z', dicts would be left\n");
}

}  // namespace
}  // namespace kvmtest::language
