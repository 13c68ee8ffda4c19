// How long tests took in earlier runs, as a file that people keep beside the configuration: plans
// depend on it and on nothing that one machine alone has measured.
#ifndef KVMTEST_PLAN_COSTS_H_
#define KVMTEST_PLAN_COSTS_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace kvmtest::plan {

// Milliseconds by test: its set and its name without host and queue.
using Costs = std::map<std::string, uint64_t, std::less<>>;

// Lines "SECONDS NAME", with a comment behind '#' at the beginning. Nothing, and "3:1: error: ..."
// for `path` in `error`, if some line is not like that, or names a test twice.
std::optional<Costs> ParseCosts(std::string_view text, const std::string& path, std::string* error);

// Such a file, by name.
std::string WriteCosts(const Costs& costs);

}  // namespace kvmtest::plan

#endif  // KVMTEST_PLAN_COSTS_H_
