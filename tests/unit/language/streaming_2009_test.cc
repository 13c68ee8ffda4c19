// Dicts of the 2009 dialect come one by one, and are the same however few of them are held in
// memory on the way.
#include <fmt/format.h>

#include <algorithm>

#include "language_testing.h"
#include "random_config.h"

namespace kvmtest::language {
namespace {

// Dicts as lines, and messages.
std::string Expanded(const std::string& text, const Bounds& bounds) {
  Parsed parsed(text, Dialect::k2009);
  std::string out;
  ExpandJson(
      *parsed.config, {.bounds = bounds},
      [&out](std::string_view lines) {
        out += lines;
        return true;
      },
      parsed.diagnostics);
  return out + parsed.Messages();
}

std::string Names(const std::string& text, const Bounds& bounds) {
  Parsed parsed(text, Dialect::k2009);
  std::string out;
  ExpandNames(*parsed.config,
              [&out](std::string_view name) {
                out += (out.empty() ? "" : " ") + std::string(name);
                return true;
              },
              parsed.diagnostics, {.bounds = bounds});
  return parsed.diagnostics.HasErrors() ? parsed.Messages() : out;
}

// None of them, a few, most.
constexpr size_t kRooms[] = {0, 1000, 4000};

std::string Product(int blocks, const std::string& between = "") {
  std::string out;
  for (int b = 0; b < blocks; ++b)
    out += fmt::format("variants:\n  - a{0}:\n    x += a{0}\n  - b{0}:\n{1}", b, between);
  return out;
}

TEST(Streaming2009, KeepsTheOrder) {
  struct Case {
    const char* text;
    const char* names;
  };
  const Case kCases[] = {
      {"variants:\n  - a:\n  - b:\nvariants:\n  - c:\n  - d:\n", "c.a c.b d.a d.b"},
      {"variants:\n  - a:\n  - b:\nno a\nvariants:\n  - c:\n  - d:\n    only x\n  - e:\n",
       "c.b e.b"},
      {"variants:\n  - t:\n    variants:\n      - a:\n      - b:\n    variants:\n      - c:\n"
       "      - d:\n  - u:\n",
       "t.c.a t.c.b t.d.a t.d.b u"},
      {"variants:\n  - a:\n  - b:\nb:\n    subvariants:\n      - s:\n      - t:\n"
       "variants:\n  - e:\n  - f:\n",
       "e.a e.b.s e.b.t f.a f.b.s f.b.t"},
      {"variants:\n  - a:\n  - b:\nsubvariants:\n  - s:\n  - t:\n    subvariants:\n      - u:\n"
       "      - v:\nvariants:\n  - e:\n  - f:\n",
       "e.a.s e.a.t.u e.a.t.v e.b.s e.b.t.u e.b.t.v f.a.s f.a.t.u f.a.t.v f.b.s f.b.t.u f.b.t.v"},
      {"variants:\n  - a:\n  - b:\nvariants:\nvariants:\n  - c:\n  - d:\n", ""},
      {"variants:\n  - a:\n  - b:\nb:\n    subvariants:\nvariants:\n  - c:\n  - d:\n", "c.a d.a"},
  };
  for (const Case& c : kCases) {
    EXPECT_EQ(Names(c.text, {}), c.names) << c.text;
    for (size_t room : kRooms) EXPECT_EQ(Names(c.text, {.held_bytes = room}), c.names) << c.text;
  }
}

TEST(Streaming2009, IsTheSameWithoutRoom) {
  for (uint32_t seed = 1; seed <= 400; ++seed) {
    RandomConfig config(seed, Dialect::k2009, /*subs=*/true);
    auto any = [&] { return config.random().Below(config.variants() + 1) - 1; };
    std::vector<std::string> statements = {
        config.random().OneIn(2) ? "no " + config.Word() : "x += 1",
        config.Word() + ":",
        "    subvariants:",
        "      - " + config.Label() + ": " + config.Label(),
        "        y = 1",
        "      - " + config.Label() + ":"};
    std::string text = config.With(any(), statements);
    std::string all = Expanded(text, {});
    for (size_t room : kRooms) ASSERT_EQ(Expanded(text, {.held_bytes = room}), all) << text;
  }
}

// The first of 2^40 dicts, and the one that filters leave of many blocks, only the last 1000
// of which are streamed through.
TEST(Streaming2009, ManyBlocks) {
  MemoryReader reader;
  reader.Add("main.cfg", Product(30));
  Diagnostics diagnostics;
  auto config = ParseConfig(reader, {.path = "main.cfg", .dialect = Dialect::k2009}, diagnostics);
  int count = 0;
  ExpandNames(*config, [&](std::string_view) { return ++count < 5; }, diagnostics,
              {.max_dicts = 0});
  EXPECT_EQ(count, 5);
  std::string filtered;
  for (int b = 0; b < 1100; ++b) filtered += fmt::format("variants:\n  - a:\n  - b:\nno b\n");
  std::string names = Names(filtered, {});
  EXPECT_EQ(std::count(names.begin(), names.end(), 'a'), 1100) << names;
  EXPECT_EQ(names.size(), 2199u) << names;
}

// Each block would be run four times for each dict that comes out of the next.
TEST(Streaming2009, WhatFiltersLeaveOfManyIsHeld) {
  std::string text = Product(10);
  for (int b = 0; b < 20; ++b)
    text +=
        fmt::format("variants:\n  - c:\n  - d:\n  - e:\n  - f:\nonly {}\n", b % 2 ? "^c" : "^f");
  for (size_t room : {200'000, 400'000}) {
    std::string names = Names(text, {.steps = 20'000'000, .held_bytes = room});
    EXPECT_EQ(std::count(names.begin(), names.end(), ' '), 1023) << names.substr(0, 200) << room;
  }
}

// Where 'depend' is assigned, nobody knows before what later filters leave.
TEST(Streaming2009, FiltersThatLeaveNothingOfAProductAreGivenUp) {
  EXPECT_EQ(Names(Product(10) + "no a0|b0\ndepend = x\nk = 1\n", {.steps = 3'000}),
            "main.cfg:42:1: warning: this changes 'depend', which belongs to the language "
            "[-Wreserved-key]\n   42 | depend = x\n      | ^~~~~~\n"
            "error: no dict was found in 3000 steps; the filters leave too few combinations, or "
            "none\nmain.cfg:41:4: note: this filter cut off 448 of the ways tried\n"
            "hint: filters take effect soonest right behind the blocks that they speak of\n");
}

// Their texts are the dicts' own.
TEST(Streaming2009, DependAsText) {
  std::string text = Product(3) + "depend = x\ndepend += y\n";
  std::string all = Expanded(text, {});
  EXPECT_NE(all.find("\"depend\":\"xy\""), std::string::npos);
  EXPECT_EQ(Expanded(text, {.held_bytes = 0}), all);
}

}  // namespace
}  // namespace kvmtest::language
