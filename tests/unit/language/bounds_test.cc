// What a few lines could ask for without end: an error with its place, and little memory on the
// way.
#include "language/bounds.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "language/config_impl.h"
#include "language_testing.h"

namespace kvmtest::language {
namespace {

std::string Repeated(const std::string& text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

// The first line of what is said about it, and how many dicts there were.
std::string ExpandWithin(const Bounds& bounds, const std::string& text,
                         Dialect dialect = Dialect::kModern) {
  MemoryReader reader;
  reader.Add("main.cfg", text);
  Diagnostics diagnostics;
  auto config = ParseConfig(reader, {.path = "main.cfg", .dialect = dialect}, diagnostics);
  int count = 0;
  Expand(
      *config, {.bounds = bounds}, [&](const Dict&) { return ++count < 100; }, diagnostics);
  std::string messages = diagnostics.Render(config->sources());
  return fmt::format("{} {}", count, messages.substr(0, messages.find('\n')));
}

TEST(Bounds, ValuesThatDoubleAreAnError) {
  struct Case {
    const char* line;
    int number;  // of the line where it is enough
  };
  for (const Case& t : {
           Case{"x = ${x}${x}\n", 8},
           Case{"x += ${x}\n", 8},
           Case{"x <= ${x}\n", 8},
           Case{"x ?+= ${x}\n", 8},
           Case{".* ?= ${x}${x}\n", 8},
           Case{"x = ${x}${x}${x}${x}${x}${x}\n", 4},
       })
    EXPECT_EQ(ExpandWithin({.made_bytes = 1000}, "x = 12345678\n" + Repeated(t.line, 60)),
              fmt::format("0 main.cfg:{}:1: error: the values that operators make for one dict are "
                          "longer than 1000 bytes together",
                          t.number))
        << t.line;
}

TEST(Bounds, ATextSetToManyKeysIsAnError) {
  std::string text;
  for (int i = 0; i < 100; ++i) text += fmt::format("k{} = 1\n", i);
  text += "k.* ?= " + std::string(100, 'x') + "\n";
  for (Dialect dialect : {Dialect::kModern, Dialect::k2009})
    EXPECT_EQ(
        ExpandWithin({.made_bytes = 1000}, text, dialect),
        "0 main.cfg:101:1: error: the values that operators make for one dict are longer than "
        "1000 bytes together");
}

// What was replaced does not count; what the text itself says does not either.
TEST(Bounds, OnlyWhatIsLeftCounts) {
  const std::string x = "x = " + std::string(500, 'x') + "\n";
  for (const std::string& text : {
           x + Repeated("y = ${x}\n", 1000),
           x + Repeated("y = ${x}\ny += 1\ny = 2\n", 1000),
           "y = 1\n" + Repeated("y = ${y}1\n", 900),
           Repeated("y += $\n", 900),
           Repeated("y += 1\n", 900),
           Repeated("y <= 1\n", 900),
           x + Repeated("y = ${x}\nz = 1${x}\nz = 2\ndel y\n", 1000),
           x + "variants:\n  - a:\n      suffix _s\n" + Repeated("y = ${x}\n", 1000),
       })
    EXPECT_EQ(ExpandWithin({.made_bytes = 1000}, text), "1 ") << text;
}

// 2^30 includes of nothing but includes.
TEST(Bounds, IncludesThatMultiplyAreAnError) {
  for (Dialect dialect : {Dialect::kModern, Dialect::k2009}) {
    MemoryReader reader;
    for (int i = 0; i < 30; ++i)
      reader.Add(fmt::format("{}.cfg", i),
                 fmt::format("include {0}.cfg\ninclude {0}.cfg\n", i + 1));
    reader.Add("30.cfg", "");
    Diagnostics diagnostics;
    auto config = ParseConfig(
        reader, {.path = "0.cfg", .dialect = dialect, .max_included_lines = 1000}, diagnostics);
    EXPECT_EQ(diagnostics.Render(config->sources()),
              "25.cfg:1:9: error: more than 1000 lines are included\n"
              "    1 | include 26.cfg\n"
              "      |         ^~~~~~\n"
              "24.cfg:2: note: included from here\n"
              "23.cfg:1: note: included from here\n"
              "22.cfg:1: note: included from here\n"
              "21.cfg:1: note: included from here\n"
              "20.cfg:1: note: included from here\n"
              "19.cfg:1: note: included from here\n"
              "note: 17 more includes are left out here\n"
              "1.cfg:1: note: included from here\n"
              "0.cfg:1: note: included from here\n");
    EXPECT_EQ(diagnostics.error_count(), 1u);
  }
}

// A suffix gives every key a new name, on every path other ones.
TEST(Bounds, KeysThatSuffixesMakeAreForgottenOrAnError) {
  std::string text = "x = 1\ny = 2\nz = 3\nvariants:\n  - c:\n    suffix _c\nx = 4\n";
  for (int i = 0; i < 12; ++i)
    text += fmt::format("variants:\n  - a{0}:\n    suffix _a{0}\n  - b{0}:\n    suffix _b{0}\n", i);
  EXPECT_EQ(ExpandWithin({.made_bytes = 5000}, text),
            "0 main.cfg:25:5: error: the keys that suffixes make are longer than 5000 bytes "
            "together");
  // The walk for joins makes its dicts in another way; one of a single side is an only.
  MemoryReader reader;
  reader.Add("main.cfg", text);
  std::string dicts[2];
  for (bool joins : {false, true}) {
    Diagnostics diagnostics;
    if (joins) reader.Add("main.cfg", text + "join c\n");
    auto config = ParseConfig(reader, {.path = "main.cfg"}, diagnostics);
    ExpandJson(
        *config, {}, [&](std::string_view lines) { return !(dicts[joins] += lines).empty(); },
        diagnostics);
    EXPECT_EQ(std::count(dicts[joins].begin(), dicts[joins].end(), '\n'), 4096);
  }
  EXPECT_TRUE(dicts[0] == dicts[1]);
}

// Thirty blocks of two, and clauses that no choice among them satisfies.
std::string Puzzle() {
  std::string text;
  for (int i = 0; i < 30; ++i) text += fmt::format("variants:\n  - a{0}:\n  - b{0}:\n", i);
  uint32_t state = 1;
  auto pick = [&state](uint32_t n) { return (state = state * 1664525 + 1013904223) / 65536 % n; };
  for (int i = 0; i < 300; ++i) {
    text += "only";
    for (int k = 0; k < 3; ++k) text += fmt::format(" {}{}", "ab"[pick(2)], pick(30));
    text += '\n';
  }
  return text;
}

TEST(Bounds, FiltersThatAreAPuzzleAreGivenUp) {
  const auto message = [](int steps) {
    return fmt::format(
        "error: no dict was found in {} steps; the filters leave too few combinations, or none",
        steps);
  };
  const std::string hint =
      "hint: filters take effect soonest right behind the blocks that they speak of\n";
  const Bounds bounds = {.steps = 20'000};
  for (const char* more : {"", "join a1 b1\n"})
    EXPECT_EQ(ExpandWithin(bounds, Puzzle() + more), "0 " + message(20'000)) << more;
  Parsed parsed(Puzzle());
  EXPECT_FALSE(ExpandNames(*parsed.config, [](std::string_view) { return true; },
                           parsed.diagnostics, {.bounds = bounds}));
  EXPECT_EQ(parsed.Messages(),
            message(20'000) +
                "\nmain.cfg:130:1: note: this filter cut off 9 of the ways tried\n"
                "main.cfg:301:1: note: this filter cut off 4 of the ways tried\n"
                "main.cfg:113:1: note: this filter cut off 3 of the ways tried\n" +
                hint);
  Parsed counted(Puzzle());
  EXPECT_EQ(CountDicts(*counted.config, counted.diagnostics, {.steps = 100}), std::nullopt);
  EXPECT_EQ(counted.Messages(), message(3'000) + "\n" + hint);
}

// Steps are counted from the last dict.
TEST(Bounds, ALongWalkHasPatienceForEveryDict) {
  std::string text;
  for (int i = 0; i < 10; ++i) text += fmt::format("variants:\n  - a{0}:\n  - b{0}:\n", i);
  for (const char* more : {"no a1..b1\n", "variants:\n  - c:\n    join a1 b1\n  - d:\nonly d\n"}) {
    Parsed parsed(text + more);
    int count = 0;
    EXPECT_TRUE(ExpandNames(*parsed.config, [&](std::string_view) { return ++count > 0; },
                            parsed.diagnostics, {.bounds = {.steps = 300}}));
    EXPECT_EQ(count, 1024) << more;
  }
}

// Walks are recursive; so many blocks are an error, and one fewer is none.
TEST(Bounds, LongNamesAreAnError) {
  const std::string at_most = Repeated("variants:\n - a:\n", 2000);
  for (const std::string& text : {at_most, at_most + "join a (a)\n"})
    EXPECT_EQ(Parsed(text).Messages(), "") << text.size();
  EXPECT_EQ(ExpandWithin({}, at_most), "1 ");
  EXPECT_EQ(Parsed(at_most + "join a\n").Names().size(), 3999u);
  EXPECT_EQ(Parsed(Repeated("variants:\n - a:\n - a.b:\n", 1500)).Messages(),
            "main.cfg:3001:1: error: names get longer than 2000 labels here\n"
            " 3001 | variants:\n"
            "      | ^~~~~~~~\n");
  EXPECT_EQ(Parsed("variants:\n  - " + Repeated("a.", 2000) + "a:\n").diagnostics.all().size(), 1u);
}

TEST(Bounds, JoinsOfManySidesAreAnError) {
  auto join = [](int sides) {
    std::string variants = "variants:\n", filter = "join";
    for (int i = 0; i < sides; ++i) {
      variants += fmt::format("    - v{}x:\n", i);
      filter += fmt::format(" v{}x", i);
    }
    return ExpandWithin({}, variants + filter + "\n");
  };
  EXPECT_EQ(join(600), "1 ");
  EXPECT_EQ(join(1000), "0 main.cfg:1002:1: error: too many sides are joined to one dict");
}

// A pattern that is folded into the run before it is compared with all keys of the run.
TEST(Bounds, PatternsOverLongRunsTakeNoTimeOrAreAnError) {
  EXPECT_EQ(Parsed(Repeated("a = 1\n", 50000) + Repeated("a ?= 2\n", 50000)).Messages(), "");
  std::string run = "a.* = 1\n";
  for (int i = 0; i < 9999; ++i) run += fmt::format("b{} = 1\n", i);
  EXPECT_EQ(Parsed(run + Repeated("a.* ?= 1\n", 500)).Messages(), "");
  EXPECT_EQ(Parsed(run + Repeated("a.* ?= 1\n", 501)).Messages(),
            "main.cfg:10501:1: error: patterns were compared with more than 5000000 keys while "
            "reading\n"
            "10501 | a.* ?= 1\n"
            "      | ^~~~~~~~\n");
}

// Text between them must not be copied again and again.
TEST(Bounds, ManyIncludesTakeMemoryInProportion) {
  std::vector<std::pair<std::string, std::string>> files = {{"a.cfg", "x = 1\n"}};
  Parsed parsed(Repeated("y = 2\ninclude a.cfg\n", 20000), Dialect::kModern, files);
  EXPECT_EQ(parsed.Messages(), "");
  size_t bytes = parsed.config->impl().tree.arena.bytes();
  EXPECT_LT(bytes, 40000 * sizeof(Item) * 3);
}

}  // namespace
}  // namespace kvmtest::language
