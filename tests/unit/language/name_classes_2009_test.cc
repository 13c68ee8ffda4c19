// Names by classes. (That their count is what a run makes: every configuration of the oracle's
// tiers.)
#include "language/name_classes_2009.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "language_testing.h"

namespace kvmtest::language {
namespace {

constexpr size_t kWork = 1'000'000;

std::optional<uint64_t> Count(const std::string& text, size_t work = kWork) {
  Parsed parsed(text, Dialect::k2009);
  auto classes = NameClasses2009::Find(parsed.config->impl(), work);
  return classes ? std::optional(classes->count()) : std::nullopt;
}

// As many as a run makes.
std::optional<uint64_t> Made(const std::string& text) {
  Parsed parsed(text, Dialect::k2009);
  uint64_t names = 0;
  bool ok = ExpandNames(
      *parsed.config, [&names](std::string_view) { return ++names > 0; }, parsed.diagnostics);
  return ok ? std::optional(names) : std::nullopt;
}

TEST(NameClasses, CountsWhatARunMakes) {
  const std::string three = Product(3, 3);
  const std::string subs = "variants:\n  - x:\n    subvariants:\n      - s:\n      - t:\n  - y:\n";
  for (const std::string& text : {
           std::string(),
           std::string("only x\n"),
           std::string("no x\n"),
           three,
           three + "only b0v0 b2v1\n",
           three + "no b2v0.b1v1\nonly b1\n",
           three + "only b1v.\\.b0v[01]\n",
           three + "only ^b2v0 b0v1$\n",
           three + "only .* x\n",
           three + "only b1v.\\b.+\\b0\nno \\Bb2v1|b2\\Bv2\n",
           // Between blocks; a filter that is asked again further down.
           Product(1, 3) + "no b0v0\n" + Product(2, 2) + "only b0v0 b1v1\nno b0v0\n",
           "no ^$\n" + three,
           three + "b1v1:\n  no b0v0\n  b2v2:\n    only b0v1\n",
           subs + "only s.t x\n",
           subs + Product(1, 2) + subs + "only x.*s$ b0v1\\.y\nno s.*t$\n",
           std::string("variants:\n  - :\n  - a:\nvariants:\n  - b:\n  - :\nonly ^$ ^b$ b.$\n"),
           three + "k = 1\nb1v1: k = 2\nonly b1v1\n",
           // Names that are assigned.
           "name = base\n" + three + "only b1v1.b0v0.base b0\n",
           three + "shortname = x\nna.* ?+= .y\nno y\n",
           three + "b1v1: name = b2v2\n" + Product(1, 2) + "only b0v0.b2v2$\n",
           three + "b0v0: b1v1: name <= x\nonly x.* b2v1\n",
           three + "b0v0:\n  name =\nno ^$\n",
       }) {
    EXPECT_TRUE(Count(text)) << text;
    EXPECT_EQ(Count(text), Made(text)) << text;
  }
}

TEST(NameClasses, NeedsNoTimeForProducts) {
  EXPECT_EQ(Count(Product(9, 10) + "only b0v0 b5v5.b4v4\nno b8v8\n"), 98'100'000u);
  EXPECT_EQ(Count(Product(30, 10)), UINT64_MAX);
}

// Each of so many filters can be found or not; but what is open is only the block to come.
TEST(NameClasses, NeedNoTimeForManyFilters) {
  std::string onlys, nos, conditions, chosen;
  for (int b = 0; b < 30; ++b) {
    onlys += fmt::format("only b{}v1\n", b);
    nos += fmt::format("no b{}v3 b{}v0\n", b, b);
  }
  EXPECT_EQ(Count(Product(30, 4) + onlys), 1u);
  EXPECT_EQ(Count(Product(30, 4) + nos), uint64_t{1} << 30);
  for (int b = 0; b < 8; ++b)
    for (int v = 0; v < 10; ++v)
      conditions += fmt::format("b{}v{}:\n  only b{}v{}\n", b, v, b + 1, v);
  EXPECT_EQ(Count(Product(9, 10) + conditions), 10u);
  for (int b = 0; b < 20; ++b)
    chosen += fmt::format(
        "variants:\n  - a{0}:\n  - b{0}:\nvariants:\n  - c{0}:\n    only a{0}\n  - d{0}:\n", b);
  EXPECT_EQ(Count(chosen + "no a19.*a18.*c17\n"), 2'970'223'749);
}

// Whichever block decides of the others, and however far off they are.
TEST(NameClasses, NeedsNoTimeForBlocksThatDependOnEachOther) {
  const auto same = [](const std::vector<std::pair<int, int>>& blocks) {
    std::string text = Product(9, 10);
    for (auto [a, b] : blocks)
      for (int v = 0; v < 10; ++v) text += fmt::format("b{0}v{2}:\n  only b{1}v{2}\n", a, b, v);
    return text;
  };
  std::vector<std::pair<int, int>> first, last, mirrored;
  for (int b = 1; b < 9; ++b) first.push_back({0, b});
  for (int b = 0; b < 8; ++b) last.push_back({8, b});
  for (int b = 0; b < 3; ++b) mirrored.push_back({b, 8 - b});
  EXPECT_EQ(Count(same(first)), 10u);
  EXPECT_EQ(Count(same(last)), 10u);
  EXPECT_EQ(Count(same(mirrored), 10 * kWork), 1'000'000u);
  Parsed parsed(same(last), Dialect::k2009);
  size_t names = 0;
  EXPECT_TRUE(ExpandNames(*parsed.config, [&names](std::string_view) { return ++names > 0; },
                          parsed.diagnostics, {.bounds = {.steps = 10'000}}));
  EXPECT_EQ(names, 10u);
}

TEST(NameClasses, RunsGoOnOnlyWithWhatIsLeft) {
  Parsed parsed(Product(9, 10) +
                    "only b8v1.b7v2.b6v3.b5v4.b4v5.b3v6\n"
                    "only b0v7|b0v8\nno b2v.\\.b1v0\n",
                Dialect::k2009);
  size_t names = 0;
  EXPECT_TRUE(ExpandNames(*parsed.config, [&names](std::string_view) { return ++names > 0; },
                          parsed.diagnostics, {.bounds = {.steps = 100'000}}))
      << parsed.Messages();
  EXPECT_EQ(names, 180u);
}

TEST(NameClasses, AlternativesOfAFilterSeeNamesOneByOne) {
  std::string joins, words, lists;
  for (int v = 0; v < 10; ++v) {
    joins += fmt::format("{}b8v{}.*b0v{}", v == 0 ? "" : "|", v, v);
    words += fmt::format(" b7v{}.*b4v{}.*b1v{}", v, (v + 1) % 10, v);
    lists += fmt::format("  - v{}:\n", v);
    for (int line = 0; line < 4; ++line)
      lists += fmt::format("    no b{}v{}.*b{}v{} b{}v{}\n", 4 + line, (v + line) % 10, line,
                           (3 * v + line) % 10, 7 - line, (7 * v + 1) % 10);
  }
  EXPECT_EQ(Count(Product(9, 10) + "only " + joins + "\n"), 100'000'000u);
  EXPECT_EQ(Count(Product(9, 10) + "no (" + joins + ")\n"), 900'000'000u);
  EXPECT_EQ(Count(Product(9, 10) + "only" + words + "\n"), 10'000'000u);
  // Of filters that wait in the variants of a block for what is far before it.
  EXPECT_EQ(Count(Product(8, 10) + "variants:\n" + lists, 100 * kWork), 630'242'286u);
  // Of so many labels between two.
  EXPECT_EQ(Count(Product(9, 10) + "only b7v1(\\.\\w+){7}$\n"), 100'000'000u);
}

// However many sets of classes there are, by what the blocks behind them have chosen.
TEST(NameClasses, RunsNeedNoTimeForManySets) {
  std::string text = Product(4, 10);
  for (int b = 4; b < 12; ++b) {
    text += "variants:\n";
    for (int v = 0; v < 10; ++v)
      text += fmt::format("  - b{}v{}:\n    no b{}v{}\n", b, v, b - 4, v);
  }
  Parsed parsed(text, Dialect::k2009);
  size_t names = 0;
  EXPECT_TRUE(ExpandNames(*parsed.config, [&names](std::string_view) { return ++names < 1000; },
                          parsed.diagnostics, {.bounds = {.steps = 20'000, .held_bytes = 100'000}}))
      << parsed.Messages();
  EXPECT_EQ(names, 1000u);
}

// Variants that lead to one class, by blocks inside them or not.
TEST(NameClasses, KnowsWhatIsLeftBehindNestedBlocks) {
  const std::string text =
      "variants:\n  - a:\n  - b:\n    variants:\n      - c:\n        variants:\n"
      "          - d:\n          - e:\nvariants:\n  - f:\n    no b.*d\n  - g:\n    only c\n";
  EXPECT_EQ(Parsed(text, Dialect::k2009).Names(), "f.a f.b.c.e g.b.c.d g.b.c.e");
}

TEST(NameClasses, LeavesToARunWhatClassesDoNotTell) {
  for (const char* text : {
           "variants:\n  - a:\ndepend = b\n",
           "variants:\n  - a:\nonly (\n",
           "variants:\n  - a:\n(:\n  k = 1\n",
           "variants:\n  - a:\n(: k = 1\n",
       })
    EXPECT_FALSE(Count(text)) << text;
  std::string pairs;
  for (int i = 0; i < 8; ++i) pairs += fmt::format("no b{}v0.*b{}v1\n", i + 8, i);
  EXPECT_FALSE(Count(Product(16, 3) + pairs, 100'000));
}

}  // namespace
}  // namespace kvmtest::language
