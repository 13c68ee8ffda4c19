// The 2009 dialect explained: whole explanations, as they are printed.
#include "explain_testing.h"

namespace kvmtest::language {
namespace {

TEST(Explain2009, WhatStatementsDo) {
  EXPECT_EQ(Explained({.text = "mem = 512\nvariants:\n  - install:\n  - boot: install\n"
                               "      mem += 0\n      boot: mem = 1\nvariants:\n  - @lin:\n"
                               "      boot: mem <= 1\n      inst.*: mem = 3\n      boot:\n"
                               "        m.. ?= 2048\n        lin: mem = 4\n  - win:\nlin.boot:\n"
                               "  mem ?+= 5\n  x ?= 1\n",
                       .dialect = Dialect::k2009},
                      "lin.boot", "mem"),
            "name:       lin.boot\n"
            "shortname:  boot\n"
            "variants:\n"
            "  main.cfg:8: @lin\n"
            "  main.cfg:4: boot\n"
            "depends on:\n"
            "  main.cfg:4: lin.install\n"
            "\n"
            "mem = '20485'\n"
            "  main.cfg:1: mem = 512\n"
            "      overridden by main.cfg:12\n"
            "  main.cfg:5: mem += 0\n"
            "      in variant 'boot' (main.cfg:4)\n"
            "      makes it '5120'\n"
            "      overridden by main.cfg:12\n"
            "  main.cfg:6: boot: mem = 1\n"
            "      in variant 'boot' (main.cfg:4)\n"
            "      does not apply: 'boot:' is not found in the name here\n"
            "  main.cfg:9: boot: mem <= 1\n"
            "      in variant 'lin' (main.cfg:8)\n"
            "      makes it '15120'\n"
            "      overridden by main.cfg:12\n"
            "  main.cfg:10: inst.*: mem = 3\n"
            "      in variant 'lin' (main.cfg:8)\n"
            "      does not apply: 'inst.*:' is not found in the name here\n"
            "* main.cfg:12: m.. ?= 2048\n"
            "      in variant 'lin' (main.cfg:8), under 'boot:' (main.cfg:11)\n"
            "  main.cfg:13: lin: mem = 4\n"
            "      in variant 'lin' (main.cfg:8), under 'boot:' (main.cfg:11)\n"
            "      does not apply: 'lin:' is not found in the name here\n"
            "* main.cfg:16: mem ?+= 5\n"
            "      under 'lin.boot:' (main.cfg:15)\n");
  EXPECT_EQ(Explained({.text = "mem = 512\nvariants:\n  - install:\n  - boot: install setup\n"
                               "      x = \"1\"\nvariants:\n  - @lin:\n  - win:\n",
                       .dialect = Dialect::k2009},
                      "boot"),
            "name:       lin.boot\n"
            "shortname:  boot\n"
            "variants:\n"
            "  main.cfg:7: @lin\n"
            "  main.cfg:4: boot\n"
            "depends on:\n"
            "  main.cfg:4: lin.install\n"
            "  main.cfg:4: lin.setup\n"
            "\n"
            "mem = '512'\n"
            "* main.cfg:1: mem = 512\n"
            "\n"
            "x = '1'\n"
            "* main.cfg:5: x = \"1\"\n"
            "      in variant 'boot' (main.cfg:4)\n");
}

TEST(Explain2009, NamesThatAreAssigned) {
  EXPECT_EQ(
      Explained({.text = "variants:\n  - a: p\nname += .end\nshort.* ?= s\nvariants:\n  - x:\n"
                         "depend = q\n",
                 .dialect = Dialect::k2009},
                "x.a.end"),
      "name:       x.a.end\n"
      "shortname:  x.s\n"
      "variants:\n"
      "  main.cfg:6: x\n"
      "  main.cfg:2: a\n"
      "depends on:\n"
      "  main.cfg:7: q\n"
      "\n"
      "name = 'x.a.end'\n"
      "* main.cfg:3: name += .end\n"
      "      the names of variants taken afterwards are added\n"
      "\n"
      "shortname = 'x.s'\n"
      "* main.cfg:4: short.* ?= s\n"
      "      the names of variants taken afterwards are added\n");
}

TEST(Explain2009, Subvariants) {
  EXPECT_EQ(Explained({.text = "variants:\n  - a:\n  - b:\nsubvariants:\n  - s: p\n      x = 1\n"
                               "  - t:\n      no b.t\nvariants:\n  - y:\n",
                       .dialect = Dialect::k2009},
                      "y.a.s"),
            "name:       y.a.s\n"
            "shortname:  y.a.s\n"
            "variants:\n"
            "  main.cfg:10: y\n"
            "  main.cfg:2: a\n"
            "  main.cfg:5: s\n"
            "depends on:\n"
            "  main.cfg:5: y.a.p\n"
            "\n"
            "x = '1'\n"
            "* main.cfg:6: x = 1\n"
            "      in variant 's' (main.cfg:5)\n");
  EXPECT_EQ(Explained({.text = "variants:\n  - a:\n  - b:\nsubvariants:\n  - s: p\n      x = 1\n"
                               "  - t:\n      no b.t\nvariants:\n  - y:\n",
                       .dialect = Dialect::k2009},
                      "y.b.t"),
            "[1]\n"
            "name:       y.b.t\n"
            "variants:\n"
            "  main.cfg:10: y\n"
            "  main.cfg:3: b\n"
            "  main.cfg:7: t\n"
            "\n"
            "Not in the result. This removes it; without this line it is there:\n"
            "* main.cfg:8: no b.t\n"
            "      at this point the name is 'b.t': 'b.t' is found in it\n"
            "      in variant 't' (main.cfg:7)\n");
}

TEST(Explain2009, FiltersSeeWhatThereIsOfTheName) {
  EXPECT_EQ(
      Explained({.text = "only lin\nvariants:\n  - a:\n      only a\n  - b:\nvariants:\n"
                         "  - lin:\n      no a|c b\n  - win:\n.*:\n  lin: x = 1\n  a:\n"
                         "    only w.n\n",
                 .strings = {"no lin.a"},
                 .dialect = Dialect::k2009},
                "lin.a"),
      "[1]\n"
      "name:       lin.a\n"
      "variants:\n"
      "  main.cfg:7: lin\n"
      "  main.cfg:3: a\n"
      "\n"
      "Not in the result. Each of these 5 removes it; without all of these lines it is there:\n"
      "* main.cfg:1: only lin\n"
      "      at this point there is no name yet; 'lin' comes later\n"
      "* main.cfg:4: only a\n"
      "      at this point there is no name yet; 'a' comes later\n"
      "      in variant 'a' (main.cfg:3)\n"
      "* main.cfg:8: no a|c b\n"
      "      at this point the name is 'a': 'a|c' is found in it\n"
      "      in variant 'lin' (main.cfg:7)\n"
      "* main.cfg:13: only w.n\n"
      "      at this point the name is 'lin.a': 'w.n' is not found in it\n"
      "      under '.*:' (main.cfg:10), under 'a:' (main.cfg:12)\n"
      "* <string>:1: no lin.a\n"
      "      at this point the name is 'lin.a': 'lin.a' is found in it\n");
  EXPECT_EQ(Explained({.text = "variants:\n  - a:\n  - b:\nonly b c lin\nvariants:\n  - lin:\n"
                               "  - win:\n",
                       .dialect = Dialect::k2009},
                      "lin.a"),
            "[1]\n"
            "name:       lin.a\n"
            "variants:\n"
            "  main.cfg:6: lin\n"
            "  main.cfg:2: a\n"
            "\n"
            "Not in the result. This removes it; without this line it is there:\n"
            "* main.cfg:4: only b c lin\n"
            "      at this point the name is 'a': it has none of these 3; 'lin' comes later\n");
  EXPECT_EQ(Explained({.text = "variants:\n  - a:\n  - b:\nno a c\nvariants:\n  - lin:\n  - win:\n",
                       .dialect = Dialect::k2009},
                      "a"),
            "[1]\n"
            "'a' selects no test; without filters it would select 2:\n"
            "  lin.a\n"
            "  win.a\n"
            "\n"
            "This keeps out all of them:\n"
            "* main.cfg:4: no a c\n"
            "      at this point the name is 'a': 'a' is found in it\n");
  EXPECT_EQ(
      Explained({.text = "variants:\n  - a:\n      variants:\nvariants:\n  - lin:\n"
                         "subvariants:\n",
                 .dialect = Dialect::k2009},
                "lin.a"),
      "[1]\n"
      "name:       lin.a\n"
      "variants:\n"
      "  main.cfg:5: lin\n"
      "  main.cfg:2: a\n"
      "\n"
      "Not in the result. Each of these 2 removes it; without all of these lines it is there:\n"
      "* main.cfg:3: variants:\n"
      "      a block without variants: nothing passes it\n"
      "      in variant 'a' (main.cfg:2)\n"
      "* main.cfg:6: subvariants:\n"
      "      a block without variants: nothing passes it\n");
}

TEST(Explain2009, NamesThatAreNone) {
  EXPECT_EQ(Explained({.text = "variants:\n  - a:\n  - 5.3:\nvariants:\n  - lin:\n  - win:\n",
                       .dialect = Dialect::k2009},
                      "lni.5.3"),
            "[1]\n"
            "'lni.5.3' is not the name of a test, with or without filters\n"
            "\n"
            "no variant is named 'lni'\n"
            "\n"
            "Tests with these labels:\n"
            "  lin.5.3\n"
            "  win.5.3\n");
  EXPECT_EQ(Explained({.text = "variants:\n  - a:\n  - 5.3:\nvariants:\n  - lin:\n  - win:\n",
                       .dialect = Dialect::k2009},
                      "a.5.3"),
            "[1]\n"
            "'a.5.3' is not the name of a test, with or without filters\n"
            "\n"
            "'a' and '5' exclude each other\n"
            "  main.cfg:1: no test has two of this block\n"
            "  main.cfg:2: 'a' is one of its variants\n"
            "  main.cfg:3: '5' is one of its variants\n"
            "\n"
            "'a' and '3' exclude each other\n"
            "  main.cfg:1: no test has two of this block\n"
            "  main.cfg:2: 'a' is one of its variants\n"
            "  main.cfg:3: '3' is one of its variants\n");
  EXPECT_EQ(Explained({.text = "variants:\n  - a:\n  - 5.3:\nvariants:\n  - lin:\n  - win:\n",
                       .dialect = Dialect::k2009},
                      "5.3.lin"),
            "[1]\n"
            "'5.3.lin' is not the name of a test, with or without filters\n"
            "\n"
            "Tests with these labels:\n"
            "  lin.5.3\n");
  EXPECT_EQ(Explained({.text = "variants:\n  - a:\n  - 5.3:\nvariants:\n  - lin:\n  - win:\n",
                       .dialect = Dialect::k2009},
                      "a|win"),
            "[1]\n"
            "'a|win' selects 3 tests; which of them?\n"
            "  lin.a\n"
            "  win.a\n"
            "  win.5.3\n");
  EXPECT_EQ(
      Explained({.text = "variants:\n  - a:\n  - 5.3:\nno a\n", .dialect = Dialect::k2009}, "("),
      "[1]\n"
      "'(' is not the name of a test, with or without filters\n"
      "\n"
      "no variant is named '('\n"
      "\n"
      "tests of this configuration are called, for example:\n"
      "  5.3\n");
  EXPECT_EQ(Explained({.text = "mem = 1\n", .dialect = Dialect::k2009}, "", "men"),
            "[1]\n"
            "name:       '' (there are no variants)\n"
            "\n"
            "no statement of this test sets 'men'\n"
            "  did you mean 'mem'?\n");
}

TEST(Explain2009, ANameInError) {
  EXPECT_EQ(Explained({.text = "depend = x\nvariants:\n  - a:\n", .dialect = Dialect::k2009}, "a"),
            "main.cfg:1:1: warning: this changes 'depend', which belongs to the language "
            "[-Wreserved-key]\n"
            "    1 | depend = x\n"
            "      | ^~~~~~\n"
            "main.cfg:1:1: error: 'depend' was set to a text; it is a list and cannot pass a "
            "'variants' block so\n"
            "    1 | depend = x\n"
            "      | ^~~~~~~~~~\n");
}

TEST(Explain2009, AVariantWhoseTestsAreAllGone) {
  EXPECT_EQ(Explained({.text = "variants:\n  - a:\n  - b:\nno a\nvariants:\n  - nightly:\n"
                               "    only a\n  - weekly:\n",
                       .dialect = Dialect::k2009},
                      "nightly"),
            "[1]\n"
            "'nightly' selects no test; without filters it would select 2:\n"
            "  nightly.a\n"
            "  nightly.b\n"
            "\n"
            "No one filter keeps out all of them; ask for one by its name.\n"
            "\n"
            "filters remove every test of variant 'nightly':\n"
            "  main.cfg:4: without 'no a', 1 dict would be left\n"
            "  main.cfg:7: without 'only a', 1 dict would be left\n");
}

}  // namespace
}  // namespace kvmtest::language
