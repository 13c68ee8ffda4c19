// Filters that can match nothing where they stand, and filters that leave nothing: every message.
// Whether they are right is tested in vacuity_law_test.cc.
#include <gtest/gtest.h>

#include "language_testing.h"

namespace kvmtest::language {
namespace {

struct Row {
  const char* text;
  const char* messages;
};

TEST(Vacuity, FiltersThatNothingCanMatch) {
  const Row rows[] = {
      {"variants:\n    - a:\n        only b\n    - b:\n        no a\n    - c:\n"
       "        b: x = 1\n        !a: y = 1\n",
       R"(main.cfg:3:9: warning: this 'only' removes everything: it stands in variant 'a', and 'b' is another of the same block [-Wnever-matches]
    3 |         only b
      |         ^~~~~~
main.cfg:4:7: note: 'b' is defined here
main.cfg:5:9: warning: this 'no' removes nothing: it stands in variant 'b', and 'a' is another of the same block [-Wnever-matches]
    5 |         no a
      |         ^~~~
main.cfg:2:7: note: 'a' is defined here
main.cfg:7:9: warning: this condition never holds: it stands in variant 'c', and 'b' is another of the same block [-Wnever-matches]
    7 |         b: x = 1
      |         ^
main.cfg:4:7: note: 'b' is defined here
main.cfg:8:9: warning: this condition always holds: it stands in variant 'c', and 'a' is another of the same block [-Wnever-matches]
    8 |         !a: y = 1
      |         ^~
main.cfg:2:7: note: 'a' is defined here
)"},
      {"variants:\n    - a:\n        variants:\n            - p:\n            - q:\n    - b:\n"
       "        p: x = 1\n        q..a: x = 2\n",
       R"(main.cfg:7:9: warning: this condition never holds: it stands in variant 'b', and 'p' is in another of the same block [-Wnever-matches]
    7 |         p: x = 1
      |         ^
main.cfg:4:15: note: 'p' is defined here
main.cfg:8:9: warning: this condition never holds: it stands in variant 'b', and 'q' is in another of the same block [-Wnever-matches]
    8 |         q..a: x = 2
      |         ^~~~
main.cfg:5:15: note: 'q' is defined here
)"},
      {"variants:\n    - a:\n    - b:\nvariants os:\n    - lin:\n    - win:\nonly a.lin\n",
       R"(main.cfg:7:6: warning: no name has 'a.lin', so this 'only' removes everything [-Wunknown-sequence]
    7 | only a.lin
      |      ^~~~~
hint: names have the latest block first: did you mean 'lin.a'?
)"},
      {"variants:\n    - a:\n    - b:\nvariants:\n    - c:\n    - d:\nvariants os:\n"
       "    - lin:\n    - win:\nonly lin.a\n",
       R"(main.cfg:10:6: warning: no name has 'lin.a', so this 'only' removes everything [-Wunknown-sequence]
   10 | only lin.a
      |      ^~~~~
hint: '.' asks for labels next to each other: did you mean 'lin..a'?
)"},
      {"variants:\n    - a:\n    - b:\nvariants os:\n    - lin:\n    - win:\nno a.lin, b.lin\n"
       "no a.win, (os=lin)\n",
       R"(main.cfg:7:4: warning: no name has 'a.lin', so this 'no' removes nothing [-Wunknown-sequence]
    7 | no a.lin, b.lin
      |    ^~~~~
hint: names have the latest block first: did you mean 'lin.a'?
main.cfg:7:11: warning: no name has 'b.lin', so this 'no' removes nothing [-Wunknown-sequence]
    7 | no a.lin, b.lin
      |           ^~~~~
hint: names have the latest block first: did you mean 'lin.b'?
main.cfg:8:4: warning: no name has 'a.win' [-Wunknown-sequence]
    8 | no a.win, (os=lin)
      |    ^~~~~
hint: names have the latest block first: did you mean 'win.a'?
)"},
      {"variants:\n    - a:\n    - b:\na..b: x = 1\n",
       R"(main.cfg:4:1: warning: this condition never holds: no dict has all of 'a..b' [-Wnever-matches]
    4 | a..b: x = 1
      | ^~~~
main.cfg:2:7: note: 'a' is defined here
main.cfg:3:7: note: 'b' is defined here
)"},
      {"variants:\n    - a:\n    - b:\nvariants os:\n    - lin:\n    - win:\na:\n    b:\n"
       "        x = 1\n    only b\n    !b: y = 1\n",
       R"(main.cfg:8:5: warning: this condition never holds: it excludes the condition around it [-Wnever-matches]
    8 |     b:
      |     ^
main.cfg:7:1: note: this condition
main.cfg:10:5: warning: this 'only' removes everything: it excludes the condition around it [-Wnever-matches]
   10 |     only b
      |     ^~~~~~
main.cfg:7:1: note: this condition
main.cfg:11:5: warning: this condition always holds: it excludes the condition around it [-Wnever-matches]
   11 |     !b: y = 1
      |     ^~
main.cfg:7:1: note: this condition
)"},
      {"variants:\n    - 1:\n        variants:\n            - x.y:\n    - 2:\n"
       "        y.x: z = 1\n",
       R"(main.cfg:6:9: warning: no name has 'y.x', so this condition never holds [-Wunknown-sequence]
    6 |         y.x: z = 1
      |         ^~~
hint: names have the latest block first: did you mean 'x.y'?
)"},
      {"variants:\n    - x:\nvariants:\n    - a:\n        variants:\n            - p:\n"
       "    - b:\n        only p.x\n",
       R"(main.cfg:8:9: warning: this 'only' removes everything: no name has 'p.x' here [-Wnever-matches]
    8 |         only p.x
      |         ^~~~~~~~
)"},
      {"variants:\n    - a:\n        only x.y\n        variants:\n            - x:\n"
       "            - y:\n",
       R"(main.cfg:3:14: warning: no name has 'x.y', so this 'only' removes everything [-Wunknown-sequence]
    3 |         only x.y
      |              ^~~
)"},
  };
  for (const Row& row : rows) EXPECT_EQ(Parsed(row.text).Messages(), row.messages) << row.text;
}

TEST(Vacuity, NegativeConditionsThatNeverHold) {
  const Row rows[] = {
      {"variants:\n    - a:\n        !a: x = 1\n    - b:\n",
       R"(main.cfg:3:9: warning: this condition never holds: every dict here matches 'a' [-Wnever-matches]
    3 |         !a: x = 1
      |         ^~
main.cfg:2:7: note: 'a' is defined here
)"},
      {"a:\n    !a: z = 1\n!a:\n    a:\n        w = 1\n    only a\n    !a: v = 1\nvariants:\n    - "
       "a:\n    - b:\n",
       R"(main.cfg:2:5: warning: this condition never holds: it excludes the condition around it [-Wnever-matches]
    2 |     !a: z = 1
      |     ^~
main.cfg:1:1: note: this condition
main.cfg:4:5: warning: this condition never holds: it excludes the condition around it [-Wnever-matches]
    4 |     a:
      |     ^
main.cfg:3:1: note: this condition
main.cfg:6:5: warning: this 'only' removes everything: it excludes the condition around it [-Wnever-matches]
    6 |     only a
      |     ^~~~~~
main.cfg:3:1: note: this condition
main.cfg:7:5: warning: this condition always holds: it excludes the condition around it [-Wnever-matches]
    7 |     !a: v = 1
      |     ^~
main.cfg:3:1: note: this condition
)"},
      {"variants:\n    - a:\n!a: x = 1\n",
       R"(main.cfg:3:1: warning: this condition never holds: every dict matches 'a' [-Wnever-matches]
    3 | !a: x = 1
      | ^~
)"},
      {"variants:\n    - a:\n    - b:\n    - c:\n!a, b, c: x = 1\n!a:\n    b:\n        !c: x = 1\n "
       "   !b:\n        !c: x = 1\n",
       R"(main.cfg:5:1: warning: this condition never holds: every dict matches 'a, b, c' [-Wnever-matches]
    5 | !a, b, c: x = 1
      | ^~~~~~~~
main.cfg:8:9: warning: this condition always holds: it excludes the condition around it [-Wnever-matches]
    8 |         !c: x = 1
      |         ^~
main.cfg:7:5: note: this condition
main.cfg:10:9: warning: this condition never holds: it excludes the conditions around it [-Wnever-matches]
   10 |         !c: x = 1
      |         ^~
main.cfg:6:1: note: this condition
main.cfg:9:5: note: this condition
)"},
  };
  for (const Row& row : rows) EXPECT_EQ(Parsed(row.text).Messages(), row.messages) << row.text;
}

TEST(Vacuity, SidesOfJoins) {
  const Row rows[] = {
      {"variants:\n    - a:\n    - b:\nvariants:\n    - t:\n        join a zz\n    - u:\n        "
       "join a b c\n",
       R"(main.cfg:6:16: warning: no variant is named 'zz', so this 'join' removes everything [-Wunknown-label]
    6 |         join a zz
      |                ^~
main.cfg:8:18: warning: no variant is named 'c', so this 'join' removes everything [-Wunknown-label]
    8 |         join a b c
      |                  ^
)"},
      {"variants n:\n    - a:\n    - b:\nvariants:\n    - t:\n        join a (n=bb)\n    - u:\n",
       R"(main.cfg:6:16: warning: no variant is named '(n=bb)', so this 'join' removes everything [-Wunknown-label]
    6 |         join a (n=bb)
      |                ^~~~~~
)"},
      {"variants:\n    - a:\n    - b:\nvariants:\n    - t:\n        join a b\n        only a\n    "
       "- u:\n",
       R"(main.cfg:7:9: warning: this 'only' leaves nothing of variant 't', after the filters before it [-Wnothing-left]
    7 |         only a
      |         ^~~~~~
main.cfg:6:9: note: together with 'b' of this 'join'
)"},
      {"variants:\n    - a:\n    - b:\nvariants:\n    - t:\n        no b\n        join a b\n    - "
       "u:\n",
       R"(main.cfg:7:9: warning: 'b' of this 'join' leaves nothing of variant 't', after the filters before it [-Wnothing-left]
    7 |         join a b
      |         ^~~~~~~~
main.cfg:6:9: note: together with this 'no'
)"},
      {"variants:\n    - a:\n    - b:\nvariants:\n    - t:\n        join a u\n    - u:\n        "
       "join a a.b\n",
       R"(main.cfg:6:9: warning: this 'join' removes everything: it stands in variant 't', and 'u' is another of the same block [-Wnever-matches]
    6 |         join a u
      |         ^~~~~~~~
main.cfg:7:7: note: 'u' is defined here
main.cfg:8:16: warning: no name has 'a.b' before it is joined, so this 'join' removes everything [-Wunknown-sequence]
    8 |         join a a.b
      |                ^~~
)"},
      {"variants:\n    - a:\n    - b:\nvariants:\n    - t:\n        join a b\na.b: x = 1\na..b: x "
       "= 1\n",
       R"(main.cfg:8:1: warning: this condition never holds: no dict has all of 'a..b' before it is joined [-Wnever-matches]
    8 | a..b: x = 1
      | ^~~~
main.cfg:2:7: note: 'a' is defined here
main.cfg:3:7: note: 'b' is defined here
main.cfg:7:1: warning: no name has 'a.b' before it is joined, so this condition never holds [-Wunknown-sequence]
    7 | a.b: x = 1
      | ^~~
)"},
  };
  for (const Row& row : rows) EXPECT_EQ(Parsed(row.text).Messages(), row.messages) << row.text;
}

TEST(Vacuity, FiltersOfOneVariant) {
  const Row rows[] = {
      {"variants:\n    - a:\n        only x\n        only y\nvariants:\n    - x:\n    - y:\n",
       R"(main.cfg:4:9: warning: this 'only' leaves nothing of variant 'a', after the filters before it [-Wnothing-left]
    4 |         only y
      |         ^~~~~~
main.cfg:3:9: note: together with this 'only'
)"},
      {"variants:\n    - a:\n        no x\n        no z\n        no y\n    - b:\n        no b\n"
       "variants:\n    - x:\n    - y:\n",
       R"(main.cfg:4:12: warning: no variant is named 'z', so this 'no' removes nothing [-Wunknown-label]
    4 |         no z
      |            ^
main.cfg:5:9: warning: this 'no' leaves nothing of variant 'a', after the filters before it [-Wnothing-left]
    5 |         no y
      |         ^~~~
main.cfg:3:9: note: together with this 'no'
main.cfg:7:9: warning: this 'no' leaves nothing of variant 'b' [-Wnothing-left]
    7 |         no b
      |         ^~~~
)"},
      {"variants:\n    - a:\n        only x\n        k = 1\n        variants:\n"
       "            - p:\n                no p\n            - q:\n        no x\nvariants:\n"
       "    - x:\n    - y:\n",
       R"(main.cfg:9:9: warning: this 'no' leaves nothing of variant 'a', after the filters before it [-Wnothing-left]
    9 |         no x
      |         ^~~~
main.cfg:3:9: note: together with this 'only'
main.cfg:7:17: warning: this 'no' leaves nothing of variant 'p' [-Wnothing-left]
    7 |                 no p
      |                 ^~~~
)"},
      {"variants:\n    - a:\n        no x, y\nvariants:\n    - x:\n    - y:\n",
       R"(main.cfg:3:9: warning: this 'no' leaves nothing of variant 'a' [-Wnothing-left]
    3 |         no x, y
      |         ^~~~~~~
)"},
      {"variants:\n    - p:\n        variants:\n            - q:\n            - r:\nvariants:\n"
       "    - a:\n        only p\n        no q\n        no r\n    - b:\n        only p q\n"
       "        no q\n",
       R"(main.cfg:10:9: warning: this 'no' leaves nothing of variant 'a', after the filters before it [-Wnothing-left]
   10 |         no r
      |         ^~~~
main.cfg:9:9: note: together with this 'no'
)"},
  };
  for (const Row& row : rows) EXPECT_EQ(Parsed(row.text).Messages(), row.messages) << row.text;
}

TEST(Vacuity, LabelsOfNoVariant) {
  const Row rows[] = {
      {"variants os:\n    - linux:\n    - queue1:\nonly linx\nno linx\nlinx: x = 1\n"
       "!linx: x = 2\n",
       R"(main.cfg:4:6: warning: no variant is named 'linx', so this 'only' removes everything [-Wunknown-label]
    4 | only linx
      |      ^~~~
main.cfg:5:4: note: used here, too
main.cfg:6:1: note: used here, too, and at 1 more place
main.cfg:2:7: note: 'linux' is defined here
hint: did you mean 'linux'?
)"},
      {"variants os:\n    - lin:\nonly (o=lin)\nno 3, x1, somewhat\n",
       R"(main.cfg:3:6: warning: no variant is named '(o=lin)', so this 'only' removes everything [-Wunknown-label]
    3 | only (o=lin)
      |      ^~~~~~~
main.cfg:2:7: note: 'lin' is defined here
hint: did you mean 'lin'?
main.cfg:4:4: warning: no variant is named '3', so this 'no' removes nothing [-Wunknown-label]
    4 | no 3, x1, somewhat
      |    ^
main.cfg:4:7: warning: no variant is named 'x1', so this 'no' removes nothing [-Wunknown-label]
    4 | no 3, x1, somewhat
      |       ^~
main.cfg:4:11: warning: no variant is named 'somewhat', so this 'no' removes nothing [-Wunknown-label]
    4 | no 3, x1, somewhat
      |           ^~~~~~~~
)"},
      {"variants:\n    - a:\nb: x = 1\nno b\nno b\n only b\n",
       R"(main.cfg:6:2: warning: this line is deeper than the one before it, which opens no block [-Wdeeper-line]
    6 |  only b
      |  ^~~~~~
main.cfg:6:7: warning: no variant is named 'b', so this 'only' removes everything [-Wunknown-label]
    6 |  only b
      |       ^
main.cfg:3:1: note: used here, too
main.cfg:4:4: note: used here, too, and at 1 more place
)"},
  };
  for (const Row& row : rows) EXPECT_EQ(Parsed(row.text).Messages(), row.messages) << row.text;
}

// The places of a label that is used more than once in a line, or in a file included again.
TEST(Vacuity, LabelsThatAreUsedAgain) {
  const Row rows[] = {
      {"variants:\n    - a:\nonly c.c..c\n",
       R"(main.cfg:3:6: warning: no variant is named 'c', so this 'only' removes everything [-Wunknown-label]
    3 | only c.c..c
      |      ^
main.cfg:3:8: note: used here, too
main.cfg:3:11: note: used here, too
)"},
      {"variants:\n    - a:\n3.e..c.c: x = 1\n",
       R"(main.cfg:3:1: warning: no variant is named '3', so this condition never holds [-Wunknown-label]
    3 | 3.e..c.c: x = 1
      | ^
main.cfg:3:3: warning: no variant is named 'e', so this condition never holds [-Wunknown-label]
    3 | 3.e..c.c: x = 1
      |   ^
main.cfg:3:6: warning: no variant is named 'c', so this condition never holds [-Wunknown-label]
    3 | 3.e..c.c: x = 1
      |      ^
main.cfg:3:8: note: used here, too
)"},
  };
  for (const Row& row : rows) EXPECT_EQ(Parsed(row.text).Messages(), row.messages) << row.text;
}

TEST(Vacuity, In2009AFilterSeesOnlyWhatIsBeforeIt) {
  const Row rows[] = {
      {"only a\nno b\nb:\n    x = 1\nb: y = 1\nvariants:\n    - a:\n    - b:\nonly a\n",
       R"(main.cfg:1:6: warning: this 'only' removes everything: no label 'a' stands before it, and in the 2009 dialect a filter sees only those [-Wnever-matches]
    1 | only a
      |      ^
main.cfg:7:7: note: 'a' is defined here
main.cfg:2:4: warning: this 'no' removes nothing: no label 'b' stands before it, and in the 2009 dialect a filter sees only those [-Wnever-matches]
    2 | no b
      |    ^
main.cfg:8:7: note: 'b' is defined here
main.cfg:3:1: warning: this condition never holds: no label 'b' stands before it, and in the 2009 dialect a filter sees only those [-Wnever-matches]
    3 | b:
      | ^
main.cfg:8:7: note: 'b' is defined here
main.cfg:5:1: warning: this condition never holds: no label 'b' stands before it, and in the 2009 dialect a filter sees only those [-Wnever-matches]
    5 | b: y = 1
      | ^
main.cfg:8:7: note: 'b' is defined here
)"},
      {"variants:\n    - a:\n        only a\n    - b:\n        no a\n",
       R"(main.cfg:3:14: warning: this 'only' removes everything: in the 2009 dialect a variant's own label is not yet in the name there, and 'a' is in no other [-Wnever-matches]
    3 |         only a
      |              ^
main.cfg:2:7: note: 'a' is defined here
main.cfg:5:12: warning: this 'no' removes nothing: it stands in variant 'b', and 'a' is another of the same block [-Wnever-matches]
    5 |         no a
      |            ^
main.cfg:2:7: note: 'a' is defined here
)"},
      {"variants:\n    - a:\n    - b:\nvariants:\n    - c:\n        only a\n        only b\n"
       "    - d:\n        no a\n        no b\n    - e:\n        no b\n        a:\n"
       "            no d\n            only c\n",
       R"(main.cfg:7:14: warning: this 'only' leaves nothing of variant 'c', after the filters before it [-Wnothing-left]
    7 |         only b
      |              ^
main.cfg:6:14: note: together with this 'only'
main.cfg:10:12: warning: this 'no' leaves nothing of variant 'd', after the filters before it [-Wnothing-left]
   10 |         no b
      |            ^
main.cfg:9:12: note: together with this 'no'
main.cfg:14:16: warning: this 'no' removes nothing: it stands in variant 'e', and 'd' is another of the same block [-Wnever-matches]
   14 |             no d
      |                ^
main.cfg:8:7: note: 'd' is defined here
main.cfg:15:18: warning: this 'only' removes everything: it stands in variant 'e', and 'c' is another of the same block [-Wnever-matches]
   15 |             only c
      |                  ^
main.cfg:5:7: note: 'c' is defined here
)"},
      {"variants:\n    - a:\n    - b:\nname = x\nonly c\n",
       R"(main.cfg:4:1: warning: this changes the name, which filters look at [-Wreserved-key]
    4 | name = x
      | ^~~~
)"},
      {"variants:\n    - a.1:\n    - b:\nsubvariants:\n    - s:\n        only s\nonly 1 a|s\n"
       "b:\n    only a\n",
       R"(main.cfg:9:10: warning: this 'only' removes everything: it excludes the condition around it [-Wnever-matches]
    9 |     only a
      |          ^
main.cfg:8:1: note: this condition
)"},
  };
  for (const Row& row : rows)
    EXPECT_EQ(Parsed(row.text, Dialect::k2009).Messages(), row.messages) << row.text;
}

}  // namespace
}  // namespace kvmtest::language
