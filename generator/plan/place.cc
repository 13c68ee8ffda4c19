// Hosts, queues, state directories and addresses: who may run at once, and the proof that they then
// share nothing.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <tuple>

#include "plan/digest.h"
#include "plan/draft.h"
#include "plan/natural_order.h"
#include "plan/network.h"

namespace kvmtest::plan {
namespace {

constexpr const char* kAnyMachine = "localhost";
constexpr uint64_t kAutomaticBlock = 256;

struct NaturalOrder {
  bool operator()(const std::string& a, const std::string& b) const { return NaturalLess(a, b); }
};

// Where the pieces of a setup were written, by its place in Plan::queues.
struct SetupPlaces {
  Span queue;
  Span env;
  Span ranges;
};

// What makes setups of one queue differ.
struct SetupKey {
  uint32_t host;
  uint32_t queue;  // in Host::queues
  std::optional<std::string> env;
  std::optional<std::vector<uint32_t>> ranges;

  auto operator<=>(const SetupKey&) const = default;
};

std::string FileName(const std::string& text) {
  std::string name;
  for (char c : text) {
    bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                 c == '.' || c == '_' || c == '-';
    name += plain ? std::string(1, c) : fmt::format("%{:02x}", static_cast<unsigned char>(c));
  }
  return name;
}

class Placer {
 public:
  Placer(const Context& context, Draft* draft)
      : context_(context), draft_(draft), plan_(draft->plan) {}

  void Run() {
    FindHosts();
    FindSetups();
    CutRanges();
    AssignTests();
    CheckStateDirs();
    CheckOneBlockPerRange();
    CheckOverlaps();
    CheckNics();
  }

 private:
  // ---- hosts and queues ----

  void FindHosts() {
    std::map<std::string, std::set<std::string, NaturalOrder>, NaturalOrder> queues_of;
    bool named_localhost = false;
    for (DraftTest& test : draft_->tests) {
      named_localhost = named_localhost || test.host == kAnyMachine;
      if (test.host.empty()) test.host = kAnyMachine;
      auto& queues = queues_of[test.host];
      if (test.queue) queues.insert(*test.queue);
    }
    for (const auto& [name, queues] : queues_of) {
      host_index_[name] = static_cast<uint32_t>(plan_.hosts.size());
      bool any = name == kAnyMachine;
      Host host{name, any, any && !named_localhost, {queues.begin(), queues.end()}};
      has_named_queues_.push_back(!queues.empty());
      if (queues.empty()) NumberQueues(&host);
      plan_.hosts.push_back(std::move(host));
    }
  }

  void NumberQueues(Host* host) {
    uint32_t count =
        host->any_machine ? context_.options.machine_queues : context_.options.host_queues;
    for (uint32_t i = 1; i <= count; ++i) host->queues.push_back(std::to_string(i));
  }

  // ---- setups ----

  void FindSetups() {
    std::map<SetupKey, SetupPlaces> setups;
    for (const DraftTest& test : draft_->tests) {
      for (SetupKey& key : KeysOf(test)) {
        setups.emplace(std::move(key),
                       SetupPlaces{test.queue_span, test.env_span, test.ranges_span});
      }
    }
    for (const auto& [key, places] : setups) {
      setup_index_[key] = static_cast<uint32_t>(plan_.queues.size());
      plan_.queues.push_back(
          {key.host, plan_.hosts[key.host].queues[key.queue], StateDir(key, places), {}});
      keys_.push_back(key);
      places_.push_back(places);
    }
  }

  // A pinned test has its own setup; a test without queue may take any numbered one of its host.
  // On a host with named queues it takes those as others define them (AssignTests).
  std::vector<SetupKey> KeysOf(const DraftTest& test) const {
    uint32_t host = host_index_.at(test.host);
    const std::vector<std::string>& queues = plan_.hosts[host].queues;
    if (test.queue) {
      auto queue = std::lower_bound(queues.begin(), queues.end(), *test.queue, NaturalOrder());
      return {{host, static_cast<uint32_t>(queue - queues.begin()), test.env, test.ranges}};
    }
    std::vector<SetupKey> keys;
    if (has_named_queues_[host]) return keys;
    for (uint32_t i = 0; i < queues.size(); ++i) keys.push_back({host, i, {}, test.ranges});
    return keys;
  }

