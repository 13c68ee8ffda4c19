#include "report/origins.h"

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include "host/clock.h"
#include "host/loop.h"
#include "host/process.h"

namespace kvmtest::report {

namespace {

// For all of them: ctest waits for the page.
constexpr auto kPatience = std::chrono::milliseconds(1500);
constexpr size_t kMostTests = 50;
constexpr size_t kMostPlaces = 4;

std::string_view TakeLine(std::string_view* text) {
  size_t end = std::min(text->find('\n'), text->size());
  std::string_view line = text->substr(0, end);
  text->remove_prefix(std::min(end + 1, text->size()));
  return line;
}

// "a.cfg:24" of "* a.cfg:24: mem = 4".
std::string PlaceIn(std::string_view line) {
  line.remove_prefix(2);
  for (size_t colon = line.find(':'); colon != std::string_view::npos;
       colon = line.find(':', colon + 1)) {
    size_t end = line.find_first_not_of("0123456789", colon + 1);
    if (end != std::string_view::npos && end > colon + 1 && line.substr(end, 2) == ": ") {
      return std::string(line.substr(0, end));
    }
  }
  return "";
}

void AddPlace(const std::string& place, size_t count, std::string* places) {
  if (place.empty() || count > kMostPlaces) return;
  if (!places->empty()) *places += ", ";
  *places += count == kMostPlaces ? "..." : place;
}

// As the explanation shows it.
bool IsShownAs(const std::string& value, const std::string& shown) {
  return shown.size() == value.size() + 2 && shown.compare(1, value.size(), value) == 0;
}

void SetPlaces(const HostTests& host, std::string_view explanation, Test* test) {
  std::map<std::string, ParamOrigin> origins = ParamOrigins(explanation);
  auto take = [&](const std::string& name, const std::string& value) {
    auto found = origins.find(name);
    if (found == origins.end() || !IsShownAs(value, found->second.value)) return;
    if (!found->second.places.empty()) test->param_places[name] = std::move(found->second.places);
  };
  for (const auto& [name, value] : test->params) {
    take(name, value);
    origins.erase(name);
  }
  for (const std::string& name : test->unset) origins.erase(name);
  for (const auto& [name, value] : host.common_params) take(name, value);
}

// In the order of the page.
std::vector<std::pair<const HostTests*, Test*>> TestsToLookAt(Model* model) {
  std::vector<std::pair<const HostTests*, Test*>> tests;
  for (HostTests& host : model->hosts) {
    if (host.explain.empty()) continue;
    for (Test& test : host.tests) {
      if (RowOf(test.last.outcome).is_bad) tests.emplace_back(&host, &test);
    }
  }
  std::stable_sort(tests.begin(), tests.end(), [](const auto& a, const auto& b) {
    return a.second->last.outcome < b.second->last.outcome;
  });
  if (tests.size() > kMostTests) tests.resize(kMostTests);
  return tests;
}

}  // namespace

std::map<std::string, ParamOrigin> ParamOrigins(std::string_view explanation) {
  std::map<std::string, ParamOrigin> origins;
  ParamOrigin* origin = nullptr;
  size_t count = 0;
  bool is_begin = false;  // of what is said of a param: behind an empty line
  while (!explanation.empty()) {
    std::string_view line = TakeLine(&explanation);
    if (line.empty()) {
      is_begin = true;
      continue;
    }
    if (std::exchange(is_begin, false)) {
      size_t equals = line.find(" = '");
      origin = nullptr;
      if (equals == std::string_view::npos) continue;
      origin = &origins[std::string(line.substr(0, equals))];
      origin->value = line.substr(equals + 3);
      count = 0;
    } else if (origin != nullptr && line.substr(0, 2) == "* ") {
      AddPlace(PlaceIn(line), count++, &origin->places);
    }
  }
  return origins;
}

void FindParamPlaces(Model* model) {
  host::Loop loop;
  host::TimePoint end = host::Clock::now() + kPatience;
  // The one that was installed with this program: not whatever a build tree names.
  std::string own = host::OwnProgram();
  std::string generator = own.substr(0, own.rfind('/') + 1) + "kvmtest-generate";
  for (const auto& [host, test] : TestsToLookAt(model)) {
    host::Duration left = host::TimeUntil(end);
    if (left <= host::Duration::zero()) return;
    std::vector<std::string> command = host->explain;
    command[0] = generator;
    command.insert(command.begin() + 2, {"--no-warnings", "--test", test->name});
    host::RunOutcome outcome = host::RunProgram(loop, command, left);
    if (!outcome.started) return;
    if (outcome.exit.ok() && !outcome.timed_out) SetPlaces(*host, outcome.output, test);
  }
}

}  // namespace kvmtest::report
