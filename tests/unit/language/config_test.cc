// What plan asks of a Config: blocks, variants, who assigns what, which files were read.
#include "language/config.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "language_testing.h"

namespace kvmtest::language {
namespace {

// One line a block: "line parent-variant name: variant@line variant ...".
std::string Blocks(const Config& config) {
  std::string out;
  for (const Block& block : config.blocks()) {
    std::string parent = block.parent == kNone ? "-" : config.variant(block.parent).text;
    out += fmt::format("{} {} {}:", block.span.line, parent, block.name);
    for (VariantId id : block.variants) {
      const Variant& variant = config.variant(id);
      out +=
          fmt::format(" {}{}@{}", variant.is_default ? "@" : "", variant.text, variant.span.line);
    }
    out += '\n';
  }
  return out;
}

constexpr char kHosts[] =
    "include tests.cfg\n"
    "variants:\n"
    "    - @queue1:\n"
    "        queue = 1\n"
    "    - @queue2:\n"
    "        queue = 2\n"
    "variants:\n"
    "    - @host1:\n"
    "        queue1:\n"
    "            hostname = one\n"
    "    - host2:\n"
    "        variants:\n"
    "            - inner:\n"
    "                hostname = two\n"
    "        after = yes\n";
constexpr char kTests[] = "variants:\n    - a.b:\n    - c:\n";

class Blocks2009AndModern : public testing::TestWithParam<Dialect> {};
INSTANTIATE_TEST_SUITE_P(, Blocks2009AndModern, testing::Values(Dialect::kModern, Dialect::k2009));

TEST_P(Blocks2009AndModern, AreListedInTextOrder) {
  Parsed parsed(kHosts, GetParam(), {{"tests.cfg", kTests}});
  EXPECT_EQ(parsed.Messages(), "");
  EXPECT_EQ(Blocks(*parsed.config),
            "1 - : a.b@2 c@3\n"
            "2 - : @queue1@3 @queue2@5\n"
            "7 - : @host1@8 host2@11\n"
            "12 host2 : inner@13\n");
}

TEST_P(Blocks2009AndModern, KnowWhatAVariantsOwnTextAssigns) {
  Parsed parsed(kHosts, GetParam(), {{"tests.cfg", kTests}});
  std::string assigns;
  for (VariantId id = 0; id < parsed.config->variants().size(); ++id)
    for (const char* key : {"queue", "hostname", "after", "none"})
      if (parsed.config->VariantAssigns(id, key))
        assigns += parsed.config->variant(id).text + " " + key + "\n";
  EXPECT_EQ(assigns,
            "queue1 queue\n"
            "queue2 queue\n"
            "host1 hostname\n"
            "host2 after\n"
            "inner hostname\n");
}

TEST(Config, NamedBlocksAssignTheirName) {
  Parsed parsed("variants os:\n    - lin.x:\n");
  EXPECT_TRUE(parsed.config->VariantAssigns(0, "os"));
  ASSERT_EQ(parsed.config->variant(0).labels.size(), 2u);
  EXPECT_EQ(parsed.config->variant(0).labels[1].Text(), "(os=x)");
  EXPECT_EQ(parsed.config->variant(0).text, "(os=lin).(os=x)");
}

TEST(Config, NamesItsInputsAbsentOnesToo) {
  Parsed parsed("include a.cfg\ninclude a.cfg\ninclude b.cfg\n", Dialect::k2009, {{"a.cfg", ""}});
  std::string inputs;
  for (const InputFile& input : parsed.config->inputs())
    inputs += fmt::format("{}{} ", input.present ? "" : "!", input.path);
  EXPECT_EQ(inputs, "main.cfg a.cfg !b.cfg ");
}

TEST(Config, AnAbsentMainFileIsNoConfig) {
  MemoryReader reader;
  Diagnostics diagnostics;
  EXPECT_EQ(ParseConfig(reader, {.path = "x.cfg"}, diagnostics), nullptr);
  EXPECT_EQ(diagnostics.Render({}), "error: cannot read 'x.cfg': No such file or directory\n");
}

TEST(Config, KeepsItsBlocksAfterErrors) {
  Parsed parsed("variants:\n    - a\n    - b:\n        only |\n    - c:\n");
  EXPECT_EQ(parsed.diagnostics.error_count(), 2u);
  EXPECT_EQ(Blocks(*parsed.config), "1 - : b@3 c@5\n");
}

TEST(Config, BytesThatAreNotUtf8AreAnError) {
  EXPECT_EQ(Parsed("x = 1\ny = \xff\n").Messages(),
            "main.cfg:2:5: error: byte 0xff is not UTF-8\n"
            "    2 | y = \xff\n"
            "      |     ^\n");
  EXPECT_EQ(Parsed("x = 1\r\n\r\tk\u00e9y = a\x80z\n").Messages(),
            "main.cfg:3:9: error: byte 0x80 is not UTF-8\n"
            "    3 |         k\u00e9y = a\x80z\n"
            "      |                ^\n");
}

// A filter's text is read once; that must not show in what is said about it, nor make a
// filter of what is none elsewhere.
TEST(Config, FiltersOfOneTextAreJudgedByWhereTheyStand) {
  Parsed parsed(
      "variants:\n    - a:\n"
      "only a # that:\n"
      "a # that:\n"
      "a: x = 1\n"
      "only a:\n"
      "a b: x = 2\n"
      "no a b\n"
      "a b: x = 3\n"
      "no a +\nno a +\n"
      "only (\nonly (\n");
  std::string said;
  for (const Diagnostic& diagnostic : parsed.diagnostics.all())
    said += fmt::format("{}:{}: {}\n", diagnostic.span.line, diagnostic.span.column,
                        diagnostic.message);
  EXPECT_EQ(said,
            "4:1: expected 'KEY = VALUE' or 'FILTER:', found 'a # that:'\n"
            "6:7: expected ',' or '.', found ':'\n"
            "7:3: expected ',' or '.' before 'b'\n"
            "9:3: expected ',' or '.' before 'b'\n"
            "10:6: '+' in a filter has no meaning and is ignored\n"
            "11:6: '+' in a filter has no meaning and is ignored\n"
            "12:7: expected a name after '(', found the end of the filter\n"
            "13:7: expected a name after '(', found the end of the filter\n");
}

TEST(Config, DeepNestingIsAnErrorNotACrash) {
  std::string deep;
  for (int i = 0; i < 100000; ++i) deep += "a: ";
  Parsed parsed(deep + "x = 1\n");
  EXPECT_EQ(parsed.diagnostics.all().at(0).message, "blocks are nested more than 900 deep");
  std::string blocks;
  for (int i = 0; i < 2000; ++i) blocks += std::string(static_cast<size_t>(i), ' ') + "a:\n";
  Parsed old(blocks, Dialect::k2009);
  EXPECT_EQ(old.diagnostics.all().at(0).message, "blocks are nested more than 900 deep");
}

}  // namespace
}  // namespace kvmtest::language
