// Why params have their values: suffixes, limits, joins, places; whole explanations, as they are
// printed.
#include "explain_testing.h"

namespace kvmtest::language {
namespace {

TEST(ExplainMore, LongValuesAreShownWholeOnce) {
  EXPECT_EQ(Explained({.text = "a = "
                               "0123456789012345678901234567890123456789012345678901234567890123456"
                               "789012345678901234567890123456789012345678901234567890123456789é\n"
                               "x = ${a}\nx += 1\nx += 2\n"},
                      "", "x"),
            "name:       '' (there are no variants)\n"
            "\n"
            "x = "
            "'0123456789012345678901234567890123456789012345678901234567890123456789012345678901234"
            "567890123456789012345678901234567890123456789é12'\n"
            "* main.cfg:2: x = ${a}\n"
            "      ${a} is "
            "'0123456789012345678901234567890123456789012345678901234567890123456789012345678901234"
            "56789012345678901234567890123456789...' (main.cfg:1)\n"
            "      makes it "
            "'0123456789012345678901234567890123456789012345678901234567890123456789012345678901234"
            "56789012345678901234567890123456789...'\n"
            "* main.cfg:3: x += 1\n"
            "      makes it "
            "'0123456789012345678901234567890123456789012345678901234567890123456789012345678901234"
            "56789012345678901234567890123456789...'\n"
            "* main.cfg:4: x += 2\n");
}

TEST(ExplainMore, Suffixes) {
  EXPECT_EQ(Explained({.text = "g = 1\nvariants:\n  - a:\n      bar = 2\n      g += 0\n"
                               "      suffix _a\nbar = 3\nbar += 4\n"},
                      "a"),
            "name:       a\n"
            "shortname:  a\n"
            "variants:\n"
            "  main.cfg:3: a\n"
            "\n"
            "bar = '34'\n"
            "  main.cfg:4: bar = 2\n"
            "      in variant 'a' (main.cfg:3)\n"
            "      overridden by main.cfg:7\n"
            "  main.cfg:6: suffix _a\n"
            "      in variant 'a' (main.cfg:3)\n"
            "      renames 'bar' to 'bar_a'\n"
            "      overridden by main.cfg:7\n"
            "* main.cfg:7: bar = 3\n"
            "* main.cfg:8: bar += 4\n"
            "\n"
            "bar_a = '2'\n"
            "* main.cfg:4: bar = 2\n"
            "      in variant 'a' (main.cfg:3)\n"
            "* main.cfg:6: suffix _a\n"
            "      in variant 'a' (main.cfg:3)\n"
            "      renames 'bar' to 'bar_a'\n"
            "\n"
            "g = '10'\n"
            "* main.cfg:1: g = 1\n"
            "* main.cfg:5: g += 0\n"
            "      in variant 'a' (main.cfg:3)\n"
            "  main.cfg:6: suffix _a\n"
            "      in variant 'a' (main.cfg:3)\n"
            "      renames 'g' to 'g_a'\n"
            "      'g_a' is called 'g' because all values of 'g' with a suffix are the same\n");
  EXPECT_EQ(
      Explained({.text = "bar = 2\nvariants:\n  - a:\n      suffix _a\n"}, "a", "bar"),
      "name:       a\n"
      "shortname:  a\n"
      "variants:\n"
      "  main.cfg:3: a\n"
      "\n"
      "bar = '2'\n"
      "* main.cfg:1: bar = 2\n"
      "  main.cfg:4: suffix _a\n"
      "      in variant 'a' (main.cfg:3)\n"
      "      renames 'bar' to 'bar_a'\n"
      "      'bar_a' is called 'bar' because all values of 'bar' with a suffix are the same\n");
  EXPECT_EQ(
      Explained({.text = "bar = 2\nvariants:\n  - a:\n      suffix _a\nbar = 2\n"}, "a", "bar_a"),
      "name:       a\n"
      "shortname:  a\n"
      "variants:\n"
      "  main.cfg:3: a\n"
      "\n"
      "bar_a is not set\n"
      "* main.cfg:1: bar = 2\n"
      "* main.cfg:4: suffix _a\n"
      "      in variant 'a' (main.cfg:3)\n"
      "      renames 'bar' to 'bar_a'\n"
      "      'bar' has the same value, so the suffix falls away\n");
  EXPECT_EQ(Explained({.text = "variants:\n  - a:\n      bar = 2\n      suffix _a\nbar = 3\n"
                               "bar_a = 9\n"},
                      "a", "bar_a"),
            "name:       a\n"
            "shortname:  a\n"
            "variants:\n"
            "  main.cfg:2: a\n"
            "\n"
            "bar_a = '2'\n"
            "  main.cfg:6: bar_a = 9\n"
            "      overridden by main.cfg:4\n"
            "* main.cfg:3: bar = 2\n"
            "      in variant 'a' (main.cfg:2)\n"
            "* main.cfg:4: suffix _a\n"
            "      in variant 'a' (main.cfg:2)\n"
            "      renames 'bar' to 'bar_a'\n");
  EXPECT_EQ(Explained({.text = "variants:\n  - a:\n      bar = 2\n      suffix _a\n"
                               "      variants:\n        - b:\n            bar_a ?= 4\n"
                               "            suffix _b\nbar = 3\nx = ${bar_a_b}\n"},
                      "a"),
            "name:       a.b\n"
            "shortname:  a.b\n"
            "variants:\n"
            "  main.cfg:2: a\n"
            "  main.cfg:6: b\n"
            "\n"
            "bar = '3'\n"
            "  main.cfg:3: bar = 2\n"
            "      in variant 'a' (main.cfg:2)\n"
            "      overridden by main.cfg:9\n"
            "  main.cfg:8: suffix _b\n"
            "      in variant 'b' (main.cfg:6)\n"
            "      renames 'bar' to 'bar_b'\n"
            "      overridden by main.cfg:9\n"
            "* main.cfg:9: bar = 3\n"
            "\n"
            "bar_a_b = '2'\n"
            "* main.cfg:3: bar = 2\n"
            "      in variant 'a' (main.cfg:2)\n"
            "* main.cfg:8: suffix _b\n"
            "      in variant 'b' (main.cfg:6)\n"
            "      renames 'bar' to 'bar_b'\n"
            "* main.cfg:4: suffix _a\n"
            "      in variant 'a' (main.cfg:2)\n"
            "      renames 'bar_b' to 'bar_a_b'\n"
            "\n"
            "x = '2'\n"
            "* main.cfg:10: x = ${bar_a_b}\n"
            "      ${bar_a_b} is '2' (main.cfg:3, main.cfg:8, main.cfg:4)\n");
}

TEST(ExplainMore, Limits) {
  EXPECT_EQ(Explained({.text = "mem = 512\nmem += 0\nmem_max = 1024\nmem_min = 1\n"}, "", "mem"),
            "name:       '' (there are no variants)\n"
            "\n"
            "mem = '1024'\n"
            "  main.cfg:1: mem = 512\n"
            "      overridden by main.cfg:3\n"
            "  main.cfg:2: mem += 0\n"
            "      makes it '5120'\n"
            "      overridden by main.cfg:3\n"
            "* main.cfg:3: mem_max = 1024\n"
            "      applied when all else is done: limits '5120'\n"
            "  main.cfg:4: mem_min = 1\n"
            "      no effect: another limit decides\n");
  EXPECT_EQ(Explained({.text = "mem = 512\nmem_max = 10\nmem_max += 24\n"}, "", "mem"),
            "name:       '' (there are no variants)\n"
            "\n"
            "mem = '512'\n"
            "* main.cfg:1: mem = 512\n"
            "  main.cfg:3: mem_max += 24\n"
            "      'mem_max' is '1024' (main.cfg:2, main.cfg:3)\n"
            "      no effect: the value is within the limit\n");
  EXPECT_EQ(Explained({.text = "mem_fixed = 7\n"}, "", "mem"),
            "name:       '' (there are no variants)\n"
            "\n"
            "mem = '7'\n"
            "* main.cfg:1: mem_fixed = 7\n"
            "      applied when all else is done: sets what is not set\n");
  EXPECT_EQ(Explained({.text = "m = 5\nm_min = 9\nm_max = 3\n"}, "", "m"),
            "name:       '' (there are no variants)\n"
            "\n"
            "m = '3'\n"
            "  main.cfg:1: m = 5\n"
            "      overridden by main.cfg:3\n"
            "  main.cfg:2: m_min = 9\n"
            "      no effect: another limit decides\n"
            "* main.cfg:3: m_max = 3\n"
            "      applied when all else is done: limits '5'\n");
  EXPECT_EQ(Explained({.text = "variants:\n  - a:\n      name_fixed = z\n"}, "a", "name"),
            "name:       a\n"
            "shortname:  a\n"
            "variants:\n"
            "  main.cfg:2: a\n"
            "\n"
            "name = 'z'\n"
            "* main.cfg:3: name_fixed = z\n"
            "      in variant 'a' (main.cfg:2)\n"
            "      applied when all else is done: sets what is not set\n");
  EXPECT_EQ(
      Explained({.text = "variants:\n  - a:\n      name_fixed = z\n  - b:\n"}, "z", "name_fixed"),
      "name:       a\n"
      "shortname:  a\n"
      "variants:\n"
      "  main.cfg:2: a\n"
      "\n"
      "name_fixed = 'z'\n"
      "* main.cfg:3: name_fixed = z\n"
      "      in variant 'a' (main.cfg:2)\n");
}

TEST(ExplainMore, WhereItWasRead) {
  EXPECT_EQ(Explained({.text = "include sub/one.cfg\nx += 2\n",
                       .files = {{"sub/one.cfg", "include two.cfg\n"}, {"sub/two.cfg", "x = 1\n"}}},
                      "", "x"),
            "name:       '' (there are no variants)\n"
            "\n"
            "x = '12'\n"
            "* sub/two.cfg:1: x = 1\n"
            "* main.cfg:2: x += 2\n"
            "\n"
            "  sub/one.cfg is included from main.cfg:1\n"
            "  sub/two.cfg is included from sub/one.cfg:1\n");
  EXPECT_EQ(Explained({.text = "include one.cfg\nvariants:\n  - a:\n      include one.cfg\n",
                       .files = {{"one.cfg", "x += 1\n"}}},
                      "a", "x"),
            "name:       a\n"
            "shortname:  a\n"
            "variants:\n"
            "  main.cfg:3: a\n"
            "\n"
            "x = '11'\n"
            "* one.cfg:1: x += 1\n"
            "      as it is included from main.cfg:1\n"
            "      makes it '1'\n"
            "* one.cfg:1: x += 1\n"
            "      as it is included from main.cfg:4\n"
            "      in variant 'a' (main.cfg:3)\n"
            "\n"
            "  one.cfg is included from main.cfg:1\n"
            "  one.cfg is included from main.cfg:4\n");
  EXPECT_EQ(Explained({.text = "x = 1\n", .strings = {"x += 2", "x += 3"}}, "", "x"),
            "name:       '' (there are no variants)\n"
            "\n"
            "x = '123'\n"
            "* main.cfg:1: x = 1\n"
            "* <string>:1: x += 2\n"
            "      STRING 1 of 2\n"
            "      makes it '12'\n"
            "* <string>:1: x += 3\n"
            "      STRING 2 of 2\n");
  EXPECT_EQ(Explained({.text = "x = 1\n", .strings = {"a = 0\nx += 2"}}, "", "x"),
            "name:       '' (there are no variants)\n"
            "\n"
            "x = '12'\n"
            "* main.cfg:1: x = 1\n"
            "* <string>:2: x += 2\n");
}

TEST(ExplainMore, Joins) {
  EXPECT_EQ(
      Explained({.text = "c = 0\nvariants n:\n  - one:\n      k = 1\n      o = 1\n  - two:\n"
                         "      k += 2\nvariants:\n  - t:\n      join one two\n      k += 3\n"},
                "t"),
      "name:       t.(n=one).(n=two)\n"
      "shortname:  t.one.two\n"
      "variants:\n"
      "  main.cfg:9: t\n"
      "  main.cfg:3: (n=one)\n"
      "  main.cfg:6: (n=two)\n"
      "joined; where several parts set a param, the last one counts:\n"
      "  main.cfg:10: join one two\n"
      "      t.(n=one)\n"
      "      t.(n=two)\n"
      "\n"
      "c = '0'\n"
      "* main.cfg:1: c = 0\n"
      "\n"
      "k = '23'\n"
      "  main.cfg:4: k = 1\n"
      "      in variant '(n=one)' (main.cfg:3)\n"
      "      overridden by main.cfg:10\n"
      "  main.cfg:11: k += 3\n"
      "      in variant 't' (main.cfg:9)\n"
      "      makes it '13'\n"
      "      overridden by main.cfg:10\n"
      "  main.cfg:10: join one two\n"
      "      in variant 't' (main.cfg:9)\n"
      "      takes the value of the later part, made as follows\n"
      "* main.cfg:7: k += 2\n"
      "      in variant '(n=two)' (main.cfg:6)\n"
      "      makes it '2'\n"
      "* main.cfg:11: k += 3\n"
      "      in variant 't' (main.cfg:9)\n"
      "\n"
      "n = 'two'\n"
      "  main.cfg:3: - one:\n"
      "      the variant's name, for 'variants n:' (main.cfg:2)\n"
      "      overridden by main.cfg:10\n"
      "  main.cfg:10: join one two\n"
      "      in variant 't' (main.cfg:9)\n"
      "      takes the value of the later part, made as follows\n"
      "* main.cfg:6: - two:\n"
      "      the variant's name, for 'variants n:' (main.cfg:2)\n"
      "\n"
      "o = '1'\n"
      "* main.cfg:5: o = 1\n"
      "      in variant '(n=one)' (main.cfg:3)\n");
  EXPECT_EQ(Explained({.text = "variants n:\n  - one:\n      k = 1\n      suffix _1\n  - two:\n"
                               "      k = 2\n      suffix _2\nvariants:\n  - t:\n"
                               "      join one two\n"},
                      "t", "k_2"),
            "name:       t.(n=one).(n=two)\n"
            "shortname:  t.one.two\n"
            "variants:\n"
            "  main.cfg:9: t\n"
            "  main.cfg:2: (n=one)\n"
            "  main.cfg:5: (n=two)\n"
            "joined; where several parts set a param, the last one counts:\n"
            "  main.cfg:10: join one two\n"
            "      t.(n=one)\n"
            "      t.(n=two)\n"
            "\n"
            "k_2 = '2'\n"
            "* main.cfg:6: k = 2\n"
            "      in variant '(n=two)' (main.cfg:5)\n"
            "* main.cfg:7: suffix _2\n"
            "      in variant '(n=two)' (main.cfg:5)\n"
            "      renames 'k' to 'k_2'\n");
}

TEST(ExplainMore, AnUnknownParam) {
  EXPECT_EQ(Explained({.text = "kernel = 1\n"}, "", "kernle"),
            "[1]\n"
            "name:       '' (there are no variants)\n"
            "\n"
            "no statement of this test sets 'kernle'\n"
            "  did you mean 'kernel'?\n");
  EXPECT_EQ(Explained({.text = "kernel = 1\n"}, "", "x"),
            "[1]\n"
            "name:       '' (there are no variants)\n"
            "\n"
            "no statement of this test sets 'x'\n");
  EXPECT_EQ(Explained({.text = "variants:\n  - a:\n  - b:\n"}, "a", "shortname"),
            "name:       a\n"
            "shortname:  a\n"
            "variants:\n"
            "  main.cfg:2: a\n"
            "\n"
            "'shortname' is the language's own; it comes from the variants above\n");
}

// The test cannot be made, so there is nothing to explain.
TEST(ExplainMore, AnOperatorInError) {
  EXPECT_EQ(Explained({.text = "mem = few\nmem_max = 3\n"}, ""),
            "main.cfg:2:1: error: 'mem_max' limits 'mem', but '3' and 'few' are not both numbers\n"
            "    2 | mem_max = 3\n"
            "      | ^~~~~~~~~~~\n");
  EXPECT_EQ(Explained({.text = "(x ?= 1\n"}, ""),
            "main.cfg:1:1: error: bad pattern '(x': missing ')'\n"
            "    1 | (x ?= 1\n"
            "      | ^~~~~~~\n");
  EXPECT_EQ(Explained({.text = "variants:\n  - a:\n  - b:\na:\n  join a b\n"}, "a"),
            "main.cfg:5:3: error: 'join' inside a condition does not work\n"
            "    5 |   join a b\n"
            "      |   ^~~~~~~~\n");
}

TEST(ExplainMore, ControlCharactersAreSpelt) {
  EXPECT_EQ(Explained({.text = "x = a\007b\177\n* y = 1\n = 2\n"}, ""),
            "name:       '' (there are no variants)\n"
            "\n"
            "'' = '2'\n"
            "* main.cfg:3: = 2\n"
            "\n"
            "'* y' = '1'\n"
            "* main.cfg:2: * y = 1\n"
            "\n"
            "x = 'a\\x07b\\x7f'\n"
            "* main.cfg:1: x = a b\\x7f\n");
}

}  // namespace
}  // namespace kvmtest::language
