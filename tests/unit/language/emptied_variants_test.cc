// Variants that select tests and have none: every message, and that it is so.
#include "language/emptied_variants.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <set>

#include "language_testing.h"
#include "random_config.h"

namespace kvmtest::language {
namespace {

std::string Warnings(Parsed& parsed) {
  Diagnostics warnings;
  WarnEmptiedVariants(*parsed.config, warnings);
  return warnings.Render(parsed.config->sources());
}

const std::string kBefore = "variants:\n    - a:\n    - b:\n";

TEST(EmptiedVariants, AreToldWithTheFilters) {
  const std::string text = kBefore +
                           "variants:\n    - nightly:\n        only a\n    - weekly:\n"
                           "        only b\n    - all:\nno a\n";
  Parsed modern(text);
  EXPECT_EQ(
      Warnings(modern),
      R"(main.cfg:5:7: warning: variant 'nightly' selects nothing, where others of its block do [-Wnothing-left]
    5 |     - nightly:
      |       ^~~~~~~
main.cfg:6:9: note: without 'only a', 1 dict would be left
main.cfg:10:1: note: without 'no a', 1 dict would be left
)");
  Parsed old(kBefore +
                 "no a\nvariants:\n    - nightly:\n        b:\n            only a\n"
                 "    - weekly:\n        only b\n",
             Dialect::k2009);
  EXPECT_EQ(
      Warnings(old),
      R"(main.cfg:6:7: warning: variant 'nightly' selects nothing, where others of its block do [-Wnothing-left]
    6 |     - nightly:
      |       ^~~~~~~
main.cfg:4:1: note: without 'no a', 1 dict would be left
main.cfg:8:13: note: without 'only a', 1 dict would be left
)");
}

// What is chosen is not lost, and variants without filters of their own select nothing.
TEST(EmptiedVariants, AreNotToldWhereThatIsMeant) {
  const std::string sets = "variants:\n    - x:\n        only a\n    - y:\n        only b\n";
  for (const std::string& text : {
           kBefore + sets + "only y\n",
           kBefore + sets + "no x.a\n",
           kBefore + sets + "b:\n    no x\nno a\n",
           kBefore + sets + "only y..b\n",
           kBefore + "variants:\n    - x:\n    - y:\n        only b\nno a..x, b..x\n",
           kBefore + "variants:\n    - x:\n        only a\nno b\n",
           // A block that is not the last.
           kBefore + sets + "variants:\n    - q:\nno a\n",
       }) {
    Parsed parsed(text);
    EXPECT_EQ(Warnings(parsed), "") << text;
  }
  for (const char* filter : {"only y", "no x", "no x\\.a"}) {
    Parsed parsed(kBefore + sets + filter + "\n", Dialect::k2009);
    EXPECT_EQ(Warnings(parsed), "") << filter;
  }
  Parsed with_string(kBefore + sets, Dialect::kModern, {}, {"no a"});
  EXPECT_EQ(Warnings(with_string), "");
}

TEST(EmptiedVariants, AreToldWhateverElseLooksAlike) {
  const std::string sets = "variants:\n    - x:\n        only a\n    - y:\n        only b\n";
  const auto first_line = [](Parsed&& parsed) {
    const std::string all = Warnings(parsed);
    return all.substr(0, all.find('\n'));
  };
  const std::string told =
      "main.cfg:5:7: warning: variant 'x' selects nothing, where others of its block do "
      "[-Wnothing-left]";
  // Labels that only begin or end as the variants do.
  for (const char* filter : {"no a|xa", "no a|a_x", "no a|x-a"})
    EXPECT_EQ(first_line(Parsed(kBefore + sets + filter + "\n", Dialect::k2009)), told) << filter;
  // An assignment from outside.
  for (Dialect dialect : {Dialect::kModern, Dialect::k2009})
    EXPECT_EQ(first_line(Parsed(kBefore + sets + "no a\n", dialect, {}, {"k = 1"})), told);
  // More dicts than anyone would go through.
  EXPECT_NE(first_line(Parsed(Product(9, 10) + kBefore + sets + "no a\n", Dialect::k2009)), "");
}

TEST(EmptiedVariants, AreToldJustWhereTheyHaveNoDict) {
  for (Dialect dialect : {Dialect::kModern, Dialect::k2009}) {
    int empty = 0;
    for (uint32_t seed = 0; seed < 3000; ++seed) {
      RandomConfig config(seed, dialect);
      std::string before, sets = "variants:\n", behind;
      for (int i = 0; i < 3; ++i)
        sets += fmt::format("  - x{}:\n      {} {}\n", i, i == 2 ? "no" : "only", config.Label());
      std::string filter = "no " + config.Filter(false) + "\n";
      Parsed parsed(
          config.With(-1, {}) + (dialect == Dialect::k2009 ? filter + sets : sets + filter),
          dialect);
      std::set<std::string> left;
      Expand(
          *parsed.config, {},
          [&](const Dict& dict) {
            for (VariantId id : dict.variants) left.insert(parsed.config->variant(id).text);
            return true;
          },
          parsed.diagnostics);
      if (left.empty()) continue;
      const std::string warnings = Warnings(parsed);
      for (int i = 0; i < 3; ++i) {
        const std::string name = fmt::format("x{}", i);
        const bool says =
            warnings.find(fmt::format("variant '{}' selects", name)) != std::string::npos;
        ASSERT_EQ(says, !left.contains(name)) << name << parsed.Messages() << warnings;
        empty += says ? 1 : 0;
      }
    }
    EXPECT_GT(empty, 200);
  }
}

}  // namespace
}  // namespace kvmtest::language
