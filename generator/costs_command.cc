#include "costs_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "ctest/gather.h"
#include "ctest/publish.h"
#include "ctest/results.h"
#include "language/source.h"
#include "plan/costs.h"
#include "standard_output.h"

namespace kvmtest {
namespace {

namespace fs = std::filesystem;

constexpr int kRefused = 1;

struct CostsOptions {
  std::vector<std::string> directories;
  std::string output;   // path of a file; empty: standard output
  std::string earlier;  // path of a file
};

// As short as it can be told here.
std::string Shown(const fs::path& path) {
  std::error_code error;
  const fs::path near = fs::proximate(path, error);
  if (error || near.empty() || *near.begin() == "..") return path.string();
  return near.string();
}

// A call's directory, in which the generator keeps `current.cmake` and the runner results.
bool IsCall(const fs::path& directory) {
  std::error_code error;
  return fs::is_regular_file(directory / "current.cmake", error) &&
         ctest::PointsToGeneration((directory / "current.cmake").string());
}

// Looks for calls and their results in what the user named. Paths are canonical, so whatever is
// found on two ways is there once.
class Search {
 public:
  // False if there is no such directory, or nothing of ours in it or above it.
  bool Add(const std::string& directory) {
    std::error_code error;
    const fs::path path = fs::canonical(directory, error);
    if (error || !fs::is_directory(path, error)) {
      Say(fmt::format("{}: error: no such directory\n", directory));
      return false;
    }
    if (AddCallsBelow(path)) return true;
    for (fs::path above = path; above != above.parent_path(); above = above.parent_path()) {
      if (!IsCall(above)) continue;
      AddResults(above, path);
      return true;
    }
    Say(
        fmt::format("{}: error: no tests of kvmtest are here: expected a build tree, or a "
                    "directory within its kvmtest/NAME\n",
                    directory));
    return false;
  }

  // By the call's directory.
  const std::map<fs::path, std::set<fs::path>>& results() const { return results_; }

 private:
  bool AddCallsBelow(const fs::path& directory) {
    if (IsCall(directory)) {
      AddResults(directory, directory);
      return true;
    }
    bool found = false;
    std::error_code error;
    fs::directory_iterator entry(directory, fs::directory_options::skip_permission_denied, error);
    for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
      std::error_code unknown;
      if (entry->symlink_status(unknown).type() == fs::file_type::directory)
        found |= AddCallsBelow(entry->path());
    }
    return found;
  }

  // Those at or below a directory.
  void AddResults(const fs::path& call, const fs::path& below) {
    std::set<fs::path>& results = results_[call];
    for (const fs::path& host : EntriesOf(call / "results")) {
      for (const fs::path& test : EntriesOf(host)) {
        const fs::path path = test / "result.json";
        std::error_code error;
        if (IsWithin(path, below) && fs::exists(fs::symlink_status(path, error)))
          results.insert(path);
      }
    }
  }

  static std::vector<fs::path> EntriesOf(const fs::path& directory) {
    std::vector<fs::path> entries;
    std::error_code error;
    fs::directory_iterator entry(directory, fs::directory_options::skip_permission_denied, error);
    for (; !error && entry != fs::directory_iterator(); entry.increment(error))
      entries.push_back(entry->path());
    return entries;
  }

  static bool IsWithin(const fs::path& path, const fs::path& directory) {
    return std::mismatch(directory.begin(), directory.end(), path.begin(), path.end()).first ==
           directory.end();
  }

