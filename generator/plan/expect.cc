// How long tests will take: as measured; else like the tests that are measured and most alike; else
// a guess by type.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "plan/draft.h"

namespace kvmtest::plan {
namespace {

constexpr uint64_t kSecond = 1000;
constexpr uint64_t kUsual = 60 * kSecond;

// Of guests under emulation, which boot in 10 to 30 seconds.
constexpr std::pair<std::string_view, uint64_t> kByType[] = {
    {"boot", 30 * kSecond},
    {"shutdown", 30 * kSecond},
    {"reboot", 60 * kSecond},
};

uint64_t GuessByType(std::string_view type) {
  for (const auto& [name, time] : kByType)
    if (name == type) return time;
  return kUsual;
}

uint64_t MedianOf(std::vector<uint64_t> times) {
  auto middle = times.begin() + static_cast<ptrdiff_t>(times.size() / 2);
  std::nth_element(times.begin(), middle, times.end());
  return *middle;
}

}  // namespace

void ExpectTimes(const Context& context, Draft* draft) {
  // By type and guest; by type; by guest.
  using Kind = std::tuple<std::string_view, std::string_view>;
  std::map<Kind, std::vector<uint64_t>> measured;
  std::set<const uint64_t*> counted;
  auto kinds_of = [](const DraftTest& test) {
    return std::array<Kind, 3>{Kind{test.type, test.guest}, Kind{test.type, "*"},
                               Kind{"*", test.guest}};
  };
  std::vector<Test>& tests = draft->plan.tests;
  for (size_t i = 0; i < tests.size(); ++i) {
    const std::string& name = draft->tests[i].bare_name;
    tests[i].cost_name = draft->sets[tests[i].set].name + (name.empty() ? "" : "." + name);
    auto known = context.options.costs.find(tests[i].cost_name);
    tests[i].is_guessed = known == context.options.costs.end();
    if (tests[i].is_guessed) continue;
    tests[i].expected = known->second;
    // However many alternatives and queues a test has, it is one.
    if (!counted.insert(&known->second).second) continue;
    for (const Kind& kind : kinds_of(draft->tests[i])) measured[kind].push_back(known->second);
  }
  const size_t costs = context.options.costs.size();
  if (costs > 0 && counted.empty())
    context.Warn(
        "unused-costs", kWholeFile,
        fmt::format("none of the costs ({}) names a test, so all times are guessed",
                    Count(costs, "line")),
        {}, tests.empty() ? "" : fmt::format("a test's name there is '{}'", tests[0].cost_name));
  std::map<Kind, uint64_t> medians;
  for (auto& [kind, times] : measured) medians[kind] = MedianOf(std::move(times));
  for (size_t i = 0; i < tests.size(); ++i) {
    if (!tests[i].is_guessed) continue;
    tests[i].expected = GuessByType(draft->tests[i].type);
    for (const Kind& kind : kinds_of(draft->tests[i])) {
      auto median = medians.find(kind);
      if (median == medians.end()) continue;
      tests[i].expected = median->second;
      break;
    }
  }
}

}  // namespace kvmtest::plan
