// Configurations that show no sign of their dialect: what the other would make of them.
#include "language/other_dialect.h"

#include <gtest/gtest.h>

#include <string>

namespace kvmtest::language {
namespace {

std::string Difference(const std::string& text, Dialect dialect = Dialect::kAuto,
                       uint64_t max_dicts = 0) {
  MemoryReader reader;
  reader.Add("main.cfg", text);
  Input input{.path = "main.cfg", .dialect = dialect};
  Diagnostics unheard, diagnostics;
  auto config = ParseConfig(reader, input, unheard);
  WarnOfOtherDialect(reader, input, *config, max_dicts, diagnostics);
  return diagnostics.Render(config->sources());
}

TEST(OtherDialect, TheFirstDifferenceIsTold) {
  struct Row {
    const char* text;
    const char* messages;
  };
  const Row rows[] = {
      {"type = boot\n"
       "variants:\n"
       "    - a:\n"
       "    - b:\n"
       "# old\fno b\n",
       R"(main.cfg: warning: nothing tells the dialect, so this is read as modern: as 2009 there is a dict 'b', too [-Wdialects-differ]
hint: begin the first file with '# dialect: modern' or '# dialect: 2009'
)"},
      {"type = boot\n"
       "variants:\n"
       "    - c:\n"
       "    - a-b:\n"
       "no a.b\n",
       R"(main.cfg:4:7: warning: nothing tells the dialect, so this is read as modern: as 2009 there is no dict 'a-b' [-Wdialects-differ]
    4 |     - a-b:
      |       ^~~
hint: begin the first file with '# dialect: modern' or '# dialect: 2009'
)"},
      {"type = boot\n"
       "variants:\n"
       "    - a-b:\n"
       "    - c:\n"
       "no a.b\n",
       R"(main.cfg:3:7: warning: nothing tells the dialect, so this is read as modern: the dict 'a-b' is 'c' as 2009 [-Wdialects-differ]
    3 |     - a-b:
      |       ^~~
hint: begin the first file with '# dialect: modern' or '# dialect: 2009'
)"},
      {"type = boot\n"
       "variants:\n"
       "    - a:\n"
       "        shortname = q\n",
       R"(main.cfg:3:7: warning: nothing tells the dialect, so this is read as modern: the short name 'a' is 'a.q' as 2009 [-Wdialects-differ]
    3 |     - a:
      |       ^
hint: begin the first file with '# dialect: modern' or '# dialect: 2009'
)"},
      {"type = boot\n"
       "variants:\n"
       "    - a:\n"
       "    - b: a\n"
       "variants:\n"
       "    - c:\n"
       "    - d: a, c\n",
       R"(main.cfg:7:7: warning: nothing tells the dialect, so this is read as modern: 'd.a' requires 'a c', as 2009 'a, c' [-Wdialects-differ]
    7 |     - d: a, c
      |       ^
hint: begin the first file with '# dialect: modern' or '# dialect: 2009'
)"},
      {"type = boot\n"
       "variants:\n"
       "    - a:\n"
       "# old\fb = 5\n",
       R"(main.cfg:4:7: warning: nothing tells the dialect, so this is read as modern: 'a' has b = '5', as 2009 not [-Wdialects-differ]
    4 | # old b = 5
      |       ^~~~~
hint: begin the first file with '# dialect: modern' or '# dialect: 2009'
)"},
      {"type = boot\n"
       "variants:\n"
       "    - a-b:\n"
       "a.b:\n"
       "    x = 2\n",
       R"(main.cfg:5:5: warning: nothing tells the dialect, so this is read as modern: 'a-b' has no x, as 2009 x = '2' [-Wdialects-differ]
    5 |     x = 2
      |     ^~~~~
hint: begin the first file with '# dialect: modern' or '# dialect: 2009'
)"},
      {"type = boot\n"
       "x = \"\"a\"\"\n",
       R"(main.cfg:2:1: warning: nothing tells the dialect, so this is read as modern: '' has x = '"a"', as 2009 'a' [-Wdialects-differ]
    2 | x = ""a""
      | ^~~~~~~~~
hint: begin the first file with '# dialect: modern' or '# dialect: 2009'
)"},
      {"type = boot\n"
       "variants:\n"
       "    - a-b:\n"
       "        x = 1\n"
       "a.b:\n"
       "    x = 2\n",
       R"(main.cfg:4:9: warning: nothing tells the dialect, so this is read as modern: 'a-b' has x = '1', as 2009 '2' [-Wdialects-differ]
    4 |         x = 1
      |         ^~~~~
main.cfg:6:5: note: as 2009 it is set here
hint: begin the first file with '# dialect: modern' or '# dialect: 2009'
)"},
      {"type = boot\n"
       "[x ?= 2\n",
       R"(main.cfg: warning: nothing tells the dialect, so this is read as modern: as 2009 it has errors [-Wdialects-differ]
note: main.cfg:2:1: bad pattern '[x': missing ']'
hint: begin the first file with '# dialect: modern' or '# dialect: 2009'
)"},
      {"# dialect: modern\n"
       "type = boot\n"
       "x = \"\"a\"\"\n",
       R"()"},
      {"type = boot\n"
       "variants:\n"
       "    - a:\n",
       R"()"},
  };
  for (const Row& row : rows) EXPECT_EQ(Difference(row.text), row.messages) << row.text;
}

TEST(OtherDialect, OnlyWhereNobodyChose) {
  const char* text = "x = \"\"a\"\"\n";
  EXPECT_NE(Difference(text), "");
  EXPECT_EQ(Difference(text, Dialect::kModern), "");
  EXPECT_EQ(Difference(text, Dialect::k2009), "");
  EXPECT_EQ(Difference(std::string("# dialect: 2009\n") + text), "");
  EXPECT_EQ(Difference("variants os:\n    - a:\n" + std::string(text)), "");
}

TEST(OtherDialect, OnlyTheFirstDictsAreCompared) {
  const char* text = "variants:\n    - a:\n    - b:\n        x = \"\"a\"\"\n";
  EXPECT_EQ(Difference(text, Dialect::kAuto, 1), "");
  EXPECT_NE(Difference(text, Dialect::kAuto, 2), "");
}

}  // namespace
}  // namespace kvmtest::language
