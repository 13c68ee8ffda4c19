#include "plan/costs.h"

#include <fmt/format.h>

#include <algorithm>

#include "plan/address.h"

namespace kvmtest::plan {
namespace {

constexpr std::string_view kBlanks = " \t\r";
constexpr uint64_t kLongest = uint64_t{366} * 86'400'000;  // a year

// "12", "0.25": milliseconds.
std::optional<uint64_t> ParseSeconds(std::string_view text) {
  const size_t dot = std::min(text.find('.'), text.size());
  std::optional<uint64_t> seconds = ParseCount(text.substr(0, dot));
  if (!seconds || *seconds > kLongest / 1000) return std::nullopt;
  if (dot == text.size()) return *seconds * 1000;
  std::string fraction(text.substr(dot + 1));
  std::optional<uint64_t> digits = ParseCount(fraction.substr(0, 9));
  if (!digits) return std::nullopt;
  fraction.resize(3, '0');
  return *seconds * 1000 + *ParseCount(fraction);
}

}  // namespace

std::optional<Costs> ParseCosts(std::string_view text, const std::string& path,
                                std::string* error) {
  Costs costs;
  size_t number = 0;
  auto fail = [&](std::string_view line, size_t column, std::string_view what) {
    *error = fmt::format("{}:{}:{}: error: {}\n{:>5} | {}\n      | {}^\n", path, number, column + 1,
                         what, number, line, std::string(column, ' '));
    return std::nullopt;
  };
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    ++number;
    const size_t begin = line.find_first_not_of(kBlanks);
    if (begin == line.npos || line[begin] == '#') continue;
    const size_t end = std::min(line.find_first_of(kBlanks, begin), line.size());
    std::optional<uint64_t> cost = ParseSeconds(line.substr(begin, end - begin));
    if (!cost) return fail(line, begin, "expected seconds such as 12.5, then a test's name");
    const size_t name = line.find_first_not_of(kBlanks, end);
    if (name == line.npos) return fail(line, line.size(), "expected a test's name");
    const size_t last = line.find_last_not_of(kBlanks);
    if (!costs.emplace(line.substr(name, last + 1 - name), *cost).second)
      return fail(line, name, "this test has a line already");
  }
  return costs;
}

std::string WriteCosts(const Costs& costs) {
  std::string text = "# Seconds that tests took, and their names: for kvmtest-generate --costs.\n";
  for (const auto& [name, cost] : costs)
    text += fmt::format("{}.{:03} {}\n", cost / 1000, cost % 1000, name);
  return text;
}

}  // namespace kvmtest::plan
