#include "report/build_tree.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "host/files.h"
#include "job/names.h"
#include "job/result.h"
#include "report/axes.h"
#include "report/cmake_words.h"
#include "report/evidence.h"
#include "report/history.h"
#include "report/kept_from_running.h"

namespace kvmtest::report {

namespace {

using Json = nlohmann::json;
namespace fs = std::filesystem;

std::string TextIn(const Json& object, const char* key) {
  return job::Member(object, key);
}

std::vector<std::string> TextsIn(const Json& object, const char* key) {
  std::vector<std::string> texts;
  auto found = object.find(key);
  if (found == object.end() || !found->is_array()) return texts;
  for (const Json& value : *found) {
    if (value.is_string()) texts.push_back(value);
  }
  return texts;
}

std::map<std::string, std::string> MapIn(const Json& object, const char* key) {
  std::map<std::string, std::string> map;
  auto found = object.find(key);
  if (found == object.end() || !found->is_object()) return map;
  for (const auto& [name, value] : found->items()) {
    if (value.is_string()) map[name] = value;
  }
  return map;
}

// The calls' output directories, which are listed one a line, relative to <build>/kvmtest.
std::vector<std::string> CallDirectories(const std::string& build_dir) {
  std::string root = build_dir + "/kvmtest";
  std::vector<std::string> directories;
  std::string text = host::ReadFile(root + "/calls.txt").value_or("");
  for (std::string_view rest = text; !rest.empty();) {
    size_t end = std::min(rest.find('\n'), rest.size());
    if (end > 0) directories.push_back(root + "/" + std::string(rest.substr(0, end)));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return directories;
}

// A file of descriptions, taken apart; nothing of it depends on results.
struct Descriptions {
  HostTests tests;
  std::string generation;
};

Test TestIn(const Json& record, const Json& queues) {
  Test test;
  test.test = TextIn(record, "test");
  test.name = TextIn(record, "name");
  test.shortname = TextIn(record, "shortname");
  test.set = TextIn(record, "set");
  test.origin = TextIn(record, "origin");
  test.unset = TextsIn(record, "unset");
  test.requires_tests = TextsIn(record, "requires");
  for (auto& [name, value] : MapIn(record, "params")) test.params.emplace_back(name, value);
  auto choices = record.find("queues");
  if (choices == record.end() || !choices->is_array() || !queues.is_array()) return test;
  for (const Json& choice : *choices) {
    if (!choice.is_number_unsigned() || choice.get<size_t>() >= queues.size()) continue;
    std::string queue = TextIn(queues[choice.get<size_t>()], "name");
    if (std::find(test.queues.begin(), test.queues.end(), queue) == test.queues.end()) {
      test.queues.push_back(queue);
    }
  }
  return test;
}

// What a test's param is, with the common ones behind its own.
std::string ParamOf(const HostTests& host, const Test& test, const std::string& name) {
  for (const auto& [own, value] : test.params) {
    if (own == name) return value;
  }
  if (std::find(test.unset.begin(), test.unset.end(), name) != test.unset.end()) return "";
  auto found = host.common_params.find(name);
  return found == host.common_params.end() ? "" : found->second;
}

bool IsYes(const std::string& value) {
  return value == "yes" || value == "on" || value == "true";
}

// Of all hosts of a call at once: what one host leaves out still tells guests from devices.
void SetAxes(std::vector<Descriptions>* hosts) {
  std::vector<AxesInput> inputs;
  std::vector<Axes*> places;
  for (Descriptions& host : *hosts) {
    for (Test& test : host.tests.tests) {
      AxesInput input{test.shortname.empty() ? test.test : test.shortname, "",
                      ParamOf(host.tests, test, "type")};
      for (const std::string& param : GuestParams()) {
        input.boots += ParamOf(host.tests, test, param) + "\n";
      }
      inputs.push_back(std::move(input));
      places.push_back(&test.axes);
    }
  }
  std::vector<Axes> axes = FindAxes(inputs);
  for (size_t i = 0; i < axes.size(); ++i) *places[i] = std::move(axes[i]);
}

std::optional<Descriptions> ParseDescriptions(std::string_view text) {
  Descriptions found;
  Json queues;
  bool is_first = true;
  while (!text.empty()) {
    size_t end = std::min(text.find('\n'), text.size());
    Json line = Json::parse(text.substr(0, end), nullptr, /*allow_exceptions=*/false);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!line.is_object()) return std::nullopt;
    if (!std::exchange(is_first, false)) {
      found.tests.tests.push_back(TestIn(line, queues));
      continue;
    }
    found.tests.call = TextIn(line, "name");
    found.tests.host = TextIn(line, "host");
    found.tests.results_dir = TextIn(line, "results_dir");
    found.tests.common_params = MapIn(line, "params");
    found.generation = TextIn(line, "generation");
    if (line.contains("queues")) queues = line["queues"];
  }
  if (found.tests.results_dir.empty()) return std::nullopt;
  for (Test& test : found.tests.tests) {
    test.is_disabled = IsYes(ParamOf(found.tests, test, "skip"));
  }
  return found;
}

// The directory of the generation that counts, as generating has named it; empty if none does.
std::string GenerationOf(const std::string& call) {
  std::string script = host::ReadFile(call + "/current.cmake").value_or("");
  std::vector<std::string> generation = SetArguments("\n" + script, "KVMTEST_GENERATION");
  return generation.size() == 1 ? generation[0] : "";
}

// The texts of all hosts' descriptions in the generation that counts. Another process may publish a
// new one meanwhile, and then the old one goes some time: so it is looked up again.
std::vector<std::pair<std::string, std::string>> ReadDescriptionFiles(const std::string& call) {
  std::vector<std::pair<std::string, std::string>> files;
  for (int attempt = 0; attempt < 3; ++attempt) {
    std::string generation = GenerationOf(call);
    if (generation.empty()) return files;
    files.clear();
    bool is_whole = true;
    for (const std::string& host : host::ListDirectory(generation)) {
      std::string path = generation + "/" + host + "/tests.jsonl";
      if (!host::IsRegularFile(path)) continue;
      std::optional<std::string> text = host::ReadFile(path);
      is_whole = is_whole && text;
      if (text) files.emplace_back(path, *std::move(text));
    }
    if (is_whole && !files.empty()) return files;
  }
  return files;
}

size_t CountForgotten(const HostTests& host) {
  std::set<std::string> known;
  for (const Test& test : host.tests) known.insert(job::ResultDirectoryName(test.test));
  size_t forgotten = 0;
  for (const std::string& name : host::ListDirectory(host.results_dir)) {
    if (known.count(name) == 0 &&
        host::IsRegularFile(host.results_dir + "/" + name + "/result.json")) {
      ++forgotten;
    }
  }
  return forgotten;
}

std::string FailedTextPath(const std::string& call) {
  return call + "/failed.txt";
}

bool IsBroken(const std::string& call) {
  return host::IsRegularFile(call + "/failed.cmake");
}

// What a test came to, run by run.
struct Past {
  std::vector<PastResult> results;
  std::map<std::string, size_t> by_run;  // where among the results

