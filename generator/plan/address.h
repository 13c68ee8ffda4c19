// MAC and IPv4 addresses as numbers: address i of a range is base + i for both.
#ifndef KVMTEST_PLAN_ADDRESS_H_
#define KVMTEST_PLAN_ADDRESS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kvmtest::plan {

using Mac = uint64_t;  // 48 bits
using Ip = uint32_t;

inline constexpr Mac kLastMac = 0xffff'ffff'ffff;
inline constexpr Ip kLastIp = 0xffff'ffff;
// What qemu gives to a NIC for which nobody named an address (7.2), so no test may own it.
inline constexpr Mac kQemuDefaultMac = 0x5254'0012'3456;

// Six groups of one or two hex digits, separated by ':'.
std::optional<Mac> ParseMac(std::string_view text);
// Four decimal groups, separated by '.'.
std::optional<Ip> ParseIp(std::string_view text);
// A decimal number without sign.
std::optional<uint64_t> ParseCount(std::string_view text);

// "512", "512M", "4G", "1048576k": a size of memory as the runner reads it, in MiB, rounded up.
std::optional<uint64_t> ParseMebibytes(std::string_view text);

std::string MacText(Mac mac);
std::string IpText(Ip ip);

// True for group addresses (the lowest bit of the first byte), which no NIC may have.
inline bool IsMulticast(Mac mac) {
  return ((mac >> 40) & 1) != 0;
}

}  // namespace kvmtest::plan

#endif  // KVMTEST_PLAN_ADDRESS_H_
