// Walking a product of blocks: pruning loses nothing, and counting does not enumerate.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "language_testing.h"

namespace kvmtest::language {
namespace {

std::string Product(int blocks, int variants) {
  std::string out;
  for (int b = 0; b < blocks; ++b) {
    out += "variants:\n";
    for (int v = 0; v < variants; ++v) out += fmt::format("  - b{}v{}:\n", b, v);
  }
  return out;
}

TEST(Walker, CountsAProductWithoutEnumeratingIt) {
  Parsed parsed(Product(9, 10) + "no b0v0..b8v0\n");
  EXPECT_EQ(CountDicts(*parsed.config, parsed.diagnostics), 1'000'000'000u - 10'000'000u);
}

TEST(Walker, CountsBeyond64BitsAsTheLargestNumber) {
  Parsed parsed(Product(30, 10));
  EXPECT_EQ(CountDicts(*parsed.config, parsed.diagnostics), UINT64_MAX);
}

// 10^15 paths, of which the first block's filter leaves one.
TEST(Walker, FiltersThatLeaveLittleCostLittle) {
  std::string text = Product(15, 10);
  for (int b = 0; b < 15; ++b) text += fmt::format("only b{}v{}\n", b, b % 10);
  std::string names = Parsed(text).Names();
  EXPECT_EQ(std::count(names.begin(), names.end(), ' '), 0);
  EXPECT_EQ(names.substr(0, 18), "b14v4.b13v3.b12v2.");
}

TEST(Walker, DeadEndsBehindManyWaysAreTriedOnce) {
  // Every way through the later blocks ends at the same impossible first block.
  EXPECT_EQ(Parsed("variants:\n  - z:\n      only never\n" + Product(15, 10)).Names(), "");
}

// Filters next to each other, across blocks, with other labels between: a state that a
// remembered part must not confuse.
TEST(Walker, RememberedPartsKeepAdjacencyApart) {
  const std::string text =
      "variants:\n  - e:\n      only c.e d.b.e\n  - f:\n      no b..d\n"
      "variants:\n  - b:\n  - c:\n  - @b.x:\n"
      "variants:\n  - d:\n  - g:\n"
      "variants:\n  - b:\n  - h:\n";
  EXPECT_EQ(Parsed(text).Names(),
            "b.d.b.e b.d.c.e b.g.b.f b.g.c.e b.g.c.f b.g.b.x.f "
            "h.d.b.e h.d.c.e h.d.c.f h.g.b.f h.g.c.e h.g.c.f h.g.b.x.f");
}

}  // namespace
}  // namespace kvmtest::language
