// Ranges of MAC and IP addresses, cut into blocks so that no address ever has two owners.
//
// A range belongs to the queues that name it (`mac_ranges`), on whatever host: hosts share
// networks. One queue gets all of it, several get equal blocks. Addresses that no NIC may have
// are left out at the edges of the blocks.
#ifndef KVMTEST_PLAN_RANGES_H_
#define KVMTEST_PLAN_RANGES_H_

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "plan/address.h"
#include "plan/plan.h"

namespace kvmtest::plan {

struct RangeDefinition {
  std::string name;
  Mac base_mac = 0;
  std::optional<Ip> base_ip;
  uint64_t size = 0;

  bool operator==(const RangeDefinition&) const = default;
};

// What is wrong with the definition by itself (empty, beyond the last address, group addresses),
// in the words of a diagnostic; nothing when it is fine.
std::optional<std::string> RangeFault(const RangeDefinition& range);

struct CutRange {
  std::vector<MacBlock> blocks;        // one per user, in their order
  std::optional<std::string> warning;  // the addresses that are left out, and why
};

// Cuts a range without fault into `users` blocks. Blocks may come out empty when there are more
// users than addresses.
CutRange Cut(const RangeDefinition& range, size_t users);

// May a NIC have the IP address? The runner passes over those that end in .0 and .255, which may
// well be a network's and its broadcast address.
bool IsUsable(Ip ip);
// How many of the block's addresses NICs may have.
uint64_t UsableAddresses(const MacBlock& block);

// A block and who may hand out its addresses.
struct OwnedBlock {
  const MacBlock* block;
  uint32_t owner;  // blocks of one owner are never used at once by two tests
  uint32_t host;
  const std::set<std::string>* networks =
      nullptr;  // beyond the host that its NICs are on; null: none
};

struct Overlap {
  size_t first;  // in the vector given to FindOverlaps
  size_t second;
  bool of_macs;      // else of IPs
  uint64_t address;  // the first one they share
};

// Pairs of blocks of different owners that share addresses. Sharing an IP is an overlap only within
// one host or network; elsewhere it does no harm. Each pair of owners and ranges is reported
// once.
std::vector<Overlap> FindOverlaps(const std::vector<OwnedBlock>& blocks);

}  // namespace kvmtest::plan

#endif  // KVMTEST_PLAN_RANGES_H_
