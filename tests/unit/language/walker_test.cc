// Walking a product of blocks: pruning loses nothing, and counting does not enumerate.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "language/config_impl.h"
#include "language/joined_walker.h"
#include "language/path_graph.h"
#include "language/path_walker.h"
#include "language_testing.h"

namespace kvmtest::language {
namespace {

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

// Blocks whose variants are filtered here and there, by few names so that filters often share
// what they still ask for. Some variants are defaults, some have a block in them.
std::string RandomBlocks(std::mt19937& random, int blocks, const std::string& indent = "") {
  auto name = [&random] { return std::string(1, static_cast<char>('a' + random() % 6)); };
  auto filter = [&] {
    static constexpr const char* kBetween[] = {", ", ".", "..", ", "};
    std::string text = name();
    size_t more = random() % 4;
    for (size_t i = 0; i < more; ++i) text += kBetween[random() % 4] + name();
    return text;
  };
  std::string out;
  for (int block = 0; block < blocks; ++block) {
    out += indent + "variants:\n";
    for (int variant = 0; variant < 3; ++variant) {
      out += fmt::format("{}  - {}{}{}:\n", indent, random() % 4 == 0 ? "@" : "", name(),
                         random() % 2 == 0 ? "." + name() : "");
      static constexpr const char* kStatements[] = {"no ", "only ", "only ", "!"};
      size_t statements = random() % 3;
      for (size_t i = 0; i < statements; ++i) {
        std::string statement = kStatements[random() % 4];
        if (statement == "!" || random() % 5 == 0)
          statement = (statement == "!" ? "!" : "") + name() + ": no ";
        out += fmt::format("{}      {}{}\n", indent, statement, filter());
      }
      if (indent.empty() && random() % 8 == 0) out += RandomBlocks(random, 1, "      ");
    }
  }
  return out;
}

// What is not remembered, because memory is used up, is found again: the same paths whatever
// the limit, and as many as are counted.
TEST(Walker, TheMemoryForPartsDecidesNothing) {
  std::mt19937 random(1);
  size_t all = 0;
  for (uint32_t seed = 0; seed < 200; ++seed) {
    // The first: both filters ask for x below, but a label of one variant satisfies the other's.
    std::string text = seed == 0 ? "variants:\n  - x:\n  - y:\nvariants:\n  - r:\n  - s:\n"
                                   "variants:\n  - p:\n      only A, x\n  - q.A:\n      only B, x\n"
                                 : RandomBlocks(random, 6);
    const bool defaults = seed % 2 != 0;
    Parsed parsed(text, Dialect::kModern, {}, {}, defaults);
    PreparedTree prepared(parsed.config->impl().tree);
    auto walk = [&](size_t max_memory) {
      std::vector<std::vector<NodeId>> paths;
      PathWalker(prepared, defaults, max_memory).Walk([&](std::span<const NodeId> path) {
        paths.emplace_back(path.begin(), path.end());
        return true;
      });
      EXPECT_EQ(PathWalker(prepared, defaults, max_memory).Count(), paths.size()) << seed << "\n"
                                                                                  << text;
      return paths;
    };
    auto unlimited = walk(SIZE_MAX);
    all += unlimited.size();
    for (size_t max_memory = 1; max_memory < 20000; max_memory += 50 + max_memory / 4)
      EXPECT_TRUE(walk(max_memory) == unlimited) << seed << " " << max_memory << "\n" << text;
  }
  EXPECT_GT(all, 10000u);
}

// The walk for joins, which remembers nothing, takes these trees as well.
TEST(Walker, OfDefaultsFindsWhatTryingAllFinds) {
  std::mt19937 random(2);
  size_t all = 0, fewer = 0;
  for (int i = 0; i < 500; ++i) {
    const std::string text = RandomBlocks(random, 2 + i % 5);
    Parsed parsed(text, Dialect::kModern, {}, {}, /*defaults=*/true);
    PreparedTree prepared(parsed.config->impl().tree);
    std::vector<std::vector<NodeId>> paths, tried;
    PathWalker(prepared, /*defaults=*/true).Walk([&](std::span<const NodeId> path) {
      paths.emplace_back(path.begin(), path.end());
      return true;
    });
    JoinedWalker(prepared, /*defaults=*/true).Walk([&](const StoredDict& dict) {
      tried.push_back(dict.paths[0]);
      return true;
    });
    EXPECT_TRUE(paths == tried) << text;
    PathGraph graph(prepared, /*defaults=*/true);
    EXPECT_TRUE(graph.Build(1'000'000) && graph.Count() == paths.size()) << text;
    all += paths.size();
    fewer += paths.size() < PathWalker(prepared, /*defaults=*/false).Count() ? 1 : 0;
  }
  EXPECT_GT(all, 3000u);
  EXPECT_GT(fewer, 100u);
}

TEST(Walker, CountsDefaultsWithoutEnumeratingThem) {
  auto count = [](const std::string& text) {
    Parsed parsed(text, Dialect::kModern, {}, {}, /*defaults=*/true);
    return CountDicts(*parsed.config, parsed.diagnostics);
  };
  const std::string blocks = Product(30, 2);
  EXPECT_EQ(count(blocks + "variants:\n  - x:\n  - @y:\n"), uint64_t{1} << 30);
  EXPECT_EQ(count("variants:\n  - x:\n  - @y:\n" + blocks), uint64_t{1} << 30);
  // Filters leave some ways only the other variant.
  EXPECT_EQ(count("variants:\n  - x:\n  - @y:\n      no b0v0\n" + blocks), uint64_t{1} << 30);
  EXPECT_EQ(count("no b0v0..x\nvariants:\n  - x:\n  - @y:\n      no b0v0\n" + blocks),
            uint64_t{1} << 29);
}

}  // namespace
}  // namespace kvmtest::language
