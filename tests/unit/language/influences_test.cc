// Who has a say in a key's value.
#include "language/influences.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace kvmtest::language {
namespace {

// "key: 1" by the kinds that variants have here: tests t...: 1, places p...: 2, sets s...: 4.
std::string Of(const std::string& statements, const std::string& key) {
  const std::string text =
      "# dialect: modern\nx = 1\nvariants:\n    - t1:\n        of_test = 1\n    - t2:\n"
      "variants:\n    - p1:\n        of_place = 1\n    - p2:\nvariants:\n"
      "    - s1:\n        of_set = 1\n" +
      statements;
  MemoryReader reader;
  reader.Add("main.cfg", text);
  Diagnostics diagnostics;
  const auto config = ParseConfig(reader, {.path = "main.cfg"}, diagnostics);
  if (diagnostics.HasErrors()) return diagnostics.Render(config->sources());
  std::vector<Kinds> kinds;
  for (const Variant& variant : config->variants())
    kinds.push_back(variant.text[0] == 't' ? 1 : variant.text[0] == 'p' ? 2 : 4);
  const Influences influences(*config, kinds);
  return std::to_string(influences.OfKey(key)) + (influences.HasStatementOfAll(key, 3) ? "!" : "");
}

TEST(Influences, OfWhereItIsSetAndOfConditions) {
  struct Row {
    const char* statements;
    const char* key;
    const char* kinds;
  };
  const Row rows[] = {
      {"", "x", "0"},
      {"", "nothing", "0"},
      {"", "of_test", "1"},
      {"", "of_place", "2"},
      {"", "of_set", "4"},
      {"k = 1\n", "k", "0"},
      {"t1:\n    k = 1\n", "k", "1"},
      {"!t1:\n    k = 1\n", "k", "1"},
      {"t1..p1:\n    k = 1\n", "k", "3!"},
      {"t1:\n    p1, p2:\n        k += 1\n", "k", "3!"},
      {"t1:\n    k = 1\np1:\n    k = 1\n", "k", "3"},
      {"        t1:\n            k = 1\n", "k", "5"},
      {"        only t1\n        k = 1\n", "k", "4"},
      // What is put in, directly or not.
      {"k = ${of_place}\n", "k", "2"},
      {"k = ${l}\nl = ${of_place}${of_test}\n", "k", "3!"},
      {"t1:\n    k = ${of_place}\n", "k", "3!"},
      {"k = ${shortname}\n", "k", "255!"},
      // Patterns may hit any key.
      {"p1:\n    k.* ?= 1\n", "x", "2"},
      {"p1:\n    del t\n", "of_test", "3"},
      // Limits.
      {"p1:\n    of_test_min = 1\n", "of_test", "3"},
      {"p1:\n    k_fixed = 1\n", "k", "2"},
      {"variants:\n    - s2:\n        suffix _s\n", "x", "255!"},
  };
  for (const Row& row : rows) EXPECT_EQ(Of(row.statements, row.key), row.kinds) << row.statements;
}

}  // namespace
}  // namespace kvmtest::language
