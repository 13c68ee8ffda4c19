#include "job/result.h"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <utility>

#include "host/ctest_tags.h"
#include "host/files.h"
#include "host/process.h"
#include "vm/console.h"

namespace kvmtest::job {

namespace {

struct StatusRow {
  Status status;
  const char* name;
  const char* word;
  int exit_code;
};

constexpr StatusRow kStatuses[] = {
    {Status::kRunning, "running", "ERROR", 3},
    {Status::kPass, "pass", "PASS", 0},
    {Status::kFail, "fail", "FAIL", 1},
    {Status::kSkip, "skip", "SKIP", 77},
    {Status::kBad, "bad", "ERROR", 2},
    {Status::kError, "error", "ERROR", 3},
    {Status::kTimeout, "timeout", "FAIL", 124},
    {Status::kKnownFailure, "known-failure", "XFAIL", 77},
};

const StatusRow& RowOf(Status status) {
  for (const StatusRow& row : kStatuses) {
    if (row.status == status) return row;
  }
  return kStatuses[0];
}

std::string RunIdOf(pid_t ctest) {
  return fmt::format("{}-{}-{}", host::BootId().substr(0, 8), ctest,
                     host::ProcessStartTime(ctest).value_or(0));
}

std::string OneLine(const std::string& text) {
  std::string line = host::WithoutCtestTags(vm::Printable(text));
  for (char& c : line) {
    if (c == '\n' || c == '\t') c = ' ';
  }
  return line;
}

// Never in the middle of a UTF-8 sequence.
std::string Cut(std::string text, size_t longest) {
  if (text.size() <= longest) return text;
  while (longest > 0 && (static_cast<unsigned char>(text[longest]) & 0xc0) == 0x80) --longest;
  text.resize(longest);
  return text;
}

std::string EscapeXml(const std::string& text) {
  std::string escaped;
  for (char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

// The accounts that still count of what was found before this run.
nlohmann::json Earlier(const nlohmann::json& old, const std::string& run) {
  nlohmann::json kept = nlohmann::json::array();
  std::vector<nlohmann::json> accounts = {old};
  if (old.is_object() && old.contains("earlier") && old["earlier"].is_array()) {
    accounts.insert(accounts.end(), old["earlier"].begin(), old["earlier"].end());
  }
  for (const nlohmann::json& account : accounts) {
    std::string status = Member(account, "status");
    std::string whose = Member(account, "run");
    if (status.empty() || status == StatusName(Status::kRunning) || whose == run) continue;
    if (kept.empty() || RunLives(whose)) {
      kept.push_back({{"run", whose},
                      {"generation", Member(account, "generation")},
                      {"status", status},
                      {"text", Member(account, "text")}});
    }
  }
  return kept;
}

}  // namespace

const char* StatusName(Status status) {
  return RowOf(status).name;
}
int ExitCode(Status status) {
  return RowOf(status).exit_code;
}

double UnixTime() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::string Verdict::Line() const {
  return fmt::format("{} {}: {}", RowOf(status).word, kind, OneLine(text));
}

Verdict VerdictOf(const vm::Failure& failure, bool deadline_passed) {
  Status status = Status::kFail;
  if (failure.kind == vm::kEnvironment) status = Status::kSkip;
  if (failure.kind == vm::kHarnessError || failure.kind == vm::kInterrupted) {
    status = Status::kError;
  }
  if (failure.kind == vm::kBadParams) status = Status::kBad;
  if (vm::IsTimeout(failure.kind) && deadline_passed) status = Status::kTimeout;
  return {status, failure.kind, failure.text, failure.detail};
}

Verdict BadParams(std::string text) {
  return {Status::kBad, vm::kBadParams, std::move(text), ""};
}
Verdict HarnessError(std::string text) {
  return {Status::kError, vm::kHarnessError, std::move(text), ""};
}
Verdict Skip(std::string text) {
  return {Status::kSkip, vm::kEnvironment, std::move(text), ""};
}

ResultFile::ResultFile(std::string directory, const Description& description)
    : path_(std::move(directory) + "/result.json") {
  json_ = {{"schema", 1},
           {"test", description.test},
           {"set", description.set},
           {"host", description.host},
           {"generation", description.generation},
           {"plan", description.plan},
           {"run", RunId()},
           {"pid", ::getpid()},
           {"pid_start", host::ProcessStartTime(::getpid()).value_or(0)},
           {"started", UnixTime()}};
}

bool ResultFile::Write(const Verdict& verdict) {
  if (!std::exchange(written_, true)) {
    json_["earlier"] = Earlier(ReadResult(path_), json_["run"]);
  }
  json_["status"] = StatusName(verdict.status);
  if (verdict.status != Status::kRunning) {
    json_["class"] = verdict.kind;
    json_["text"] = OneLine(verdict.text);
    json_["exit_code"] = ExitCode(verdict.status);
    json_["ended"] = UnixTime();
  }
  std::string text = json_.dump(2, ' ', false, nlohmann::json::error_handler_t::replace);
  return host::WriteFileAtomically(path_, text + "\n");
}

nlohmann::json ReadResult(const std::string& path) {
  constexpr size_t kMost = 256 << 20;  // a thousand sub-results have names of some length
  std::string wrong;
  std::optional<std::string> text = host::ReadForeignFile(path, kMost, &wrong);
  if (!text && wrong.empty()) return nullptr;
  if (!text) return nlohmann::json::object();
  nlohmann::json json = nlohmann::json::parse(*text, nullptr, false);
  return json.is_object() ? json : nlohmann::json::object();
}

std::string Member(const nlohmann::json& result, const char* key) {
  if (!result.is_object() || !result.contains(key) || !result[key].is_string()) return "";
  return result[key];
}

pid_t CtestAncestor() {
  static const pid_t kCtest = host::AncestorNamed("ctest");
  return kCtest;
}

pid_t CtestProcess() {
  static const pid_t kProcess = CtestAncestor() != 0 ? CtestAncestor() : ::getppid();
  return kProcess;
}

std::string RunId() {
  static const std::string kId = RunIdOf(CtestProcess());
  return kId;
}

bool RunLives(const std::string& run) {
  size_t first = run.find('-');
  size_t second = run.find('-', first + 1);
  if (second == std::string::npos) return false;
  return run == RunIdOf(std::atoi(run.c_str() + first + 1));
}

std::string Measurement(const std::string& type, const std::string& name,
                        const std::string& value) {
  return fmt::format("<CTestMeasurement type=\"{}\" name=\"{}\">{}</CTestMeasurement>\n", type,
                     EscapeXml(Cut(name, 70)), EscapeXml(OneLine(value)));
}

std::string MeasurementFile(const std::string& type, const std::string& name,
                            const std::string& path) {
  return fmt::format("<CTestMeasurementFile type=\"{}\" name=\"{}\">{}</CTestMeasurementFile>\n",
                     type, EscapeXml(Cut(name, 70)), EscapeXml(path));
}

std::string Details(const Verdict& verdict) {
  // At most 255 with the suffix that ctest adds, or CDash loses the whole submission.
  std::string known = verdict.status == Status::kKnownFailure ? "known failure: " : "";
  std::string text = Cut(OneLine(known + verdict.kind + ": " + verdict.text), 230);
  for (char& c : text) {
    if (c == '<' || c == '>') c = ' ';
  }
  return fmt::format("<CTestDetails>{}</CTestDetails>\n", text);
}

}  // namespace kvmtest::job
