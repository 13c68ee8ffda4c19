// What runs have left in a call's directory, read back: the plan as its tests.jsonl tell it, and
// the runner's results. Nothing here touches the disk.
#ifndef KVMTEST_CTEST_RESULTS_H_
#define KVMTEST_CTEST_RESULTS_H_

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace kvmtest::ctest {

struct PlannedTest {
  std::string cost_name;
  std::string set;
};

// The tests of one call, on all hosts. (Their digests together are the plan's.)
struct CallPlan {
  std::string name;
  std::map<std::string, std::string> digests = {};  // of the plan, by host
  // "auto" or "pool" of the sets that are planned.
  std::map<std::string, std::string, std::less<>> assign = {};
  // By host, and by CTest name.
  std::map<std::string, std::map<std::string, PlannedTest, std::less<>>, std::less<>> tests = {};
};

// Adds a host's tests.jsonl; what is wrong with it, if anything.
std::optional<std::string> AddDescriptions(std::string_view text, CallPlan* plan);

// One result.json.
struct Result {
  std::string path = {};
  std::string test = {};
  std::string host = {};
  std::string plan = {};  // digest of the host's part
  std::string status = {};
  std::string run = {};  // with `started`: which run of which test it is, wherever it is copied
  double started = 0;    // seconds since 1970
  uint64_t milliseconds = 0;  // that it took, if it has passed
};

// A result, but for its path; else what is wrong.
std::variant<Result, std::string> ParseResult(std::string_view text);

}  // namespace kvmtest::ctest

#endif  // KVMTEST_CTEST_RESULTS_H_
