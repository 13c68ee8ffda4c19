// Regular expressions in filters of the 2009 dialect that nothing can match: every message. Whether
// they are right is tested in vacuity_law_test.cc.
#include <gtest/gtest.h>

#include "language_testing.h"

namespace kvmtest::language {
namespace {

struct Row {
  const char* text;
  const char* messages;
};

TEST(Vacuity2009, RegularExpressions) {
  const Row rows[] = {
      {"variants:\n    - RHEL.5:\n    - Win7:\nno RHEL.6\nno RHEL.4 Win.*8\n"
       "RHEL.6|Win8:\n    x = 1\nvariants:\n    - x:\n        only RHEL.7\n    - y:\n"
       "        only Wim.*\n    - z:\n        only RHEL.*|W.*\n",
       R"(main.cfg:4:4: warning: no name has 'RHEL.6', so this 'no' removes nothing [-Wunknown-sequence]
    4 | no RHEL.6
      |    ^~~~~~
hint: did you mean 'RHEL.5'?
main.cfg:5:4: warning: no name has 'RHEL.4', so this 'no' removes nothing [-Wunknown-sequence]
    5 | no RHEL.4 Win.*8
      |    ^~~~~~
hint: did you mean 'RHEL.5'?
main.cfg:5:11: warning: no name has 'Win.*8', so this 'no' removes nothing [-Wunknown-sequence]
    5 | no RHEL.4 Win.*8
      |           ^~~~~~
main.cfg:6:1: warning: no name has 'RHEL.6|Win8', so this condition never holds [-Wunknown-sequence]
    6 | RHEL.6|Win8:
      | ^~~~~~~~~~~
main.cfg:10:14: warning: no name has 'RHEL.7', so this 'only' removes everything [-Wunknown-sequence]
   10 |         only RHEL.7
      |              ^~~~~~
hint: did you mean 'RHEL.5'?
main.cfg:12:14: warning: no name has 'Wim.*', so this 'only' removes everything [-Wunknown-sequence]
   12 |         only Wim.*
      |              ^~~~~
)"},
      {"variants:\n    - a:\n    - b:\nvariants:\n    - lin:\n        only .*lin\n"
       "        a.b|b.c: x = 1\n    - c+:\nno a.lin\nonly a.*lin lin.a\nc+: x = 1\n"
       "!a: z = 1\n- a:\n",
       R"(main.cfg:6:14: warning: this 'only' removes everything: no name has '.*lin' here [-Wnever-matches]
    6 |         only .*lin
      |              ^~~~~
main.cfg:7:9: warning: no name has 'a.b|b.c', so this condition never holds [-Wunknown-sequence]
    7 |         a.b|b.c: x = 1
      |         ^~~~~~~
main.cfg:9:4: warning: no name has 'a.lin', so this 'no' removes nothing [-Wunknown-sequence]
    9 | no a.lin
      |    ^~~~~
hint: names have the latest block first: did you mean 'lin.a'?
main.cfg:10:6: warning: no name has 'a.*lin' [-Wunknown-sequence]
   10 | only a.*lin lin.a
      |      ^~~~~~
hint: names have the latest block first: did you mean 'lin.*a'?
main.cfg:11:1: warning: no name has 'c+', so this condition never holds [-Wunknown-sequence]
   11 | c+: x = 1
      | ^~
hint: this is a regular expression: did you mean 'c\+'?
main.cfg:12:1: warning: no name has '!a', so this condition never holds [-Wunknown-sequence]
   12 | !a: z = 1
      | ^~
hint: conditions with '!' are of the modern dialect: here it is part of the filter
main.cfg:13:1: warning: no name has '- a', so this condition never holds [-Wunknown-sequence]
   13 | - a:
      | ^~~
hint: a '- NAME:' line needs a 'variants:' line before it
)"},
      {"variants:\n    - a:\n    - b:\nvariants:\n    - c:\n        only d|c\n    - d:\n"
       "        only a.*\n        no .\n    - e:\n        no [ab]\n    - f:\n"
       "        only ^a\n        variants:\n            - g:\n        only ^a\n"
       "^c: x = 1\n^g|e:\n    e.*a: x = 1\n",
       R"(main.cfg:6:14: warning: this 'only' removes everything: no name has 'd|c' here [-Wnever-matches]
    6 |         only d|c
      |              ^~~
main.cfg:9:12: warning: this 'no' leaves nothing of variant 'd' [-Wnothing-left]
    9 |         no .
      |            ^
main.cfg:11:12: warning: this 'no' leaves nothing of variant 'e' [-Wnothing-left]
   11 |         no [ab]
      |            ^~~~
main.cfg:16:14: warning: this 'only' removes everything: no name has '^a' here [-Wnever-matches]
   16 |         only ^a
      |              ^~
)"},
      {"variants:\n    - a:\n    - b:\nvariants:\n    - c:\n        only d b$\n"
       "        no .*$\n        only a.*|b\n",
       R"(main.cfg:7:12: warning: this 'no' leaves nothing of variant 'c' [-Wnothing-left]
    7 |         no .*$
      |            ^~~
main.cfg:6:14: warning: no variant is named 'd' [-Wunknown-label]
    6 |         only d b$
      |              ^
)"},
      {"variants:\n    - c:\nvariants:\n    - d:\n"
       "        only (((c)?\\b.{2})+|\\x63{5}|[^c-e]|(?i)C.c|(?P<x>\\d\\w)|\\n$|\\Ad\\Z)\n"
       "        only c{2,}|(d|x){1,2}\n",
       R"(main.cfg:6:14: warning: this 'only' removes everything: no name has 'c{2,}|(d|x){1,2}' here [-Wnever-matches]
    6 |         only c{2,}|(d|x){1,2}
      |              ^~~~~~~~~~~~~~~~
main.cfg:5:14: warning: no name has '(((c)?\b.{2})+|\x63{5}|[^c-e]|(?i)C.c|(?P<x>\d\w)|\n$|\Ad\Z)', so this 'only' removes everything [-Wunknown-sequence]
    5 |         only (((c)?\b.{2})+|\x63{5}|[^c-e]|(?i)C.c|(?P<x>\d\w)|\n$|\Ad\Z)
      |              ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
)"},
  };
  for (const Row& row : rows)
    EXPECT_EQ(Parsed(row.text, Dialect::k2009).Messages(), row.messages) << row.text;
}

TEST(Vacuity2009, Subvariants) {
  const Row rows[] = {
      {"variants:\n    - a:\n    - b:\nsubvariants:\n    - s:\n        t: w = 1\n"
       "        s: w = 2\n        only a b\n    - t:\n        no s\n        only a\n"
       "        only b\ns.a: x = 1\na.s: x = 2\nvariants:\n    - c:\n        only a.t\n"
       "        only c\n    - d:\n",
       R"(main.cfg:6:9: warning: this condition never holds: no label 't' stands before it, and in the 2009 dialect a filter sees only those [-Wnever-matches]
    6 |         t: w = 1
      |         ^
main.cfg:9:7: note: 't' is defined here
main.cfg:10:12: warning: this 'no' removes nothing: it stands in variant 't', and 's' is another of the same block [-Wnever-matches]
   10 |         no s
      |            ^
main.cfg:5:7: note: 's' is defined here
main.cfg:12:14: warning: this 'only' leaves nothing of variant 't', after the filters before it [-Wnothing-left]
   12 |         only b
      |              ^
main.cfg:11:14: note: together with this 'only'
main.cfg:18:14: warning: this 'only' removes everything: in the 2009 dialect a variant's own label is not yet in the name there, and 'c' is in no other [-Wnever-matches]
   18 |         only c
      |              ^
main.cfg:16:7: note: 'c' is defined here
main.cfg:13:1: warning: no name has 's.a', so this condition never holds [-Wunknown-sequence]
   13 | s.a: x = 1
      | ^~~
hint: names have the latest block first: did you mean 'a.s'?
)"},
  };
  for (const Row& row : rows)
    EXPECT_EQ(Parsed(row.text, Dialect::k2009).Messages(), row.messages) << row.text;
}

TEST(Vacuity2009, NamesThatAreUnusual) {
  const Row rows[] = {
      {"variants:\n    - a:\n    - b:\nname = foo\nfoo: x = 1\nonly foo bar.*\n"
       "some thing: x = 2\n",
       R"(main.cfg:4:1: warning: this changes the name, which filters look at [-Wreserved-key]
    4 | name = foo
      | ^~~~
)"},
      {"variants:\n    - a b:\n    - c:\na b: x = 1\nb c: x = 2\n",
       R"(main.cfg:5:1: warning: no name has 'b c', so this condition never holds [-Wunknown-sequence]
    5 | b c: x = 2
      | ^~~
)"},
      {"variants:\n    - :\n    - c:\nc.d: x = 1\nd: y = 2\n",
       R"(main.cfg:5:1: warning: no variant is named 'd', so this condition never holds [-Wunknown-label]
    5 | d: y = 2
      | ^
)"},
      {"variants:\n    - RHEL.5:\n    - Win7:\nonly rhel\nno win7\n",
       R"(main.cfg:4:6: warning: no variant is named 'rhel', so this 'only' removes everything [-Wunknown-label]
    4 | only rhel
      |      ^~~~
main.cfg:2:7: note: 'RHEL' is defined here
hint: did you mean 'RHEL'?
main.cfg:5:4: warning: no variant is named 'win7', so this 'no' removes nothing [-Wunknown-label]
    5 | no win7
      |    ^~~~
main.cfg:3:7: note: 'Win7' is defined here
hint: did you mean 'Win7'?
)"},
  };
  for (const Row& row : rows)
    EXPECT_EQ(Parsed(row.text, Dialect::k2009).Messages(), row.messages) << row.text;
}

}  // namespace
}  // namespace kvmtest::language