  std::map<fs::path, std::set<fs::path>> results_;
};

// The current plan of a call; text if it cannot be read.
std::variant<ctest::CallPlan, std::string> ReadPlan(language::FileReader& reader,
                                                    const fs::path& call) {
  const auto generation = ctest::CurrentGeneration({"", call.string(), ""});
  if (!generation)
    return fmt::format("{}: error: the generation that it names is not here\n",
                       Shown(call / "current.cmake"));
  ctest::CallPlan plan;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(call / *generation, error)) {
    const std::string path = (entry.path() / "tests.jsonl").string();
    if (!fs::exists(path, error)) continue;
    const auto text = reader.Read(path);
    const auto fault = text ? ctest::AddDescriptions(*text, &plan) : reader.Fault(path);
    if (fault) return fmt::format("{}: error: {}\n", Shown(path), *fault);
  }
  if (plan.digests.empty())
    return fmt::format("{}: error: the generation has no tests\n", Shown(call / *generation));
  return plan;
}

std::optional<ctest::Result> ReadResult(language::FileReader& reader, const fs::path& path) {
  const auto text = reader.Read(path.string());
  std::string fault = text ? "" : reader.Fault(path.string());
  if (text) {
    auto parsed = ctest::ParseResult(*text);
    if (auto* result = std::get_if<ctest::Result>(&parsed)) {
      result->path = Shown(path);
      return std::move(*result);
    }
    fault = std::get<std::string>(parsed);
  }
  Say(fmt::format("{}: warning: no result of kvmtest-run: {}; left out\n", Shown(path), fault));
  return std::nullopt;
}

// Nothing, with a message, if some plan cannot be read.
std::optional<std::vector<ctest::FoundCall>> ReadCalls(language::FileReader& reader,
                                                       const Search& search) {
  std::vector<ctest::FoundCall> calls;
  for (const auto& [directory, paths] : search.results()) {
    auto plan = ReadPlan(reader, directory);
    if (auto* message = std::get_if<std::string>(&plan)) {
      Say(*message);
      return std::nullopt;
    }
    calls.push_back(
        {Shown(directory / "current.cmake"), std::get<ctest::CallPlan>(std::move(plan)), {}});
    for (const fs::path& path : paths)
      if (auto result = ReadResult(reader, path)) calls.back().results.push_back(*result);
  }
  return calls;
}

std::optional<plan::Costs> ReadEarlier(language::FileReader& reader, const std::string& path) {
  if (path.empty()) return plan::Costs();
  const auto text = reader.Read(path);
  if (!text) {
    Say(fmt::format("{}: error: cannot read it: {} (--earlier)\n", path, reader.Fault(path)));
    return std::nullopt;
  }
  std::string error;
  auto costs = plan::ParseCosts(*text, path, &error);
  if (!costs) Say(error);
  return costs;
}

int Run(const CostsOptions& options) {
  Search search;
  for (const std::string& directory : options.directories)
    if (!search.Add(directory)) return kRefused;
  language::DiskReader reader;
  std::optional<plan::Costs> costs = ReadEarlier(reader, options.earlier);
  const auto calls = costs ? ReadCalls(reader, search) : std::nullopt;
  if (!calls) return kRefused;
  ctest::Gathered gathered = ctest::GatherCosts(*calls);
  Say(gathered.error + gathered.summary);
  if (!gathered.error.empty()) return kRefused;
  for (const auto& [name, cost] : gathered.costs) costs->insert_or_assign(name, cost);
  if (const size_t kept = costs->size() - gathered.costs.size(); kept > 0)
    Say(fmt::format("kept from {}: {}\n", options.earlier, kept));
  return WriteTo(options.output, plan::WriteCosts(*costs));
}

}  // namespace

void AddCostsCommand(CLI::App& app, int* exit_code) {
  auto options = std::make_shared<CostsOptions>();
  CLI::App* command =
      app.add_subcommand("costs", "Gather how long tests took, from results of all hosts");
  command
      ->add_option("DIR", options->directories,
                   "Build trees that tests ran in, or directories within them")
      ->required();
  command->add_option("-o,--output", options->output, "File to write (default: standard output)");
  command->add_option("--earlier", options->earlier,
                      "File of costs whose lines stay for tests that have no new result");
  command->callback([options, exit_code] { *exit_code = Run(*options); });
}

}  // namespace kvmtest
