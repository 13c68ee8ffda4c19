// The automaton against RE2, with random patterns and texts.
#include "language/pattern_automaton.h"

#include <gtest/gtest.h>

#include <random>

#include "language/regex.h"
#include "language/regex_syntax.h"

namespace kvmtest::language {
namespace {

std::string Joined(std::mt19937& random, std::span<const char* const> pieces, unsigned most) {
  std::string out;
  for (unsigned count = random() % (most + 1); count > 0; --count)
    out += pieces[random() % pieces.size()];
  return out;
}

bool Found(PatternAutomaton& automaton, const std::string& text) {
  PatternAutomaton::State state = automaton.start();
  for (char c : text) state = automaton.Next(state, static_cast<unsigned char>(c));
  return automaton.FoundAtEnd(state);
}

TEST(PatternAutomaton, FindsWhatTheExpressionFinds) {
  const char* const pieces[] = {
      "a",   "b",   "c",     ".",     "\\.", "(",    "(?:",  ")",     ")",   "|",     "*",
      "+",   "?",   "{1,2}", "{2}",   "^",   "$",    "[ab]", "[^a.]", "\\w", "-",     "(?i)B",
      "\\A", "\\Z", "\\W",   "[a-c]", "*?",  "{0,}", "()",   "\\b",   "\\B", "(?s).", "(?m)^"};
  const char* const letters[] = {"a", "b", "c", ".", "B", "-"};
  std::mt19937 random(1);
  int judged = 0, found = 0;
  for (int i = 0; i < 40000; ++i) {
    std::string pattern = Joined(random, pieces, 7), error;
    Re2Pattern translated;
    if (!TranslateRegex(pattern, true, &translated, &error)) continue;
    std::unique_ptr<Regex> regex = Regex::Compile(pattern, true, &error);
    ASSERT_TRUE(regex) << pattern << error;
    std::unique_ptr<PatternAutomaton> automaton = PatternAutomaton::Make({&translated.text, 1});
    ASSERT_TRUE(automaton) << pattern;
    for (int n = 0; n < 5; ++n) {
      std::string text = Joined(random, letters, 5);
      bool expected = regex->Found(text);
      ASSERT_EQ(Found(*automaton, text), expected) << pattern << " in " << text;
      found += expected ? 1 : 0;
      ++judged;
    }
  }
  EXPECT_GT(judged, 50000);
  EXPECT_GT(found, judged / 10);
  EXPECT_GT(judged - found, judged / 10);
}

TEST(PatternAutomaton, FindsAnyOfSeveral) {
  const std::string patterns[] = {"\\Aab", "bc\\z"};
  std::unique_ptr<PatternAutomaton> automaton = PatternAutomaton::Make(patterns);
  EXPECT_TRUE(Found(*automaton, "abx"));
  EXPECT_TRUE(Found(*automaton, "xbc"));
  EXPECT_FALSE(Found(*automaton, "xabcx"));
}

TEST(PatternAutomaton, GivesUpWhatIsTooLarge) {
  for (const std::string& pattern :
       {std::string("(?:a{0,1000}){0,1000}"), std::string(100, '(') + std::string(100, ')'),
        std::string("(?i:a)")})
    EXPECT_FALSE(PatternAutomaton::Make({&pattern, 1})) << pattern;
  const std::string many = "a[^b]{20,20}b";
  std::unique_ptr<PatternAutomaton> automaton = PatternAutomaton::Make({&many, 1});
  std::mt19937 random(1);
  PatternAutomaton::State state = automaton->start();
  for (int i = 0; i < 100000; ++i) state = automaton->Next(state, random() % 2 == 0 ? 'a' : 'c');
  EXPECT_TRUE(automaton->GaveUp());
}

}  // namespace
}  // namespace kvmtest::language
