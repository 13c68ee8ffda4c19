// Alternatives of 2009's regular expressions by way of which nothing is found: every message, and
// the law that they are told just where it is so.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "language/pattern_branches.h"
#include "language/regex.h"
#include "language_testing.h"
#include "random_config.h"

namespace kvmtest::language {
namespace {

std::string BranchesText(std::string_view pattern) {
  std::string out;
  for (const PatternBranch& branch : BranchesOf(pattern))
    out += fmt::format("{}{}-{} {} {}{} {}", out.empty() ? "" : ", ", branch.begin, branch.end,
                       branch.alone, branch.shown, branch.is_whole_label ? " label" : "",
                       branch.inner);
  return out;
}

TEST(PatternBranches, OfPatternsAndTheirGroups) {
  const std::pair<const char*, const char*> rows[] = {
      {"abc", ""},
      {"a|bc", "0-1 a a label 0, 2-4 bc bc label 0"},
      {"a||b|", "0-1 a a label 0, 3-4 b b label 0"},
      {"(a|b)\\.c", "1-2 (?:a)\\.c a\\.c label 0, 3-4 (?:b)\\.c b\\.c label 0"},
      {"^(?:a|b)x", "4-5 ^(?:a)x ^ax 0, 6-7 ^(?:b)x ^bx 0"},
      {"a.(?P<n>b|c)?$", "8-9 a.(?:b)$ a.b$ label 0, 10-11 a.(?:c)$ a.c$ label 0"},
      {"x|(a|b).c|y",
       "0-1 x x label 0, 2-9 (a|b).c (a|b).c label 2, 3-4 (?:a).c a.c label 0, "
       "5-6 (?:b).c b.c label 0, 10-11 y y label 0"},
      // Repeated, once more or in another way, or too deep.
      {"(a|b)*c", ""},
      {"(a|b)?+", ""},
      {"(a|b){2}", ""},
      {"((a|b)c)d", ""},
      {"((a|b)c|d)e", "1-7 (?:(a|b)c)e (a|b)ce 0, 8-9 (?:d)e de 0"},
      // Not what they seem to be.
      {"a\\|b[|](c[]|)]|[^]|)]d)",
       "8-14 a\\|b[|](?:c[]|)]) a\\|b[|]c[]|)] 0, 15-22 a\\|b[|](?:[^]|)]d) a\\|b[|][^]|)]d 0"},
      {"(?i)a|b", ""},
      {"a|(b(?#|)c|d)", ""},
  };
  for (const auto& [pattern, branches] : rows)
    EXPECT_EQ(BranchesText(pattern), branches) << pattern;
}

TEST(PatternBranches, FindNothingThatThePatternDoesNotFind) {
  const char* const pieces[] = {"a", "b",    ".",      "\\.", "(",   "(?:",   ")",
                                ")", "|",    "|",      "*",   "?",   "{2}",   "^",
                                "$", "[|)]", "[^]a(]", "\\|", "\\(", "(?P<n>"};
  std::mt19937 random(1);
  int judged = 0;
  for (int i = 0; i < 60000; ++i) {
    std::string pattern, error;
    for (unsigned count = random() % 10; count > 0; --count)
      pattern += pieces[random() % std::size(pieces)];
    std::unique_ptr<Regex> whole = Regex::Compile(pattern, true, &error);
    std::vector<PatternBranch> branches = BranchesOf(pattern);  // of any bytes
    if (whole == nullptr) continue;
    for (const PatternBranch& branch : branches) {
      std::unique_ptr<Regex> alone = Regex::Compile(branch.alone, true, &error);
      ASSERT_TRUE(alone) << pattern << " " << branch.alone << error;
      for (const char* text : {"", "a", "b.", "ab", "a|b", "b.a)", ".(a.b"}) {
        ++judged;
        ASSERT_TRUE(!alone->Found(text) || whole->Found(text)) << pattern << " " << branch.alone;
      }
    }
  }
  EXPECT_GT(judged, 20000);
}

TEST(PatternBranches, WorkIsBounded) {
  std::string many = std::string(50'000, 'x') + "(a";
  for (int i = 0; i < 30000; ++i) many += "|bc";
  EXPECT_LT(BranchesOf(many + ")x").size(), 100u);
  EXPECT_TRUE(BranchesOf(std::string(100000, '(')).empty());
}

bool HasBoundary(const std::string& word) {
  return word.find("\\b") != word.npos || word.find("\\B") != word.npos;
}

struct Row {
  const char* statement;
  const char* messages;
};

TEST(Vacuity2009, AlternativesOfRegularExpressions) {
  const std::string before =
      "variants:\n    - RHEL:\n    - Windows:\n        variants:\n            - 7:\n"
      "            - 10:\n    - F:\nvariants:\n    - a:\n    - b:\n";
  const Row rows[] = {
      {"only RHEL|Windwos",
       R"(main.cfg:11:11: warning: no variant is named 'Windwos' [-Wunknown-label]
   11 | only RHEL|Windwos
      |           ^~~~~~~
main.cfg:3:7: note: 'Windows' is defined here
hint: did you mean 'Windows'?
)"},
      {"(foo|F):", R"(main.cfg:11:2: warning: no variant is named 'foo' [-Wunknown-label]
   11 | (foo|F):
      |  ^~~
)"},
      {"no (a|zz)\\.(RHEL|7)", R"(main.cfg:11:7: warning: no variant is named 'zz' [-Wunknown-label]
   11 | no (a|zz)\.(RHEL|7)
      |       ^~
main.cfg:11:18: warning: no name has '(a|zz)\.7' [-Wunknown-sequence]
   11 | no (a|zz)\.(RHEL|7)
      |                  ^
)"},
      {"no RHEL|Windows(8|7)|(10|8)\\.F",
       R"(main.cfg:11:9: warning: no name has 'Windows(8|7)' [-Wunknown-sequence]
   11 | no RHEL|Windows(8|7)|(10|8)\.F
      |         ^~~~~~~~~~~~
main.cfg:11:22: warning: no name has '(10|8)\.F' [-Wunknown-sequence]
   11 | no RHEL|Windows(8|7)|(10|8)\.F
      |                      ^~~~~~~~~
)"},
      {"only F|^F\\.(a|b)$",
       R"(main.cfg:11:8: warning: no name has '^F\.(a|b)$' [-Wunknown-sequence]
   11 | only F|^F\.(a|b)$
      |        ^~~~~~~~~~
)"},
      {"(Win|Lin)dows|RHEL:",
       R"(main.cfg:11:6: warning: no variant is named 'Lindows' [-Wunknown-label]
   11 | (Win|Lin)dows|RHEL:
      |      ^~~
main.cfg:3:7: note: 'Windows' is defined here
hint: did you mean 'Windows'?
)"},
      // Nobody is sure what is repeated, or the same without flags.
      {"(RHEL|zz)*.*F:", ""},
      {"no (?i)rhel|zz", ""},
      // The whole is told.
      {"only zz|yy.*",
       R"(main.cfg:11:6: warning: no name has 'zz|yy.*', so this 'only' removes everything [-Wunknown-sequence]
   11 | only zz|yy.*
      |      ^~~~~~~
)"},
  };
  for (const Row& row : rows)
    EXPECT_EQ(Parsed(before + row.statement + "\n", Dialect::k2009).Messages(), row.messages)
        << row.statement;
}

TEST(VacuityLawOf2009, AlternativesAreToldToFindNothingJustWhereTheyDo) {
  int dead = 0;
  for (uint32_t seed = 0; seed < 4000; ++seed) {
    RandomConfig config(seed, Dialect::k2009);
    Random& random = config.random();
    std::vector<std::string> alternatives;
    while (alternatives.size() < 2 + seed % 2) {
      std::string word = config.Word();
      // Names that are not yet complete have other ends, or are empty.
      if (word.find_first_of("|^$") == word.npos && !word.ends_with('?') &&
          word.find("(?i)") == word.npos && !HasBoundary(word))
        alternatives.push_back(word);
    }
    static const char* const kForms[] = {"{}",       "({})",        "({}).a",
                                         "b\\.({})", "(?:{})?\\.c", "zz|{}"};
    const std::string form = kForms[random.Below(std::size(kForms))];
    const std::string list = fmt::format("{}", fmt::join(alternatives, "|"));
    const std::string word = fmt::format(fmt::runtime(form), list);
    auto any = [&](const std::string& filter) {
      Parsed parsed(config.With(-1, {"only " + filter}), Dialect::k2009);
      bool found = false;
      Expand(
          *parsed.config, {}, [&](const Dict&) { return found = true, false; }, parsed.diagnostics);
      return found;
    };
    if (!any(word)) continue;  // the whole filter is told
    std::string text = config.With(-1, {"no " + word});
    Parsed parsed(text, Dialect::k2009);
    const auto last = static_cast<uint32_t>(std::count(text.begin(), text.end(), '\n'));
    size_t begin = 4 + word.find(list);
    for (const std::string& alternative : alternatives) {
      bool says = false;
      for (const Diagnostic& diagnostic : parsed.diagnostics.all()) {
        auto add = [&](const Span& span) {
          says |= span.line == last && span.column == begin && span.length == alternative.size();
        };
        add(diagnostic.span);
        for (const Note& note : diagnostic.notes) add(note.span);
      }
      std::string alone = form;
      if (size_t other = alone.find("zz|"); other != alone.npos) alone.erase(other, 3);
      if (size_t optional = alone.find(")?"); optional != alone.npos) alone.erase(optional + 1, 1);
      const bool finds = any(fmt::format(fmt::runtime(alone), alternative));
      ASSERT_EQ(says, !finds) << alternative << "\n" << text << parsed.Messages();
      dead += finds ? 0 : 1;
      begin += alternative.size() + 1;
    }
  }
  EXPECT_GT(dead, 500);
}

}  // namespace
}  // namespace kvmtest::language
