#include "job/allotment.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdio>
#include <string_view>

#include "vm/params.h"

namespace kvmtest::job {

namespace {

std::vector<std::string> Split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  for (size_t begin = 0; begin <= text.size();) {
    size_t end = std::min(text.find(separator, begin), text.size());
    if (end > begin) parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

std::string Upper(std::string text) {
  for (char& c : text) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return text;
}

template <typename Integer>
bool ParseNumber(std::string_view text, Integer* number) {
  auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), *number);
  return error == std::errc() && rest == text.data() + text.size();
}

// "id:0,slots:1"
std::optional<Unit> ParseUnit(const std::string& text) {
  size_t comma = text.find(',');
  if (text.rfind("id:", 0) != 0 || comma == std::string::npos) return std::nullopt;
  Unit unit;
  unit.id = text.substr(3, comma - 3);
  std::string_view slots = std::string_view(text).substr(comma + 1);
  if (slots.substr(0, 6) != "slots:" || !ParseNumber(slots.substr(6), &unit.slots)) {
    return std::nullopt;
  }
  return unit;
}

// What ctest must have given of a type; text if it did not.
std::string Expect(const Allotment& allotment, const std::string& type, const std::string& id) {
  auto found = allotment.find(type);
  if (found == allotment.end()) {
    return fmt::format("ctest allotted no '{}', which this test's description names", type);
  }
  if (found->second.size() == 1 && found->second[0].id == id && found->second[0].slots == 1) {
    return "";
  }
  std::string got;
  for (const Unit& unit : found->second) {
    got += fmt::format("{}id:{},slots:{}", got.empty() ? "" : ";", unit.id, unit.slots);
  }
  return fmt::format("ctest allotted {} of '{}', the description says id:{},slots:1", got, type,
                     id);
}

std::optional<uint64_t> ParseMac(const std::string& text) {
  unsigned b[6];
  char rest;
  if (std::sscanf(text.c_str(), "%2x:%2x:%2x:%2x:%2x:%2x%c", &b[0], &b[1], &b[2], &b[3], &b[4],
                  &b[5], &rest) != 6) {
    return std::nullopt;
  }
  uint64_t mac = 0;
  for (unsigned byte : b) mac = mac << 8 | byte;
  return mac;
}

std::optional<uint32_t> ParseIp(const std::string& text) {
  unsigned b[4];
  char rest;
  if (std::sscanf(text.c_str(), "%3u.%3u.%3u.%3u%c", &b[0], &b[1], &b[2], &b[3], &rest) != 4) {
    return std::nullopt;
  }
  uint32_t ip = 0;
  for (unsigned byte : b) {
    if (byte > 255) return std::nullopt;
    ip = ip << 8 | byte;
  }
  return ip;
}

std::string MacText(uint64_t mac) {
  return fmt::format("{:02x}:{:02x}:{:02x}:{:02x}:{:02x}:{:02x}", mac >> 40 & 255, mac >> 32 & 255,
                     mac >> 24 & 255, mac >> 16 & 255, mac >> 8 & 255, mac & 255);
}

std::string IpText(uint32_t ip) {
  return fmt::format("{}.{}.{}.{}", ip >> 24, ip >> 16 & 255, ip >> 8 & 255, ip & 255);
}

bool UsableMac(uint64_t mac) {
  return mac != 0 && (mac >> 40 & 1) == 0;
}
bool UsableIp(uint32_t ip) {
  return (ip & 255) != 0 && (ip & 255) != 255;
}

}  // namespace

std::variant<std::optional<Allotment>, std::string> ReadAllotment(const Environment& environment) {
  std::optional<std::string> count_text = environment("CTEST_RESOURCE_GROUP_COUNT");
  if (!count_text || *count_text == "0") return std::optional<Allotment>();
  unsigned count = 0;
  if (!ParseNumber(*count_text, &count)) {
    return fmt::format("CTEST_RESOURCE_GROUP_COUNT={} is no number", *count_text);
  }
  Allotment allotment;
  for (unsigned i = 0; i < count; ++i) {
    std::string group = fmt::format("CTEST_RESOURCE_GROUP_{}", i);
    std::optional<std::string> types = environment(group);
    if (!types) return fmt::format("{} is missing although there are {} groups", group, count);
    for (const std::string& type : Split(*types, ',')) {
      std::string variable = group + "_" + Upper(type);
      std::optional<std::string> units = environment(variable);
      if (!units) return fmt::format("{} is missing", variable);
      for (const std::string& text : Split(*units, ';')) {
        std::optional<Unit> unit = ParseUnit(text);
        if (!unit) return fmt::format("{}={} cannot be read", variable, *units);
        allotment[type].push_back(*unit);
      }
    }
  }
  return std::optional(allotment);
}

std::string CheckAllotment(const Description& description, const Allotment& allotment) {
  if (!description.pool_resource.empty()) {
    std::string wrong = Expect(allotment, description.pool_resource, "0");
    if (!wrong.empty()) return wrong;
  }
  if (description.queues.size() != 1) return "";  // the runner's lock chooses
  const QueueChoice& queue = description.queues[0];
  std::string wrong = Expect(allotment, queue.resource, "0");
  if (!wrong.empty()) return wrong;
  for (const Range& range : queue.ranges) {
    wrong = Expect(allotment, range.resource, std::to_string(range.offset));
    if (!wrong.empty()) return wrong;
  }
  return "";
}

std::variant<std::vector<vm::Address>, std::string> Addresses(const QueueChoice& queue,
                                                              size_t count) {
  std::vector<vm::Address> addresses;
  for (const Range& range : queue.ranges) {
    std::optional<uint64_t> mac = ParseMac(range.base_mac);
    std::optional<uint32_t> ip = ParseIp(range.base_ip);
    if (!mac) return fmt::format("range {}: '{}' is no MAC address", range.name, range.base_mac);
    if (!range.base_ip.empty() && !ip) {
      return fmt::format("range {}: '{}' is no IP address", range.name, range.base_ip);
    }
    for (uint64_t i = range.offset; i < range.offset + range.count; ++i) {
      if (addresses.size() >= count) return addresses;
      if (!UsableMac(*mac + i)) continue;
      if (ip && !UsableIp(static_cast<uint32_t>(*ip + i))) continue;
      addresses.push_back(
          {MacText(*mac + i), ip ? IpText(static_cast<uint32_t>(*ip + i)) : std::string()});
    }
  }
  return addresses;
}

}  // namespace kvmtest::job
