#include "plan/ranges.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace kvmtest::plan {
namespace {

struct BadAddress {
  uint64_t offset;
  std::string reason;
};

// The addresses of the range that nobody may have. All but qemu's default lie at its ends, since
// only there an IP can be told to be a network's first or last.
std::vector<BadAddress> BadAddresses(const RangeDefinition& range) {
  std::vector<BadAddress> bad;
  if (range.base_mac == 0) {
    bad.push_back({0, fmt::format("{} (qemu takes it for no address given)", MacText(0))});
  }
  if (range.base_ip) {
    Ip first = *range.base_ip;
    Ip last = first + static_cast<Ip>(range.size - 1);
    if ((first & 255) == 0) bad.push_back({0, fmt::format("{} (a network)", IpText(first))});
    if ((last & 255) == 255) {
      bad.push_back({range.size - 1, fmt::format("{} (a broadcast address)", IpText(last))});
    }
  }
  if (range.base_mac <= kQemuDefaultMac && kQemuDefaultMac - range.base_mac < range.size) {
    bad.push_back(
        {kQemuDefaultMac - range.base_mac,
         fmt::format("{} (qemu gives it to NICs without address)", MacText(kQemuDefaultMac))});
  }
  return bad;
}

// The longest run of [first, end) without bad addresses.
MacBlock CutBlock(const RangeDefinition& range, uint64_t first, uint64_t end,
                  const std::vector<uint64_t>& bad) {
  MacBlock block{range.name, range.base_mac, range.base_ip, range.size, first, 0};
  auto consider = [&block](uint64_t from, uint64_t to) {
    if (to <= from || to - from <= block.count) return;
    block.offset = from;
    block.count = to - from;
  };
  for (uint64_t offset : bad) {  // ascending
    if (offset < first || offset >= end) continue;
    consider(first, offset);
    first = offset + 1;
  }
  consider(first, end);
  return block;
}

std::string LeftOutText(const RangeDefinition& range, const std::vector<BadAddress>& bad,
                        uint64_t lost) {
  std::string text = fmt::format("range '{}': {} of {} addresses {} not handed out: ", range.name,
                                 lost, range.size, lost == 1 ? "is" : "are");
  for (size_t i = 0; i < bad.size(); ++i) {
    if (i > 0) text += ", ";
    text += bad[i].reason;
  }
  return text;
}

// What addresses there are between these that are no host's.
std::optional<std::string> ReservedNet(Ip first, Ip last) {
  struct Net {
    Ip begin, end;
    const char* name;
  };
  constexpr Net kNets[] = {{0x00000000, 0x00ffffff, "unspecified (0.x)"},
                           {0x7f000000, 0x7fffffff, "loopback (127.x)"},
                           {0xe0000000, 0xefffffff, "multicast (224.x to 239.x)"},
                           {0xf0000000, 0xffffffff, "reserved (240.x to 255.x)"}};
  for (const Net& net : kNets)
    if (first <= net.end && last >= net.begin) return net.name;
  return std::nullopt;
}

}  // namespace

std::optional<std::string> RangeFault(const RangeDefinition& range) {
  if (range.size == 0) return fmt::format("range '{}' has no addresses", range.name);
  if (range.size - 1 > kLastMac - range.base_mac) {
    return fmt::format("range '{}' of {} addresses from {} runs past the last MAC address",
                       range.name, range.size, MacText(range.base_mac));
  }
  if (range.base_ip && range.size - 1 > kLastIp - *range.base_ip) {
    return fmt::format("range '{}' of {} addresses from {} runs past the last IP address",
                       range.name, range.size, IpText(*range.base_ip));
  }
  if (range.base_ip) {
    const Ip last_ip = *range.base_ip + static_cast<Ip>(range.size - 1);
    if (auto net = ReservedNet(*range.base_ip, last_ip))
      return fmt::format("range '{}' from {} holds {} addresses, which no NIC may have", range.name,
                         IpText(*range.base_ip), *net);
  }
  Mac last = range.base_mac + range.size - 1;
  if (IsMulticast(range.base_mac) || (range.base_mac >> 40) != (last >> 40)) {
    Mac group = IsMulticast(range.base_mac) ? range.base_mac : ((range.base_mac >> 40) + 1) << 40;
    return fmt::format(
        "range '{}' holds group (multicast) addresses such as {}, which no NIC may have",
        range.name, MacText(group));
  }
  return std::nullopt;
}

