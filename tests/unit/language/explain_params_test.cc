// Why params have their values: what statements do; whole explanations, as they are printed.
#include "explain_testing.h"

namespace kvmtest::language {
namespace {

TEST(ExplainParams, Head) {
  EXPECT_EQ(Explained({.text = "x = 1\nvariants:\n  - install:\n  - boot: install lin..setup\n"
                               "variants os:\n  - @lin:\n  - 7.x:\n"},
                      "(os=lin).boot", "x"),
            "name:       (os=lin).boot\n"
            "shortname:  boot\n"
            "variants:\n"
            "  main.cfg:6: @(os=lin)\n"
            "  main.cfg:4: boot\n"
            "depends on:\n"
            "  main.cfg:4: (os=lin).install\n"
            "  main.cfg:4: (os=lin).lin\n"
            "  main.cfg:4: (os=lin).setup\n"
            "\n"
            "x = '1'\n"
            "* main.cfg:1: x = 1\n");
  EXPECT_EQ(Explained({.text = "x = 1\nvariants:\n  - install:\n  - boot: install lin..setup\n"
                               "variants os:\n  - @lin:\n  - 7.x:\n"},
                      "(os=7).(os=x).boot"),
            "name:       (os=7).(os=x).boot\n"
            "shortname:  7.x.boot\n"
            "variants:\n"
            "  main.cfg:7: (os=7).(os=x)\n"
            "  main.cfg:4: boot\n"
            "depends on:\n"
            "  main.cfg:4: (os=7).(os=x).install\n"
            "  main.cfg:4: (os=7).(os=x).lin\n"
            "  main.cfg:4: (os=7).(os=x).setup\n"
            "\n"
            "os = '7.x'\n"
            "* main.cfg:7: - 7.x:\n"
            "      the variant's name, for 'variants os:' (main.cfg:5)\n"
            "\n"
            "x = '1'\n"
            "* main.cfg:1: x = 1\n");
  EXPECT_EQ(Explained({.text = "x = 1\n"}, ""),
            "name:       '' (there are no variants)\n"
            "\n"
            "x = '1'\n"
            "* main.cfg:1: x = 1\n");
}

TEST(ExplainParams, WhatAssignmentsDo) {
  EXPECT_EQ(
      Explained({.text = "set = 1\nset = \"2\"\nadd += 1\nadd += 2\nadd <= 0\nlazy ~= 1\n"
                         "lazy ~= 2\nearly ?= 0\nearly = 1\n.arly ?= 2\ne.* ?+= 3\ne.* ?<= 1\n"},
                ""),
      "name:       '' (there are no variants)\n"
      "\n"
      "add = '012'\n"
      "* main.cfg:3: add += 1\n"
      "      makes it '1'\n"
      "* main.cfg:4: add += 2\n"
      "      makes it '12'\n"
      "* main.cfg:5: add <= 0\n"
      "\n"
      "early = '123'\n"
      "  main.cfg:8: early ?= 0\n"
      "      no effect: it is not set here\n"
      "  main.cfg:9: early = 1\n"
      "      overridden by main.cfg:10\n"
      "* main.cfg:10: .arly ?= 2\n"
      "* main.cfg:11: e.* ?+= 3\n"
      "      makes it '23'\n"
      "* main.cfg:12: e.* ?<= 1\n"
      "\n"
      "lazy = '1'\n"
      "* main.cfg:6: lazy ~= 1\n"
      "  main.cfg:7: lazy ~= 2\n"
      "      no effect: it is set already\n"
      "\n"
      "set = '2'\n"
      "  main.cfg:1: set = 1\n"
      "      overridden by main.cfg:2\n"
      "* main.cfg:2: set = \"2\"\n");
}

TEST(ExplainParams, WhatIsDeleted) {
  EXPECT_EQ(Explained({.text = "x = 1\ndel x\nx ~= 2\nx += 3\n"}, "", "x"),
            "name:       '' (there are no variants)\n"
            "\n"
            "x = '23'\n"
            "  main.cfg:1: x = 1\n"
            "      overridden by main.cfg:2\n"
            "* main.cfg:2: del x\n"
            "* main.cfg:3: x ~= 2\n"
            "* main.cfg:4: x += 3\n");
  EXPECT_EQ(Explained({.text = "x = 1\ndel x\nx = 2\ndel y\n"}, "", "x"),
            "name:       '' (there are no variants)\n"
            "\n"
            "x = '2'\n"
            "  main.cfg:1: x = 1\n"
            "      overridden by main.cfg:3\n"
            "  main.cfg:2: del x\n"
            "      overridden by main.cfg:3\n"
            "* main.cfg:3: x = 2\n");
  EXPECT_EQ(Explained({.text = "x = 1\nx = 2\ndel x\n"}, "", "x"),
            "name:       '' (there are no variants)\n"
            "\n"
            "x is not set\n"
            "  main.cfg:1: x = 1\n"
            "      overridden by main.cfg:3\n"
            "  main.cfg:2: x = 2\n"
            "      overridden by main.cfg:3\n"
            "* main.cfg:3: del x\n");
  EXPECT_EQ(Explained({.text = "del y\nx = 2\n"}, "", "y"),
            "name:       '' (there are no variants)\n"
            "\n"
            "y is not set\n"
            "  main.cfg:1: del y\n"
            "      no effect: it is not set here\n");
}

// The variant, and the conditions that are not on the line itself.
TEST(ExplainParams, WhatTheyStandIn) {
  EXPECT_EQ(Explained({.text = "!b:\n  lin: x = 0\nvariants:\n  - a:\n      x += 1\n"
                               "      lin, win:\n        !b: !win: x += 2\n        x += 3\n"
                               "      variants:\n        - c:\n            x += 4\n      x += 5\n"
                               "  - b:\nvariants os:\n  - @lin:\n  - win:\nx += 6\n"},
                      "(os=lin).a.c", "x"),
            "name:       (os=lin).a.c\n"
            "shortname:  a.c\n"
            "variants:\n"
            "  main.cfg:15: @(os=lin)\n"
            "  main.cfg:4: a\n"
            "  main.cfg:10: c\n"
            "\n"
            "x = '0123456'\n"
            "* main.cfg:2: lin: x = 0\n"
            "      under '!b:' (main.cfg:1)\n"
            "* main.cfg:5: x += 1\n"
            "      in variant 'a' (main.cfg:4)\n"
            "      makes it '01'\n"
            "* main.cfg:7: !b: !win: x += 2\n"
            "      in variant 'a' (main.cfg:4), under 'lin, win:' (main.cfg:6)\n"
            "      makes it '012'\n"
            "* main.cfg:8: x += 3\n"
            "      in variant 'a' (main.cfg:4), under 'lin, win:' (main.cfg:6)\n"
            "      makes it '0123'\n"
            "* main.cfg:11: x += 4\n"
            "      in variant 'c' (main.cfg:10)\n"
            "      makes it '01234'\n"
            "* main.cfg:12: x += 5\n"
            "      in variant 'a' (main.cfg:4)\n"
            "      makes it '012345'\n"
            "* main.cfg:17: x += 6\n");
}

TEST(ExplainParams, WhatDoesNotApplyIsToldOfOneParam) {
  EXPECT_EQ(Explained({.text = "x = 1\nb: x = 2\n!a:\n  lin:\n    x = 3\n    y = 3\n  x ~= 4\n"
                               "variants:\n  - a:\n  - b:\nvariants os:\n  - @lin:\n  - win:\n"},
                      "a..lin", "x"),
            "name:       (os=lin).a\n"
            "shortname:  a\n"
            "variants:\n"
            "  main.cfg:12: @(os=lin)\n"
            "  main.cfg:9: a\n"
            "\n"
            "x = '1'\n"
            "* main.cfg:1: x = 1\n"
            "  main.cfg:2: b: x = 2\n"
            "      does not apply: 'b:' does not hold\n"
            "  main.cfg:5: x = 3\n"
            "      under '!a:' (main.cfg:3), under 'lin:' (main.cfg:4)\n"
            "      does not apply: '!a:' does not hold\n"
            "  main.cfg:7: x ~= 4\n"
            "      under '!a:' (main.cfg:3)\n"
            "      does not apply: '!a:' does not hold\n");
  EXPECT_EQ(Explained({.text = "x = 1\nb: x = 2\nvariants:\n  - a:\n  - b:\n"}, "a"),
            "name:       a\n"
            "shortname:  a\n"
            "variants:\n"
            "  main.cfg:4: a\n"
            "\n"
            "x = '1'\n"
            "* main.cfg:1: x = 1\n");
  EXPECT_EQ(Explained({.text = "b: x = 2\nvariants:\n  - a:\n  - b:\n"}, "a", "x"),
            "name:       a\n"
            "shortname:  a\n"
            "variants:\n"
            "  main.cfg:3: a\n"
            "\n"
            "x is not set\n"
            "  main.cfg:1: b: x = 2\n"
            "      does not apply: 'b:' does not hold\n");
}

TEST(ExplainParams, TheNameOfAVariantIsAValue) {
  EXPECT_EQ(Explained({.text = "variants os:\n  - lin:\n      variants os:\n        - x.y:\n"
                               "  - win:\n"},
                      "lin", "os"),
            "name:       (os=lin).(os=x).(os=y)\n"
            "shortname:  lin.x.y\n"
            "variants:\n"
            "  main.cfg:2: (os=lin)\n"
            "  main.cfg:4: (os=x).(os=y)\n"
            "\n"
            "os = 'x.y'\n"
            "  main.cfg:2: - lin:\n"
            "      the variant's name, for 'variants os:' (main.cfg:1)\n"
            "      overridden by main.cfg:4\n"
            "* main.cfg:4: - x.y:\n"
            "      the variant's name, for 'variants os:' (main.cfg:3)\n");
}

TEST(ExplainParams, WhatIsPutIn) {
  EXPECT_EQ(Explained({.text = "a = 1\na += 2\nb = ${a}-${nope}-${a}\na = 3\nc = ${a}\n"}, ""),
            "name:       '' (there are no variants)\n"
            "\n"
            "a = '3'\n"
            "  main.cfg:1: a = 1\n"
            "      overridden by main.cfg:4\n"
            "  main.cfg:2: a += 2\n"
            "      makes it '12'\n"
            "      overridden by main.cfg:4\n"
            "* main.cfg:4: a = 3\n"
            "\n"
            "b = '12-${nope}-${a}'\n"
            "* main.cfg:3: b = ${a}-${nope}-${a}\n"
            "      ${a} is '12' (main.cfg:1, main.cfg:2)\n"
            "      ${nope} is not set: it stays, and so does what follows it\n"
            "\n"
            "c = '3'\n"
            "* main.cfg:5: c = ${a}\n"
            "      ${a} is '3' (main.cfg:4)\n");
  EXPECT_EQ(Explained({.text = "x = 1\nx = ${x} 2\nx.* ?= <${x}>\nx += ${y}\n"}, "", "x"),
            "name:       '' (there are no variants)\n"
            "\n"
            "x = '<1 2>${y}'\n"
            "* main.cfg:1: x = 1\n"
            "* main.cfg:2: x = ${x} 2\n"
            "      ${x} is '1' (main.cfg:1)\n"
            "      makes it '1 2'\n"
            "* main.cfg:3: x.* ?= <${x}>\n"
            "      ${x} is '1 2' (main.cfg:1, main.cfg:2)\n"
            "      makes it '<1 2>'\n"
            "* main.cfg:4: x += ${y}\n"
            "      ${y} is not set: it stays, and so does what follows it\n");
  EXPECT_EQ(Explained({.text = "variants:\n  - a: b\n      x = ${name} ${dep} ${_name_map_file}\n"
                               "x += ${shortname} ${_short_name_map_file}\n"},
                      "a", "x"),
            "name:       a\n"
            "shortname:  a\n"
            "variants:\n"
            "  main.cfg:2: a\n"
            "depends on:\n"
            "  main.cfg:2: b\n"
            "\n"
            "x = 'a ['b'] ${_name_map_file}a {'main.cfg': 'a'}'\n"
            "* main.cfg:3: x = ${name} ${dep} ${_name_map_file}\n"
            "      in variant 'a' (main.cfg:2)\n"
            "      ${name} is 'a'\n"
            "      ${dep} is '['b']'\n"
            "      ${_name_map_file} is not set: it stays, and so does what follows it\n"
            "      makes it 'a ['b'] ${_name_map_file}'\n"
            "* main.cfg:4: x += ${shortname} ${_short_name_map_file}\n"
            "      ${shortname} is 'a'\n"
            "      ${_short_name_map_file} is '{'main.cfg': 'a'}'\n");
}

}  // namespace
}  // namespace kvmtest::language
