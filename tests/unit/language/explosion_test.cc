// More dicts than wanted: known before they are made, with the blocks that multiply.
#include "language/explosion.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "language_testing.h"

namespace kvmtest::language {
namespace {

// Blocks of two to `blocks` + 1 variants.
std::string Blocks(int blocks, const std::string& indent = "") {
  std::string out;
  for (int block = 0; block < blocks; ++block) {
    out += indent + "variants:\n";
    for (int v = 0; v < block + 2; ++v) out += fmt::format("{}  - b{}v{}:\n", indent, block, v);
  }
  return out;
}

struct Outcome {
  std::string said;
  uint64_t dicts = 0;
};

Outcome Expanded(const std::string& text, uint64_t max, Dialect dialect = Dialect::kModern) {
  Parsed parsed(text, dialect);
  Outcome run;
  ExpandNames(*parsed.config, [&run](std::string_view) { return ++run.dicts > 0; },
              parsed.diagnostics, {.max_dicts = max});
  run.said = parsed.Messages();
  return run;
}

TEST(Explosion, OfASmallTreeIsToldBeforeTheFirstDict) {
  Outcome run = Expanded(Blocks(3) + "no b0v1..b2v3\n", 20);
  EXPECT_EQ(run.dicts, 0u);
  EXPECT_EQ(run.said, R"(error: 21 dicts are more than 20 (see --max-dicts)
main.cfg:8:1: note: 4 variants make 3.5 times as many dicts
main.cfg:4:1: note: 3 variants make 3 times as many dicts
main.cfg:1:1: note: 2 variants make 1.8 times as many dicts
hint: narrow these blocks: 'only b2v0' would leave 6
)");
  EXPECT_EQ(Expanded(Blocks(3), 24).dicts, 24u);
  EXPECT_EQ(Expanded(Blocks(3), 0).dicts, 24u);
}

// However long the counting takes: the run needs to know, too.
TEST(Explosion, Of2009IsToldBeforeTheFirstDictWhereClassesAreKnown) {
  std::string far;
  for (int v = 1; v < 9; ++v) far += fmt::format("no b8v{}.*b7v{}.*b1v{}\n", v, v % 3, v % 2);
  Outcome run = Expanded(Blocks(9) + far, 1'000'000, Dialect::k2009);
  EXPECT_EQ(run.dicts, 0u);
  EXPECT_EQ(run.said.substr(0, run.said.find('\n')),
            "error: 3521280 dicts are more than 1000000 (see --max-dicts)");
}

TEST(Explosion, CountsVariantsThatSomeDictTakesAndBlocksInVariants) {
  EXPECT_EQ(
      Expanded("variants:\n  - wrap:\n" + Blocks(3, "      ") + "  - small:\nno b2v3, b1v1\n", 10)
          .said,
      R"(error: 13 dicts are more than 10 (see --max-dicts)
main.cfg:10:7: note: 3 of 4 variants make 2.6 times as many dicts
main.cfg:3:7: note: 2 variants make 1.9 times as many dicts
main.cfg:6:7: note: 2 of 3 variants make 1.9 times as many dicts
main.cfg:1:1: note: 2 variants make 1.1 times as many dicts
hint: narrow these blocks: 'only b2v0' would leave 4
)");
}

TEST(Explosion, ShowsTheTenBlocksThatMultiplyMost) {
  EXPECT_EQ(Expanded(Blocks(40), 1'000'000).said,
            R"(error: 3.3e+49 dicts are more than 1000000 (see --max-dicts)
main.cfg:859:1: note: 41 variants make 41 times as many dicts
main.cfg:818:1: note: 40 variants make 40 times as many dicts
main.cfg:778:1: note: 39 variants make 39 times as many dicts
main.cfg:739:1: note: 38 variants make 38 times as many dicts
main.cfg:701:1: note: 37 variants make 37 times as many dicts
main.cfg:664:1: note: 36 variants make 36 times as many dicts
main.cfg:628:1: note: 35 variants make 35 times as many dicts
main.cfg:593:1: note: 34 variants make 34 times as many dicts
main.cfg:559:1: note: 33 variants make 33 times as many dicts
main.cfg:526:1: note: 32 variants make 32 times as many dicts
note: 30 more blocks multiply
hint: narrow these blocks: 'only b39v0' would leave 8.2e+47
)");
}

// A join counts as it goes; filters outside variants narrow the estimate.
TEST(Explosion, IsAnEstimateWhereCountingTakesLong) {
  Outcome run = Expanded(Blocks(3) + "only b0v1\nno b1v0\nvariants:\n  - t:\n      join b0v1\n", 5);
  EXPECT_EQ(run.dicts, 5u);
  EXPECT_EQ(run.said, R"(error: more than 5 dicts (see --max-dicts)
note: the blocks multiply to 8, before joins, and filters in variants
main.cfg:8:1: note: 4 variants make 4 times as many dicts
main.cfg:4:1: note: 2 of 3 variants make 2 times as many dicts
)");
}

// Where filters ask for more combinations of variants than are looked at.
TEST(Explosion, IsAnEstimateWhereFiltersAskForTooMuch) {
  std::string text;
  for (int i = 0; i < 40; ++i) text += fmt::format("variants:\n  - a{0}:\n  - b{0}:\n", i);
  for (int i = 0; i < 20; ++i) text += fmt::format("no a{}..a{}\n", i, i + 20);
  Outcome run = Expanded(text, 5);
  EXPECT_EQ(run.dicts, 5u);
  EXPECT_EQ(run.said.substr(0, run.said.find("\nmain.cfg")),
            "error: more than 5 dicts (see --max-dicts)\n"
            "note: the blocks multiply to 1099511627776, before filters in variants");
}

TEST(Explosion, Of2009IsCounted) {
  Outcome run = Expanded(Blocks(8) + "only b0v0\n" + Blocks(1), 1000, Dialect::k2009);
  EXPECT_EQ(run.dicts, 0u);
  EXPECT_EQ(run.said, R"(error: 362880 dicts are more than 1000 (see --max-dicts)
note: the blocks multiply to 725760, before filters
main.cfg:43:1: note: 9 variants make 9 times as many dicts
main.cfg:34:1: note: 8 variants make 8 times as many dicts
main.cfg:26:1: note: 7 variants make 7 times as many dicts
main.cfg:19:1: note: 6 variants make 6 times as many dicts
main.cfg:13:1: note: 5 variants make 5 times as many dicts
main.cfg:8:1: note: 4 variants make 4 times as many dicts
main.cfg:4:1: note: 3 variants make 3 times as many dicts
main.cfg:1:1: note: 2 variants make 2 times as many dicts
main.cfg:54:1: note: 2 variants make 2 times as many dicts
)");
  EXPECT_EQ(Expanded(Blocks(5), 0, Dialect::k2009).dicts, 720u);
}

// So many blocks that the first of them make a list.
TEST(Explosion, Of2009StopsBeforeMemoryIsFull) {
  std::string more;
  for (int i = 0; i < 1000; ++i) more += "variants:\n  - a:\n  - b:\nno b\n";
  EXPECT_EQ(Expanded(Blocks(2) + more, 0, Dialect::k2009).dicts, 6u);
  Parsed parsed(Blocks(2) + more, Dialect::k2009);
  EXPECT_FALSE(Expand(
      *parsed.config, {.max_dicts = 0, .bounds = {.records = 5}}, [](const Dict&) { return true; },
      parsed.diagnostics));
  std::string said = parsed.Messages();
  EXPECT_EQ(said.substr(0, said.find('\n')),
            "error: more than 5 dicts at once, before the last blocks");
}

TEST(Explosion, OfDefaultsSeesThemAlone) {
  auto said = [](const std::string& more) {
    Parsed parsed("variants:\n  - b:\n  - @a:\n  - @c:\nvariants:\n  - d:\n  - @e:\n" + Blocks(2) +
                      "no a\n" + more,
                  Dialect::kModern, {}, {}, /*defaults=*/true);
    EXPECT_FALSE(ExpandNames(*parsed.config, [](std::string_view) { return true; },
                             parsed.diagnostics, {.max_dicts = 2}));
    return parsed.Messages();
  };
  EXPECT_EQ(said(""), R"(error: 12 dicts are more than 2 (see --max-dicts)
main.cfg:11:1: note: 3 variants make 3 times as many dicts
main.cfg:1:1: note: 2 of 3 variants make 2 times as many dicts
main.cfg:8:1: note: 2 variants make 2 times as many dicts
hint: narrow these blocks: 'only b1v0' would leave 4
)");
  // Joins are estimated.
  EXPECT_EQ(said("join e\n"), R"(error: more than 2 dicts (see --max-dicts)
note: the blocks multiply to 12, before joins, and filters in variants
main.cfg:11:1: note: 3 variants make 3 times as many dicts
main.cfg:1:1: note: 2 of 3 variants make 2 times as many dicts
main.cfg:8:1: note: 2 variants make 2 times as many dicts
)");
}

TEST(Explosion, CountsQuickly) {
  Parsed parsed(Blocks(5) + "no b0v0..b4v1\n");
  EXPECT_TRUE(CountQuickly(*parsed.config, /*thorough=*/false).exact);
  EXPECT_EQ(CountQuickly(*parsed.config, /*thorough=*/false).dicts, 660u);
  EXPECT_EQ(CountWithoutFilters(*parsed.config), 720);
  // Every pair of labels matters to some filter.
  std::string text;
  for (int block = 0; block < 40; ++block)
    text += fmt::format("variants:\n    - x{}:\n    - y{}:\n", block, block);
  for (int block = 0; block < 20; ++block) text += fmt::format("no x{}..y{}\n", block, 39 - block);
  Parsed tangled(text);
  QuickCount count = CountQuickly(*tangled.config, /*thorough=*/true);
  EXPECT_FALSE(count.exact);
  EXPECT_GT(count.dicts, 1000u);
}

}  // namespace
}  // namespace kvmtest::language
