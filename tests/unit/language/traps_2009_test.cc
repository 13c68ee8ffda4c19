// Lines of the 2009 dialect that do not mean what they seem to: every warning.
#include <gtest/gtest.h>

#include "language_testing.h"

namespace kvmtest::language {
namespace {

struct Row {
  const char* text;
  const char* messages;
};

TEST(Traps2009, EveryWarning) {
  const Row rows[] = {
      {"x = 1 # no\ny = \"z\nu = \"\"v\"\"\nw = \"\nt = a \\\n",
       R"(main.cfg:1:7: warning: a comment cannot follow a value: this is part of it [-Wcomment-in-value]
    1 | x = 1 # no
      |       ^~~~
hint: put the comment on a line of its own
main.cfg:2:5: warning: this quote is not closed, so it is part of the value [-Wlone-quote]
    2 | y = "z
      |     ^
main.cfg:3:5: warning: all outer quotes are removed, not one pair [-Wextra-quotes]
    3 | u = ""v""
      |     ^~~~~
main.cfg:4:5: warning: this quote is not closed, so it is part of the value [-Wlone-quote]
    4 | w = "
      |     ^
main.cfg:5:7: warning: a line cannot be continued: the '\' is part of the value [-Wno-continuation]
    5 | t = a \
      |       ^
hint: add the rest with '+=' on the next line
)"},
      {"variants:\n    - a:\n    - b:\nonly a, b\nno b{1,2}\nonly a # b\na b:\n    x = 1\n"
       "a b: x = 1\n",
       R"(main.cfg:4:6: warning: filters are separated by blanks: the ',' is part of this one [-Wcomma-in-filter]
    4 | only a, b
      |      ^~
main.cfg:6:8: warning: a comment after a filter is no comment: its words are filters too [-Wcomment-in-filter]
    6 | only a # b
      |        ^~~
main.cfg:7:1: warning: this is one regular expression, with a blank that names do not have [-Wblank-in-filter]
    7 | a b:
      | ^~~
hint: write '|' between alternatives
main.cfg:9:1: warning: this is one regular expression, with a blank that names do not have [-Wblank-in-filter]
    9 | a b: x = 1
      | ^~~
hint: write '|' between alternatives
)"},
      {"variants:\n    - a:\n    - b:\nname = x\nshortname += y\ndepend = z\nna.* ?= u\n"
       "short.* ?= v\ndepen. ?= w\ntwo words = 1\n",
       R"(main.cfg:4:1: warning: this changes the name, which filters look at [-Wreserved-key]
    4 | name = x
      | ^~~~
main.cfg:5:1: warning: this changes 'shortname', which belongs to the language [-Wreserved-key]
    5 | shortname += y
      | ^~~~~~~~~
main.cfg:6:1: warning: this changes 'depend', which belongs to the language [-Wreserved-key]
    6 | depend = z
      | ^~~~~~
main.cfg:7:1: warning: this changes the name, which filters look at [-Wreserved-key]
    7 | na.* ?= u
      | ^~~~
main.cfg:8:1: warning: this changes 'shortname', which belongs to the language [-Wreserved-key]
    8 | short.* ?= v
      | ^~~~~~~
main.cfg:9:1: warning: this changes 'depend', which belongs to the language [-Wreserved-key]
    9 | depen. ?= w
      | ^~~~~~
main.cfg:10:1: warning: this sets the key 'two words' [-Wodd-key]
   10 | two words = 1
      | ^~~~~~~~~
)"},
      {"variants:\n    - a: b: c\n    - b\n       x = 1\n    - c:\ninclude\nonly\nonly a = b\n"
       "include nowhere.cfg and more\nx: only a\n",
       R"(main.cfg:2:11: warning: what follows a second ':' is ignored [-Wignored-words]
    2 |     - a: b: c
      |           ^~~
main.cfg:6:1: warning: 'include' without a file is ignored [-Wignored-line]
    6 | include
      | ^~~~~~~
main.cfg:7:1: warning: 'only' without a filter is ignored [-Wignored-line]
    7 | only
      | ^~~~
main.cfg:8:1: warning: this is an assignment, not a filter, because it holds an operator [-Wfilter-is-assignment]
    8 | only a = b
      | ^~~~~~~~~~
main.cfg:9:21: warning: what follows the file is ignored [-Wignored-words]
    9 | include nowhere.cfg and more
      |                     ^~~~~~~~
main.cfg:9:9: warning: cannot read the included file 'nowhere.cfg': No such file or directory [-Wmissing-include]
    9 | include nowhere.cfg and more
      |         ^~~~~~~~~~~
main.cfg:10:1: warning: this line has no meaning in the 2009 dialect and is ignored [-Wignored-line]
   10 | x: only a
      | ^~~~~~~~~
)"},
      {"variants:\nvariants:\n  a:\n",
       R"(main.cfg:1:1: warning: a 'variants' block without variants removes everything [-Wempty-variants]
    1 | variants:
      | ^~~~~~~~~
main.cfg:3:3: warning: this line is taken as a variant named 'a' [-Wvariant-without-dash]
    3 |   a:
      |   ^~
)"},
      {"variants os:\n    - a:\n        x = 1\n    - b:\n",
       R"(main.cfg:1:1: warning: this is a condition, not a block of variants [-Wblock-is-condition]
    1 | variants os:
      | ^~~~~~~~~~~
hint: named blocks are of the modern dialect: write 'variants:'
)"},
      {"varaints:\n    - a:\n        only c\n    - b:\na: x = 1\nvariant:\n"
       "    a: x = 2\n",
       R"(main.cfg:1:1: warning: this is a condition, not a block of variants [-Wblock-is-condition]
    1 | varaints:
      | ^~~~~~~~
hint: did you mean 'variants:'?
main.cfg:5:1: warning: no variant is named 'a', so this condition never holds [-Wunknown-label]
    5 | a: x = 1
      | ^
main.cfg:7:5: note: used here, too
main.cfg:6:1: warning: no variant is named 'variant', so this condition never holds [-Wunknown-label]
    6 | variant:
      | ^~~~~~~
)"},
      {"subvarients:\n    - a:\nvariants: # why\n    - b:\n",
       R"(main.cfg:1:1: warning: this is a condition, not a block of variants [-Wblock-is-condition]
    1 | subvarients:
      | ^~~~~~~~~~~
hint: did you mean 'subvariants:'?
main.cfg:3:1: warning: this line has no meaning in the 2009 dialect and is ignored [-Wignored-line]
    3 | variants: # why
      | ^~~~~~~~~~~~~~~
hint: end the line with the ':'; a comment needs a line of its own
main.cfg:4:5: warning: this line is deeper than the one before it, which opens no block [-Wdeeper-line]
    4 |     - b:
      |     ^~~~
main.cfg:4:5: warning: no name has '- b', so this condition never holds [-Wunknown-sequence]
    4 |     - b:
      |     ^~~
hint: a '- NAME:' line needs a 'variants:' line before it
)"},
      {"variants:\n    - a: b, c\n    - b: a # c\n    - c: a #d\n    - -foo-:\n"
       "    - bar-\n    - - baz: a\nsubvariants:\n    - d: a,\n",
       R"(main.cfg:2:10: warning: dependencies are separated by blanks: the ',' is part of this one [-Wcomma-in-dependencies]
    2 |     - a: b, c
      |          ^~
main.cfg:3:12: warning: a comment after dependencies is no comment: its words are required, too [-Wcomment-in-dependencies]
    3 |     - b: a # c
      |            ^~~
main.cfg:4:12: warning: a comment after dependencies is no comment: its words are required, too [-Wcomment-in-dependencies]
    4 |     - c: a #d
      |            ^~
main.cfg:5:5: warning: all '-' at the ends of the line are removed: this is '- foo-:' [-Wextra-dashes]
    5 |     - -foo-:
      |     ^~~~~~~~
main.cfg:6:5: warning: all '-' at the ends of the line are removed: this is '- bar' [-Wextra-dashes]
    6 |     - bar-
      |     ^~~~~~
main.cfg:7:5: warning: all '-' at the ends of the line are removed: this is '- baz: a' [-Wextra-dashes]
    7 |     - - baz: a
      |     ^~~~~~~~~~
main.cfg:9:10: warning: dependencies are separated by blanks: the ',' is part of this one [-Wcomma-in-dependencies]
    9 |     - d: a,
      |          ^~
)"},
      {"e = 'it''\nf = '''\ng = ''\nh = 'it'\ni = '''it''\n",
       R"(main.cfg:1:5: warning: all outer quotes are removed, not one pair [-Wextra-quotes]
    1 | e = 'it''
      |     ^~~~~
main.cfg:2:5: warning: all outer quotes are removed, not one pair [-Wextra-quotes]
    2 | f = '''
      |     ^~~
main.cfg:5:5: warning: all outer quotes are removed, not one pair [-Wextra-quotes]
    5 | i = '''it''
      |     ^~~~~~~
)"},
      {"x = 1\nvariants:\n    - a:\n        z ?= 1\n    - b:\n        y += 2\n"
       "        a: w = 3\nx? ?<= 1\n[wyz] ?= 1\nb: q.* ?+= 1\nname|z ?= a\n",
       R"(main.cfg:11:1: warning: this changes the name, which filters look at [-Wreserved-key]
   11 | name|z ?= a
      | ^~~~~~
main.cfg:4:9: warning: no statement sets 'z', so this changes nothing [-Wno-such-key]
    4 |         z ?= 1
      |         ^~~~~~
main.cfg:10:1: warning: no statement sets 'q.*', so this changes nothing [-Wno-such-key]
   10 | b: q.* ?+= 1
      | ^~~~~~~~~~~~
)"},
      {"x = 1\nz ?= 2\nz+ ?+= 2\nxx* ?= 1\n",
       R"(main.cfg:2:1: warning: no statement sets 'z', so this changes nothing [-Wno-such-key]
    2 | z ?= 2
      | ^~~~~~
main.cfg:3:1: warning: no statement sets 'z+', so this changes nothing [-Wno-such-key]
    3 | z+ ?+= 2
      | ^~~~~~~~
)"},
  };
  for (const Row& row : rows)
    EXPECT_EQ(Parsed(row.text, Dialect::k2009).Messages(), row.messages) << row.text;
}

TEST(Traps, LongKeysAreShortened) {
  const std::string words = "a key of more words than anyone would want to read again in a warning";
  for (Dialect dialect : {Dialect::kModern, Dialect::k2009}) {
    EXPECT_EQ(Parsed(words + " = 1\n", dialect).Messages(),
              "main.cfg:1:1: warning: this sets the key "
              "'a key of more words than anyone would want to read again in ...' [-Wodd-key]\n"
              "    1 | " +
                  words +
                  " = 1\n"
                  "      | ^" +
                  std::string(words.size() - 1, '~') + "\n");
  }
  // No character is cut in two.
  const std::string letters(59, 'o');
  EXPECT_EQ(Shortened(letters + "\u00e9\u00e9"), letters + " ...");
  EXPECT_EQ(Shortened(letters + "k"), letters + "k");
}

}  // namespace
}  // namespace kvmtest::language
