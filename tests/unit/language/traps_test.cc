// Silent traps: every message, and where there is none.
#include <gtest/gtest.h>

#include "language_testing.h"

namespace kvmtest::language {
namespace {

struct Row {
  const char* text;
  const char* messages;
};

TEST(Traps, OfTheModernDialect) {
  const Row rows[] = {
      {"x = 1 # no\ny = 2 // no\nz = # why\nu = http://h/#1 a#b \"q # r\"\nv = '# s' 't' //\n",
       R"(main.cfg:1:7: warning: a comment cannot follow a value: this is part of it [-Wcomment-in-value]
    1 | x = 1 # no
      |       ^~~~
hint: put the comment on a line of its own
main.cfg:2:7: warning: a comment cannot follow a value: this is part of it [-Wcomment-in-value]
    2 | y = 2 // no
      |       ^~~~~
hint: put the comment on a line of its own
main.cfg:3:5: warning: a comment cannot follow a value: this is part of it [-Wcomment-in-value]
    3 | z = # why
      |     ^~~~~
hint: put the comment on a line of its own
main.cfg:5:15: warning: a comment cannot follow a value: this is part of it [-Wcomment-in-value]
    5 | v = '# s' 't' //
      |               ^~
hint: put the comment on a line of its own
)"},
      {"a = \"\nb = \"x\nc = y'\nd = 'x\" y\ne = \"a\" \"b\"\nf = \" g \" h\"\ni = it's\n",
       R"(main.cfg:1:5: warning: a lone quote is an empty value [-Wlone-quote]
    1 | a = "
      |     ^
main.cfg:2:5: warning: this quote is not closed, so it is part of the value [-Wlone-quote]
    2 | b = "x
      |     ^
main.cfg:3:6: warning: this quote closes none, so it is part of the value [-Wlone-quote]
    3 | c = y'
      |      ^
main.cfg:4:5: warning: this quote is not closed, so it is part of the value [-Wlone-quote]
    4 | d = 'x" y
      |     ^
main.cfg:5:5: warning: only the outer quotes are removed: this is a" "b [-Winner-quotes]
    5 | e = "a" "b"
      |     ^~~~~~~
)"},
      {"x = a\tb\ny =\tc\nz\t= d\t\n",
       R"(main.cfg:1:5: warning: the tabs in this value become blanks, to columns of eight [-Wtab-in-value]
    1 | x = a   b
      |     ^~~~~
)"},
      {"a = \\\nb = c \\\nd = C:\\\n",
       R"(main.cfg:1:5: warning: a line cannot be continued: the '\' is part of the value [-Wno-continuation]
    1 | a = \
      |     ^
hint: add the rest with '+=' on the next line
main.cfg:2:7: warning: a line cannot be continued: the '\' is part of the value [-Wno-continuation]
    2 | b = c \
      |       ^
hint: add the rest with '+=' on the next line
)"},
      {"a|b ?= 2\n(a|b)|c ?+= 2\n(a|b) ?= 3\n[|] ?<= 4\na\\|b ?= 5\nab = 1\na = 1\n| = 1\na|b = "
       "1\n",
       R"(main.cfg:1:1: warning: only the last alternative of 'a|b' must match a key to its end [-Wloose-alternation]
    1 | a|b ?= 2
      | ^~~
hint: did you mean '(a|b)'?
main.cfg:2:1: warning: only the last alternative of '(a|b)|c' must match a key to its end [-Wloose-alternation]
    2 | (a|b)|c ?+= 2
      | ^~~~~~~
hint: did you mean '((a|b)|c)'?
)"},
      {"name_fixed = x\nshortname_fixed = 1\ndep_fixed_fixed = 2\n_name_map_file_fixed = 3\n"
       "mem_max = 4\n",
       R"(main.cfg:1:1: warning: 'name' belongs to the language: this changes it in the result [-Wreserved-key]
    1 | name_fixed = x
      | ^~~~~~~~~~
main.cfg:2:1: warning: 'shortname' belongs to the language: this changes it in the result [-Wreserved-key]
    2 | shortname_fixed = 1
      | ^~~~~~~~~~~~~~~
main.cfg:3:1: warning: 'dep' belongs to the language: this changes it in the result [-Wreserved-key]
    3 | dep_fixed_fixed = 2
      | ^~~~~~~~~~~~~~~
main.cfg:4:1: warning: '_name_map_file' belongs to the language: this changes it in the result [-Wreserved-key]
    4 | _name_map_file_fixed = 3
      | ^~~~~~~~~~~~~~~~~~~~
)"},
      {"variants:\n    - a:\n    - b:\na: # x = 1\na: // y = 1\n",
       R"(main.cfg:4:4: warning: this sets the key '# x': a comment cannot follow a condition [-Wcomment-in-condition]
    4 | a: # x = 1
      |    ^~~~~~~
hint: put the comment on a line of its own
main.cfg:5:4: warning: this sets the key '// y': a comment cannot follow a condition [-Wcomment-in-condition]
    5 | a: // y = 1
      |    ^~~~~~~~
hint: put the comment on a line of its own
)"},
      {"two words = 1\n= 2\n",
       R"(main.cfg:1:1: warning: this sets the key 'two words' [-Wodd-key]
    1 | two words = 1
      | ^~~~~~~~~
main.cfg:2:1: warning: this sets a key without a name [-Wodd-key]
    2 | = 2
      | ^~~
)"},
      {"variants:\n    - a:\n    - b:\nx = 1\n    y = 2\na:\n        z = 3\n    u = 4\n"
       "      v = 5\na: w = 1\n    t = 2\n",
       R"(main.cfg:5:5: warning: this line is deeper than the one before it, which opens no block [-Wdeeper-line]
    5 |     y = 2
      |     ^~~~~
main.cfg:9:7: warning: this line is deeper than the one before it, which opens no block [-Wdeeper-line]
    9 |       v = 5
      |       ^~~~~
)"},
      {"variants:\n    - a:\n        x = 1\n  - b:\n      x = 2\n",
       R"(main.cfg:4:3: warning: this variant is not in the column of the first one, from which the depth of all their lines is measured [-Wragged-variants]
    4 |   - b:
      |   ^~~~
)"},
      {"variants os [default=x] [color] [size=big]:\n    - x.y:\n    - x:\n",
       R"(main.cfg:1:26: warning: '[color]' has no meaning and is ignored [-Wunknown-meta]
    1 | variants os [default=x] [color] [size=big]:
      |                          ^~~~~
main.cfg:1:34: warning: '[size]' has no meaning and is ignored [-Wunknown-meta]
    1 | variants os [default=x] [color] [size=big]:
      |                                  ^~~~
main.cfg:2:7: warning: '[default=x]' takes 'x.y': the beginning of a name is enough [-Wdefault-prefix]
    2 |     - x.y:
      |       ^~~
)"},
      {"variants [default=a b]:\n    - c:\n    - a:\nvariants [default=p.q]:\n    - p:\n",
       R"(main.cfg:3:7: warning: '[default=a b]' takes 'a': 'b' is ignored [-Wdefault-prefix]
    3 |     - a:
      |       ^
main.cfg:5:7: warning: '[default=p.q]' takes 'p': '.q' is ignored [-Wdefault-prefix]
    5 |     - p:
      |       ^
)"},
      {"variants name:\n    - a:\n    - b:\n",
       R"(main.cfg:1:10: warning: 'name' belongs to the language: this has no effect [-Wreserved-key]
    1 | variants name:
      |          ^~~~
)"},
      {"variants:\n    - a:\n    - b:\nvariants:\n",
       R"(main.cfg:4:1: warning: a 'variants' block without variants is ignored [-Wempty-variants]
    4 | variants:
      | ^~~~~~~~~
)"},
      {"variants:\n    - a:\n        variants:\n    - b:\n",
       R"(main.cfg:3:9: warning: a 'variants' block without variants is ignored [-Wempty-variants]
    3 |         variants:
      |         ^~~~~~~~~
)"},
      {"variants:\n    - a: b c..d, e\n    - b:\n",
       R"(main.cfg:2:10: warning: 'c..d' is 2 dependencies, one for each part between '..' [-Wdependency-parts]
    2 |     - a: b c..d, e
      |          ^~~~~~~~~
)"},
      {"ya = 1\nx = 1\nxb?c ?= 2\nx*y?a ?= 2\ny.* ?<= 4\n(zz|n).* ?+= 5\nz.* ?= 3\nvariants yz:\n  "
       "  - a:\n",
       R"(main.cfg:3:1: warning: no statement sets a key that 'xb?c' matches, so this changes nothing [-Wno-such-key]
    3 | xb?c ?= 2
      | ^~~~~~~~~
main.cfg:6:1: warning: no statement sets a key that '(zz|n).*' matches, so this changes nothing [-Wno-such-key]
    6 | (zz|n).* ?+= 5
      | ^~~~~~~~~~~~~~
main.cfg:7:1: warning: no statement sets a key that 'z.*' matches, so this changes nothing [-Wno-such-key]
    7 | z.* ?= 3
      | ^~~~~~~~
)"},
      {"x = 1\nky ?= 2\ndel kz\n",
       R"(main.cfg:2:1: warning: no statement sets 'ky', so this changes nothing [-Wno-such-key]
    2 | ky ?= 2
      | ^~~~~~~
)"},
      {"a, b:\n    x = 1\n    y += 2\nvariants:\n    - a:\n        x = 2\n    - b:\n"
       "        x = 3\n        y = ${y}\n",
       R"(main.cfg:2:5: warning: this is lost: 'a' sets 'x' again, further down [-Woverwritten]
    2 |     x = 1
      |     ^~~~~
main.cfg:6:9: note: set again here
hint: a condition's statements act where they stand; move it behind the block
)"},
  };
  for (const Row& row : rows) EXPECT_EQ(Parsed(row.text).Messages(), row.messages) << row.text;
}

TEST(Traps, OperatorsThatAreDropped) {
  const Row rows[] = {
      {"variants:\n    - a+b:\n    - +c:\n    - d?: e+\n    - e:\nonly a, c+\na+: x = 1\n",
       R"(main.cfg:2:8: warning: '+' in a variant's name has no meaning and is ignored [-Wdangling-operator]
    2 |     - a+b:
      |        ^
main.cfg:3:7: warning: '+' in a variant's name has no meaning and is ignored [-Wdangling-operator]
    3 |     - +c:
      |       ^
main.cfg:4:8: warning: '?' in a variant's name has no meaning and is ignored [-Wdangling-operator]
    4 |     - d?: e+
      |        ^
main.cfg:4:12: warning: '+' in dependencies has no meaning and is ignored [-Wdangling-operator]
    4 |     - d?: e+
      |            ^
main.cfg:6:10: warning: '+' in a filter has no meaning and is ignored [-Wdangling-operator]
    6 | only a, c+
      |          ^
main.cfg:7:2: warning: '+' in a condition has no meaning and is ignored [-Wdangling-operator]
    7 | a+: x = 1
      |  ^
)"},
  };
  for (const Row& row : rows) EXPECT_EQ(Parsed(row.text).Messages(), row.messages) << row.text;
}

// Editors show them in the middle of a line.
TEST(Traps, LinesThatEndUnseen) {
  const Row rows[] = {
      {"x = foo\u2028y = 2\n",
       "main.cfg:1:9: warning: a new line begins here: the character U+2028 before it ends one "
       "[-Whidden-line-end]\n"
       "    1 | x = foo\u2028y = 2\n"
       "      |         ^\n"},
      {"# why\fx = 1\n    # b\t\x1c  y = 2\u0085only a\nvariants:\n    - a:\n",
       "main.cfg:1:7: warning: a new line begins here: the character U+000C before it ends one "
       "[-Whidden-line-end]\n"
       "    1 | # why x = 1\n"
       "      |       ^\n"
       "main.cfg:2:12: warning: a new line begins here: the character U+001C before it ends one "
       "[-Whidden-line-end]\n"
       "    2 |     # b    y = 2\u0085only a\n"
       "      |            ^\n"
       "main.cfg:2:18: warning: a new line begins here: the character U+0085 before it ends one "
       "[-Whidden-line-end]\n"
       "    2 |     # b    y = 2\u0085only a\n"
       "      |                  ^\n"
       "main.cfg:2:12: warning: this line is deeper than the one before it, which opens no block "
       "[-Wdeeper-line]\n"
       "    2 |     # b    y = 2\u0085only a\n"
       "      |            ^~~~~\n"},
      {"\fx = 1\f\n\f# c\ny = 1\f# d\n", ""},
  };
  for (const Row& row : rows) EXPECT_EQ(Parsed(row.text).Messages(), row.messages) << row.text;
}

TEST(Traps, OfAFileThatIsIncludedAgainAreToldOnce) {
  Parsed parsed(
      "variants:\n    - a:\n        include i.cfg\n    - b:\n        include i.cfg\n"
      "include i.cfg\n",
      Dialect::kModern, {{"i.cfg", "x = 1 # foo\nname = 3\nonly zz\nno zz\n"}});
  EXPECT_EQ(
      parsed.Messages(),
      R"(i.cfg:1:7: warning: a comment cannot follow a value: this is part of it [-Wcomment-in-value]
    1 | x = 1 # foo
      |       ^~~~~
main.cfg:3: note: included from here
hint: put the comment on a line of its own
i.cfg:2:1: warning: 'name' belongs to the language: this has no effect [-Wreserved-key]
    2 | name = 3
      | ^~~~
main.cfg:3: note: included from here
i.cfg:3:6: warning: no variant is named 'zz', so this 'only' removes everything [-Wunknown-label]
    3 | only zz
      |      ^~
main.cfg:3: note: included from here
i.cfg:4:4: note: used here, too
)");
}

TEST(Traps, PedanticOnesAreErrorsInStrictModeOnly) {
  const Row rows[] = {
      {"variants:\n    - a:\n    - b: a,\nonly a,\nonly a, # b\nno b..\na.: x = 1\n",
       R"(main.cfg:3:11: error: nothing follows this ',', which is ignored
    3 |     - b: a,
      |           ^
main.cfg:4:7: error: nothing follows this ',', which is ignored
    4 | only a,
      |       ^
main.cfg:5:7: error: nothing follows this ',', which is ignored
    5 | only a, # b
      |       ^
main.cfg:6:5: error: nothing follows this '..', which is ignored
    6 | no b..
      |     ^~
main.cfg:7:2: error: nothing follows this '.', which is ignored
    7 | a.: x = 1
      |  ^
)"},
      {"only b\nvariants:\n    - a:\n        no c\n    - b:\nvariants:\n    - c:\n    - d:\n",
       R"(main.cfg:1:1: error: this filter names only variants of later blocks; it sees the whole name
    1 | only b
      | ^~~~~~
main.cfg:5:7: note: 'b' is defined here
)"},
      {"variants os:\n    - 5.3:\nvariants:\n    - later:\n",
       R"(main.cfg:2:7: error: this variant has 2 labels, '(os=5).(os=3)'
    2 |     - 5.3:
      |       ^~~
)"},
      {"g = 1\nvariants:\n    - a:\n        suffix _a\n        variants:\n            - b:\n"
       "                suffix _b\n",
       R"(main.cfg:7:17: error: '_b' is added to every key set so far, not only to this block's
    7 |                 suffix _b
      |                 ^~~~~~~~~
main.cfg:1:1: note: 'g' is set here
main.cfg:7:17: error: keys end in '_a_b', the last suffix first, but patterns see '_b_a'
    7 |                 suffix _b
      |                 ^~~~~~~~~
main.cfg:4:9: note: the suffix around it
main.cfg:4:9: error: '_a' is added to every key set so far, not only to this block's
    4 |         suffix _a
      |         ^~~~~~~~~
main.cfg:1:1: note: 'g' is set here
)"},
      {"x = 1\ndel kz\n",
       R"(main.cfg:2:1: error: no statement sets 'kz', so this changes nothing
    2 | del kz
      | ^~~~~~
)"},
      {"k = 1\nx = ${k} ${k}\nvariants:\n    - a:\n        k = 2\n",
       R"(main.cfg:2:5: error: '${k}' is replaced by the value so far, which is changed later
    2 | x = ${k} ${k}
      |     ^~~~
main.cfg:5:9: note: 'k' is changed here
)"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(Parsed(row.text).Messages(), "") << row.text;
    Parsed strict(row.text, Dialect::kModern, {}, {}, /*defaults=*/false, /*strict=*/true);
    strict.Dicts();
    EXPECT_EQ(strict.Messages(), row.messages) << row.text;
  }
}

// What is set again further down is no trap if it was of use before, or may have been.
TEST(Traps, ValuesThatAreUsedBeforeTheyAreSetAgain) {
  for (const char* text : {
           "a:\n    x = 1\ny = ${x}\nvariants:\n    - a:\n        x = 2\n    - b:\n",
           "a:\n    x = 1\nvariants:\n    - a:\n        y = ${x}\n        x = 2\n    - b:\n",
           "a:\n    x = 1\nx ?+= 3\ny = 1\ny_max = ${x}\nvariants:\n    - a:\n        x = 2\n",
           "a:\n    x = 1\n    y = ${x}\nvariants:\n    - a:\n        x = 2\n    - b:\n",
           "a:\n    x = 1\nb:\n    y = ${x}\nvariants:\n    - b:\nvariants:\n    - a:\n        x = "
           "2\n",
           "variants:\n    - e:\n        b:\n            x = 1\n        suffix _s\n"
           "variants:\n    - b:\n        x = 2\n",
           "variants:\n    - e:\n        x = 1\n        suffix _s\nb:\n    x = 1\ny = ${x_s}\n"
           "variants:\n    - b:\n        x = 2\n",
       })
    EXPECT_EQ(Parsed(text).Messages(), "") << text;
  // Of use to others, or before it was set, or behind.
  for (const char* text : {
           "variants:\n    - p:\n        a:\n            x = 1\n    - q:\n        y = ${x}\n"
           "variants:\n    - a:\n        x = 2\n",
           "y = ${x}\na:\n    x = 1\nvariants:\n    - a:\n        x = 2\n",
           "a:\n    x = 1\nvariants:\n    - a:\n        x = 2\n        y = ${x}\n        suffix "
           "_s\n",
           "a:\n    x = 1\nvariants:\n    - b:\n        y = ${x}\n    - a:\n        x = 2\n",
       })
    EXPECT_NE(Parsed(text).Messages().find("this is lost: 'a' sets 'x' again"), std::string::npos)
        << text;
}

TEST(Traps, AValuePutIntoItselfIsNotStale) {
  for (const char* text : {
           "x = 1\nx = ${x} 2\n",
           "x = 1\nvariants:\n    - a:\n        x = 2${x}\n    - b:\n        x = 3\n",
           "x = 1\nx += ${x}\nx = 4\n",
           "xa = 1\ny = 2\nx.* ?= ${xa}3\n",
       }) {
    Parsed strict(text, Dialect::kModern, {}, {}, /*defaults=*/false, /*strict=*/true);
    strict.Dicts();
    EXPECT_EQ(strict.Messages(), "") << text;
  }
}

// However many dicts meet them.
TEST(Traps, MetWhileDictsAreMade) {
  const Row rows[] = {
      {"k = 1\nx = ${k} ${no} ${k}\ny = ${none}\n",
       R"(main.cfg:2:10: warning: '${no}' is not set here, so nothing behind it is replaced either [-Wundefined-key]
    2 | x = ${k} ${no} ${k}
      |          ^~~~~
main.cfg:3:5: warning: '${none}' is not set here [-Wundefined-key]
    3 | y = ${none}
      |     ^~~~~~~
)"},
      {"w = ${dep} ${_name_map_file}\nvariants:\n    - a:\n    - b:\nx = ${_short_name_map_file}\n",
       R"(main.cfg:1:12: warning: '${_name_map_file}' is not set here [-Wundefined-key]
    1 | w = ${dep} ${_name_map_file}
      |            ^~~~~~~~~~~~~~~~~
main.cfg:1:5: warning: '${dep}' is not one text: it is written as Python writes lists [-Wlist-as-text]
    1 | w = ${dep} ${_name_map_file}
      |     ^~~~~~
main.cfg:5:5: warning: '${_short_name_map_file}' is not one text: it is written as Python writes dicts [-Wlist-as-text]
    5 | x = ${_short_name_map_file}
      |     ^~~~~~~~~~~~~~~~~~~~~~~
)"},
      {"variants:\n    - a:\n        bar = 2\n        suffix _a\nbar = 3\nbar_a = 9\n",
       R"(main.cfg:3:9: warning: with its suffix this key is 'bar_a', and the value of that is lost [-Wsuffix-collision]
    3 |         bar = 2
      |         ^~~~~~~
main.cfg:6:1: note: 'bar_a' is set here
)"},
      {"variants n:\n    - one:\n    - two:\nvariants grp:\n    - t:\n        join one two\n",
       R"(main.cfg:6:9: warning: both names begin with '(grp=t)', which is repeated rather than shared because of its '(' [-Wjoin-prefix]
    6 |         join one two
      |         ^~~~~~~~~~~~
)"},
      {"variants:\n    - o1:\n    - o2:\nvariants:\n    - one:\n    - two:\n    - three:\n"
       "variants:\n    - t:\n        join one two three\n",
       R"(main.cfg:10:9: warning: a join of three or more loses dicts where its first side has more than one: the filters of the later sides add up [-Wjoin-loss]
   10 |         join one two three
      |         ^~~~~~~~~~~~~~~~~~
)"},
  };
  for (const Row& row : rows) {
    Parsed parsed(row.text);
    EXPECT_EQ(parsed.Messages(), "");
    parsed.Dicts();
    EXPECT_EQ(parsed.Messages(), row.messages) << row.text;
    Parsed silent(row.text);
    silent.diagnostics.set_warnings(false);
    silent.Dicts();
    EXPECT_EQ(silent.Messages(), "");
  }
}

}  // namespace
}  // namespace kvmtest::language
