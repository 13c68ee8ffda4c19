#include "report/make_report.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <map>
#include <variant>

#include "host/files.h"
#include "host/temporary.h"
#include "report/build_tree.h"
#include "report/origins.h"
#include "report/page.h"

namespace kvmtest::report {

namespace {

constexpr int kNothingToReport = 1;
constexpr int kCannotWrite = 3;

int Fail(const ReportOptions& options, int status, const std::string& text) {
  fmt::print(stderr, "kvmtest-run: error: {}\n", text);
  return options.after_ctest ? 0 : status;
}

// The page is as old as what it tells: what ended while it was made is newer.
void SetTime(const std::string& path, double seconds) {
  timespec time{};
  time.tv_sec = static_cast<time_t>(seconds);
  time.tv_nsec = static_cast<long>((seconds - static_cast<double>(time.tv_sec)) * 1e9);
  timespec times[] = {time, time};
  ::utimensat(AT_FDCWD, path.c_str(), times, 0);
}

// What reports that were killed have left beside the page.
void RemoveUnfinished(const std::string& page) {
  std::string directory = std::filesystem::path(page).parent_path();
  for (const std::string& path : host::RemoveAbandoned(directory.empty() ? "." : directory)) {
    fmt::print("removed {}, left by a report that was killed\n", path);
  }
}

}  // namespace

int MakeReport(const ReportOptions& options) {
  RemoveUnfinished(options.output);
  if (options.after_ctest && !HasNewerResults(options.build_dir, options.output)) return 0;
  std::variant<Model, std::string> read = ReadBuildTree(options.build_dir);
  if (const auto* wrong = std::get_if<std::string>(&read)) {
    return options.after_ctest ? 0 : Fail(options, kNothingToReport, *wrong);
  }
  Model& model = std::get<Model>(read);
  FindParamPlaces(&model);
  if (!host::WriteOutput(options.output, MakePage(model))) {
    return Fail(options, kCannotWrite,
                fmt::format("cannot write {}: {}", options.output, ::strerror(errno)));
  }
  if (host::IsRegularFile(options.output)) SetTime(options.output, model.made);
  std::map<Outcome, size_t> counts;
  for (const Entry& entry : EntriesOf(model)) ++counts[entry.test->last.outcome];
  fmt::print("report: {} ({})\n", options.output, CountsText(counts));
  for (const BrokenCall& broken : model.broken_calls) {
    fmt::print("report: the tests of {} could not be made anew\n", broken.call);
  }
  return 0;
}

}  // namespace kvmtest::report
