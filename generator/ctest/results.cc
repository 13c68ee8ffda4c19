#include "ctest/results.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "ctest/descriptions.h"

namespace kvmtest::ctest {
namespace {

using nlohmann::json;

// What is no file of ours; caught where a file is read.
struct Malformed {
  std::string text;
};

json Parse(std::string_view text) {
  json value = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (value.is_discarded()) throw Malformed{"it is no JSON, or not all of it"};
  if (!value.is_object()) throw Malformed{"it is no object"};
  return value;
}

const json& Member(const json& object, const char* key) {
  auto found = object.find(key);
  if (found == object.end()) throw Malformed{fmt::format("'{}' is missing", key)};
  return *found;
}

std::string String(const json& object, const char* key) {
  const json& value = Member(object, key);
  if (!value.is_string()) throw Malformed{fmt::format("'{}' is no string", key)};
  return value.get<std::string>();
}

double Number(const json& object, const char* key) {
  const json& value = Member(object, key);
  if (!value.is_number()) throw Malformed{fmt::format("'{}' is no number", key)};
  return value.get<double>();
}

void CheckSchema(const json& object) {
  const json& schema = Member(object, "schema");
  if (schema != kSchema)
    throw Malformed{fmt::format("schema {}: expected {}", schema.dump(-1, ' ', true), kSchema)};
}

// Names become lines of a file.
std::string LineOf(const json& object, const char* key) {
  std::string text = String(object, key);
  bool is_line = !text.empty() && std::none_of(text.begin(), text.end(), [](unsigned char c) {
    return c < ' ' || c == 0x7f;
  });
  if (!is_line) throw Malformed{fmt::format("'{}' is no name", key)};
  return text;
}

void AddHeader(const json& header, CallPlan* plan, std::string* host) {
  CheckSchema(header);
  plan->name = LineOf(header, "name");
  *host = LineOf(header, "host");
  plan->digests[*host] = LineOf(header, "plan");
  const json& assign = Member(header, "assign");
  if (!assign.is_object()) throw Malformed{"'assign' is no object"};
  for (const auto& [set, way] : assign.items()) {
    if (!way.is_string()) throw Malformed{"'assign' holds what is no string"};
    plan->assign[set] = way.get<std::string>();
  }
}

uint64_t Duration(const json& result, double started) {
  constexpr double kLongest = 366.0 * 86'400;
  const double waited = result.contains("waited") ? Number(result, "waited") : 0;
  const double seconds = Number(result, "ended") - started - waited;
  // Also false for what is not finite.
  if (!(seconds >= 0 && seconds <= kLongest))
    throw Malformed{"from 'started' to 'ended' is no time that a test takes"};
  return static_cast<uint64_t>(std::llround(seconds * 1000));
}

}  // namespace

std::optional<std::string> AddDescriptions(std::string_view text, CallPlan* plan) {
  size_t line = 0;
  try {
    std::string host;
    while (!text.empty()) {
      std::string_view record = text.substr(0, text.find('\n'));
      text.remove_prefix(std::min(record.size() + 1, text.size()));
      ++line;
      const json object = Parse(record);
      if (line == 1) {
        AddHeader(object, plan, &host);
        plan->tests[host];
      } else {
        plan->tests[host][LineOf(object, "test")] = {LineOf(object, "cost_name"),
                                                     LineOf(object, "set")};
      }
    }
    if (line == 0) throw Malformed{"there is no line"};
    return std::nullopt;
  } catch (const Malformed& malformed) {
    return fmt::format("line {}: {}", std::max<size_t>(line, 1), malformed.text);
  }
}

std::variant<Result, std::string> ParseResult(std::string_view text) {
  try {
    const json object = Parse(text);
    CheckSchema(object);
    Result result;
    result.test = LineOf(object, "test");
    result.host = LineOf(object, "host");
    result.plan = LineOf(object, "plan");
    result.status = LineOf(object, "status");
    result.run = LineOf(object, "run");
    result.started = Number(object, "started");
    if (result.status == "pass") result.milliseconds = Duration(object, result.started);
    return result;
  } catch (const Malformed& malformed) {
    return malformed.text;
  }
}

}  // namespace kvmtest::ctest