  std::string StateDir(const SetupKey& key, const SetupPlaces& places) {
    const Host& host = plan_.hosts[key.host];
    if (!has_named_queues_[key.host]) return "env" + host.queues[key.queue];
    if (!key.env) return "queue-" + FileName(host.queues[key.queue]);
    std::filesystem::path path = std::filesystem::path(*key.env).lexically_normal();
    if (!path.has_filename()) path = path.parent_path();  // a slash at the end
    if (path.is_absolute() || path.empty() || path == "." || *path.begin() == "..") {
      context_.Error(
          "bad-env", places.env,
          fmt::format("env is '{}', which does not lie in the host's state directory", *key.env),
          {}, "use a relative path such as env1");
    }
    return path.string();
  }

  void AssignTests() {
    std::map<uint32_t, std::pair<size_t, Span>> without_queue;  // by host
    for (size_t i = 0; i < plan_.tests.size(); ++i) {
      Test& test = plan_.tests[i];
      test.host = host_index_.at(draft_->tests[i].host);
      for (const SetupKey& key : KeysOf(draft_->tests[i])) {
        test.queues.push_back(setup_index_.at(key));
      }
      if (!test.queues.empty()) {
        test.pooled = test.queues.size() > 1;
        continue;
      }
      test.queues = FirstSetups(test.host);
      test.pooled = test.queues.size() > 1;
      if (!IsWanted(context_.options, plan_.sets[test.set].name)) continue;
      auto& [count, span] =
          without_queue.try_emplace(test.host, 0, draft_->tests[i].origin).first->second;
      ++count;
    }
    for (const auto& [host, seen] : without_queue) {
      context_.Warn("no-queue", seen.second,
                    fmt::format("{} on host '{}' {} no queue; the first that is free runs {}",
                                Count(seen.first, "test"), plan_.hosts[host].name,
                                seen.first == 1 ? "has" : "have", seen.first == 1 ? "it" : "them"));
    }
  }

  std::vector<uint32_t> FirstSetups(uint32_t host) const {
    std::vector<uint32_t> setups;
    for (uint32_t i = 0; i < plan_.queues.size(); ++i) {
      if (keys_[i].host != host) continue;
      if (!setups.empty() && keys_[setups.back()].queue == keys_[i].queue) continue;
      setups.push_back(i);
    }
    return setups;
  }

  // ---- addresses ----

  void CutRanges() {
    // Users of a range in the order of hosts and queues, which does not change with the tests.
    std::vector<std::set<std::pair<uint32_t, uint32_t>>> users(draft_->ranges.size());
    std::vector<std::set<uint32_t>> without(plan_.hosts.size());
    for (const SetupKey& key : keys_) {
      if (!key.ranges) without[key.host].insert(key.queue);
      for (uint32_t range : key.ranges.value_or(std::vector<uint32_t>())) {
        users[range].emplace(key.host, key.queue);
      }
    }
    std::vector<std::map<std::pair<uint32_t, uint32_t>, MacBlock>> blocks;
    for (size_t i = 0; i < users.size(); ++i) blocks.push_back(CutOne(i, users[i]));
    auto automatic = AutomaticBlocks(without);
    for (size_t i = 0; i < keys_.size(); ++i) {
      std::pair<uint32_t, uint32_t> user{keys_[i].host, keys_[i].queue};
      if (!keys_[i].ranges) {
        plan_.queues[i].blocks.push_back(automatic.at(user));
        continue;
      }
      for (uint32_t range : *keys_[i].ranges) {
        plan_.queues[i].blocks.push_back(blocks[range].at(user));
      }
    }
  }

  std::map<std::pair<uint32_t, uint32_t>, MacBlock> CutOne(
      size_t range, const std::set<std::pair<uint32_t, uint32_t>>& users) {
    std::map<std::pair<uint32_t, uint32_t>, MacBlock> blocks;
    if (users.empty()) return blocks;
    const DefinedRange& defined = draft_->ranges[range];
    CutRange cut = Cut(defined.range, users.size());
    if (cut.warning) context_.Warn("address-left-out", defined.base, *cut.warning);
    size_t i = 0;
    for (const auto& user : users) blocks[user] = cut.blocks[i++];
    return blocks;
  }