bool IsUsable(Ip ip) {
  return (ip & 255) != 0 && (ip & 255) != 255;
}

uint64_t UsableAddresses(const MacBlock& block) {
  if (!block.base_ip) return block.count;
  // Of each 256 in a row two are not.
  const uint64_t first = *block.base_ip + block.offset;
  const uint64_t end = first + block.count;
  auto unusable_below = [](uint64_t ip) { return (ip + 255) / 256 + ip / 256; };
  return block.count - (unusable_below(end) - unusable_below(first));
}

CutRange Cut(const RangeDefinition& range, size_t users) {
  std::vector<BadAddress> bad = BadAddresses(range);
  std::vector<uint64_t> offsets;
  offsets.reserve(bad.size());
  for (const BadAddress& address : bad) offsets.push_back(address.offset);
  std::sort(offsets.begin(), offsets.end());

  CutRange result;
  uint64_t share = range.size / users;
  uint64_t lost = 0;
  for (size_t i = 0; i < users; ++i) {
    result.blocks.push_back(CutBlock(range, i * share, (i + 1) * share, offsets));
    lost += share - result.blocks.back().count;
  }
  if (lost > 0) result.warning = LeftOutText(range, bad, lost);
  return result;
}

namespace {

struct Interval {
  uint64_t first;
  uint64_t last;
  size_t index;
};

std::vector<Interval> Intervals(const std::vector<OwnedBlock>& blocks, bool of_macs) {
  std::vector<Interval> result;
  for (size_t i = 0; i < blocks.size(); ++i) {
    const MacBlock& block = *blocks[i].block;
    if (block.count == 0 || (!of_macs && !block.base_ip)) continue;
    uint64_t first = (of_macs ? block.base_mac : *block.base_ip) + block.offset;
    result.push_back({first, first + block.count - 1, i});
  }
  std::sort(result.begin(), result.end(), [](const Interval& a, const Interval& b) {
    return std::tie(a.first, a.index) < std::tie(b.first, b.index);
  });
  return result;
}

class OverlapFinder {
 public:
  explicit OverlapFinder(const std::vector<OwnedBlock>& blocks) : blocks_(blocks) {}

  void Find(bool of_macs) {
    // Intervals that still run where the next one begins. In a sound plan there is at most one.
    std::vector<Interval> open;
    for (const Interval& next : Intervals(blocks_, of_macs)) {
      std::erase_if(open, [&next](const Interval& i) { return i.last < next.first; });
      for (const Interval& running : open) Report(running, next, of_macs);
      open.push_back(next);
    }
  }

  std::vector<Overlap> Take() { return std::move(found_); }

 private:
  static bool ShareNetwork(const OwnedBlock& x, const OwnedBlock& y) {
    if (x.networks == nullptr || y.networks == nullptr) return false;
    return std::any_of(x.networks->begin(), x.networks->end(),
                       [&y](const std::string& name) { return y.networks->contains(name); });
  }

  void Report(const Interval& a, const Interval& b, bool of_macs) {
    size_t first = std::min(a.index, b.index);
    size_t second = std::max(a.index, b.index);
    const OwnedBlock& x = blocks_[first];
    const OwnedBlock& y = blocks_[second];
    if (!of_macs && x.host != y.host && !ShareNetwork(x, y)) return;
    if (x.owner == y.owner) return;
    auto key = std::tie(x.owner, y.owner, x.block->range, y.block->range);
    if (seen_.emplace(key).second) found_.push_back({first, second, of_macs, b.first});
  }

  const std::vector<OwnedBlock>& blocks_;
  std::vector<Overlap> found_;
  std::set<std::tuple<uint32_t, uint32_t, std::string, std::string>> seen_;
};

}  // namespace

std::vector<Overlap> FindOverlaps(const std::vector<OwnedBlock>& blocks) {
  OverlapFinder finder(blocks);
  finder.Find(true);
  finder.Find(false);
  return finder.Take();
}

}  // namespace kvmtest::plan
