// What is said of filters without looking at dicts, against the dicts: on many small random
// configurations.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <regex>

#include "language/nothing_selected.h"
#include "language_testing.h"
#include "random_config.h"

namespace kvmtest::language {
namespace {

// Is there a dict that takes the variant?
bool AnyDict(Parsed& parsed, int place) {
  bool any = false;
  Expand(
      *parsed.config, {},
      [&](const Dict& dict) {
        for (VariantId id : dict.variants) any |= static_cast<int>(id) == place;
        any |= place < 0;
        return !any;
      },
      parsed.diagnostics);
  return any;
}

bool AnyDict(const RandomConfig& config, Dialect dialect, int place,
             const std::vector<std::string>& filters, int outer,
             const std::vector<std::string>& outer_filters) {
  Parsed parsed(config.With(place, filters, outer, outer_filters), dialect);
  return AnyDict(parsed, place);
}

bool Says(const Parsed& parsed, std::initializer_list<std::string_view> texts) {
  for (const Diagnostic& diagnostic : parsed.diagnostics.all())
    for (std::string_view text : texts)
      if ((diagnostic.code + ": " + diagnostic.message).find(text) != std::string::npos)
        return true;
  return false;
}

// What \b finds is not known.
bool HasBoundary(const std::string& text) {
  return text.find("\\b") != text.npos || text.find("\\B") != text.npos;
}

class VacuityLaw : public testing::TestWithParam<Dialect> {};
INSTANTIATE_TEST_SUITE_P(, VacuityLaw, testing::Values(Dialect::kModern, Dialect::k2009));

TEST_P(VacuityLaw, AnOnlyIsToldToRemoveEverythingJustWhereItDoes) {
  int dead = 0;
  for (uint32_t seed = 0; seed < 3000; ++seed) {
    RandomConfig config(seed, GetParam());
    int place = config.random().Below(config.variants() + 1) - 1;
    std::string text = config.With(place, {"only " + config.Filter(false)});
    Parsed parsed(text, GetParam());
    bool any = AnyDict(parsed, place);
    dead += any ? 0 : 1;
    bool says = Says(parsed, {"this 'only' removes everything"});
    ASSERT_EQ(says, !any && (says || !HasBoundary(text))) << text << parsed.Messages();
  }
  EXPECT_GT(dead, 300);
}

TEST_P(VacuityLaw, AConditionIsToldNeverToHoldJustWhereItDoesNot) {
  for (uint32_t seed = 0; seed < 3000; ++seed) {
    RandomConfig config(seed, GetParam());
    int place = config.random().Below(config.variants() + 1) - 1;
    // What holds in a condition is what passes two filters.
    std::string outer = config.Filter(true), inner = config.Filter(true);
    if (GetParam() == Dialect::kModern) inner = config.Filter(false);
    if (GetParam() == Dialect::k2009) outer = config.Word(), inner = config.Word();
    Parsed filters(config.With(place, {"only " + outer, "only " + inner}), GetParam());
    std::string text = config.With(place, {outer + ":", "  " + inner + ":", "    x = 1"});
    Parsed parsed(text, GetParam());
    bool says = Says(parsed, {"this condition never holds"});
    ASSERT_EQ(says, !AnyDict(filters, place) && (says || !HasBoundary(text)))
        << text << parsed.Messages();
  }
}

// Filters stand in a variant around it, in the variant, in a condition around it and, which counts
// in the modern dialect only, behind it.
TEST_P(VacuityLaw, AConditionIsToldNeverToHoldJustWhereFiltersRemoveAllItsDicts) {
  const bool modern = GetParam() == Dialect::kModern;
  int dead = 0, told = 0;
  for (uint32_t seed = 0; seed < 12000; ++seed) {
    RandomConfig config(seed, GetParam());
    Random& random = config.random();
    auto filters = [&](int most) {
      std::vector<std::string> some;
      for (int i = random.Below(most + 1); i > 0; --i)
        some.push_back(random.OneIn(2) ? "only " + config.Filter(false)
                                       : "no " + config.Filter(false));
      return some;
    };
    int place = random.Below(config.variants()), around = config.Outer(place);
    std::vector<std::string> outer = around >= 0 ? filters(2) : std::vector<std::string>();
    std::vector<std::string> passed = filters(2), text = passed;
    std::string indent;
    if (random.OneIn(3)) {
      bool negative = modern && random.OneIn(3);
      std::string guard = modern ? config.Filter(false) : config.Word();
      text.push_back((negative ? "!" : "") + guard + ":");
      passed.push_back((negative ? "no " : "only ") + guard);
      indent = "  ";
      for (const std::string& filter : filters(1)) {
        text.push_back(indent + filter);
        passed.push_back(filter);
      }
    }
    bool negative = modern && random.OneIn(3);
    std::string last = modern ? config.Filter(false) : config.Word();
    text.push_back(fmt::format("{}{}{}: x = 1", indent, negative ? "!" : "", last));
    for (const std::string& filter : filters(1)) {
      text.push_back(indent + filter);
      if (modern) passed.push_back(filter);
    }
    if (!AnyDict(config, GetParam(), place, passed, around, outer)) continue;  // told otherwise
    passed.push_back((negative ? "no " : "only ") + last);
    bool any = AnyDict(config, GetParam(), place, passed, around, outer);
    Parsed parsed(config.With(place, text, around, outer), GetParam());
    bool says = Says(parsed, {"this condition never holds"});
    ASSERT_FALSE(says && any) << config.With(place, text, around, outer) << parsed.Messages();
    dead += any ? 0 : 1;
    told += Says(parsed, {"every dict for which it would is removed"}) ? 1 : 0;
    // Filters with labels that nothing is called may be meant otherwise.
    if (Says(parsed, {"unknown-"}) || HasBoundary(config.With(place, text, around, outer)))
      continue;
    ASSERT_EQ(says, !any) << config.With(place, text, around, outer) << parsed.Messages();
  }
  EXPECT_GT(dead, 300);
  EXPECT_GT(told, modern ? 150 : 50);
}

TEST(VacuityLawOfModern, ANegativeConditionIsToldNeverToHoldJustWhereItDoesNot) {
  int dead = 0;
  for (uint32_t seed = 0; seed < 3000; ++seed) {
    RandomConfig config(seed, Dialect::kModern);
    int place = config.random().Below(config.variants() + 1) - 1;
    std::vector<std::string> filters;
    std::string conditions;
    int count = 1 + config.random().Below(2);
    for (int i = 0; i <= count; ++i) {
      bool negative = i == count || config.random().OneIn(2);
      std::string filter = config.Filter(false);
      filters.push_back((negative ? "no " : "only ") + filter);
      conditions += (negative ? "!" : "") + filter + ": ";
    }
    bool any_outer = false;
    {
      std::vector<std::string> outer(filters.begin(), filters.end() - 1);
      Parsed parsed(config.With(place, outer), Dialect::kModern);
      any_outer = AnyDict(parsed, place);
    }
    if (!any_outer) continue;  // the outer ones are told
    Parsed filtered(config.With(place, filters), Dialect::kModern);
    bool any = AnyDict(filtered, place);
    std::string text = config.With(place, {conditions + "x = 1"});
    Parsed parsed(text, Dialect::kModern);
    dead += any ? 0 : 1;
    ASSERT_EQ(Says(parsed, {"this condition never holds"}), !any) << text << parsed.Messages();
  }
  EXPECT_GT(dead, 100);
}

TEST(VacuityLawOfModern, AJoinIsToldToRemoveEverythingJustWhereASideHasNoDict) {
  int dead = 0;
  for (uint32_t seed = 0; seed < 3000; ++seed) {
    RandomConfig config(seed, Dialect::kModern);
    int place = config.random().Below(config.variants());
    std::vector<std::string> sides = {config.Filter(false), config.Label()};
    std::vector<std::string> own;
    if (config.random().OneIn(2))
      own.push_back((config.random().OneIn(2) ? "only " : "no ") + config.Label());
    bool all = true;
    for (const std::string& side : sides) {
      for (size_t begin = 0; begin != std::string::npos;) {
        size_t comma = side.find(", ", begin);
        std::vector<std::string> filters = own;
        filters.push_back("only " + side.substr(begin, comma - begin));
        begin = comma == std::string::npos ? comma : comma + 2;
        Parsed filtered(config.With(place, filters), Dialect::kModern);
        all &= AnyDict(filtered, place);
      }
    }
    own.push_back("join " + sides[0] + " " + sides[1]);
    std::string text = config.With(place, own);
    Parsed parsed(text, Dialect::kModern);
    dead += all ? 0 : 1;
    ASSERT_EQ(Says(parsed, {"removes everything", "nothing-left: "}), !all)
        << text << parsed.Messages();
  }
  EXPECT_GT(dead, 300);
}

TEST_P(VacuityLaw, FiltersOfAVariantAreToldToLeaveNothingJustWhereTheyDo) {
  int dead = 0;
  for (uint32_t seed = 0; seed < 5000; ++seed) {
    RandomConfig config(seed, GetParam());
    int place = config.random().Below(config.variants());
    std::vector<std::string> filters;
    for (int i = config.random().Below(3); i >= 0; --i)
      filters.push_back(config.random().OneIn(2) ? "only " + config.Filter(false)
                                                 : "no " + config.Filter(false));
    std::string text = config.With(place, filters);
    Parsed parsed(text, GetParam());
    bool any = AnyDict(parsed, place);
    dead += any ? 0 : 1;
    bool says = Says(parsed, {"this 'only' removes everything", "nothing-left: "});
    ASSERT_EQ(says, !any && (says || !HasBoundary(text))) << text << parsed.Messages();
  }
  EXPECT_GT(dead, 500);
}

// What conditions add to names is only perhaps there, so not all is told, but nothing false.
TEST(VacuityLawOfSubvariants, NothingIsToldThatIsNotSo) {
  int told = 0, silent = 0;
  for (uint32_t seed = 0; seed < 1000; ++seed) {
    RandomConfig config(seed, Dialect::k2009, true);
    int place = config.random().Below(config.variants() + 1) - 1;
    std::vector<std::string> filters;
    for (int i = config.random().Below(3); i >= 0; --i)
      filters.push_back((config.random().OneIn(3) ? "no " : "only ") + config.Filter(false));
    std::string text = config.With(place, filters);
    Parsed parsed(text, Dialect::k2009);
    bool any = AnyDict(parsed, place);
    bool says = Says(parsed, {"this 'only' removes everything", "nothing-left: "});
    ASSERT_FALSE(says && any) << text << parsed.Messages();
    told += says ? 1 : 0;
    silent += !says && !any && place >= 0 ? 1 : 0;
  }
  EXPECT_GT(told, 250);
  EXPECT_GT(told, 2 * silent);
}

// Each filter named is tried: its lines are made blank.
TEST_P(VacuityLaw, WithoutTheFiltersNamedDictsComeBack) {
  const std::regex end(R"((\d+) dicts? would be left)");
  int explained = 0;
  for (uint32_t seed = 0; seed < 3000; ++seed) {
    RandomConfig config(seed, GetParam());
    std::vector<std::string> filters;
    for (int i = 0; i < 4; ++i)
      filters.push_back((config.random().OneIn(2) ? "only " : "no ") + config.Filter(false));
    int place = config.random().Below(config.variants() + 1) - 1;
    std::string text = config.With(place, filters) + "only " + config.Filter(false) + "\n";
    Parsed parsed(text, GetParam());
    if (AnyDict(parsed, -1)) continue;
    std::string without = text;
    for (const Note& note : WhyNothingIsSelected(*parsed.config)) {
      if (!note.span.IsKnown()) continue;
      if (note.message.starts_with("without")) without = text;
      size_t begin = 0;
      for (uint32_t line = 1; line < note.span.line; ++line) begin = without.find('\n', begin) + 1;
      size_t length = without.find('\n', begin) - begin;
      without.replace(begin, length, std::string(length, ' '));
      std::smatch match;
      if (!std::regex_search(note.message, match, end)) continue;
      Parsed again(without, GetParam());
      ASSERT_EQ(std::to_string(*CountDicts(*again.config, again.diagnostics)), match[1])
          << text << note.message;
      ++explained;
    }
  }
  EXPECT_GT(explained, 1000);
}

}  // namespace
}  // namespace kvmtest::language