  // Queues without `mac_ranges` get locally administered addresses that depend on the call's and
  // the host's name only: 02:xx:xx:xx:00:00 onward, a block of 256 each.
  std::map<std::pair<uint32_t, uint32_t>, MacBlock> AutomaticBlocks(
      const std::vector<std::set<uint32_t>>& queues) {
    std::map<std::pair<uint32_t, uint32_t>, MacBlock> blocks;
    std::set<Mac> taken;
    for (uint32_t host = 0; host < queues.size(); ++host) {
      if (queues[host].empty()) continue;
      uint64_t hash =
          Digest().Add(context_.options.name).Add(plan_.hosts[host].name).value() & 0xffffff;
      while (!taken.insert(hash).second) hash = (hash + 1) & 0xffffff;
      uint64_t share = std::min<uint64_t>(kAutomaticBlock, 65536 / queues[host].size());
      RangeDefinition range{kAutomaticRange, Mac{0x02} << 40 | hash << 16, std::nullopt,
                            share * queues[host].size()};
      CutRange cut = Cut(range, queues[host].size());
      size_t i = 0;
      for (uint32_t queue : queues[host]) blocks[{host, queue}] = cut.blocks[i++];
    }
    return blocks;
  }

  // ---- proofs ----

  std::string QueueText(size_t setup) const {
    return fmt::format("queue '{}' of host '{}'", plan_.queues[setup].queue,
                       plan_.hosts[plan_.queues[setup].host].name);
  }

  // A state directory belongs to one queue: neither it nor one above or below it to another.
  void CheckStateDirs() {
    std::map<std::pair<uint32_t, std::string>, size_t> owner;
    for (size_t i = 0; i < plan_.queues.size(); ++i) {
      owner.emplace(std::pair(plan_.queues[i].host, plan_.queues[i].state_dir), i);
    }
    for (size_t i = 0; i < plan_.queues.size(); ++i) {
      std::filesystem::path path = plan_.queues[i].state_dir;
      for (; !path.empty(); path = path.parent_path()) {
        auto other = owner.find({plan_.queues[i].host, path.string()});
        if (other != owner.end() && keys_[other->second].queue != keys_[i].queue) {
          ReportSharedState(other->second, i);
          break;
        }
        if (path == path.parent_path()) break;
      }
    }
  }

  void ReportSharedState(size_t first, size_t second) {
    context_.Error("shared-state", BestPlace(second, &SetupPlaces::env),
                   fmt::format("{} uses the state directory '{}' of {}, which may run at the same "
                               "time",
                               QueueText(second), plan_.queues[first].state_dir, QueueText(first)),
                   {{BestPlace(first, &SetupPlaces::env),
                     fmt::format("{} has it from here", QueueText(first))}},
                   "give each queue an 'env' of its own");
  }

  Span BestPlace(size_t setup, Span SetupPlaces::*part) const {
    Span span = places_[setup].*part;
    return span.IsKnown() ? span : places_[setup].queue;
  }

  // CTest hands out ids of a type at will, so a queue has one block of a range, not several.
  void CheckOneBlockPerRange() {
    std::map<std::tuple<uint32_t, uint32_t, std::string>, std::pair<MacBlock, size_t>> known;
    std::set<std::tuple<uint32_t, uint32_t, std::string>>
        told;  // a line may be that of many queues
    for (size_t i = 0; i < plan_.queues.size(); ++i) {
      std::set<std::string> names;
      for (const MacBlock& block : plan_.queues[i].blocks) {
        if (!names.insert(block.range).second &&
            told.insert({places_[i].ranges.file, places_[i].ranges.line, block.range}).second) {
          context_.Error("range-twice", places_[i].ranges,
                         fmt::format("{} names range '{}' twice", QueueText(i), block.range));
        }
        auto [other, is_new] =
            known.try_emplace({keys_[i].host, keys_[i].queue, block.range}, block, i);
        if (is_new || other->second.first == block) continue;
        context_.Error(
            "range-redefined", BaseOf(block),
            fmt::format("{} has two different ranges named '{}'", QueueText(i), block.range),
            {{BaseOf(other->second.first), "the other is defined here"}});
      }
    }
  }

  // Where a block's range was defined; unknown for automatic ones.
  Span BaseOf(const MacBlock& block, Span DefinedRange::*base = &DefinedRange::base) const {
    for (const DefinedRange& defined : draft_->ranges) {
      if (defined.range == RangeDefinition{block.range, block.base_mac, block.base_ip, block.size})
        return defined.*base;
    }
    return {};
  }

