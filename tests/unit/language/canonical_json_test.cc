// Dicts as lines of JSON.
#include "language/canonical_json.h"

#include <gtest/gtest.h>

#include "language/json_string.h"
#include "language_testing.h"

namespace kvmtest::language {
namespace {

TEST(CanonicalJson, EscapesWhatItMust) {
  std::string out;
  AppendJsonString("q\"b\\ \b\t\n\f\r\x01\x1f\x7f \u00e9/", &out);
  EXPECT_EQ(out, "\"q\\\"b\\\\ \\b\\t\\n\\f\\r\\u0001\\u001f\x7f \u00e9/\"");
}

// Text is looked at many bytes at a time: a special one may stand anywhere in any length.
TEST(Json, EscapesAreFoundWhereverTheyStand) {
  for (size_t size = 0; size < 70; ++size) {
    for (size_t at = 0; at < size; ++at) {
      for (char special : {'"', '\\', '\n'}) {
        std::string text(size, 'a');
        text[at] = special;
        std::string escaped = std::string("\\") + (special == '\n' ? 'n' : special);
        std::string out = "[";
        AppendJsonString(text, &out);
        EXPECT_EQ(out,
                  "[\"" + std::string(at, 'a') + escaped + std::string(size - at - 1, 'a') + "\"");
      }
    }
    std::string out;
    AppendJsonString(std::string(size, 'b'), &out);
    EXPECT_EQ(out, "\"" + std::string(size, 'b') + "\"");
  }
}

// Keys before, between and after the language's own; from a dict, and without one.
TEST(CanonicalJson, SortsByBytes) {
  Parsed parsed(
      "_a = 0\ndeo = 1\ndeq = 2\nzz = 3\nA = 4\n\u00e9 = 5\nnamf = 6\nvariants:\n  - v:\n");
  std::string first;
  Expand(
      *parsed.config, {},
      [&](const Dict& dict) {
        WriteCanonicalJson(dict, &first);
        return true;
      },
      parsed.diagnostics);
  EXPECT_EQ(first,
            "{\"A\":\"4\",\"_a\":\"0\",\"_name_map_file\":{\"main.cfg\":\"v\"},"
            "\"_short_name_map_file\":{\"main.cfg\":\"v\"},\"deo\":\"1\",\"dep\":[],\"deq\":\"2\","
            "\"name\":\"v\",\"namf\":\"6\",\"shortname\":\"v\",\"zz\":\"3\",\"\u00e9\":\"5\"}\n");
  EXPECT_EQ(parsed.Dicts(), first);
}

}  // namespace
}  // namespace kvmtest::language
