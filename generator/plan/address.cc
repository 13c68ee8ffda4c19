#include "plan/address.h"

#include <fmt/format.h>

#include <charconv>

namespace kvmtest::plan {
namespace {

// Reads `groups` numbers of at most `max_digits` digits each, joined by `separator`.
std::optional<uint64_t> ParseGroups(std::string_view text, int groups, char separator, int base,
                                    size_t max_digits) {
  uint64_t value = 0;
  for (int i = 0; i < groups; ++i) {
    size_t end = i + 1 < groups ? text.find(separator) : text.size();
    if (end == std::string_view::npos || end == 0 || end > max_digits) return std::nullopt;
    unsigned group = 0;
    auto [stop, error] = std::from_chars(text.data(), text.data() + end, group, base);
    if (error != std::errc() || stop != text.data() + end || group > 255) return std::nullopt;
    value = value << 8 | group;
    text.remove_prefix(i + 1 < groups ? end + 1 : end);
  }
  return value;
}

}  // namespace

std::optional<Mac> ParseMac(std::string_view text) {
  return ParseGroups(text, 6, ':', 16, 2);
}

std::optional<Ip> ParseIp(std::string_view text) {
  auto value = ParseGroups(text, 4, '.', 10, 3);
  if (!value) return std::nullopt;
  return static_cast<Ip>(*value);
}

std::optional<uint64_t> ParseCount(std::string_view text) {
  uint64_t value = 0;
  auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || stop != text.data() + text.size()) {
    return std::nullopt;
  }
  return value;
}

std::optional<uint64_t> ParseMebibytes(std::string_view text) {
  constexpr std::string_view kUnits = "bkmgt";
  unsigned shift = 20;
  if (!text.empty()) {
    const char last = text.back();
    const char small = last >= 'A' && last <= 'Z' ? static_cast<char>(last + 32) : last;
    if (const size_t unit = kUnits.find(small); unit != kUnits.npos) {
      shift = 10 * static_cast<unsigned>(unit);
      text.remove_suffix(1);
    }
  }
  const auto number = ParseCount(text);
  if (!number || *number > UINT64_MAX >> 21) return std::nullopt;
  if (shift < 20) return (*number + (uint64_t{1} << (20 - shift)) - 1) >> (20 - shift);
  return *number > UINT32_MAX ? std::nullopt : std::optional(*number << (shift - 20));
}

std::string MacText(Mac mac) {
  return fmt::format("{:02x}:{:02x}:{:02x}:{:02x}:{:02x}:{:02x}", mac >> 40 & 255, mac >> 32 & 255,
                     mac >> 24 & 255, mac >> 16 & 255, mac >> 8 & 255, mac & 255);
}

std::string IpText(Ip ip) {
  return fmt::format("{}.{}.{}.{}", ip >> 24, ip >> 16 & 255, ip >> 8 & 255, ip & 255);
}

}  // namespace kvmtest::plan
