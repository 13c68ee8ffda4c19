#include "procedures/kut_report.h"

#include <fmt/format.h>

#include "procedures/steps.h"

namespace kvmtest::procedures {

namespace {

struct Word {
  std::string_view begin;
  const char* status;
};
constexpr Word kWords[] = {{"PASS: ", "pass"},
                           {"FAIL: ", "fail"},
                           {"SKIP: ", "skip"},
                           {"XFAIL: ", "xfail"},
                           {"XPASS: ", "xpass"}};
constexpr std::string_view kSummary = "SUMMARY: ";

constexpr int kAbortStatus = 127;  // abort() of a kvm-unit-test

template <typename Visit>
void ForEachLine(std::string_view text, const Visit& visit) {
  while (!text.empty()) {
    size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    while (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    while (!line.empty() && line.front() == '\r') line.remove_prefix(1);
    visit(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

void AddPart(std::string_view line, UnitTestReport* report) {
  for (const Word& word : kWords) {
    if (line.substr(0, word.begin.size()) != word.begin) continue;
    ++report->counts[word.status];
    if (report->parts.size() < UnitTestReport::kMostParts) {
      report->parts.push_back({word.status, vm::Printable(line.substr(word.begin.size()))});
    }
    return;
  }
}

// The parts that failed, for people.
std::string Failed(const UnitTestReport& report) {
  constexpr size_t kMost = 20;
  std::string text;
  size_t left = kMost;
  for (const SubResult& part : report.parts) {
    if (part.status != "fail" && part.status != "xpass") continue;
    if (left-- == 0) return text + "  ...\n";
    text += fmt::format("  {}: {}\n", part.status == "fail" ? "FAIL" : "XPASS", part.name);
  }
  return text;
}

std::string FirstOf(const UnitTestReport& report, std::string_view status) {
  for (const SubResult& part : report.parts) {
    if (part.status == status) return part.name;
  }
  return "";
}

}  // namespace

size_t UnitTestReport::Count(const std::string& status) const {
  auto found = counts.find(status);
  return found != counts.end() ? found->second : 0;
}

size_t UnitTestReport::Total() const {
  size_t total = 0;
  for (const auto& [status, count] : counts) total += count;
  return total;
}

std::string UnitTestReport::Text() const {
  if (!summary.empty()) return summary;
  if (counts.empty()) return "no sub-results";
  std::string text = fmt::format("{} of {} failed", Count("fail") + Count("xpass"), Total());
  if (Count("skip") != 0) text += fmt::format(", {} skipped", Count("skip"));
  return text;
}

UnitTestReport ReadUnitTestReport(std::string_view console) {
  UnitTestReport report;
  ForEachLine(console, [&report](std::string_view line) {
    AddPart(line, &report);
    if (line.substr(0, kSummary.size()) == kSummary) {
      report.summary = vm::Printable(line.substr(kSummary.size()));
    }
  });
  return report;
}

std::string FirstComplaint(const std::string& qemu_stderr) {
  std::string first;
  ForEachLine(qemu_stderr, [&first](std::string_view line) {
    if (!first.empty() || line.empty() || line.find("warning:") != line.npos) return;
    first = vm::Printable(line);
  });
  return first;
}

vm::Trouble JudgeUnitTest(const std::string& vm, const host::ExitStatus& exit,
                          const UnitTestReport& report, const std::string& qemu_stderr) {
  std::string complaint = FirstComplaint(qemu_stderr);
  auto failed = [&](const std::string& what) {
    return vm::Failure{vm::kUnitTestFailed, fmt::format("{}: {}", vm, what), Failed(report)};
  };
  if (exit.signal != 0) {
    return vm::Failure{vm::kQemuCrash, fmt::format("{}: qemu died with {}", vm, exit.Text()), ""};
  }
  if (exit.code == 1 && !complaint.empty()) {
    // qemu's own failures look like a pass.
    return vm::Failure{vm::kQemuError, fmt::format("{}: {}", vm, complaint), ""};
  }
  const size_t failures = report.Count("fail") + report.Count("xpass");
  if (exit.code == kSkipStatus && failures > 0) {
    return failed("ended as if it had been skipped, but: " + report.Text());
  }
  if (exit.code == kSkipStatus) {
    std::string why = FirstOf(report, "skip");
    return vm::Failure{
        vm::kEnvironment,
        fmt::format("{}: the test skipped itself: {}", vm, why.empty() ? report.Text() : why), ""};
  }
  if (exit.code == 0) {
    return failed("the guest went away without a result (" + report.Text() + ")");
  }
  if (exit.code == kAbortStatus) return failed("the test aborted (" + report.Text() + ")");
  if (exit.code != 1) {
    return failed(fmt::format("{} (exit status {} of qemu)", report.Text(), exit.code));
  }
  if (failures == 0) return std::nullopt;
  return failed("ended as if it had passed, but: " + report.Text());
}

}  // namespace kvmtest::procedures
