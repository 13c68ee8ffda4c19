#include "job/description.h"

#include <fmt/format.h>

#include <charconv>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <utility>

namespace kvmtest::job {

namespace {

using Json = nlohmann::json;

constexpr int kSchema = 1;

// A description that is not what generator/README.md says; caught in ReadDescription.
struct Malformed {
  std::string text;
};

const Json& Require(const Json& object, const char* key) {
  auto found = object.find(key);
  if (found == object.end()) throw Malformed{fmt::format("'{}' is missing", key)};
  return *found;
}

std::string String(const Json& object, const char* key) {
  const Json& value = Require(object, key);
  if (!value.is_string()) throw Malformed{fmt::format("'{}' is no string", key)};
  return value.get<std::string>();
}

std::string StringOr(const Json& object, const char* key, const char* otherwise) {
  return object.contains(key) ? String(object, key) : otherwise;
}

uint64_t Number(const Json& object, const char* key) {
  const Json& value = Require(object, key);
  if (!value.is_number_unsigned()) {
    throw Malformed{fmt::format("'{}' is no number from 0", key)};
  }
  return value.get<uint64_t>();
}

const Json& Array(const Json& object, const char* key) {
  static const Json empty = Json::array();
  auto found = object.find(key);
  if (found == object.end()) return empty;
  if (!found->is_array()) throw Malformed{fmt::format("'{}' is no list", key)};
  return *found;
}

std::vector<std::string> Strings(const Json& object, const char* key) {
  std::vector<std::string> strings;
  for (const Json& value : Array(object, key)) {
    if (!value.is_string()) throw Malformed{fmt::format("'{}' holds what is no string", key)};
    strings.push_back(value.get<std::string>());
  }
  return strings;
}

void MergeParams(const Json& object, const char* key, vm::Params::Map* params) {
  if (!object.contains(key)) return;
  const Json& map = object[key];
  if (!map.is_object()) throw Malformed{fmt::format("'{}' is no object", key)};
  for (const auto& [name, value] : map.items()) {
    if (!value.is_string()) throw Malformed{fmt::format("param '{}' is no string", name)};
    (*params)[name] = value.get<std::string>();
  }
}

Range ReadRange(const Json& json) {
  Range range;
  range.name = String(json, "name");
  range.resource = String(json, "resource");
  range.base_mac = String(json, "base_mac");
  range.base_ip = StringOr(json, "base_ip", "");
  range.size = Number(json, "size");
  range.offset = Number(json, "offset");
  range.count = Number(json, "count");
  return range;
}

std::string AbsolutePath(const Json& object, const char* key) {
  std::string path = String(object, key);
  if (path.empty() || path[0] != '/') throw Malformed{fmt::format("'{}' is no absolute path", key)};
  return path;
}

QueueChoice ReadQueue(const Json& json) {
  QueueChoice queue;
  queue.name = String(json, "name");
  queue.resource = String(json, "resource");
  queue.lock = AbsolutePath(json, "lock");
  queue.state_dir = AbsolutePath(json, "state_dir");
  for (const Json& range : Array(json, "ranges")) queue.ranges.push_back(ReadRange(range));
  return queue;
}

void ReadHeader(const Json& header, Description* description) {
  if (!header.is_object()) throw Malformed{"the first line is no object"};
  uint64_t schema = Number(header, "schema");
  if (schema != kSchema) {
    throw Malformed{fmt::format("schema {}: this kvmtest-run reads schema {}", schema, kSchema)};
  }
  description->generation = String(header, "generation");
  description->plan = StringOr(header, "plan", "");
  description->host = String(header, "host");
  description->results_dir = String(header, "results_dir");
  if (header.contains("pool")) description->pool_resource = String(header["pool"], "resource");
  MergeParams(header, "params", &description->params);
}

void ReadQueues(const Json& header, const Json& record, Description* description) {
  const Json& all = Array(header, "queues");
  const Json& choices = Array(record, "queues");
  const Json& params = Array(record, "queue_params");
  const Json& timeouts = Array(record, "queue_timeouts");
  for (size_t i = 0; i < choices.size(); ++i) {
    if (!choices[i].is_number_unsigned() || choices[i].get<uint64_t>() >= all.size()) {
      throw Malformed{"'queues' names a queue that the first line does not have"};
    }
    description->queues.push_back(ReadQueue(all[choices[i].get<size_t>()]));
    description->queues.back().timeout = description->timeout;
    if (i < timeouts.size()) {
      if (!timeouts[i].is_number() || timeouts[i].get<double>() <= 0)
        throw Malformed{"'queue_timeouts' holds what is no number of seconds"};
      description->queues.back().timeout = timeouts[i].get<double>();
    }
    if (i < params.size()) {
      MergeParams(Json{{"params", params[i]}}, "params", &description->queues.back().params);
    }
  }
  if (description->queues.empty()) throw Malformed{"'queues' is missing or empty"};
}

void ReadSeconds(const Json& record, const char* key, double* seconds) {
  if (!record.contains(key)) return;
  if (!record[key].is_number() || record[key].get<double>() <= 0) {
    throw Malformed{fmt::format("'{}' is no number of seconds", key)};
  }
  *seconds = record[key].get<double>();
}

void ReadRecord(const Json& header, const Json& record, Description* description) {
  if (!record.is_object()) throw Malformed{"no test stands here"};
  description->test = String(record, "test");
  description->name = StringOr(record, "name", "");
  description->shortname = StringOr(record, "shortname", "");
  description->set = StringOr(record, "set", "");
  description->origin = StringOr(record, "origin", "");
  ReadSeconds(record, "timeout", &description->timeout);
  description->labels = Strings(record, "labels");
  description->requires_tests = Strings(record, "requires");
  for (const std::string& key : Strings(record, "unset")) description->params.erase(key);
  MergeParams(record, "params", &description->params);
  ReadQueues(header, record, description);
}

Json ParseLine(std::istream& file) {
  std::string line;
  if (!std::getline(file, line)) throw Malformed{"there is no line"};
  Json json = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) throw Malformed{"the line is no JSON"};
  return json;
}

// A record's line begins at its offset: the byte before ends another.
void SeekToLine(std::istream& file, uint64_t offset) {
  char before = 0;
  if (offset == 0) throw Malformed{"the first line is no test"};
  file.seekg(static_cast<std::streamoff>(offset - 1));
  if (!file.get(before) || before != '\n') throw Malformed{"no line begins here"};
}

}  // namespace

