// What is asked of one name is answered without looking at the 10^9 others.
#include <fmt/format.h>

#include "explain_testing.h"

namespace kvmtest::language {
namespace {

// Without what Parsed looks at besides.
std::string ExplainedIn(Dialect dialect, const std::string& text, const std::string& test,
                        const std::string& param = "") {
  MemoryReader reader;
  reader.Add("main.cfg", text);
  Diagnostics diagnostics;
  auto config = ParseConfig(reader, {.path = "main.cfg", .dialect = dialect}, diagnostics);
  return Explained(*config, diagnostics, test, param);
}

constexpr const char* kName = "b8v1.b7v1.b6v1.b5v1.b4v1.b3v1.b2v1.b1v1.b0v1";

std::string FirstLines(const std::string& text, int count) {
  size_t end = 0;
  for (; count > 0 && end < text.size(); --count) end = text.find('\n', end) + 1;
  return text.substr(0, end);
}

TEST(ExplainProduct, OneTest) {
  for (Dialect dialect : {Dialect::kModern, Dialect::k2009}) {
    std::string text = ExplainedIn(dialect, Product(9, 10) + "x = 1\n", kName, "x");
    EXPECT_EQ(FirstLines(text, 4), fmt::format("name:       {0}\nshortname:  {0}\nvariants:\n"
                                               "  main.cfg:91: b8v1\n",
                                               kName));
    EXPECT_EQ(text.substr(text.find("\n\n")), "\n\nx = '1'\n* main.cfg:100: x = 1\n");
  }
}

TEST(ExplainProduct, OneRemovedName) {
  for (Dialect dialect : {Dialect::kModern, Dialect::k2009}) {
    std::string text = ExplainedIn(dialect, Product(9, 10) + "no b8v1.b7v1\n", kName);
    EXPECT_EQ(text.substr(text.find("\n\n"), 88),
              "\n\nNot in the result. This removes it; without this line it is there:\n"
              "* main.cfg:100: no ");
  }
}

TEST(ExplainProduct, ALabel) {
  EXPECT_EQ(FirstLines(ExplainedIn(Dialect::kModern, Product(9, 10), "b0v1"), 3),
            "[1]\n"
            "'b0v1' selects at least 10000 tests; which of them?\n"
            "  b8v0.b7v0.b6v0.b5v0.b4v0.b3v0.b2v0.b1v0.b0v1\n");
  EXPECT_EQ(FirstLines(ExplainedIn(Dialect::kModern, Product(9, 10) + "no b0v1\n", "b0v1"), 2),
            "[1]\n"
            "'b0v1' selects no test; without filters it would select at least 10000:\n");
}

TEST(ExplainProduct, ALabelIn2009) {
  EXPECT_EQ(ExplainedIn(Dialect::k2009, Product(9, 10), "b0v1"),
            "[1]\n"
            "'b0v1' is not known as a name, and there are too many to look through them\n");
}

TEST(ExplainProduct, AnotherOrder) {
  EXPECT_EQ(
      ExplainedIn(Dialect::kModern, Product(9, 10), "b0v1.b1v1.b2v1.b3v1.b4v1.b5v1.b6v1.b7v1.b8v1"),
      fmt::format("[1]\n"
                  "'b0v1.b1v1.b2v1.b3v1.b4v1.b5v1.b6v1.b7v1.b8v1' is not the name of a test, "
                  "with or without filters\n"
                  "\n"
                  "Tests with these labels:\n"
                  "  {}\n",
                  kName));
}

TEST(ExplainProduct, AShortName) {
  std::string text = "variants:\n  - a:\n  - b:\n";
  for (int block = 0; block < 30; ++block)
    text += "variants:\n  - @x:\n      no y\n  - @y:\n  - z:\n";
  // Of 3^30 paths one satisfies the filters and is called 'a' for short.
  EXPECT_EQ(FirstLines(ExplainedIn(Dialect::kModern, text + "only x\n", "a"), 2).substr(0, 20),
            "name:       x.x.x.x.");
}

}  // namespace
}  // namespace kvmtest::language
