// Filters of several labels that no dict may match: every message. Whether they are right is tested
// in vacuity_law_test.cc.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "language_testing.h"

namespace kvmtest::language {
namespace {

struct Row {
  const char* text;
  const char* messages;
};

TEST(Vacuity, SequencesThatMustNotMatch) {
  const Row rows[] = {
      {"variants:\n    - a:\n        variants:\n            - p:\n        !a..p: x = 1\n"
       "        !p.a: x = 2\n        !a.p: x = 3\n    - b:\n!p..a, b: y = 1\n",
       R"(main.cfg:5:9: warning: this condition never holds: every dict here matches 'a..p' [-Wnever-matches]
    5 |         !a..p: x = 1
      |         ^~~~~
main.cfg:2:7: note: 'a' is defined here
main.cfg:7:9: warning: this condition never holds: every dict here matches 'a.p' [-Wnever-matches]
    7 |         !a.p: x = 3
      |         ^~~~
main.cfg:2:7: note: 'a' is defined here
main.cfg:9:1: warning: this condition never holds: every dict matches 'p..a, b' [-Wnever-matches]
    9 | !p..a, b: y = 1
      | ^~~~~~~~
main.cfg:6:10: warning: no name has 'p.a', so this condition always holds [-Wunknown-sequence]
    6 |         !p.a: x = 2
      |          ^~~
hint: names have the latest block first: did you mean 'a.p'?
)"},
      {"variants:\n    - a:\nvariants:\n    - q:\n        !q.a: x = 1\n    - r:\n"
       "!q.a, r: x = 2\n!q.a: x = 3\n",
       R"(main.cfg:5:9: warning: this condition never holds: every dict here matches 'q.a' [-Wnever-matches]
    5 |         !q.a: x = 1
      |         ^~~~
main.cfg:4:7: note: 'q' is defined here
main.cfg:7:1: warning: this condition never holds: every dict matches 'q.a, r' [-Wnever-matches]
    7 | !q.a, r: x = 2
      | ^~~~~~~
)"},
      {"variants:\n    - a:\n    - b:\nvariants:\n    - q:\n        only a\n"
       "        !q.a: x = 1\n        no q..b\n    - r:\n        no r.a, r..b\n!q..a:\n"
       "    q: z = 1\n    !q.b: z = 2\n",
       R"(main.cfg:7:9: warning: this condition never holds: every dict for which it would is removed [-Wnever-matches]
    7 |         !q.a: x = 1
      |         ^~~~
main.cfg:8:9: note: by this 'no'
main.cfg:10:9: warning: this 'no' leaves nothing of variant 'r' [-Wnothing-left]
   10 |         no r.a, r..b
      |         ^~~~~~~~~~~~
)"},
      {"variants:\n    - a:\n    - b:\nvariants:\n    - q:\n        no q..a\n        no b.q\n"
       "        !b.q: x = 1\n    - r:\n        no r.a\n        only a\n",
       R"(main.cfg:8:10: warning: no name has 'b.q', so this condition always holds [-Wunknown-sequence]
    8 |         !b.q: x = 1
      |          ^~~
main.cfg:7:12: note: used here, too
hint: names have the latest block first: did you mean 'q.b'?
main.cfg:11:9: warning: this 'only' leaves nothing of variant 'r', after the filters before it [-Wnothing-left]
   11 |         only a
      |         ^~~~~~
main.cfg:10:9: note: together with this 'no'
)"},
  };
  for (const Row& row : rows) EXPECT_EQ(Parsed(row.text).Messages(), row.messages) << row.text;
}

// The work is bounded: what is not found out in time is not told.
TEST(Vacuity, VeryManySequencesThatMustNotMatch) {
  std::string text, filter;
  for (int block = 0; block < 20; ++block) {
    text += "variants:\n";
    for (int variant = 0; variant < 40; ++variant)
      text += fmt::format("    - a{}:\n    - b{}:\n", variant, variant);
    for (int variant = 0; variant < 40; ++variant)
      filter += fmt::format("{}a{}.b{}..a{}", filter.empty() ? "" : ", ", variant, block, block);
  }
  for (const char* form : {"no {}\n", "!{}: x = 1\n", "only a1.a2..b3\n!{}:\n    a4: y = 1\n"})
    EXPECT_EQ(Parsed(text + fmt::format(fmt::runtime(form), filter)).Messages(), "") << form;
}

}  // namespace
}  // namespace kvmtest::language
