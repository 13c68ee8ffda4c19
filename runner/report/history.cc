#include "report/history.h"

#include <fmt/format.h>
#include <stdio.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

#include "host/files.h"
#include "host/lock.h"

namespace kvmtest::report {

namespace {

using Json = nlohmann::json;

std::string PathOf(const std::string& results_dir) {
  return results_dir + "/history.jsonl";
}
std::string OldPathOf(const std::string& results_dir) {
  return results_dir + "/history.old.jsonl";
}

// Of two runners who find it too large, one moves it away; who has it open still appends to what is
// the old one then.
void MoveAwayIfLarge(const std::string& results_dir, size_t most) {
  std::string path = PathOf(results_dir);
  if (host::RegularFileSize(path).value_or(0) <= most) return;
  std::string holder;
  bool broken = false;
  auto lock = host::Lock::TryAcquire(results_dir + "/history.lock", "", &holder, &broken);
  if (!lock || host::RegularFileSize(path).value_or(0) <= most) return;
  ::rename(path.c_str(), OldPathOf(results_dir).c_str());
}

std::optional<HistoryLine> ParseHistoryLine(std::string_view line) {
  Json json = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!json.is_array() || json.size() != 5 || !json[0].is_string() || !json[1].is_string() ||
      !json[2].is_number() || !json[3].is_number() || !json[4].is_string()) {
    return std::nullopt;
  }
  HistoryLine parsed{json[0], OutcomeNamed(json[1]), json[2], json[3], json[4]};
  if (parsed.outcome == Outcome::kDamaged) return std::nullopt;
  return parsed;
}

void ReadLines(const std::string& path, std::vector<HistoryLine>* lines) {
  std::string text = host::ReadFile(path).value_or("");
  for (std::string_view rest = text; !rest.empty();) {
    size_t end = std::min(rest.find('\n'), rest.size());
    if (auto line = ParseHistoryLine(rest.substr(0, end))) lines->push_back(*std::move(line));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
}

}  // namespace

bool AppendHistory(const std::string& results_dir, const std::string& run, const char* status,
                   double started, double seconds, const std::string& test, size_t most) {
  MoveAwayIfLarge(results_dir, most);
  Json line = Json::array({run, status, started, seconds, test});
  std::string text = line.dump(-1, ' ', false, Json::error_handler_t::replace);
  return host::AppendToFile(PathOf(results_dir), text + "\n");
}

std::vector<HistoryLine> ReadHistory(const std::string& results_dir) {
  std::vector<HistoryLine> lines;
  ReadLines(OldPathOf(results_dir), &lines);
  ReadLines(PathOf(results_dir), &lines);
  return lines;
}

long long HistoryTime(const std::string& results_dir) {
  return host::WriteTime(PathOf(results_dir));
}

}  // namespace kvmtest::report
