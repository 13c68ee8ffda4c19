// Alternatives of modern filters that can match nothing, where others can: every message, and the
// law that they are told just where it is so.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "language_testing.h"
#include "random_config.h"

namespace kvmtest::language {
namespace {

struct Row {
  const char* statement;
  const char* messages;
};

// Each at its own column, whatever its position and whatever the statement.
TEST(Vacuity, AlternativesThatMatchNothing) {
  const std::string before =
      "variants:\n    - a:\n    - b:\nvariants:\n    - c:\n    - d:\n        variants:\n"
      "            - e:\n";
  const Row rows[] = {
      {"c, b.d: x = 1", R"(main.cfg:9:4: warning: no name has 'b.d' [-Wunknown-sequence]
    9 | c, b.d: x = 1
      |    ^~~
hint: '.' asks for labels next to each other: did you mean 'b..d'?
)"},
      {"b.a, c: x = 1", R"(main.cfg:9:1: warning: no name has 'b.a' [-Wunknown-sequence]
    9 | b.a, c: x = 1
      | ^~~
)"},
      {"!c, e.c:", R"(main.cfg:9:5: warning: no name has 'e.c' [-Wunknown-sequence]
    9 | !c, e.c:
      |     ^~~
)"},
      {"no c.d, b", R"(main.cfg:9:4: warning: no name has 'c.d' [-Wunknown-sequence]
    9 | no c.d, b
      |    ^~~
)"},
      {"only c e..c",
       R"(main.cfg:9:8: warning: this alternative never matches: no dict has all of 'e..c' [-Wnever-matches]
    9 | only c e..c
      |        ^~~~
main.cfg:8:15: note: 'e' is defined here
main.cfg:5:7: note: 'c' is defined here
)"},
      // A sequence is found as itself, not within a longer one or as part of another filter.
      {"only c.a.b, c..a.b, (v=f), f, b",
       R"(main.cfg:9:21: warning: no variant is named '(v=f)' [-Wunknown-label]
    9 | only c.a.b, c..a.b, (v=f), f, b
      |                     ^~~~~
main.cfg:9:28: warning: no variant is named 'f' [-Wunknown-label]
    9 | only c.a.b, c..a.b, (v=f), f, b
      |                            ^
main.cfg:9:6: warning: no name has 'c.a.b' [-Wunknown-sequence]
    9 | only c.a.b, c..a.b, (v=f), f, b
      |      ^~~~~
main.cfg:9:16: warning: no name has 'a.b' [-Wunknown-sequence]
    9 | only c.a.b, c..a.b, (v=f), f, b
      |                ^~~
)"},
      {"no c..d, a",
       R"(main.cfg:9:4: warning: this alternative never matches: no dict has all of 'c..d' [-Wnever-matches]
    9 | no c..d, a
      |    ^~~~
main.cfg:5:7: note: 'c' is defined here
main.cfg:6:7: note: 'd' is defined here
)"},
      {"!(e)..c,b:",
       R"(main.cfg:9:2: warning: this alternative never matches: no dict has all of 'e..c' [-Wnever-matches]
    9 | !(e)..c,b:
      |  ^~~~~~
main.cfg:8:15: note: 'e' is defined here
main.cfg:5:7: note: 'c' is defined here
)"},
      {"only a,  c..d # b, a",
       R"(main.cfg:9:10: warning: this alternative never matches: no dict has all of 'c..d' [-Wnever-matches]
    9 | only a,  c..d # b, a
      |          ^~~~
main.cfg:5:7: note: 'c' is defined here
main.cfg:6:7: note: 'd' is defined here
)"},
  };
  for (const Row& row : rows)
    EXPECT_EQ(Parsed(before + row.statement + "\n").Messages(), row.messages) << row.statement;
}

// What is around the statement counts as well.
TEST(Vacuity, AlternativesThatMatchNothingWhereTheyStand) {
  const Parsed parsed(
      "variants:\n    - a:\n        no b, c\n    - b:\nvariants:\n    - c:\n        d, a: x = 1\n"
      "        a:\n            no c.a, c.b, b\n    - d:\n");
  EXPECT_EQ(
      parsed.Messages(),
      R"(main.cfg:3:12: warning: this alternative never matches: it stands in variant 'a', and 'b' is another of the same block [-Wnever-matches]
    3 |         no b, c
      |            ^
main.cfg:4:7: note: 'b' is defined here
main.cfg:7:9: warning: this alternative never matches: it stands in variant 'c', and 'd' is another of the same block [-Wnever-matches]
    7 |         d, a: x = 1
      |         ^
main.cfg:10:7: note: 'd' is defined here
main.cfg:9:21: warning: this alternative never matches: it excludes the condition around it [-Wnever-matches]
    9 |             no c.a, c.b, b
      |                     ^~~
main.cfg:8:9: note: this condition
main.cfg:9:26: warning: this alternative never matches: it excludes the condition around it [-Wnever-matches]
    9 |             no c.a, c.b, b
      |                          ^
main.cfg:8:9: note: this condition
)");
}

// No dict has as many labels as there are in the list, since each block gives one. That is not
// found out in time where there are many ways to begin.
TEST(Vacuity, AlternativesThatTakeTooLong) {
  const std::string_view told =
      R"(main.cfg:16:8: warning: this alternative never matches: no dict has all of 'x0..x1..x2..x3' [-Wnever-matches]
   16 | no x0, x0..x1..x2..x3
      |        ^~~~~~~~~~~~~~
main.cfg:2:7: note: 'x0' is defined here
main.cfg:3:7: note: 'x1' is defined here
main.cfg:4:7: note: 'x2' is defined here
main.cfg:5:7: note: 'x3' is defined here
)";
  for (int blocks : {3, 12}) {
    std::string text, all;
    for (int label = 0; label <= blocks; ++label)
      all += fmt::format("{}x{}", label == 0 ? "" : "..", label);
    for (int block = 0; block < blocks; ++block) {
      text += "variants:\n";
      for (int label = 0; label <= blocks; ++label) text += fmt::format("    - x{}:\n", label);
    }
    text += fmt::format("no x0, {}\n", all);
    EXPECT_EQ(Parsed(text).Messages(), blocks > 3 ? "" : told);
    // And so for very many of them.
    if (blocks == 3) continue;
    for (int i = 0; i < 2000; ++i) text += fmt::format("no {}, x1, x0..x{}\n", all, i % 10);
    EXPECT_EQ(Parsed(text).Messages(), "");
  }
}

bool AnyDict(const RandomConfig& config, int place, const std::vector<std::string>& filters) {
  Parsed parsed(config.With(place, filters));
  bool any = false;
  Expand(
      *parsed.config, {},
      [&](const Dict& dict) {
        any |= place < 0;
        for (VariantId id : dict.variants) any |= static_cast<int>(id) == place;
        return !any;
      },
      parsed.diagnostics);
  return any;
}

// The columns, from 1, at which elements or alternatives of a line are told.
std::vector<uint32_t> ColumnsTold(const Parsed& parsed, uint32_t line) {
  std::vector<uint32_t> columns;
  auto add = [&](const Span& span) {
    if (span.line == line) columns.push_back(span.column);
  };
  for (const Diagnostic& diagnostic : parsed.diagnostics.all()) {
    const bool is_element = diagnostic.code.starts_with("unknown-");
    if (is_element || diagnostic.message.starts_with("this alternative")) add(diagnostic.span);
    for (const Note& note : diagnostic.notes)
      if (is_element && note.message.starts_with("used here, too")) add(note.span);
  }
  return columns;
}

TEST(VacuityLawOfModern, AlternativesAreToldToMatchNothingJustWhereTheyDo) {
  int dead = 0;
  for (uint32_t seed = 0; seed < 4000; ++seed) {
    RandomConfig config(seed, Dialect::kModern);
    Random& random = config.random();
    const int place = random.Below(config.variants() + 1) - 1;
    std::vector<std::string> passed, lines, alternatives;
    if (random.OneIn(3)) {
      const bool negative = random.OneIn(3);
      const std::string guard = config.Filter(true);
      passed.push_back((negative ? "no " : "only ") + guard);
      lines.push_back((negative ? "!" : "") + guard + ":");
    }
    for (int i = 2 + random.Below(2); i > 0; --i) {
      alternatives.push_back(config.Label());
      for (int part = random.Below(3); part > 0; --part)
        alternatives.back() += (random.OneIn(2) ? "." : "..") + config.Label();
    }
    static const char* const kForms[] = {"only {}", "no {}", "{}:", "!{}:"};
    const std::string form = kForms[random.Below(4)];
    const std::string list = fmt::format(
        "{}", fmt::join(alternatives, random.OneIn(2) || form.ends_with(':') ? "," : " "));
    lines.push_back((lines.empty() ? "" : "  ") + fmt::format(fmt::runtime(form), list));
    std::vector<bool> any;
    for (const std::string& alternative : alternatives) {
      passed.push_back("only " + alternative);
      any.push_back(AnyDict(config, place, passed));
      passed.pop_back();
    }
    if (std::count(any.begin(), any.end(), true) == 0) continue;  // the whole filter is told
    const std::string text = config.With(place, lines);
    const size_t at = text.find(lines.back() + "\n"), begin = text.rfind('\n', at) + 1;
    Parsed parsed(text);
    const auto line = static_cast<uint32_t>(
        1 + std::count(text.begin(), text.begin() + static_cast<ptrdiff_t>(at), '\n'));
    const std::vector<uint32_t> told = ColumnsTold(parsed, line);
    size_t column = text.find(list, at) - begin + 1;
    for (size_t i = 0; i < alternatives.size(); ++i) {
      const size_t end = column + alternatives[i].size();
      const bool says =
          std::any_of(told.begin(), told.end(), [&](uint32_t c) { return c >= column && c < end; });
      ASSERT_EQ(says, !any[i]) << alternatives[i] << "\n" << text << parsed.Messages();
      dead += any[i] ? 0 : 1;
      column = end + 1;
    }
  }
  EXPECT_GT(dead, 1000);
}

}  // namespace
}  // namespace kvmtest::language
