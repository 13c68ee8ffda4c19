// Conditions that could hold, but for an only or no of the same text: every message. Whether they
// are right is tested in vacuity_law_test.cc.
#include <gtest/gtest.h>

#include "language_testing.h"

namespace kvmtest::language {
namespace {

// Two blocks to choose from, and a variant with the statements.
std::string Variant(const std::string& statements) {
  return "variants:\n    - a:\n    - b:\n    - c:\nvariants:\n    - lin:\n    - win:\n"
         "variants:\n    - x:\n" +
         statements;
}

TEST(VacuityOfRemoved, FiltersOfAVariant) {
  EXPECT_EQ(
      Parsed(Variant("        b: k = 1\n        only a\n        !a: k = 2\n        no win\n"
                     "        win, b: k = 3\n        a..lin: k = 4\n"))
          .Messages(),
      R"(main.cfg:10:9: warning: this condition never holds: every dict for which it would is removed [-Wnever-matches]
   10 |         b: k = 1
      |         ^
main.cfg:11:9: note: by this 'only'
main.cfg:12:9: warning: this condition never holds: every dict for which it would is removed [-Wnever-matches]
   12 |         !a: k = 2
      |         ^~
main.cfg:11:9: note: by this 'only'
main.cfg:14:9: warning: this condition never holds: every dict for which it would is removed [-Wnever-matches]
   14 |         win, b: k = 3
      |         ^~~~~~
main.cfg:11:9: note: by this 'only'
main.cfg:13:9: note: by this 'no'
)");
}

// In the modern dialect filters see the whole name, wherever they stand.
TEST(VacuityOfRemoved, FiltersOfVariantsAndConditionsAround) {
  EXPECT_EQ(
      Parsed(Variant("        variants:\n            - p:\n                win:\n"
                     "                    b: k = 1\n                    no c\n"
                     "                    !a: k = 2\n            - q:\n"
                     "                b: k = 3\n        no b\n"))
          .Messages(),
      R"(main.cfg:13:21: warning: this condition never holds: every dict for which it would is removed [-Wnever-matches]
   13 |                     b: k = 1
      |                     ^
main.cfg:18:9: note: by this 'no'
main.cfg:15:21: warning: this condition never holds: every dict for which it would is removed [-Wnever-matches]
   15 |                     !a: k = 2
      |                     ^~
main.cfg:18:9: note: by this 'no'
main.cfg:14:21: note: by this 'no'
main.cfg:17:17: warning: this condition never holds: every dict for which it would is removed [-Wnever-matches]
   17 |                 b: k = 3
      |                 ^
main.cfg:18:9: note: by this 'no'
)");
}

TEST(VacuityOfRemoved, FiltersOfAConditionAtTopLevel) {
  EXPECT_EQ(
      Parsed("variants:\n    - a:\n    - b:\nvariants:\n    - lin:\n    - win:\n"
             "lin:\n    only a\n    b: k = 1\n")
          .Messages(),
      R"(main.cfg:9:5: warning: this condition never holds: every dict for which it would is removed [-Wnever-matches]
    9 |     b: k = 1
      |     ^
main.cfg:8:5: note: by this 'only'
)");
}

// That is what is told: nothing is left, or it is hardly what was meant.
TEST(VacuityOfRemoved, NotBehindFiltersThatAreWrongThemselves) {
  EXPECT_EQ(Parsed(Variant("        only a d\n        b: k = 1\n    - y:\n        only a\n"
                           "        only b\n        c: k = 1\n    - z:\n        only a\n"
                           "        variants:\n            - p:\n                only b\n"
                           "                c: k = 1\n"))
                .Messages(),
            R"(main.cfg:10:16: warning: no variant is named 'd' [-Wunknown-label]
   10 |         only a d
      |                ^
main.cfg:14:9: warning: this 'only' leaves nothing of variant 'y', after the filters before it [-Wnothing-left]
   14 |         only b
      |         ^~~~~~
main.cfg:13:9: note: together with this 'only'
)");
}

// What is selected at top level, or by who includes a file, is no mistake of the conditions.
TEST(VacuityOfRemoved, NotWhatIsSelected) {
  const std::string tests = Variant("        b: k = 1\n");
  EXPECT_EQ(Parsed(tests + "only a\n").Messages(), "");
  EXPECT_EQ(Parsed(tests, Dialect::kModern, {}, {"only a"}).Messages(), "");
  for (Dialect dialect : {Dialect::kModern, Dialect::k2009})
    EXPECT_EQ(
        Parsed("variants:\n    - a:\n    - b:\nvariants:\n    - nightly:\n        only a\n"
               "        include tests.cfg\n",
               dialect, {{"tests.cfg", "variants:\n    - x:\n        b:\n            k = 1\n"}})
            .Messages(),
        "");
}

// In the 2009 dialect filters act where they stand.
TEST(VacuityOfRemoved, In2009FiltersBefore) {
  EXPECT_EQ(
      Parsed(Variant("        b: k = 1\n        only a c\n        b: k = 2\n"
                     "        variants:\n            - p:\n                no a\n"
                     "                a|b:\n                    k = 3\n"
                     "                c:\n                    only lin\n"
                     "                    win: k = 4\n"),
             Dialect::k2009)
          .Messages(),
      R"(main.cfg:12:9: warning: this condition never holds: every dict for which it would is removed [-Wnever-matches]
   12 |         b: k = 2
      |         ^
main.cfg:11:14: note: by this 'only'
main.cfg:16:17: warning: this condition never holds: every dict for which it would is removed [-Wnever-matches]
   16 |                 a|b:
      |                 ^~~
main.cfg:11:14: note: by this 'only'
main.cfg:15:20: note: by this 'no'
main.cfg:20:21: warning: this condition never holds: every dict for which it would is removed [-Wnever-matches]
   20 |                     win: k = 4
      |                     ^~~
main.cfg:19:26: note: by this 'only'
)");
}

TEST(VacuityOfRemoved, In2009NotBehindFiltersThatAreWrongThemselves) {
  EXPECT_EQ(
      Parsed(Variant("        only a d\n        b: k = 1\n    - y:\n        only a\n"
                     "        only b\n        c: k = 1\n    - z:\n        only e\n"
                     "        c: k = 1\n"),
             Dialect::k2009)
          .Messages(),
      R"(main.cfg:14:14: warning: this 'only' leaves nothing of variant 'y', after the filters before it [-Wnothing-left]
   14 |         only b
      |              ^
main.cfg:13:14: note: together with this 'only'
main.cfg:10:16: warning: no variant is named 'd' [-Wunknown-label]
   10 |         only a d
      |                ^
main.cfg:17:14: warning: no variant is named 'e', so this 'only' removes everything [-Wunknown-label]
   17 |         only e
      |              ^
)");
}

}  // namespace
}  // namespace kvmtest::language
