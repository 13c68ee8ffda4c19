#include "job/requirements.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "host/process.h"
#include "job/names.h"
#include "job/result.h"

namespace kvmtest::job {

namespace {

bool IsRunning(const nlohmann::json& result) {
  return Member(result, "status") == StatusName(Status::kRunning);
}

// Whether whoever wrote "running" still is.
bool WriterLives(const nlohmann::json& result) {
  for (const char* key : {"pid", "pid_start"})
    if (!result.contains(key) || !result[key].is_number_integer()) return false;
  auto start = host::ProcessStartTime(result["pid"]);
  return start && *start == result["pid_start"].get<unsigned long long>();
}

// Of what a result says and has kept, the account that is this run's business.
const nlohmann::json& AccountFor(const nlohmann::json& result, const std::string& run) {
  if (Member(result, "run") == run) return result;
  if (!result.contains("earlier") || !result["earlier"].is_array()) return result;
  const nlohmann::json& earlier = result["earlier"];
  for (const nlohmann::json& account : earlier) {
    if (Member(account, "run") == run) return account;
  }
  bool again = IsRunning(result) && WriterLives(result);
  return again && !earlier.empty() ? earlier[0] : result;
}

}  // namespace

std::optional<std::string> CheckRequirements(const Description& description) {
  const std::string run = RunId();
  for (const std::string& test : description.requires_tests) {
    nlohmann::json result = ReadResult(
        fmt::format("{}/{}/result.json", description.results_dir, ResultDirectoryName(test)));
    if (result.is_null()) return fmt::format("requires {}, which has not run", test);
    if (Member(result, "status").empty()) {
      return fmt::format("requires {}, which did not pass (an unreadable result)", test);
    }
    const nlohmann::json& account = AccountFor(result, run);
    if (Member(account, "run") != run && Member(account, "generation") != description.generation) {
      return fmt::format("requires {}, which has not run since the configuration changed", test);
    }
    std::string status = Member(account, "status");
    if (status == StatusName(Status::kPass)) continue;
    if (IsRunning(account)) return fmt::format("requires {}, which did not come to its end", test);
    return fmt::format("requires {}, which {} ({})", test,
                       status == StatusName(Status::kSkip) ? "was skipped" : "did not pass",
                       Member(account, "text"));
  }
  return std::nullopt;
}

}  // namespace kvmtest::job
