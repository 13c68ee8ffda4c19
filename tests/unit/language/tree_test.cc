// The tree behind a configuration, as text: blocks nearer to the end of the text are
// nearer to the root.
#include "language/tree.h"

#include <gtest/gtest.h>

#include "language/config_impl.h"
#include "language_testing.h"

namespace kvmtest::language {
namespace {

std::string TreeOf(const std::string& text) {
  Parsed parsed(text);
  EXPECT_FALSE(parsed.diagnostics.HasErrors()) << parsed.Messages();
  return DumpTree(parsed.config->impl().tree, parsed.config->sources());
}

TEST(Tree, LaterBlocksAreNearerToTheRoot) {
  EXPECT_EQ(TreeOf("x = 1\n"
                   "variants:\n"
                   "    - a:\n"
                   "    - b: a\n"
                   "only c\n"
                   "variants k:\n"
                   "    - @c:\n"
                   "        y = 2\n"),
            "#1 node\n"
            "  #2 node (k=c) @\n"
            "      k = 'c'  [main.cfg:7]\n"
            "      y = '2'  [main.cfg:8]\n"
            "    #3 node\n"
            "        only c  [main.cfg:5]\n"
            "      #4 node a\n"
            "        #5 node\n"
            "            x = '1'  [main.cfg:1]\n"
            "      #6 node b needs a\n"
            "        see #5\n");
}

TEST(Tree, TextAfterNestedVariantsIsNearerToTheRoot) {
  EXPECT_EQ(TreeOf("variants:\n"
                   "    - a:\n"
                   "        x = 1\n"
                   "        suffix _s\n"
                   "        variants:\n"
                   "            - p:\n"
                   "        y = 2\n"),
            "#1 node\n"
            "  #2 node a\n"
            "      y = '2'  [main.cfg:7]\n"
            "      suffix _s  [main.cfg:4]\n"
            "    #3 node p\n"
            "      #4 node\n"
            "          x = '1'  [main.cfg:3]\n"
            "        #5 node\n");
}

TEST(Tree, ConditionsHoldTheirStatements) {
  EXPECT_EQ(TreeOf("variants:\n"
                   "    - a:\n"
                   "    - b.c:\n"
                   "a, b.c: x += 1\n"
                   "    !a:\n"
                   "        no (b)..c\n"
                   "        del x\n"
                   "    y.* ?= ${x}\n"),
            "#1 node\n"
            "    a, b.c:  [main.cfg:4]\n"
            "        x += '1'  [main.cfg:4]\n"
            "        !a:  [main.cfg:5]\n"
            "            no b..c  [main.cfg:6]\n"
            "            del x  [main.cfg:7]\n"
            "        y.* ?= '${x}'  [main.cfg:8]\n"
            "  #2 node a\n"
            "    #3 node\n"
            "  #4 node b.c\n"
            "    see #3\n");
}

TEST(Tree, FiltersAreWrittenAsTheyAreRead) {
  struct Case {
    const char* filter;
    const char* text;
  };
  for (const Case& t : {
           Case{"a  b, c", "a, b, c"},
           Case{"a.b..(c),", "a.b..c"},
           Case{"( os = lin )..a.", "(os=lin)..a"},
           Case{"(os=\"\")", "(os=\"\")"},
       }) {
    std::string tree = TreeOf("join " + std::string(t.filter) + "\n");
    EXPECT_NE(tree.find("join " + std::string(t.text) + "  ["), std::string::npos) << tree;
  }
}

// A pattern that spells a key of the run of plain assignments before it changes that run
// while parsing; one that does not stays an operator.
TEST(Tree, PatternsFoldIntoTheRunBeforeThem) {
  EXPECT_EQ(TreeOf("xa = 0\n"
                   "del nothing\n"
                   "xb = 1\n"
                   "x. = 2\n"
                   "x. ?+= 3\n"
                   "x. ?= 4${v}\n"
                   "xc = 5\n"
                   "x. ?= 6\n"),
            "#1 node\n"
            "    xa = '0'  [main.cfg:1]\n"
            "    del nothing  [main.cfg:2]\n"
            "    xb = '1'  [main.cfg:3]\n"
            "    x. = '2'  [main.cfg:4]\n"
            "    xb += '3'  [main.cfg:5]\n"
            "    x. += '3'  [main.cfg:5]\n"
            "    x. ?= '4${v}'  [main.cfg:6]\n"
            "    xc = '5'  [main.cfg:7]\n"
            "    x. ?= '6'  [main.cfg:8]\n");
  // A value that is substituted stands outside all runs.
  EXPECT_EQ(TreeOf("xa = ${v}\n"
                   "x. = 1\n"
                   "xb = 2\n"
                   "x. ?= 3\n"),
            "#1 node\n"
            "    xa = '${v}'  [main.cfg:1]\n"
            "    x. = '1'  [main.cfg:2]\n"
            "    xb = '2'  [main.cfg:3]\n"
            "    x. = '3'  [main.cfg:4]\n"
            "    xb = '3'  [main.cfg:4]\n");
}

}  // namespace
}  // namespace kvmtest::language
