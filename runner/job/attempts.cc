#include "job/attempts.h"

#include <fmt/format.h>
#include <stdio.h>

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <optional>
#include <vector>

#include "host/files.h"
#include "job/result.h"

namespace kvmtest::job {

namespace {

constexpr char kPrefix[] = "attempt-";

std::optional<int> NumberOf(const std::string& name) {
  if (name.rfind(kPrefix, 0) != 0) return std::nullopt;
  std::string digits = name.substr(sizeof kPrefix - 1);
  if (digits.empty() || digits.find_first_not_of("0123456789") != std::string::npos) {
    return std::nullopt;
  }
  return std::atoi(digits.c_str());
}

void RemoveAttemptsUpTo(const std::string& directory, int last) {
  for (const std::string& name : host::ListDirectory(directory)) {
    std::optional<int> number = NumberOf(name);
    if (number && *number <= last) host::RemoveTree(directory + "/" + name);
  }
}

// What a run leaves that the next one may not write again, and must not be taken for the next
// one's.
void RemoveEvidence(const std::string& directory) {
  for (const std::string& name : host::ListDirectory(directory)) {
    bool ours = name == "repro.sh" || name == "verdict.txt";
    for (const char* prefix :
         {"console-", "cut-", "qemu-", "qmp-", "screen-", "shell-", "vcpus-"}) {
      ours = ours || name.rfind(prefix, 0) == 0;
    }
    if (ours) host::RemoveTree(directory + "/" + name);
  }
}

void MoveFiles(const std::string& directory, const std::string& to) {
  for (const std::string& name : host::ListDirectory(directory)) {
    if (NumberOf(name) || name.rfind("test.lock", 0) == 0) continue;
    std::string from = directory + "/" + name;
    if (name == "result.json" && host::IsRegularFile(from)) {
      host::WriteFile(to + "/" + name, host::ReadFile(from).value_or(""));
    } else {
      ::rename(from.c_str(), (to + "/" + name).c_str());
    }
  }
}

}  // namespace

int BeginAttempt(const std::string& directory, const std::string& run) {
  nlohmann::json last = ReadResult(directory + "/result.json");
  std::string last_run = Member(last, "run");
  if (last_run != run) {
    RemoveAttemptsUpTo(directory, std::numeric_limits<int>::max());
    // A ctest that goes on will yet want to read the files that it was told of.
    if (!RunLives(last_run)) RemoveEvidence(directory);
    return 1;
  }
  int number = 1;
  if (last.contains("attempt") && last["attempt"].is_number_integer()) number = last["attempt"];
  std::string to = fmt::format("{}/{}{}", directory, kPrefix, number);
  host::RemoveTree(to);
  if (host::MakeDirectories(to)) MoveFiles(directory, to);
  RemoveAttemptsUpTo(directory, number - kMostAttempts);
  return number + 1;
}

}  // namespace kvmtest::job
