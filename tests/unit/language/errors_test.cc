// Errors in what is read: whole messages. More of them are in tests/golden (modern_errors and
// others); quoted_messages.py sees to it that none is left out.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "language_testing.h"

namespace kvmtest::language {
namespace {

struct Row {
  const char* text;
  const char* messages;
};

TEST(Errors, OfStatements) {
  const Row rows[] = {
      {"variants [x] os:\n    - a:\n",
       R"(main.cfg:1:11: warning: '[x]' has no meaning and is ignored [-Wunknown-meta]
    1 | variants [x] os:
      |           ^
main.cfg:1:14: error: expected '[' or ':' after 'variants [...]', found 'os'
    1 | variants [x] os:
      |              ^~
hint: the name of a block comes before its '[...]'
)"},
      {"variants os b:\n    - a:\n",
       R"(main.cfg:1:13: error: expected '[' or ':' after 'variants os', found 'b'
    1 | variants os b:
      |             ^
)"},
      {"variants os = 1:\n    - a:\nvariants os\n    - a:\n",
       R"(main.cfg:1:13: error: expected ':' at the end of 'variants', found '='
    1 | variants os = 1:
      |             ^
main.cfg:3:12: error: expected ':' at the end of 'variants', found the end of the line
    3 | variants os
      |            ^
)"},
      {"variants: x\n    - a:\n",
       R"(main.cfg:1:11: error: expected the end of the line after 'variants:', found 'x'
    1 | variants: x
      |           ^
)"},
      {"variants [=]:\n    - a:\nvariants [:\n    - a:\n",
       R"(main.cfg:1:11: error: expected a name after '[', found '='
    1 | variants [=]:
      |           ^
main.cfg:3:11: error: expected a name after '[', found ':'
    3 | variants [:
      |           ^
)"},
      {"variants [x:\n    - a:\nvariants [default=x:\n    - a:\n",
       R"(main.cfg:1:11: warning: '[x]' has no meaning and is ignored [-Wunknown-meta]
    1 | variants [x:
      |           ^
main.cfg:1:12: error: expected '=' or ']' after '[x', found ':'
    1 | variants [x:
      |            ^
main.cfg:3:21: error: expected ']' after '[default=x:', found the end of the line
    3 | variants [default=x:
      |                     ^
)"},
      {"variants:\n    - a:\n    x = 1\n    - b:\n",
       R"(main.cfg:3:5: error: expected '- NAME:' inside 'variants', found 'x = 1'
    3 |     x = 1
      |     ^~~~~
)"},
      {"variants:\n    - :\n    - =:\n    - a: b|\n    - b;\n    - c+=\n",
       R"(main.cfg:2:7: error: expected a variant's name after '-', found ':'
    2 |     - :
      |       ^
main.cfg:3:7: error: expected a variant's name after '-', found '='
    3 |     - =:
      |       ^
main.cfg:4:11: error: expected a name, ',' or '.' in the dependencies, found '|'
    4 |     - a: b|
      |           ^
main.cfg:5:8: error: expected ':' after the variant's name, found ';'
    5 |     - b;
      |        ^
main.cfg:6:9: error: expected ':' after the variant's name, found '='
    6 |     - c+=
      |         ^
)"},
      {"variants:\nx = 1\n",
       R"(main.cfg:2:1: error: expected '- NAME:' after 'variants', found 'x = 1'
    2 | x = 1
      | ^~~~~
)"},
      {"variants:\n    x = 1\n",
       R"(main.cfg:2:5: error: expected '- NAME:' after 'variants', found 'x = 1'
    2 |     x = 1
      |     ^~~~~
)"},
      {"del\ndel =x\ndel .\nsuffix .\nsuffix a b\ninclude x.cfg # why\n",
       R"(main.cfg:1:1: error: expected a key after 'del', found the end of the line
    1 | del
      | ^~~
main.cfg:2:5: error: expected a key after 'del', found '='
    2 | del =x
      |     ^
main.cfg:3:5: error: expected a key after 'del', found '.'
    3 | del .
      |     ^
main.cfg:4:8: error: expected a name after 'suffix', found '.'
    4 | suffix .
      |        ^
main.cfg:5:9: error: expected the end of the line after 'suffix a', found a blank
    5 | suffix a b
      |         ^
main.cfg:6:9: error: cannot read the included file 'x.cfg # why': No such file or directory
    6 | include x.cfg # why
      |         ^~~~~~~~~~~
hint: a comment is not possible after 'include'
)"},
      {"variants:\n    - a:\n        variants:\nx = 1\n",
       R"(main.cfg:3:9: warning: a 'variants' block without variants is ignored [-Wempty-variants]
    3 |         variants:
      |         ^~~~~~~~~
main.cfg:4:3: error: an assignment cannot follow an empty 'variants:' block
    4 | x = 1
      |   ^
hint: remove the 'variants:' that has no '- NAME:' lines
)"},
      {"variants:\n    - a:\n        variants:\n        y = 1\n",
       R"(main.cfg:4:9: error: expected '- NAME:' after 'variants', found 'y = 1'
    4 |         y = 1
      |         ^~~~~
)"},
  };
  for (const Row& row : rows) EXPECT_EQ(Parsed(row.text).Messages(), row.messages) << row.text;
}

TEST(Errors, OfFilters) {
  const Row rows[] = {
      {"only (\nonly (a\nonly (a=)\nonly (a=b\nonly a...b\nonly a, .b\nonly ..a\nno .a\n"
       "only \"x\n",
       R"(main.cfg:1:7: error: expected a name after '(', found the end of the filter
    1 | only (
      |       ^
main.cfg:2:8: error: expected '=' or ')', found the end of the filter
    2 | only (a
      |        ^
main.cfg:3:9: error: expected a name after '=', found ')'
    3 | only (a=)
      |         ^
main.cfg:4:10: error: expected ')', found the end of the filter
    4 | only (a=b
      |          ^
main.cfg:5:10: error: expected '.' or '..' before 'b', found 3 dots
    5 | only a...b
      |          ^
main.cfg:6:10: error: expected a name before '.b'
    6 | only a, .b
      |          ^
main.cfg:7:6: error: expected a name, found '.'
    7 | only ..a
      |      ^
main.cfg:8:4: error: expected a name, found '.'
    8 | no .a
      |    ^
main.cfg:9:6: error: expected '"' at the end of the quoted text, found the end of the line
    9 | only "x
      |      ^
)"},
      {"variants:\n    - a:\nonly a..\nno #\n",
       R"(main.cfg:4:1: warning: 'no' with an empty filter removes nothing [-Wempty-filter]
    4 | no #
      | ^~~~
)"},
      {"a +?=: b\na: # why\n    x = 1\n!a: // why\n+/= x: y\n",
       R"(main.cfg:1:5: error: expected an operator, found '+?='
    1 | a +?=: b
      |     ^
main.cfg:2:4: error: a comment cannot follow a condition
    2 | a: # why
      |    ^~~~~
hint: put the comment on a line of its own
main.cfg:4:5: error: a comment cannot follow a condition
    4 | !a: // why
      |     ^~~~~~
hint: put the comment on a line of its own
)"},
  };
  for (const Row& row : rows) EXPECT_EQ(Parsed(row.text).Messages(), row.messages) << row.text;
}

TEST(Errors, Of2009sFiltersAreToldTogether) {
  const char* const filters = R"(main.cfg:3:6: error: bad filter '(x': missing ')'
    3 | only (x
      |      ^~
main.cfg:4:4: error: bad filter 'y)': unmatched ')'
    4 | no y) [a
      |    ^~
main.cfg:4:7: error: bad filter '[a': missing ']'
    4 | no y) [a
      |       ^~
main.cfg:5:1: error: bad filter '*': nothing to repeat before '*'
    5 | *: x = 1
      | ^
)";
  const std::string text = "variants:\n    - b:\nonly (x\nno y) [a\n*: x = 1\n";
  EXPECT_EQ(Parsed(text, Dialect::k2009).Dicts(), filters);
  // Where they are not met, they are no errors, unless there are some anyway.
  EXPECT_EQ(Parsed("variants:\n    - b:\nonly b (x\n", Dialect::k2009).Dicts(),
            "{\"depend\":[],\"name\":\"b\",\"shortname\":\"b\"}\n");
  EXPECT_EQ(Parsed(text + "w( ?= 1\n", Dialect::k2009).Messages(),
            std::string(R"(main.cfg:6:1: error: bad pattern 'w(': missing ')'
    6 | w( ?= 1
      | ^~~
)") + filters);
}

TEST(Errors, Of2009sDepend) {
  const Row rows[] = {
      {"depend = x\nvariants:\n    - a:\n",
       R"(main.cfg:1:1: warning: this changes 'depend', which belongs to the language [-Wreserved-key]
    1 | depend = x
      | ^~~~~~
main.cfg:1:1: error: 'depend' was set to a text; it is a list and cannot pass a 'variants' block so
    1 | depend = x
      | ^~~~~~~~~~
)"},
      {"depend = x\nsubvariants:\n    - a: b\n",
       R"(main.cfg:1:1: warning: this changes 'depend', which belongs to the language [-Wreserved-key]
    1 | depend = x
      | ^~~~~~
main.cfg:1:1: error: 'depend' was set to a text; it is a list
    1 | depend = x
      | ^~~~~~~~~~
)"},
      {"depend += x\n",
       R"(main.cfg:1:1: warning: this changes 'depend', which belongs to the language [-Wreserved-key]
    1 | depend += x
      | ^~~~~~
main.cfg:1:1: error: 'depend' is a list; nothing can be added to it as text
    1 | depend += x
      | ^~~~~~~~~~~
)"},
  };
  for (const Row& row : rows)
    EXPECT_EQ(Parsed(row.text, Dialect::k2009).Dicts(), row.messages) << row.text;
}

// A parser goes on behind an error, up to twenty; each tells where its file was included.
TEST(Errors, AreToldTwentyAtATimeWithTheWayToTheirFile) {
  std::string inner;
  for (int i = 0; i < 25; ++i) inner += fmt::format("only a{} |\n", i);
  Parsed parsed("# first\ninclude b.cfg\n", Dialect::kModern,
                {{"b.cfg", "x = 1\n\ninclude c.cfg\n"}, {"c.cfg", inner}});
  std::string messages;
  for (int i = 0; i < 20; ++i) {
    std::string blanks(i < 10 ? 8 : 9, ' ');
    messages += fmt::format(
        "c.cfg:{}:{}: error: expected a name, ',' or '.' in a filter, found '|'\n"
        "{:>5} | only a{} |\n"
        "      | {}^\n"
        "b.cfg:3: note: included from here\n"
        "main.cfg:2: note: included from here\n"
        "hint: alternatives are separated by ',' in the modern dialect; regular expressions are "
        "2009's (--dialect=2009)\n",
        i + 1, i < 10 ? 9 : 10, i + 1, i, blanks);
  }
  EXPECT_EQ(parsed.Messages(), messages + "error: more errors are not shown\n");
}

// What follows a mistake is not a mistake because of it.
TEST(Errors, OfBlocksAreToldOnce) {
  const Row rows[] = {
      {"varients:\n    - a:\n        x = 1\n    - b:\nx = 3\nvarints:\n- p:\n- q:\nonly a |\n",
       R"(main.cfg:2:5: error: a '- NAME:' line needs a 'variants:' line before it
    2 |     - a:
      |     ^~~~
hint: did you mean 'variants:' instead of 'varients', before it?
main.cfg:7:1: error: a '- NAME:' line needs a 'variants:' line before it
    7 | - p:
      | ^~~~
hint: did you mean 'variants:' instead of 'varints', before it?
main.cfg:9:8: error: expected a name, ',' or '.' in a filter, found '|'
    9 | only a |
      |        ^
hint: alternatives are separated by ',' in the modern dialect; regular expressions are 2009's (--dialect=2009)
)"},
      {"x = 1\n- a:\n- b:\n",
       R"(main.cfg:2:1: error: a '- NAME:' line needs a 'variants:' line before it
    2 | - a:
      | ^~~~
)"},
      {"variants:\n    - a:\n        - b:\n            x = 1\n        - c:\n    - d:\n        x = "
       "1\n"
       "        - e:\n        k:\n            - f:\n- g:\n    y = 1\n- h:\n",
       R"(main.cfg:3:9: error: a '- NAME:' line needs a 'variants:' line before it
    3 |         - b:
      |         ^~~~
hint: a variant beside '- a:' begins in the same column; variants within it need a 'variants:' line
main.cfg:8:9: error: a '- NAME:' line needs a 'variants:' line before it
    8 |         - e:
      |         ^~~~
hint: a variant beside '- d:' begins in the same column; variants within it need a 'variants:' line
main.cfg:10:13: error: a '- NAME:' line needs a 'variants:' line before it
   10 |             - f:
      |             ^~~~
main.cfg:11:1: error: a '- NAME:' line needs a 'variants:' line before it
   11 | - g:
      | ^~~~
hint: '- NAME:' lines begin deeper than the 'variants:' line that they belong to
)"},
      {"variants:\n    x = 1\n    - a:\n        y = 1\n    - b:\nonly a\n",
       R"(main.cfg:2:5: error: expected '- NAME:' after 'variants', found 'x = 1'
    2 |     x = 1
      |     ^~~~~
)"},
      {"variants a b:\n- p:\n    x = 1\n- q:\ny = 3\nz = 1\n",
       R"(main.cfg:1:12: error: expected '[' or ':' after 'variants a', found 'b'
    1 | variants a b:
      |            ^
)"},
      {"a:\n    variants:\nvariants:\nk:\n  l = 5\n",
       R"(main.cfg:2:5: error: 'variants' is not allowed inside a conditional block
    2 |     variants:
      |     ^~~~~~~~
main.cfg:4:1: error: expected '- NAME:' after 'variants', found 'k:'
    4 | k:
      | ^~
)"},
  };
  for (const Row& row : rows) EXPECT_EQ(Parsed(row.text).Messages(), row.messages) << row.text;
}

TEST(Errors, OfFiltersSayWhatCouldBeMeant) {
  const Row rows[] = {
      {"a b: x = 1\n",
       R"(main.cfg:1:3: error: expected ',' or '.' before 'b'
    1 | a b: x = 1
      |   ^
hint: write 'a, b' for any of them, 'a..b' for both
)"},
      {"only (os=5.3)\n",
       R"(main.cfg:1:11: error: expected ')', found '.'
    1 | only (os=5.3)
      |           ^
hint: a variant with dots in its name has a label for each part: '(os=5).(os=...)'
)"},
  };
  for (const Row& row : rows) EXPECT_EQ(Parsed(row.text).Messages(), row.messages) << row.text;
}

TEST(Errors, OfDeepNesting) {
  std::string deep;
  for (int i = 0; i < 901; ++i) deep += fmt::format("{:>{}}a:\n", "", i);
  const std::string blanks(80, ' ');
  for (Dialect dialect : {Dialect::kModern, Dialect::k2009})
    EXPECT_EQ(Parsed(deep, dialect).Messages(),
              "main.cfg:900:900: error: blocks are nested more than 900 deep\n"
              "  900 | ..." +
                  blanks +
                  "a:\n"
                  "      |    " +
                  blanks + "^~\n");
}

}  // namespace
}  // namespace kvmtest::language
