#include <gtest/gtest.h>

#include "language_testing.h"

namespace kvmtest::language {
namespace {

TEST(Dialect, IsToldByWhatOnlyOneCanMean) {
  struct Case {
    const char* text;
    Dialect dialect;
  };
  for (const Case& t : {
           Case{"x = 1\nonly a b\n", Dialect::kModern},
           Case{"only a|b\n", Dialect::k2009},
           Case{"no Win.*\n", Dialect::k2009},
           Case{"[ab]:\n    x = 1\n", Dialect::k2009},
           Case{"subvariants:\n    - a:\n", Dialect::k2009},
           Case{"x = a|b*\n", Dialect::kModern},
           Case{"x = $HOME\nk.*|y ?= [1]\n", Dialect::kModern},
           Case{"only (a=b)\n", Dialect::kModern},
           Case{"only (a=b\n", Dialect::kModern},
           Case{"only (a=b|\n", Dialect::kModern},
           Case{"# dialect: 2009\nonly a..b\n", Dialect::k2009},
           Case{"#dialect:modern\nonly a|b\n", Dialect::kModern},
           Case{"only a # b*\n", Dialect::kModern},
       })
    EXPECT_EQ(Parsed(t.text, Dialect::kAuto).config->dialect(), t.dialect) << t.text;
}

TEST(Dialect, FirstLinesOfIncludedFilesCountToo) {
  const std::string both = "# dialect: 2009\nvariants:\n  - a:\n";
  EXPECT_EQ(Parsed("include a.cfg\n", Dialect::kAuto, {{"a.cfg", both}}).config->dialect(),
            Dialect::k2009);
  EXPECT_EQ(Parsed("include a.cfg\ninclude b.cfg\n", Dialect::kAuto,
                   {{"a.cfg", both}, {"b.cfg", "#dialect: modern # it is\nx = 1\n"}})
                .Messages(),
            R"(a.cfg:1:1: error: '# dialect: 2009' is the 2009 dialect, but other lines are modern
    1 | # dialect: 2009
      | ^~~~~~~~~~~~~~~
main.cfg:1: note: included from here
b.cfg:1:1: note: '# dialect: modern' is the modern dialect
hint: choose with --dialect=2009 or --dialect=modern, or write '# dialect: 2009' as the first line
)");
  EXPECT_EQ(
      Parsed("# dialect: modern\ninclude a.cfg\n", Dialect::kAuto, {{"a.cfg", both}}).Messages(),
      R"(a.cfg:1:12: error: this file is in the 2009 dialect, but it is included from one that is in the modern dialect
    1 | # dialect: 2009
      |            ^~~~
main.cfg:2: note: included from here
hint: choose with --dialect=2009 or --dialect=modern
)");
  EXPECT_EQ(
      Parsed("# dialect: modern\ninclude a.cfg\n", Dialect::kModern, {{"a.cfg", both}}).Messages(),
      "");
}

TEST(Dialect, AFirstLineThatNamesNoneIsTold) {
  EXPECT_EQ(Parsed("# dialect: 2010\nx = 1\n", Dialect::kAuto).Messages(),
            R"(main.cfg:1:12: warning: there is no dialect '2010' [-Wunknown-dialect]
    1 | # dialect: 2010
      |            ^~~~
hint: write '# dialect: 2009' or '# dialect: modern'
)");
}

TEST(Dialect, AByteOrderMarkIsTold) {
  EXPECT_EQ(Parsed("\xEF\xBB\xBFx = 1\n").Messages(),
            "main.cfg:1:1: warning: the file begins with a byte order mark, which is part of its "
            "first line [-Wbyte-order-mark]\n"
            "    1 | \xEF\xBB\xBFx = 1\n"
            "      | ^\n"
            "hint: save it as UTF-8 without one\n");
}

TEST(Dialect, StringsDoNotDecide) {
  Parsed parsed("variants:\n    - a:\n", Dialect::kAuto, {}, {"only a|b"});
  EXPECT_EQ(parsed.config->dialect(), Dialect::kModern);
}

TEST(Dialect, TheChoiceOf2009IsSaidWithItsPlace) {
  Parsed parsed("include a.cfg\n", Dialect::kAuto,
                {{"a.cfg", "variants:\n  - x:\n  - y:\nonly x|y\n"}});
  EXPECT_FALSE(parsed.diagnostics.HasErrors());
  std::string text = parsed.Messages();
  EXPECT_EQ(text,
            "a.cfg:4:7: note: read as the 2009 dialect because of the regular expression character "
            "'|' in a filter\nmain.cfg:1: note: included from here\n");
}

TEST(Dialect, TellsWhatIsModern) {
  struct Case {
    const char* line;
    const char* note;
  };
  for (const Case& t : {
           Case{"variants os:",
                "main.cfg:1:1: note: a named 'variants' block is the modern dialect"},
           Case{"suffix _x", "main.cfg:1:1: note: 'suffix' is the modern dialect"},
           Case{"!a: x = 1", "main.cfg:1:1: note: a negative condition '!' is the modern dialect"},
           Case{"no a..b", "main.cfg:1:5: note: '..' in a filter is the modern dialect"},
           Case{"no a, b", "main.cfg:1:5: note: ',' in a filter is the modern dialect"},
           Case{"no (a=b)",
                "main.cfg:1:4: note: '(variable=name)' in a filter is the modern dialect"},
           Case{"x = ${y}", "main.cfg:1:5: note: '${' in a value is the modern dialect"},
       }) {
    Parsed parsed(std::string(t.line) + "\nsubvariants:\n", Dialect::kAuto);
    EXPECT_EQ(
        parsed.Messages(),
        "main.cfg:2:1: error: 'subvariants' is the 2009 dialect, but other lines are modern\n"
        "    2 | subvariants:\n"
        "      | ^~~~~~~~~~~~\n" +
            std::string(t.note) +
            "\nhint: choose with --dialect=2009 or --dialect=modern, or write '# dialect: 2009' "
            "as the first line\n");
  }
}

TEST(Dialect, AMixedTreeIsAnErrorThatShowsBoth) {
  Parsed parsed("include a.cfg\nonly a|b\n", Dialect::kAuto, {{"a.cfg", "x ~= 1\n"}});
  EXPECT_EQ(parsed.Messages(),
            "main.cfg:2:7: error: the regular expression character '|' in a filter is the 2009 "
            "dialect, but other lines are modern\n"
            "    2 | only a|b\n"
            "      |       ^\n"
            "a.cfg:1:2: note: the operator '~=' is the modern dialect\n"
            "hint: choose with --dialect=2009 or --dialect=modern, or write '# dialect: 2009' as "
            "the first line\n");
}

}  // namespace
}  // namespace kvmtest::language