  void CheckOverlaps() {
    std::vector<std::set<std::string>> networks(plan_.queues.size());
    for (const Test& test : plan_.tests) {
      if (plan_.hosts.size() == 1) break;  // all are on it
      std::set<std::string> of_test = NetworksOf(plan_, test);
      for (uint32_t setup : test.queues) networks[setup].insert(of_test.begin(), of_test.end());
    }
    std::vector<OwnedBlock> blocks;
    std::vector<size_t> setup_of;
    std::set<std::tuple<uint32_t, uint32_t, std::string, Mac, uint64_t>> seen;
    std::map<std::pair<uint32_t, uint32_t>, uint32_t> owners;
    for (size_t i = 0; i < plan_.queues.size(); ++i) {
      CheckOwnBlocks(i);
      auto owner = owners.emplace(std::pair(keys_[i].host, keys_[i].queue), owners.size()).first;
      for (const MacBlock& block : plan_.queues[i].blocks) {
        if (!seen.emplace(keys_[i].host, keys_[i].queue, block.range, block.base_mac, block.offset)
                 .second)
          continue;
        blocks.push_back({&block, owner->second, keys_[i].host, &networks[i]});
        setup_of.push_back(i);
      }
    }
    for (const Overlap& overlap : FindOverlaps(blocks)) {
      ReportOverlap(overlap, blocks, setup_of[overlap.first], setup_of[overlap.second]);
    }
  }

  // Two ranges of one queue, used by one test, must not overlap either.
  void CheckOwnBlocks(size_t setup) {
    std::vector<OwnedBlock> blocks;
    uint32_t owner = 0;
    for (const MacBlock& block : plan_.queues[setup].blocks) {
      blocks.push_back({&block, owner++, keys_[setup].host});
    }
    for (const Overlap& overlap : FindOverlaps(blocks)) {
      bool same = blocks[overlap.first].block->range == blocks[overlap.second].block->range;
      if (!same) ReportOverlap(overlap, blocks, setup, setup);  // else CheckOneBlockPerRange does
    }
  }

  void ReportOverlap(const Overlap& overlap, const std::vector<OwnedBlock>& blocks, size_t first,
                     size_t second) {
    const MacBlock& a = *blocks[overlap.first].block;
    const MacBlock& b = *blocks[overlap.second].block;
    std::string address =
        overlap.of_macs ? MacText(overlap.address) : IpText(static_cast<Ip>(overlap.address));
    std::string message =
        fmt::format("range '{}' of {} overlaps range '{}' of {}: both hold {}", b.range,
                    QueueText(second), a.range, QueueText(first), address);
    const auto base = overlap.of_macs ? &DefinedRange::base : &DefinedRange::base_ip;
    std::vector<language::Note> notes = {
        {BaseOf(a, base), fmt::format("range '{}' begins here", a.range)}};
    if (!overlap.of_macs && keys_[first].host != keys_[second].host) {
      // Bridges of one name may well be two networks.
      context_.Warn("ip-overlap", BaseOf(b, base), message + ", on bridges of one name",
                    std::move(notes));
      return;
    }
    context_.Error("overlap", BaseOf(b, base), std::move(message), std::move(notes));
  }

  void CheckNics() {
    std::map<uint32_t, size_t> largest;  // by setup: the test with the most NICs
    for (size_t i = 0; i < plan_.tests.size(); ++i) {
      for (uint32_t setup : plan_.tests[i].queues) {
        size_t& test = largest.try_emplace(setup, i).first->second;
        if (plan_.tests[i].nics > plan_.tests[test].nics) test = i;
      }
    }
    for (auto [setup, test] : largest) CheckRoom(setup, test);
  }

  void CheckRoom(uint32_t setup, size_t test) {
    uint64_t room = 0;
    std::string ranges;
    for (const MacBlock& block : plan_.queues[setup].blocks) {
      room += UsableAddresses(block);
      ranges += fmt::format("{}'{}'", ranges.empty() ? "" : ", ", block.range);
    }
    uint64_t nics = plan_.tests[test].nics;
    if (nics <= room) return;
    std::string from = ranges.empty() ? "no range" : "its share of " + ranges;
    context_.Error(
        "range-too-small", BestPlace(setup, &SetupPlaces::ranges),
        fmt::format("{} has {} ({}), but a test of it has {}", QueueText(setup), Addresses(room),
                    from, Count(nics, "NIC")),
        {{draft_->tests[test].origin, fmt::format("it is '{}'", plan_.tests[test].full_name)}});
  }

  static std::string Addresses(uint64_t n) {
    return n == 1 ? "1 address" : fmt::format("{} addresses", n);
  }

  const Context& context_;
  Draft* draft_;
  Plan& plan_;
  std::map<std::string, uint32_t> host_index_;
  std::vector<bool> has_named_queues_;        // by host
  std::map<SetupKey, uint32_t> setup_index_;  // into plan_.queues
  std::vector<SetupKey> keys_;                // by setup
  std::vector<SetupPlaces> places_;           // by setup
};

}  // namespace

void PlaceTests(const Context& context, Draft* draft) {
  Placer(context, draft).Run();
}

}  // namespace kvmtest::plan
