#include "language/lexer.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "language/line_reader.h"

namespace kvmtest::language {
namespace {

// "name _ . name =" : identifiers as they are, white space as _, the rest as written.
std::string Tokens(std::string_view line) {
  Scanner scanner(line, 0);
  std::string out;
  while (true) {
    Token token = scanner.Next();
    if (token.kind == TokenKind::kEnd) return out;
    if (!out.empty()) out += ' ';
    if (token.kind == TokenKind::kError) return out + "error: " + scanner.Complaint("a token");
    if (token.kind == TokenKind::kWhite)
      out += '_';
    else if (token.kind == TokenKind::kString)
      out += fmt::format("\"{}\"", token.text);
    else if (token.kind == TokenKind::kOperator)
      out += "op";
    else
      out += token.text;
  }
}

TEST(Scanner, Tokens) {
  struct Case {
    const char* line;
    const char* tokens;
  };
  for (const Case& t : {
           Case{"a.b..c", "a . b . . c"},
           Case{"a, b  c", "a , _ b _ c"},
           Case{"(os = lin)", "( os _ = _ lin )"},
           Case{"-x_1-", "-x_1-"},
           Case{"a # b", "a _"},
           Case{"a#b", "a"},
           Case{"\u00e9t\u00e9.\u4e00", "\u00e9t\u00e9 . \u4e00"},
           Case{"a\u00a0b", "a _ b"},
           Case{"a?b", "a b"},
           Case{"a+ =", "a _ op"},
           Case{"a ?+=", "a _ op"},
           Case{"a +?=", "a _ error: expected an operator, found '+?='"},
           Case{"a|b", "a error: expected a token, found '|'"},
           Case{"\u2603", "error: expected a token, found '\u2603'"},
           Case{"\"x\"", "\"x\" x"},  // the reference repeats a string as an identifier
           Case{"\"\"a", "\"\" a"},
           Case{"\"x",
                "error: expected '\"' at the end of the quoted text, found the end of the line"},
           Case{"!@[]", "! @ [ ]"},
       })
    EXPECT_EQ(Tokens(t.line), t.tokens) << t.line;
}

TEST(Scanner, RestIsTextNotTokens) {
  Scanner scanner("a:   x|y # z", 0);
  scanner.Next();
  scanner.Next();
  uint32_t pos;
  EXPECT_EQ(scanner.Rest(&pos), "x|y # z");
  EXPECT_EQ(pos, 5u);
}

TEST(Assignment, Form) {
  struct Case {
    const char* line;
    const char* expected;  // key|operator number|value, or "" if the line is none
  };
  for (const Case& t : {
           Case{"a = b", "a|0|b"},
           Case{"a=", "a|0|"},
           Case{"= b", "|0|b"},
           Case{"a b.c (d)  += e", "a b.c (d)|1|e"},
           Case{"a <= b", "a|2|b"},
           Case{"a ~= b", "a|3|b"},
           Case{"k.*?=v", "k.*|4|v"},
           Case{"a ?+= b", "a|5|b"},
           Case{"a ?<= b", "a|6|b"},
           Case{"a =+ b", "a|0|+ b"},
           Case{"a == b", "a|0|= b"},
           Case{"a = b:c", "a|0|b:c"},
           Case{"(os=lin): x = 1", "(os|0|lin): x = 1"},
           Case{"a =:b", ""},
           Case{"a: b = c", ""},
           Case{"a: b", ""},
           Case{"plain", ""},
       }) {
    Assignment a;
    std::string got;
    if (FindAssignment(t.line, &a))
      got = fmt::format("{}|{}|{}", a.key, static_cast<int>(a.op), a.value);
    EXPECT_EQ(got, t.expected) << t.line;
  }
}

// "number:indent:text" of every line.
std::string Lines(std::string_view text) {
  Arena arena;
  std::string out;
  for (const Line& line : SplitLines(text, &arena))
    out += fmt::format("{}:{}:{}\n", line.number, line.indent, line.text);
  return out;
}

TEST(SplitLines, StripsExpandsAndDrops) {
  EXPECT_EQ(Lines("a = 1  \n\n  # no\n\t// no\n  b\tc \n"), "1:0:a = 1\n5:2:b     c\n");
  EXPECT_EQ(Lines("a\r\nb\rc"), "1:0:a\n2:0:b\n3:0:c\n");
  EXPECT_EQ(Lines("a\fb\x1c"
                  "c\u2028d\u0085e\ng"),
            "1:0:a\n1:0:b\n1:0:c\n1:0:d\n1:0:e\n2:0:g\n");
  EXPECT_EQ(Lines("\u00a0x\u00a0"), "1:1:x\n");
  EXPECT_EQ(Lines(""), "");
}

// Text that needs no care is skimmed in large steps: what needs it must be seen wherever
// it stands.
TEST(SplitLines, SeesSpecialBytesAnywhere) {
  for (size_t before = 1; before < 200; ++before) {
    std::string plain(before, 'x');
    EXPECT_EQ(Lines(plain + " = 1\n" + plain + "y\u2028z\n\ta\nb\n"),
              fmt::format("1:0:{0} = 1\n2:0:{0}y\n2:0:z\n3:8:a\n4:0:b\n", plain));
  }
}

// One look ahead for a line feed that is not there must not cost a look at the whole rest.
TEST(SplitLines, TakesTimeInProportionToTheText) {
  auto time = [](std::string_view line) {
    std::string text;
    for (int i = 0; i < 200000; ++i) text += line;
    Arena arena;
    auto begin = std::chrono::steady_clock::now();
    EXPECT_EQ(SplitLines(text, &arena).size(), 200000u);
    return std::chrono::steady_clock::now() - begin;
  };
  auto plain = time("key = value\n");
  EXPECT_LT(time("key = value\r"), 20 * plain);
  EXPECT_LT(time("\tkey = value\n"), 20 * plain);
}

TEST(LineReader, EndsBlocksWithoutConsuming) {
  Arena arena;
  std::vector<Line> lines = SplitLines("a\n  b\nc\n", &arena);
  LineReader reader(lines);
  Line line;
  ASSERT_TRUE(reader.Next(-1, &line));
  ASSERT_TRUE(reader.Next(0, &line));
  EXPECT_EQ(line.text, "b");
  EXPECT_FALSE(reader.Next(0, &line));
  reader.Store({"stored", 0, 9, 1});
  ASSERT_TRUE(reader.Next(5, &line)) << "whatever the indentation";
  EXPECT_EQ(line.text, "stored");
  ASSERT_TRUE(reader.Next(-1, &line));
  EXPECT_EQ(line.text, "c");
}

}  // namespace
}  // namespace kvmtest::language
