// Which tests are meant, and which filters remove others: whole explanations, as they are printed.
#include "explain_testing.h"

namespace kvmtest::language {
namespace {

TEST(ExplainNames, ByNameShortNameOrFilter) {
  const std::string four = "variants:\n  - a:\n  - b:\nvariants os:\n  - @lin:\n  - win:\n";
  EXPECT_EQ(Explained({.text = four}, "(os=lin).a"),
            "name:       (os=lin).a\n"
            "shortname:  a\n"
            "variants:\n"
            "  main.cfg:5: @(os=lin)\n"
            "  main.cfg:2: a\n"
            "\n"
            "os = 'lin'\n"
            "* main.cfg:5: - @lin:\n"
            "      the variant's name, for 'variants os:' (main.cfg:4)\n");
  EXPECT_EQ(Explained({.text = four}, "win.a"),
            "name:       (os=win).a\n"
            "shortname:  win.a\n"
            "variants:\n"
            "  main.cfg:6: (os=win)\n"
            "  main.cfg:2: a\n"
            "\n"
            "os = 'win'\n"
            "* main.cfg:6: - win:\n"
            "      the variant's name, for 'variants os:' (main.cfg:4)\n");
  EXPECT_EQ(Explained({.text = four}, "lin..b"),
            "name:       (os=lin).b\n"
            "shortname:  b\n"
            "variants:\n"
            "  main.cfg:5: @(os=lin)\n"
            "  main.cfg:3: b\n"
            "\n"
            "os = 'lin'\n"
            "* main.cfg:5: - @lin:\n"
            "      the variant's name, for 'variants os:' (main.cfg:4)\n");
  EXPECT_EQ(Explained({.text = four}, "a"),
            "name:       (os=lin).a\n"
            "shortname:  a\n"
            "variants:\n"
            "  main.cfg:5: @(os=lin)\n"
            "  main.cfg:2: a\n"
            "\n"
            "os = 'lin'\n"
            "* main.cfg:5: - @lin:\n"
            "      the variant's name, for 'variants os:' (main.cfg:4)\n");
  EXPECT_EQ(Explained({.text = "variants:\n  - v0:\n  - v1:\n  - v2:\n  - v3:\n  - v4:\n  - v5:\n"
                               "  - v6:\n  - v7:\n  - v8:\n  - v9:\n  - v10:\n  - v11:\n"
                               "variants os:\n  - @lin:\n  - win:\n"},
                      "lin"),
            "[1]\n"
            "'lin' selects 12 tests; which of them?\n"
            "  (os=lin).v0\n"
            "  (os=lin).v1\n"
            "  (os=lin).v2\n"
            "  (os=lin).v3\n"
            "  (os=lin).v4\n"
            "  (os=lin).v5\n"
            "  (os=lin).v6\n"
            "  (os=lin).v7\n"
            "  (os=lin).v8\n"
            "  (os=lin).v9\n"
            "  and 2 more\n");
}

TEST(ExplainNames, TwoTestsOfOneName) {
  EXPECT_EQ(Explained({.text = "variants:\n  - a:\n      x = 1\n  - a:\n      x = 2\n"}, "a"),
            "name:       a\n"
            "shortname:  a\n"
            "variants:\n"
            "  main.cfg:2: a\n"
            "\n"
            "x = '1'\n"
            "* main.cfg:3: x = 1\n"
            "      in variant 'a' (main.cfg:2)\n"
            "\n"
            "and another test of this name\n"
            "\n"
            "name:       a\n"
            "shortname:  a\n"
            "variants:\n"
            "  main.cfg:4: a\n"
            "\n"
            "x = '2'\n"
            "* main.cfg:5: x = 2\n"
            "      in variant 'a' (main.cfg:4)\n");
}

TEST(ExplainNames, Filters) {
  EXPECT_EQ(
      Explained({.text = "no x..b\nvariants:\n  - a:\n  - b:\nonly a\nvariants:\n  - x:\n"
                         "      no b.c, x.b, b\n  - y:\n"},
                "x.b"),
      "[1]\n"
      "name:       x.b\n"
      "variants:\n"
      "  main.cfg:7: x\n"
      "  main.cfg:4: b\n"
      "\n"
      "Not in the result. Each of these 3 removes it; without all of these lines it is there:\n"
      "* main.cfg:1: no x..b\n"
      "      'x..b' is in the name\n"
      "* main.cfg:5: only a\n"
      "      'a' is not in the name\n"
      "* main.cfg:8: no b.c, x.b, b\n"
      "      'x.b' is in the name\n"
      "      in variant 'x' (main.cfg:7)\n");
  EXPECT_EQ(
      Explained({.text = "variants:\n  - a:\n  - b:\nvariants:\n  - x:\n  - y:\nonly a.x\n"
                         "only a, y\nonly # nothing\n"},
                "x.a"),
      "[1]\n"
      "name:       x.a\n"
      "variants:\n"
      "  main.cfg:5: x\n"
      "  main.cfg:2: a\n"
      "\n"
      "Not in the result. Each of these 2 removes it; without all of these lines it is there:\n"
      "* main.cfg:7: only a.x\n"
      "      'a.x' is in the name, but not side by side and in this order\n"
      "* main.cfg:9: only # nothing\n"
      "      an empty filter matches nothing\n");
  EXPECT_EQ(Explained({.text = "b:\n  !y:\n    only c\na: only y\nvariants:\n  - a:\n  - b:\n"
                               "variants:\n  - x:\n  - y:\n"},
                      "x.b"),
            "[1]\n"
            "name:       x.b\n"
            "variants:\n"
            "  main.cfg:9: x\n"
            "  main.cfg:7: b\n"
            "\n"
            "Not in the result. This removes it; without this line it is there:\n"
            "* main.cfg:3: only c\n"
            "      'c' is not in the name\n"
            "      under 'b:' (main.cfg:1), under '!y:' (main.cfg:2)\n");
  EXPECT_EQ(
      Explained({.text = "variants:\n  - a:\n  - b:\ninclude f.cfg\n",
                 .files = {{"f.cfg", "no b\n"}},
                 .strings = {"only c", "x = 1", "only d"}},
                "b"),
      "[1]\n"
      "name:       b\n"
      "variants:\n"
      "  main.cfg:3: b\n"
      "\n"
      "Not in the result. Each of these 3 removes it; without all of these lines it is there:\n"
      "* f.cfg:1: no b\n"
      "      'b' is in the name\n"
      "* <string>:1: only c\n"
      "      'c' is not in the name\n"
      "      STRING 1 of 3\n"
      "* <string>:1: only d\n"
      "      'd' is not in the name\n"
      "      STRING 3 of 3\n"
      "\n"
      "  f.cfg is included from main.cfg:4\n");
  EXPECT_EQ(
      Explained({.text = "variants:\n  - a:\n      include f.cfg\nvariants:\n  - x:\n"
                         "      include f.cfg\n",
                 .files = {{"f.cfg", "no x\n"}}},
                "x.a"),
      "[1]\n"
      "name:       x.a\n"
      "variants:\n"
      "  main.cfg:5: x\n"
      "  main.cfg:2: a\n"
      "\n"
      "Not in the result. Each of these 2 removes it; without all of these lines it is there:\n"
      "* f.cfg:1: no x\n"
      "      'x' is in the name\n"
      "      as it is included from main.cfg:3\n"
      "      in variant 'a' (main.cfg:2)\n"
      "* f.cfg:1: no x\n"
      "      'x' is in the name\n"
      "      as it is included from main.cfg:6\n"
      "      in variant 'x' (main.cfg:5)\n"
      "\n"
      "  f.cfg is included from main.cfg:3\n"
      "  f.cfg is included from main.cfg:6\n");
}

TEST(ExplainNames, SeveralWays) {
  EXPECT_EQ(
      Explained({.text = "variants:\n  - a:\n      only x\n      only y\n  - a:\n"
                         "      only z\n"},
                "a"),
      "[1]\n"
      "name:       a\n"
      "variants:\n"
      "  main.cfg:5: a\n"
      "\n"
      "Not in the result. This removes it; without this line it is there:\n"
      "* main.cfg:6: only z\n"
      "      'z' is not in the name\n"
      "      in variant 'a' (main.cfg:5)\n"
      "\n"
      "and another way to this name\n"
      "\n"
      "name:       a\n"
      "variants:\n"
      "  main.cfg:2: a\n"
      "\n"
      "Not in the result. Each of these 2 removes it; without all of these lines it is there:\n"
      "* main.cfg:3: only x\n"
      "      'x' is not in the name\n"
      "      in variant 'a' (main.cfg:2)\n"
      "* main.cfg:4: only y\n"
      "      'y' is not in the name\n"
      "      in variant 'a' (main.cfg:2)\n");
}

TEST(ExplainNames, AWayBehindManyThatAreBlocked) {
  EXPECT_EQ(Explained({.text = "variants:\n  - a:\n      only x\n  - a:\n      only x\n  - a:\n"
                               "      only x\n  - a:\n      only x\n  - a:\n      only x\n  - a:\n"
                               "      only x\n  - a:\n      only x\n  - a:\n      only x\n  - a:\n"
                               "      only x\n  - a:\n      only x\n  - a:\n      only x\n  - a:\n"
                               "      only x\n  - a:\n      only x\n  - a:\n      only x\n  - a:\n"
                               "      only x\n  - a:\n      only x\n  - a:\n      only x\n  - a:\n"
                               "      only x\n  - a:\n      only x\n  - a:\n      only x\n  - a:\n"
                               "      y = 1\n"},
                      "a"),
            "name:       a\n"
            "shortname:  a\n"
            "variants:\n"
            "  main.cfg:42: a\n"
            "\n"
            "y = '1'\n"
            "* main.cfg:43: y = 1\n"
            "      in variant 'a' (main.cfg:42)\n");
}

// Filters that keep out the first of very many tests need not keep out the others.
TEST(ExplainNames, TooManyTestsThatAreAllGone) {
  std::string text = Product(4, 10);
  text +=
      "variants:\n  - x:\n    no b0\n    no b3v1\n  - y:\nvariants:\n  - @set:\n"
      "    only b0v5\n    only b0v6\n  - all:\n";
  const std::string said = Explained({.text = text}, "set");
  EXPECT_EQ(said.substr(said.find("  and at least")),
            "  and at least 9990 more\n"
            "\n"
            "There are too many to tell whether one filter keeps out all of them; ask for one by "
            "its name.\n"
            "\n"
            "filters remove every test of variant 'set':\n"
            "  main.cfg:52: without 'only b0v5', 1900 dicts would be left\n"
            "  main.cfg:53: without 'only b0v6', 1900 dicts would be left\n");
}

TEST(ExplainNames, AFilterWhoseTestsAreAllGone) {
  EXPECT_EQ(Explained({.text = "variants:\n  - a:\n  - b:\nvariants os:\n  - @lin:\n  - win:\n"
                               "no a..lin\nno win\nno a\n"},
                      "a"),
            "[1]\n"
            "'a' selects no test; without filters it would select 2:\n"
            "  (os=lin).a\n"
            "  (os=win).a\n"
            "\n"
            "This keeps out all of them:\n"
            "* main.cfg:9: no a\n"
            "      'a' is in the name\n"
            "\n"
            "filters remove every test of variant 'a':\n"
            "  main.cfg:7: without 'no a..lin' and ...\n"
            "  main.cfg:9: ... 'no a', 1 dict would be left\n"
            "  main.cfg:8: without 'no win' and ...\n"
            "  main.cfg:9: ... 'no a', 1 dict would be left\n");
  EXPECT_EQ(
      Explained({.text = "variants:\n  - a:\n  - b:\nvariants os:\n  - @lin:\n  - win:\nno a\n"
                         "no b\n"},
                "lin"),
      "[1]\n"
      "'lin' selects no test; without filters it would select 2:\n"
      "  (os=lin).a\n"
      "  (os=lin).b\n"
      "\n"
      "No one filter keeps out all of them; ask for one by its name.\n"
      "\n"
      "filters remove every test of variant 'lin':\n"
      "  main.cfg:7: without 'no a', 1 dict would be left\n"
      "  main.cfg:8: without 'no b', 1 dict would be left\n");
  // Of a filter that is no variant, or of a name of several.
  for (const char* asked : {"lin..q", "q"})
    EXPECT_EQ(Explained({.text = "variants:\n  - a:\n  - b:\nvariants:\n  - q:\n  - q:\n"
                                 "variants os:\n  - @lin:\nno a\nno b\n"},
                        asked),
              fmt::format("[1]\n"
                          "'{}' selects no test; without filters it would select 4:\n"
                          "  (os=lin).q.a\n"
                          "  (os=lin).q.b\n"
                          "  and 2 more\n"
                          "\n"
                          "No one filter keeps out all of them; ask for one by its name.\n",
                          asked));
  EXPECT_EQ(Explained({.text = "variants:\n  - a:\n  - b:\nvariants os:\n  - @lin:\n  - win:\n"
                               "no a..lin\n"},
                      "a.lin, lin.a"),
            "[1]\n"
            "name:       (os=lin).a\n"
            "variants:\n"
            "  main.cfg:5: @(os=lin)\n"
            "  main.cfg:2: a\n"
            "\n"
            "Not in the result. This removes it; without this line it is there:\n"
            "* main.cfg:7: no a..lin\n"
            "      'a..lin' is in the name\n");
}

}  // namespace
}  // namespace kvmtest::language
