// Lines that begin with a keyword that is mistyped: every message.
#include <gtest/gtest.h>

#include "language_testing.h"

namespace kvmtest::language {
namespace {

struct Row {
  const char* text;
  const char* messages;
};

TEST(KeywordHint, OfModernLines) {
  const Row rows[] = {
      {"onyl foo\nnto a\non b\ninculde a/c.cfg\njion a b\nsufix _x\ndle x\nonyl a = b\n"
       "so it is\n",
       R"(main.cfg:1:1: error: expected 'KEY = VALUE' or 'FILTER:', found 'onyl foo'
    1 | onyl foo
      | ^~~~~~~~
hint: did you mean 'only'?
main.cfg:2:1: error: expected 'KEY = VALUE' or 'FILTER:', found 'nto a'
    2 | nto a
      | ^~~~~
hint: did you mean 'no'?
main.cfg:3:1: error: expected 'KEY = VALUE' or 'FILTER:', found 'on b'
    3 | on b
      | ^~~~
hint: did you mean 'no'?
main.cfg:4:10: error: expected 'KEY = VALUE' or 'FILTER:', found '/'
    4 | inculde a/c.cfg
      |          ^
hint: did you mean 'include'?
main.cfg:5:1: error: expected 'KEY = VALUE' or 'FILTER:', found 'jion a b'
    5 | jion a b
      | ^~~~~~~~
hint: did you mean 'join'?
main.cfg:6:1: error: expected 'KEY = VALUE' or 'FILTER:', found 'sufix _x'
    6 | sufix _x
      | ^~~~~~~~
hint: did you mean 'suffix'?
main.cfg:7:1: error: expected 'KEY = VALUE' or 'FILTER:', found 'dle x'
    7 | dle x
      | ^~~~~
hint: did you mean 'del'?
main.cfg:8:1: warning: this sets the key 'onyl a' [-Wodd-key]
    8 | onyl a = b
      | ^~~~~~
hint: did you mean 'only'?
main.cfg:9:1: error: expected 'KEY = VALUE' or 'FILTER:', found 'so it is'
    9 | so it is
      | ^~~~~~~~
)"},
      {"onyl: a\na: onyl b\na:\n    b\nonyl: x = 1\nso: b\n",
       R"(main.cfg:1:7: error: expected 'KEY = VALUE' or 'FILTER:', found 'a'
    1 | onyl: a
      |       ^
hint: did you mean 'only'?
main.cfg:2:4: error: expected 'KEY = VALUE' or 'FILTER:', found 'onyl b'
    2 | a: onyl b
      |    ^~~~~~
hint: did you mean 'only'?
main.cfg:4:5: error: expected 'KEY = VALUE' or 'FILTER:', found 'b'
    4 |     b
      |     ^
main.cfg:6:5: error: expected 'KEY = VALUE' or 'FILTER:', found 'b'
    6 | so: b
      |     ^
)"},
  };
  for (const Row& row : rows) EXPECT_EQ(Parsed(row.text).Messages(), row.messages) << row.text;
}

TEST(KeywordHint, Of2009sLines) {
  const Row rows[] = {
      {"onyl foo\nnoo bar\ninculde c.cfg\nonly\nso it is\non a\nvariant\nonyl a = b\n"
       "on line = 1\n",
       R"(main.cfg:1:1: warning: this line has no meaning in the 2009 dialect and is ignored [-Wignored-line]
    1 | onyl foo
      | ^~~~~~~~
hint: did you mean 'only'?
main.cfg:2:1: warning: this line has no meaning in the 2009 dialect and is ignored [-Wignored-line]
    2 | noo bar
      | ^~~~~~~
hint: did you mean 'no'?
main.cfg:3:1: warning: this line has no meaning in the 2009 dialect and is ignored [-Wignored-line]
    3 | inculde c.cfg
      | ^~~~~~~~~~~~~
hint: did you mean 'include'?
main.cfg:4:1: warning: 'only' without a filter is ignored [-Wignored-line]
    4 | only
      | ^~~~
main.cfg:5:1: warning: this line has no meaning in the 2009 dialect and is ignored [-Wignored-line]
    5 | so it is
      | ^~~~~~~~
main.cfg:6:1: warning: this line has no meaning in the 2009 dialect and is ignored [-Wignored-line]
    6 | on a
      | ^~~~
hint: did you mean 'no'?
main.cfg:7:1: warning: this line has no meaning in the 2009 dialect and is ignored [-Wignored-line]
    7 | variant
      | ^~~~~~~
hint: did you mean 'variants'?
main.cfg:8:1: warning: this sets the key 'onyl a' [-Wodd-key]
    8 | onyl a = b
      | ^~~~~~
hint: did you mean 'only'?
main.cfg:9:1: warning: this sets the key 'on line' [-Wodd-key]
    9 | on line = 1
      | ^~~~~~~
)"},
      {"onyl: a\n",
       R"(main.cfg:1:1: warning: this line has no meaning in the 2009 dialect and is ignored [-Wignored-line]
    1 | onyl: a
      | ^~~~~~~
hint: did you mean 'only'?
)"},
  };
  for (const Row& row : rows)
    EXPECT_EQ(Parsed(row.text, Dialect::k2009).Messages(), row.messages) << row.text;
}

}  // namespace
}  // namespace kvmtest::language