std::variant<Location, std::string> ParseLocation(const std::string& text) {
  size_t at = text.rfind('@');
  Location location;
  if (at != std::string::npos && at > 0) {
    location.path = text.substr(0, at);
    const char* end = text.data() + text.size();
    auto [rest, error] = std::from_chars(text.data() + at + 1, end, location.offset);
    if (error == std::errc() && rest == end) return location;
  }
  return fmt::format("'{}': expected FILE@OFFSET", text);
}

std::variant<Description, std::string> ReadDescription(const Location& location,
                                                       const std::string& test) {
  uint64_t place = 0;
  try {
    std::ifstream file(location.path, std::ios::binary);
    if (!file) throw Malformed{fmt::format("cannot open it: {}", std::strerror(errno))};
    Description description;
    Json header = ParseLine(file);
    ReadHeader(header, &description);
    place = location.offset;
    SeekToLine(file, location.offset);
    ReadRecord(header, ParseLine(file), &description);
    if (description.test != test) {
      throw Malformed{fmt::format("this is the test '{}', not '{}'", description.test, test)};
    }
    return description;
  } catch (const Malformed& malformed) {
    return fmt::format("{}@{}: {}", location.path, place, malformed.text);
  } catch (const Json::exception& error) {
    return fmt::format("{}@{}: {}", location.path, place, error.what());
  }
}

}  // namespace kvmtest::job
