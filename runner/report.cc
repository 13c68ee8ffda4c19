#include "report.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <optional>
#include <system_error>

#include "host/clock.h"
#include "host/ctest_tags.h"
#include "host/files.h"

namespace kvmtest {

namespace {

// What CDash gets of one file, and of one test. Text shrinks to a tenth on the way, but a test set
// is sent as one file.
constexpr size_t kMostOfAFile = 512 << 10;
constexpr size_t kMostOfATest = 2 << 20;
constexpr size_t kHead = 128 << 10;
constexpr size_t kPictureLimit = 1 << 20;

bool IsPicture(const std::string& name) {
  return name.size() > 4 && name.compare(name.size() - 4, 4, ".png") == 0;
}

// The begin and the end of a file that is too long to be attached whole. ctest reads what it is
// told of when all tests have run, so nothing here may be a file that goes away.
std::string CutCopy(const Report& report, const std::string& name, const std::string& text) {
  size_t tail = kMostOfAFile - kHead;
  std::string path = report.directory + "/cut-" + name;
  std::string cut =
      text.substr(0, kHead) +
      fmt::format("\n[kvmtest: {} bytes are left out]\n", text.size() - kMostOfAFile) +
      text.substr(text.size() - tail);
  return host::WriteFile(path, cut) ? path : "";
}

// Where the file lies that ctest is told of; empty: none.
std::string Attachable(const Report& report, const std::string& name, size_t* left) {
  std::string path = report.directory + "/" + name;
  if (!host::IsRegularFile(path)) return "";  // a test's program may have left anything there
  std::optional<std::string> text = host::ReadFile(path);
  if (!text || text->empty()) return "";
  if (IsPicture(name) && text->size() > kPictureLimit) return "";
  size_t size = std::min(text->size(), kMostOfAFile);
  if (size > *left) return "";
  *left -= size;
  return IsPicture(name) || text->size() <= kMostOfAFile ? path : CutCopy(report, name, *text);
}

// At least three decimals, as many as six if they say something, and of very small numbers the
// digits that count.
std::string ShowNumber(double value) {
  if (value != 0 && std::abs(value) < 1e-3) return fmt::format("{:.6g}", value);
  std::string text = fmt::format("{:.6f}", value);
  while (text.back() == '0' && text.size() - text.find('.') > 4) text.pop_back();
  return text;
}

bool WantsEvidence(job::Status status) {
  return status != job::Status::kPass && status != job::Status::kSkip &&
         status != job::Status::kBad;
}

// CDash rejects a whole submission in which one file is missing: each is there when it is named.
std::string Evidence(const Report& report) {
  if (!report.directory_is_ours || !WantsEvidence(report.verdict.status)) return "";
  std::vector<std::string> names = {"runner.log", "repro.sh"};
  for (const char* form : {"screen-{}.png", "console-{}.log", "qemu-{}.stderr", "vcpus-{}.txt"}) {
    for (const std::string& vm : report.vms) names.push_back(fmt::format(fmt::runtime(form), vm));
  }
  std::string text;
  size_t left = kMostOfATest;
  for (const std::string& name : names) {
    std::string path = Attachable(report, name, &left);
    std::error_code ignored;
    if (path.empty()) continue;
    text += job::MeasurementFile(IsPicture(name) ? "image/png" : "file", name,
                                 std::filesystem::absolute(path, ignored));
  }
  return text;
}

}  // namespace

bool Print(std::string_view for_people, std::string_view for_ctest) {
  return host::WriteAll(STDOUT_FILENO, host::WithoutCtestTags(for_people).append(for_ctest));
}

std::string ForPeople(const Report& report) {
  std::string text = report.verdict.Line() + "\n";
  for (const std::string& note : report.notes) {
    text += note;
    if (note.empty() || note.back() != '\n') text += '\n';
  }
  text += report.verdict.detail + report.consoles;
  return text + fmt::format("files: {}\n", report.directory);
}

std::string ForCtest(const Report& report) {
  std::string text;
  for (const auto& [name, value] : report.measurements) {
    text += job::Measurement("numeric/double", name, ShowNumber(value));
  }
  if (!report.accelerator.empty()) {
    text += job::Measurement("text/string", "accel", report.accelerator);
  }
  if (!report.qemu_version.empty()) {
    text += job::Measurement("text/string", "qemu_version", report.qemu_version);
  }
  return text + Evidence(report) + job::Details(report.verdict);
}

nlohmann::json RecordOf(vm::Fleet& fleet) {
  nlohmann::json vms = nlohmann::json::array();
  for (auto& machine : fleet.machines()) {
    const vm::VmConfig& config = machine->config();
    nlohmann::json nics = nlohmann::json::array();
    for (const vm::NicConfig& nic : config.nics) {
      nics.push_back({{"name", nic.name}, {"mac", nic.address.mac}, {"ip", nic.address.ip}});
      auto ports = machine->forwarded_ports().find(nic.name);
      if (ports != machine->forwarded_ports().end()) nics.back()["redirs"] = ports->second;
    }
    nlohmann::json vm = {{"name", config.name}, {"nics", nics}};
    if (machine->started()) {
      vm["pid"] = machine->pid();
      vm["qmp"] = machine->paths().qmp_socket;
      vm["started"] =
          job::UnixTime() - host::SecondsBetween(machine->start_time(), host::Clock::now());
    }
    vms.push_back(vm);
  }
  return vms;
}

}  // namespace kvmtest
