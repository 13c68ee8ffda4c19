#include "language/regex_alternatives.h"

#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <string>

namespace kvmtest::language {
namespace {

TEST(RegexAlternatives, AreThoseOutsideAllGroups) {
  struct Row {
    const char* pattern;
    const char* alternatives;
  };
  for (const Row& t : {
           Row{"", "<>"},
           Row{"a.*b", "<a.*b>"},
           Row{"a|b.c|d", "<a> <b.c> <d>"},
           Row{"|a||", "<> <a> <> <>"},
           Row{"(a|b).c|d(e|f)", "<(a|b).c> <d(e|f)>"},
           // A group around all.
           Row{"(a|b.*c)", "<a> <b.*c>"},
           Row{"((a|b)|(c))", "<(a|b)> <(c)>"},
           Row{"((a|b))", "<(a|b)>"},
           Row{"(a|b)*", "<(a|b)*>"},
           Row{"(a)|(b)", "<(a)> <(b)>"},
           Row{"(a)(b|c)", "<(a)(b|c)>"},
           // Characters that mean nothing.
           Row{R"(a\|b|\(c|d)", R"(<a\|b> <\(c> <d>)"},
           Row{R"(a\\|b)", R"(<a\\> <b>)"},
           Row{"[a|b]|c", "<[a|b]> <c>"},
           Row{"[]|]|[^]|]|a", "<[]|]> <[^]|]> <a>"},
           Row{R"([\]|]|a)", R"(<[\]|]> <a>)"},
           Row{"[(]|a", "<[(]> <a>"},
           // No expressions, or those of which parts may mean something else.
           Row{"a|(b", "<a> <(b>"},
           Row{"(a|b", "<(a|b>"},
           Row{"a)|(b", "<a)|(b>"},
           Row{"a|b)", "<a|b)>"},
           Row{"[a|b", "<[a|b>"},
           Row{"a|b\\", "<a> <b\\>"},
           Row{"?i|a", "<?i|a>"},
           Row{"a|?i", "<a|?i>"},
           Row{"(a|?i)", "<(a|?i)>"},
           Row{"(?i)a|b", "<(?i)a|b>"},
           Row{"a|(?:b|c)", "<a|(?:b|c)>"},
       }) {
    std::string found;
    for (std::string_view part : AlternativesOf(t.pattern))
      found += fmt::format("{}<{}>", found.empty() ? "" : " ", part);
    EXPECT_EQ(found, t.alternatives) << t.pattern;
  }
}

}  // namespace
}  // namespace kvmtest::language
