#include "test_record.h"

#include <fmt/format.h>
#include <string.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "host/files.h"
#include "job/attempts.h"
#include "report.h"
#include "report/history.h"
#include "vm/repro.h"
#include "vm/vm_config.h"

namespace kvmtest {

using job::Status;
using job::Verdict;

TestRecord::TestRecord(std::string directory, std::string history,
                       const job::Description& description, host::Log& log)
    : directory_(std::move(directory)),
      history_(std::move(history)),
      test_(description.test),
      log_(log),
      result_(directory_, description) {}

bool TestRecord::Begin() {
  is_ours_ = true;
  members()["attempt"] = job::BeginAttempt(directory_, job::RunId());
  return log_.OpenFile(directory_ + "/runner.log") && WriteRunning();
}

std::string TestRecord::WriteRepro(const TestSetup& setup,
                                   const std::vector<vm::VmConfig>& configs) {
  if (configs.empty()) return "";
  std::error_code ignored;
  std::string path = directory_ + "/repro.sh";
  vm::ReproRequest request{test_, setup.accelerator.name, setup.accelerator.cpu_model,
                           nonce, setup.QemuImg(),        std::filesystem::current_path(ignored)};
  if (!host::WriteFile(path, vm::ReproScript(configs, request)) ||
      ::chmod(path.c_str(), 0755) != 0) {
    return fmt::format("cannot write {}: {}\n", path, ::strerror(errno));
  }
  return fmt::format("to boot the same by hand: {}\n", path);
}

void TestRecord::SayEarly(const Verdict& verdict, const std::string& more) {
  said_ = verdict.Line() + "\n";
  Print(said_ + more);
}

// For the trends of a report, which can do without.
void TestRecord::AddToHistory(const Verdict& verdict) {
  double started = members()["started"];
  double seconds = job::UnixTime() - started;
  if (!report::AppendHistory(history_, job::RunId(), job::StatusName(verdict.status), started,
                             seconds, test_)) {
    log_.Info("no line in the history of {}: {}", history_, ::strerror(errno));
  }
}

// What becomes of a test is on the disk for the tests that need it, for tools and for later. A pass
// of which no record is left is none.
void TestRecord::Record(const std::string& text, Verdict* verdict) {
  std::string lost;
  auto lose = [&](const char* name, int error) {
    lost += fmt::format("{}{}: {}", lost.empty() ? "" : ", ", name, ::strerror(error));
  };
  if (log_.error() != 0) lose("runner.log", log_.error());
  if (!host::WriteFile(directory_ + "/verdict.txt", text)) lose("verdict.txt", errno);
  if (!result_.Write(*verdict)) lose("result.json", errno);
  if (!history_.empty()) AddToHistory(*verdict);
  if (lost.empty()) return;
  log_.Note("the record of this test is not complete: {}", lost);
  if (verdict->status != Status::kPass) return;
  *verdict = job::HarnessError(
      fmt::format("it is not recorded that the test passed: {} ({})", lost, verdict->Line()));
}

Verdict TestRecord::Publish(Verdict verdict, const TestSetup& setup) {
  Report report{verdict,     {},       {},           consoles,
                directory_,  is_ours_, measurements, setup.accelerator.name,
                qemu_version};
  if (has_machines) {
    for (const vm::VmConfig& config : setup.configs) report.vms.push_back(config.name);
  }
  log_.Info("{}", verdict.Line());
  result_.members()["measurements"] = measurements;
  for (const procedures::SubResult& part : subresults) {
    result_.members()["subresults"].push_back({{"status", part.status}, {"name", part.name}});
  }
  report.notes = log_.notes();
  if (is_ours_) Record(ForPeople(report), &verdict);
  report.verdict = verdict;
  report.notes = log_.notes();
  std::string text = ForPeople(report);
  if (!said_.empty() && text.rfind(said_, 0) == 0) text.erase(0, said_.size());
  Print(text, ForCtest(report));
  return verdict;
}

}  // namespace kvmtest