  // Of a test that the same ctest has run several times, the last counts, and the time of all.
  void Add(PastResult result) {
    auto [found, is_new] = by_run.try_emplace(result.run, results.size());
    if (is_new) {
      results.push_back(std::move(result));
      return;
    }
    PastResult& before = results[found->second];
    result.attempts = before.attempts + 1;
    result.is_now_this_now_that =
        before.is_now_this_now_that ||
        (before.outcome == Outcome::kPass) != (result.outcome == Outcome::kPass);
    result.seconds += result.started - before.started;
    result.started = before.started;
    before = std::move(result);
  }
};

void SetPast(HostTests* host) {
  std::map<std::string, Past> past;
  for (HistoryLine& line : ReadHistory(host->results_dir)) {
    past[line.test].Add({std::move(line.run), line.outcome, line.started, line.seconds});
  }
  for (Test& test : host->tests) {
    Past& of_test = past[test.test];
    const Attempt& last = test.last;
    // One that was killed has left no line.
    if (last.started > 0 && of_test.by_run.count(last.run) == 0) {
      of_test.Add({last.run, last.outcome, last.started, last.ended - last.started});
    }
    test.past = std::move(of_test.results);
  }
}

void AddRuns(Model* model) {
  std::map<std::string, Run> runs;
  for (const HostTests& host : model->hosts) {
    for (const Test& test : host.tests) {
      for (const PastResult& past : test.past) {
        Run& run = runs[past.run];
        run.id = past.run;
        run.hosts.insert(host.host);
        run.started = run.started == 0 ? past.started : std::min(run.started, past.started);
        run.ended = std::max(run.ended, past.started + past.seconds);
        ++run.counts[past.outcome];
      }
    }
  }
  for (auto& [id, run] : runs) model->runs.push_back(std::move(run));
  std::sort(model->runs.begin(), model->runs.end(),
            [](const Run& a, const Run& b) { return a.started < b.started; });
}

// False: none of the host's tests has run here.
bool ReadResults(const std::string& generation, HostTests* host) {
  bool has_results = false;
  for (Test& test : host->tests) {
    test.directory = host->results_dir + "/" + job::ResultDirectoryName(test.test);
    ReadResultOf(generation, &test);
    has_results = has_results || test.last.outcome != Outcome::kNotRun;
  }
  MarkKeptFromRunning(host);
  return has_results;
}

// Returns what is wrong with it.
std::string AddCall(const std::string& call, const std::string& configuration, Model* model) {
  std::vector<Descriptions> hosts;
  for (const auto& [path, text] : ReadDescriptionFiles(call)) {
    auto descriptions = ParseDescriptions(text);
    if (!descriptions) return fmt::format("{}: these are no descriptions of tests", path);
    hosts.push_back(*std::move(descriptions));
  }
  SetAxes(&hosts);
  std::string script = host::ReadFile(call + "/call.cmake").value_or("");
  for (Descriptions& descriptions : hosts) {
    HostTests& host = descriptions.tests;
    if (!ReadResults(descriptions.generation, &host)) {
      model->silent_hosts.push_back(fmt::format("{} ({} tests)", host.host, host.tests.size()));
      continue;
    }
    host.configuration = configuration;
    model->forgotten += CountForgotten(host);
    host.explain = ExplainCommand(script);
    SetPast(&host);
    model->hosts.push_back(std::move(host));
  }
  return "";
}

// What is wrong if the tree is not where it was made: then what its files name is not in it.
std::string WhereItWasMade(const std::string& build_dir, const fs::path& below_root,
                           const std::string& call) {
  fs::path generation = GenerationOf(call);
  std::error_code error;
  if (generation.empty() || fs::equivalent(generation.parent_path(), call, error)) return "";
  std::string made = generation.parent_path();
  std::string end = ("/kvmtest" / below_root).string();
  if (made.size() > end.size() && made.compare(made.size() - end.size(), end.size(), end) == 0) {
    made.resize(made.size() - end.size());
  }
  return fmt::format(
      "no tests in {}: it is the build tree {}, moved or copied: make the report there, or make "
      "the tests anew here",
      build_dir, made);
}

std::string WhatIsMissing(const std::string& build_dir) {
  struct stat status;
  if (::stat(build_dir.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) {
    return fmt::format("no directory {}", build_dir);
  }
  return fmt::format(
      "no tests of kvmtest in {}: expected a build tree whose project calls kvm_discover_tests() "
      "(no {}/kvmtest/calls.txt)",
      build_dir, build_dir);
}

}  // namespace

std::variant<Model, std::string> ReadBuildTree(const std::string& build_dir) {
  Model model;
  std::error_code error;
  fs::path absolute = fs::absolute(build_dir, error).lexically_normal();
  if (!absolute.has_filename()) absolute = absolute.parent_path();
  model.build_dir = absolute;
  model.made = job::UnixTime();
  std::vector<std::string> calls = CallDirectories(model.build_dir);
  if (calls.empty()) return WhatIsMissing(build_dir);
  for (const std::string& call : calls) {
    // Of a multi-config tree it is the call's name and the configuration.
    fs::path below = fs::path(call).lexically_relative(model.build_dir + "/kvmtest");
    if (IsBroken(call)) {
      model.broken_calls.push_back({below, host::ReadFile(FailedTextPath(call)).value_or("")});
    }
    std::string moved = WhereItWasMade(build_dir, below, call);
    if (!moved.empty()) return moved;
    std::string wrong = AddCall(call, below.has_parent_path() ? below.filename() : "", &model);
    if (!wrong.empty()) return wrong;
  }
  if (model.hosts.empty() && model.silent_hosts.empty()) {
    return fmt::format("no tests in {}: has it been built?", build_dir);
  }
  if (model.hosts.empty()) return fmt::format("no results in {}: has ctest run?", build_dir);
  AddRuns(&model);
  return model;
}

bool HasNewerResults(const std::string& build_dir, const std::string& file) {
  const long long made = host::WriteTime(file);
  for (const std::string& call : CallDirectories(build_dir)) {
    if (IsBroken(call) && host::WriteTime(FailedTextPath(call)) > made) return true;
    for (const std::string& host : host::ListDirectory(call + "/results")) {
      if (HistoryTime(call + "/results/" + host) > made) return true;
    }
  }
  return false;
}

}  // namespace kvmtest::report
