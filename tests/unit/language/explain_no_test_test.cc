// Names that are no test, but for filters: whole explanations, as they are printed.
#include <fmt/format.h>

#include "explain_testing.h"

namespace kvmtest::language {
namespace {

TEST(ExplainNoTest, Defaults) {
  EXPECT_EQ(Explained({.text = "variants os:\n  - @lin:\n      no c\n  - win:\nvariants:\n  - a:\n"
                               "  - @b:\n  - c:\n",
                       .defaults = true},
                      "a.(os=lin)"),
            "[1]\n"
            "name:       a.(os=lin)\n"
            "variants:\n"
            "  main.cfg:6: a\n"
            "  main.cfg:2: @(os=lin)\n"
            "\n"
            "Not in the result, because of:\n"
            "  main.cfg:7: - @b:\n"
            "      with --defaults only 'b' is taken of this block\n");
  EXPECT_EQ(Explained({.text = "variants os:\n  - @lin:\n      no b\n  - win:\nvariants:\n  - a:\n"
                               "  - @b:\n  - c:\n",
                       .defaults = true},
                      "b"),
            "name:       b.(os=win)\n"
            "shortname:  win\n"
            "variants:\n"
            "  main.cfg:7: @b\n"
            "  main.cfg:4: (os=win)\n"
            "\n"
            "os = 'win'\n"
            "* main.cfg:4: - win:\n"
            "      the variant's name, for 'variants os:' (main.cfg:1)\n");
  EXPECT_EQ(
      Explained({.text = "variants os:\n  - @lin:\n  - win:\n      only c\n", .defaults = true},
                "win"),
      "[1]\n"
      "name:       (os=win)\n"
      "variants:\n"
      "  main.cfg:3: (os=win)\n"
      "\n"
      "Not in the result, because of:\n"
      "* main.cfg:4: only c\n"
      "      'c' is not in the name\n"
      "      in variant '(os=win)' (main.cfg:3)\n"
      "  main.cfg:2: - @lin:\n"
      "      with --defaults only '(os=lin)' is taken of this block\n");
  EXPECT_EQ(Explained({.text = "variants:\n  - a:\n  - b:\nvariants:\n  - @x:\n  - y:\n",
                       .defaults = true},
                      "y"),
            "[1]\n"
            "'y' selects no test; without filters and --defaults it would select 2:\n"
            "  y.a\n"
            "  y.b\n"
            "\n"
            "No one filter keeps out all of them, but --defaults may; ask for one by its name.\n");
  EXPECT_EQ(Explained({.text = "variants:\n  - one:\n  - two:\nvariants:\n  - @x:\n  - y:\n"
                               "variants:\n  - t:\n      join one two\n",
                       .defaults = true},
                      "t.y.one.two"),
            "[1]\n"
            "name:       t.y.one.two\n"
            "variants:\n"
            "  main.cfg:8: t\n"
            "  main.cfg:6: y\n"
            "  main.cfg:2: one\n"
            "  main.cfg:3: two\n"
            "joined of:\n"
            "      t.y.one\n"
            "      t.y.two\n"
            "\n"
            "Not in the result, because of:\n"
            "  main.cfg:5: - @x:\n"
            "      with --defaults only 'x' is taken of this block\n");
}

TEST(ExplainNoTest, Joins) {
  EXPECT_EQ(Explained({.text = "variants:\n  - a:\n  - b:\nvariants:\n  - t:\n      join a b\n"
                               "  - u:\n"},
                      "t.a"),
            "[1]\n"
            "name:       t.a\n"
            "variants:\n"
            "  main.cfg:5: t\n"
            "  main.cfg:2: a\n"
            "\n"
            "Not in the result, because of:\n"
            "  main.cfg:6: join a b\n"
            "      makes tests of several names; this one is but a part\n"
            "      in variant 't' (main.cfg:5)\n");
  EXPECT_EQ(Explained({.text = "variants:\n  - one:\n  - two:\n      no y\nvariants:\n  - x:\n"
                               "  - y:\nvariants:\n  - t:\n      join one two\n"},
                      "t.x.one.y.two"),
            "[1]\n"
            "name:       t.x.one.y.two\n"
            "variants:\n"
            "  main.cfg:9: t\n"
            "  main.cfg:6: x\n"
            "  main.cfg:2: one\n"
            "  main.cfg:7: y\n"
            "  main.cfg:3: two\n"
            "joined of:\n"
            "      t.x.one\n"
            "      t.y.two\n"
            "\n"
            "Not in the result. This removes it; without this line it is there:\n"
            "* main.cfg:4: no y\n"
            "      'y' is in the name\n"
            "      in variant 'two' (main.cfg:3)\n");
  EXPECT_EQ(
      Explained({.text = "variants:\n  - a:\n  - b:\nvariants:\n  - t:\n      join a\n"}, "t.b"),
      "[1]\n"
      "name:       t.b\n"
      "variants:\n"
      "  main.cfg:5: t\n"
      "  main.cfg:3: b\n"
      "\n"
      "Not in the result. This removes it; without this line it is there:\n"
      "* main.cfg:6: join a\n"
      "      'a' is not in the name\n"
      "      in variant 't' (main.cfg:5)\n");
  EXPECT_EQ(Explained({.text = "variants:\n  - o1:\n  - o2:\nvariants:\n  - one:\n  - two:\n"
                               "  - three:\nvariants:\n  - t:\n      join one two three\n"},
                      "t.one.o2.two.o1.three.o1"),
            "[1]\n"
            "name:       t.one.o2.two.o1.three.o1\n"
            "variants:\n"
            "  main.cfg:9: t\n"
            "  main.cfg:5: one\n"
            "  main.cfg:3: o2\n"
            "  main.cfg:6: two\n"
            "  main.cfg:2: o1\n"
            "  main.cfg:7: three\n"
            "joined of:\n"
            "      t.one.o2\n"
            "      t.two.o1\n"
            "      t.three.o1\n"
            "\n"
            "Not in the result, because of:\n"
            "  main.cfg:10: join one two three\n"
            "      of three or more: from the second test of its first part on, the third must "
            "also match what selects the second\n"
            "      in variant 't' (main.cfg:9)\n");
  EXPECT_EQ(Explained({.text = "variants:\n  - a:\n  - b:\nvariants:\n  - t:\n      join a b\n"},
                      "t.b.a"),
            "[1]\n"
            "'t.b.a' is not the name of a test, with or without filters\n"
            "\n"
            "'b' and 'a' exclude each other\n"
            "  main.cfg:1: only a join has two of this block\n"
            "  main.cfg:3: 'b' is one of its variants\n"
            "  main.cfg:2: 'a' is one of its variants\n"
            "\n"
            "Tests with these labels:\n"
            "  t.a.b\n");
}

TEST(ExplainNoTest, UnknownLabels) {
  EXPECT_EQ(Explained({.text = "variants:\n  - a:\n  - b:\nvariants os:\n  - @lin:\n  - win:\n"},
                      "(os=linn).a"),
            "[1]\n"
            "'(os=linn).a' is not the name of a test, with or without filters\n"
            "\n"
            "no variant is named '(os=linn)'\n"
            "  main.cfg:5: did you mean '(os=lin)'?\n"
            "\n"
            "Tests with these labels:\n"
            "  (os=lin).a\n");
  EXPECT_EQ(Explained({.text = "variants:\n  - a:\n  - b:\nvariants os:\n  - @lin:\n  - win:\n"},
                      "(so=win).a"),
            "[1]\n"
            "'(so=win).a' is not the name of a test, with or without filters\n"
            "\n"
            "no variant is named '(so=win)'\n"
            "  main.cfg:6: did you mean '(os=win)'?\n"
            "\n"
            "Tests with these labels:\n"
            "  (os=win).a\n");
  EXPECT_EQ(Explained({.text = "variants:\n  - a:\n  - b:\nvariants os:\n  - @lin:\n  - win:\n"},
                      "nothing.like.it"),
            "[1]\n"
            "'nothing.like.it' is not the name of a test, with or without filters\n"
            "\n"
            "no variant is named 'nothing'\n"
            "\n"
            "no variant is named 'like'\n"
            "\n"
            "no variant is named 'it'\n"
            "\n"
            "tests of this configuration are called, for example:\n"
            "  (os=lin).a\n"
            "  (os=lin).b\n"
            "  (os=win).a\n");
  EXPECT_EQ(Explained({.text = "only c\nvariants:\n  - a:\n  - b:\n"}, "x"),
            "[1]\n"
            "'x' is not the name of a test, with or without filters\n"
            "\n"
            "no variant is named 'x'\n"
            "\n"
            "filters remove every test of this configuration:\n"
            "  main.cfg:1: without 'only c', 2 dicts would be left\n");
  EXPECT_EQ(
      Explained({.text = "variants:\n  - a:\n  - b:\nvariants os:\n  - @lin:\n  - win:\n"}, "..."),
      "[1]\n"
      "'...' is not the name of a test, with or without filters\n"
      "\n"
      "tests of this configuration are called, for example:\n"
      "  (os=lin).a\n"
      "  (os=lin).b\n"
      "  (os=win).a\n");
}

TEST(ExplainNoTest, AConfigurationWithoutTests) {
  const char* const kUnknown =
      "[1]\n"
      "'x' is not the name of a test, with or without filters\n"
      "\n"
      "no variant is named 'x'\n"
      "\n";
  EXPECT_EQ(
      Explained({.text = "variants:\n  - a:\n  - b:\nno a\nonly a\n", .dialect = Dialect::k2009},
                "x"),
      std::string(kUnknown) +
          "filters remove every test of this configuration:\n"
          "  main.cfg:4: without 'no a', 1 dict would be left\n"
          "  main.cfg:5: without 'only a', 1 dict would be left\n");
  EXPECT_EQ(Explained({.text = "variants:\n", .dialect = Dialect::k2009}, "x"),
            std::string(kUnknown) + "this configuration has no tests at all\n");
  // Too many filters would have to go together.
  EXPECT_EQ(Explained({.text = "no a\nno b\nno c\nno d\nno e\nvariants:\n  - a.b.c.d.e:\n"}, "x"),
            std::string(kUnknown) + "filters remove every test of this configuration\n");
}

TEST(ExplainNoTest, AConfigurationWithoutVariants) {
  for (Dialect dialect : {Dialect::kModern, Dialect::k2009})
    EXPECT_EQ(Explained({.text = "x = 1\n", .dialect = dialect}, "a"),
              "[1]\n"
              "'a' is not the name of a test, with or without filters\n"
              "\n"
              "no variant is named 'a'\n"
              "\n"
              "tests of this configuration are called, for example:\n"
              "  '' (there are no variants)\n");
}

// What stands behind the end of a line would be an alternative, or nothing at all.
TEST(ExplainNoTest, AFilterIsOneLine) {
  const std::string text = "variants:\n  - a:\n  - b:\n";
  for (Dialect dialect : {Dialect::kModern, Dialect::k2009}) {
    for (const auto& [name, shown] : {
             std::pair("a\nc", "a\\x0ac"),
             std::pair("a\n", "a\\x0a"),
             std::pair("a\r\nc", "a\\x0d\\x0ac"),
             std::pair("a\vc", "a\\x0bc"),
             std::pair("\u2028a", "\u2028a"),
         }) {
      std::string told = Explained({.text = text, .dialect = dialect}, name);
      const std::string expected = fmt::format(
          "[1]\n'{0}' is not the name of a test, with or without filters\n"
          "\n"
          "no variant is named '{0}'\n",
          shown);
      EXPECT_EQ(told.substr(0, expected.size()), expected);
    }
  }
}

TEST(ExplainNoTest, LabelsThatDoNotGoTogether) {
  EXPECT_EQ(Explained({.text = "variants:\n  - a:\n  - b:\nvariants os:\n  - @lin:\n  - win:\n"},
                      "(os=lin).a.b"),
            "[1]\n"
            "'(os=lin).a.b' is not the name of a test, with or without filters\n"
            "\n"
            "'a' and 'b' exclude each other\n"
            "  main.cfg:1: no test has two of this block\n"
            "  main.cfg:2: 'a' is one of its variants\n"
            "  main.cfg:3: 'b' is one of its variants\n");
  EXPECT_EQ(Explained({.text = "variants:\n  - a:\n      variants:\n        - c:\n        - d:\n"
                               "  - b:\n      variants:\n        - e:\n"},
                      "d.e"),
            "[1]\n"
            "'d.e' is not the name of a test, with or without filters\n"
            "\n"
            "'d' and 'e' exclude each other\n"
            "  main.cfg:1: no test has two of this block\n"
            "  main.cfg:2: 'd' stands in its variant 'a'\n"
            "  main.cfg:6: 'e' stands in its variant 'b'\n");
  EXPECT_EQ(Explained({.text = "variants:\n  - a:\n      variants:\n        - p:\n  - b:\n"
                               "      variants:\n        - q:\n  - c:\n      variants:\n"
                               "        - p:\n        - q:\nvariants:\n  - d:\n      variants:\n"
                               "        - q:\n        - r:\n"},
                      "p.b.r.q"),
            "[1]\n"
            "'p.b.r.q' is not the name of a test, with or without filters\n"
            "\n"
            "'p' and 'b' exclude each other\n"
            "  main.cfg:1: no test has two of this block\n"
            "  main.cfg:2: 'p' stands in its variant 'a'\n"
            "  main.cfg:5: 'b' is one of its variants\n");
}

TEST(ExplainNoTest, AnyTwoOfTheLabelsGoTogetherButNotAll) {
  EXPECT_EQ(Explained({.text = "variants:\n  - x0:\n      variants:\n        - p:\n"
                               "      variants:\n        - q:\n  - x1:\n      variants:\n"
                               "        - q:\n      variants:\n        - r:\n  - x2:\n"
                               "      variants:\n        - p:\n      variants:\n        - r:\n"},
                      "p.q.r"),
            "[1]\n"
            "'p.q.r' is not the name of a test, with or without filters\n"
            "\n"
            "no name has all of 'p', 'q', 'r'\n");
}

TEST(ExplainNoTest, LabelsInAnotherOrder) {
  EXPECT_EQ(Explained({.text = "variants:\n  - a:\n  - b:\nvariants:\n  - x:\n  - y:\nvariants:\n"
                               "  - t:\n  - u:\n"},
                      "a.x"),
            "[1]\n"
            "'a.x' is not the name of a test, with or without filters\n"
            "\n"
            "Tests with these labels:\n"
            "  t.x.a\n"
            "  u.x.a\n");
  EXPECT_EQ(
      Explained({.text = "variants:\n  - a:\n  - b:\nvariants os:\n  - @lin:\n  - win:\nno a\n"},
                "a.(os=lin)"),
      "[1]\n"
      "'a.(os=lin)' is not the name of a test, with or without filters\n"
      "\n"
      "Names with these labels, all kept out by filters:\n"
      "  (os=lin).a\n");
}

}  // namespace
}  // namespace kvmtest::language
