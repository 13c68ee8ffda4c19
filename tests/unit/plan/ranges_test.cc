#include "plan/ranges.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace kvmtest::plan {
namespace {

RangeDefinition Range(const char* mac, uint64_t size, const char* ip = nullptr) {
  return {"r0", *ParseMac(mac), ip ? ParseIp(ip) : std::nullopt, size};
}

// "1+255" for a block with offset 1 and 255 addresses; then the warning.
std::string Dump(const CutRange& cut) {
  std::string text;
  for (const MacBlock& block : cut.blocks) {
    text += fmt::format("{}{}+{}", text.empty() ? "" : " ", block.offset, block.count);
  }
  return cut.warning ? text + "; " + *cut.warning : text;
}

TEST(Ranges, CutsEqualBlocksWithoutAddressesThatNobodyMayHave) {
  struct Row {
    RangeDefinition range;
    size_t users;
    const char* expected;
  };
  const Row rows[] = {
      {Range("52:54:00:10:00:00", 256), 1, "0+256"},
      {Range("52:54:00:10:00:00", 256), 4, "0+64 64+64 128+64 192+64"},
      {Range("52:54:00:10:00:00", 10), 3, "0+3 3+3 6+3"},
      {Range("52:54:00:10:00:00", 2), 3, "0+0 0+0 0+0"},
      {Range("52:54:00:10:00:00", 254, "10.20.0.1"), 2, "0+127 127+127"},
      {Range("00:00:00:00:00:00", 256), 1,
       "1+255; range 'r0': 1 of 256 addresses is not handed out: 00:00:00:00:00:00 (qemu takes it "
       "for no address given)"},
      {Range("00:00:00:00:00:00", 256, "10.20.0.0"), 1,
       "1+254; range 'r0': 2 of 256 addresses are not handed out: 00:00:00:00:00:00 (qemu takes it "
       "for no address given), 10.20.0.0 (a network), 10.20.0.255 (a broadcast address)"},
      {Range("52:54:00:10:00:00", 256, "10.20.0.0"), 4,
       "1+63 64+64 128+64 192+63; range 'r0': 2 of 256 addresses are not handed out: 10.20.0.0 (a "
       "network), 10.20.0.255 (a broadcast address)"},
      // A network of /23: what lies in its middle is an address like any other.
      {Range("52:54:00:10:00:00", 510, "10.20.0.1"), 1, "0+510"},
      {Range("52:54:00:12:34:00", 256), 1,
       "87+169; range 'r0': 87 of 256 addresses are not handed out: 52:54:00:12:34:56 (qemu gives "
       "it to NICs without address)"},
      {Range("52:54:00:12:34:56", 2), 2,
       "0+0 1+1; range 'r0': 1 of 2 addresses is not handed out: 52:54:00:12:34:56 (qemu gives it "
       "to NICs without address)"},
  };
  for (const Row& row : rows) EXPECT_EQ(Dump(Cut(row.range, row.users)), row.expected);
}

TEST(Ranges, FindsFaultsOfADefinition) {
  struct Row {
    RangeDefinition range;
    const char* expected;
  };
  const Row rows[] = {
      {Range("52:54:00:10:00:00", 256), ""},
      {Range("fe:ff:ff:ff:ff:00", 256), ""},
      {Range("52:54:00:10:00:00", 0), "range 'r0' has no addresses"},
      {Range("ff:ff:ff:ff:ff:00", 257),
       "range 'r0' of 257 addresses from ff:ff:ff:ff:ff:00 runs past the last MAC address"},
      {Range("52:54:00:10:00:00", 257, "255.255.255.0"),
       "range 'r0' of 257 addresses from 255.255.255.0 runs past the last IP address"},
      {Range("01:00:5e:00:00:00", 16),
       "range 'r0' holds group (multicast) addresses such as 01:00:5e:00:00:00, which no NIC may "
       "have"},
      {Range("00:ff:ff:ff:ff:ff", 2),
       "range 'r0' holds group (multicast) addresses such as 01:00:00:00:00:00, which no NIC may "
       "have"},
      {Range("52:54:00:10:00:00", UINT64_MAX),
       "range 'r0' of 18446744073709551615 addresses from 52:54:00:10:00:00 runs past the last MAC "
       "address"},
  };
  for (const Row& row : rows) EXPECT_EQ(RangeFault(row.range).value_or(""), row.expected);
}

// Blocks as (owner, host, first MAC, count[, first IP]).
std::string Overlaps(
    const std::vector<std::tuple<uint32_t, uint32_t, uint64_t, uint64_t, Ip>>& in) {
  std::vector<MacBlock> blocks;
  for (auto [owner, host, first, count, ip] : in) {
    MacBlock block{"r", first, std::nullopt, count, 0, count};
    if (ip > 0) block.base_ip = ip;
    blocks.push_back(block);
  }
  std::vector<OwnedBlock> owned;
  for (size_t i = 0; i < in.size(); ++i) {
    owned.push_back({&blocks[i], std::get<0>(in[i]), std::get<1>(in[i])});
  }
  std::string text;
  for (const Overlap& overlap : FindOverlaps(owned)) {
    text += fmt::format("{}{}-{} at {}{}", text.empty() ? "" : ", ", overlap.first, overlap.second,
                        overlap.of_macs ? "" : "ip ", overlap.address);
  }
  return text;
}

TEST(Ranges, FindsBlocksOfDifferentOwnersThatShareAddresses) {
  EXPECT_EQ(Overlaps({{1, 1, 0, 10, 0}, {2, 1, 10, 10, 0}}), "");
  EXPECT_EQ(Overlaps({{1, 1, 0, 10, 0}, {2, 1, 9, 10, 0}}), "0-1 at 9");
  EXPECT_EQ(Overlaps({{1, 1, 9, 10, 0}, {2, 1, 0, 10, 0}}), "0-1 at 9");
  EXPECT_EQ(Overlaps({{1, 1, 0, 10, 0}, {1, 1, 5, 10, 0}}), "") << "one queue is never two";
  EXPECT_EQ(Overlaps({{1, 1, 0, 10, 0}, {2, 2, 5, 10, 0}}), "0-1 at 5") << "hosts share networks";
  EXPECT_EQ(Overlaps({{1, 1, 0, 0, 0}, {2, 1, 0, 10, 0}}), "") << "an empty block";
  // A long block, then one inside it, then one that only the long one reaches.
  EXPECT_EQ(Overlaps({{1, 1, 0, 100, 0}, {2, 1, 10, 5, 0}, {3, 1, 50, 5, 0}}),
            "0-1 at 10, 0-2 at 50");
}

TEST(Ranges, IpsMayRepeatOnOtherHostsOnly) {
  EXPECT_EQ(Overlaps({{1, 1, 0, 10, 100}, {2, 1, 10, 10, 105}}), "0-1 at ip 105");
  EXPECT_EQ(Overlaps({{1, 1, 0, 10, 100}, {2, 2, 10, 10, 105}}), "");
}

}  // namespace
}  // namespace kvmtest::plan
