#include "ctest/resource_spec.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "ctest/escape.h"
#include "plan/gates.h"
#include "plan/ranges.h"

namespace kvmtest::ctest {
namespace {

using nlohmann::json;

// kvmq__<host>__<queue> -> kvmp__<host>; escaped names hold no "__".
std::optional<std::string> PoolOfQueue(const std::string& type) {
  constexpr std::string_view kPrefix = "kvmq__";
  if (!type.starts_with(kPrefix)) return std::nullopt;
  return "kvmp__" + type.substr(kPrefix.size(), type.rfind("__") - kPrefix.size());
}

void SizePools(Resources* resources) {
  std::map<std::string, uint64_t> queues;
  for (const auto& [type, ids] : *resources) {
    if (auto pool = PoolOfQueue(type)) ++queues[*pool];
  }
  for (const auto& [pool, count] : queues) (*resources)[pool] = {{"0", count}};
}

// Of the hosts, in the plan's order.
std::vector<ResourceSpec::Demand> DemandsOf(const plan::Plan& plan) {
  std::vector<ResourceSpec::Demand> demands;
  std::vector<std::set<std::vector<uint32_t>>> pools(plan.hosts.size());
  for (const plan::Host& host : plan.hosts)
    demands.push_back({.host = host.name, .queues = host.queues});
  for (const plan::Test& test : plan.tests) {
    if (test.disabled) continue;
    demands[test.host].longest = std::max(demands[test.host].longest, test.timeout);
    if (test.pooled) pools[test.host].insert(plan::QueuesOf(plan, test));
  }
  for (size_t i = 0; i < demands.size(); ++i)
    for (const std::vector<uint32_t>& queues : pools[i])
      demands[i].pools.push_back(plan::QueueNames(plan.hosts[i], queues));
  return demands;
}

// The first test of each, for messages.
std::vector<std::string> OriginsOfQueues(const plan::Plan& plan) {
  std::vector<std::string> origins(plan.queues.size());
  for (const plan::Test& test : plan.tests)
    for (uint32_t queue : test.queues)
      if (origins[queue].empty()) origins[queue] = test.origin;
  return origins;
}

}  // namespace

ResourceSpec SpecOf(const plan::Plan& plan) {
  ResourceSpec spec;
  spec.demands = DemandsOf(plan);
  for (const plan::Host& host : plan.hosts) {
    for (const std::string& queue : host.queues) {
      spec.resources[QueueResource(host.name, queue)] = {{"0", 1}};
    }
    if (host.cpus > 0) spec.resources[CpuResource(host.name)] = {{"0", host.cpus}};
    if (host.memory > 0) spec.resources[MemoryResource(host.name)] = {{"0", host.memory}};
  }
  const std::vector<std::string> origins = OriginsOfQueues(plan);
  for (size_t i = 0; i < plan.queues.size(); ++i) {
    const plan::QueueSetup& setup = plan.queues[i];
    const std::string& host = plan.hosts[setup.host].name;
    spec.states.push_back({host, setup.queue, setup.state_dir});
    for (const plan::MacBlock& block : setup.blocks) {
      spec.resources[RangeResource(host, setup.queue, block)] = {{std::to_string(block.offset), 1}};
      spec.blocks.push_back({host, setup.queue, block, origins[i]});
    }
  }
  SizePools(&spec.resources);
  return spec;
}

// ---- text -------------------------------------------------------------------------------------

namespace {

json BlockJson(const ResourceSpec::Block& owned) {
  json block = {{"host", owned.host},         {"queue", owned.queue},
                {"range", owned.block.range}, {"base_mac", plan::MacText(owned.block.base_mac)},
                {"size", owned.block.size},   {"offset", owned.block.offset},
                {"count", owned.block.count}};
  if (!owned.origin.empty()) block["origin"] = owned.origin;
  if (owned.block.base_ip) block["base_ip"] = plan::IpText(*owned.block.base_ip);
  return block;
}

ResourceSpec::Block BlockOf(const json& block) {
  ResourceSpec::Block owned{block.at("host"), block.at("queue"), {}, block.value("origin", "")};
  owned.block.range = block.at("range");
  owned.block.base_mac = plan::ParseMac(block.at("base_mac").get<std::string>()).value_or(0);
  owned.block.size = block.at("size");
  owned.block.offset = block.at("offset");
  owned.block.count = block.at("count");
  if (block.contains("base_ip")) {
    owned.block.base_ip = plan::ParseIp(block.at("base_ip").get<std::string>());
  }
  return owned;
}

json NamingJson(const ResourceSpec::Naming& naming) {
  json hosts = json::array();
  for (const ResourceSpec::Naming::Host& host : naming.hosts) {
    hosts.push_back(
        {{"name", host.name}, {"any_machine", host.any_machine}, {"implicit", host.implicit}});
  }
  return {{"beginnings", naming.beginnings}, {"suffix", naming.suffix}, {"hosts", hosts}};
}

ResourceSpec::Naming NamingOf(const json& names) {
  ResourceSpec::Naming naming{names.at("beginnings"), names.at("suffix")};
  for (const json& host : names.at("hosts"))
    naming.hosts.push_back({host.at("name"), host.at("any_machine"), host.at("implicit")});
  return naming;
}

Resources ResourcesOf(const json& local) {
  Resources resources;
  for (const json& socket : local) {
    for (const auto& [type, ids] : socket.items()) {
      for (const json& id : ids) {
        resources[type][id.at("id").get<std::string>()] = id.value("slots", uint64_t{1});
      }
    }
  }
  return resources;
}

// ---- a project's file, as CTest (3.25 to 4.4) judges it ----

bool IsOf(std::string_view text, std::string_view more) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [more](char c) {
    return (c >= 'a' && c <= 'z') || c == '_' || more.find(c) != std::string_view::npos;
  });
}

constexpr std::string_view kDigits = "0123456789";

// CTest passes others by.
bool IsTypeName(std::string_view type) {
  return IsOf(type, kDigits) && kDigits.find(type[0]) == std::string_view::npos;
}

bool IsSlots(const json& slots) {
  constexpr uint64_t kMost = std::numeric_limits<uint32_t>::max();
  if (slots.is_number_float()) {
    const auto number = slots.get<double>();
    return number >= 0 && number <= kMost && std::floor(number) == number;
  }
  return slots.is_number_unsigned() && slots.get<uint64_t>() <= kMost;
}

// What is wrong with one resource; empty if nothing is.
std::string ResourceFault(const json& resource) {
  if (!resource.is_object()) {
    return fmt::format(" is {}, expected an object with 'id' and 'slots'", resource.dump());
  }
  if (!resource.contains("id")) return " has no 'id'";
  const json& id = resource["id"];
  if (!id.is_string() || !IsOf(id.get<std::string>(), kDigits)) {
    return fmt::format(".id is {}, expected a string of 'a' to 'z', '0' to '9' and '_'", id.dump());
  }
  if (resource.contains("slots") && !IsSlots(resource["slots"])) {
    return fmt::format(".slots is {}, expected a whole number from 0 to {}",
                       resource["slots"].dump(), std::numeric_limits<uint32_t>::max());
  }
  return "";
}

std::string TypeFault(const std::string& type, const json& resources) {
  const std::string place = "local[0]." + type;
  if (IsOurResource(type)) {
    return fmt::format(
        "{}: resources whose types begin with 'kvm', a letter and '__' are kvmtest's own", place);
  }
  if (!resources.is_array()) {
    return fmt::format("{} is {}, expected a list of objects", place, resources.dump());
  }
  for (size_t i = 0; i < resources.size(); ++i) {
    std::string fault = ResourceFault(resources[i]);
    if (!fault.empty()) return fmt::format("{}[{}]{}", place, i, fault);
  }
  return "";
}

std::string ProjectFault(const json& document) {
  if (!document.is_object()) return "expected an object with 'version' and 'local'";
  for (const char* key : {"version", "local"})
    if (!document.contains(key)) return fmt::format("there is no '{}'", key);
  const json& local = document["local"];
  if (!local.is_array()) return fmt::format("local is {}, expected a list", local.dump());
  for (const json& socket : local) {
    if (!socket.is_object())
      return fmt::format("local[0] is {}, expected an object", socket.dump());
    for (const auto& [type, resources] : socket.items()) {
      if (!IsTypeName(type)) continue;
      std::string fault = TypeFault(type, resources);
      if (!fault.empty()) return fault;
    }
  }
  return "";
}

// So that nothing is read of them.
void DropPassedBy(json* document) {
  for (json& socket : (*document)["local"]) {
    json kept = json::object();
    for (const auto& [type, resources] : socket.items())
      if (IsTypeName(type)) kept[type] = resources;
    socket = std::move(kept);
  }
}

}  // namespace

std::optional<ResourceSpec> ReadProjectSpec(std::string_view text, std::string* error) {
  constexpr bool kThrows = true;
  constexpr bool kIgnoreComments = true;
  try {
    json document = json::parse(text, nullptr, kThrows, kIgnoreComments);
    *error = ProjectFault(document);
    if (!error->empty()) return std::nullopt;
    DropPassedBy(&document);
    document.erase("kvmtest");
    return ReadSpec(document.dump(), error);
  } catch (const json::exception& e) {
    *error = e.what();
    return std::nullopt;
  }
}

std::string WriteSpec(const ResourceSpec& spec) {
  json socket = json::object();
  for (const auto& [type, ids] : spec.resources) {
    for (const auto& [id, slots] : ids) socket[type].push_back({{"id", id}, {"slots", slots}});
  }
  json blocks = json::array();
  for (const ResourceSpec::Block& block : spec.blocks) blocks.push_back(BlockJson(block));
  json states = json::array();
  for (const ResourceSpec::State& state : spec.states) {
    states.push_back(
        {{"host", state.host}, {"queue", state.queue}, {"state_dir", state.state_dir}});
  }
  json demands = json::array();
  for (const ResourceSpec::Demand& demand : spec.demands) {
    demands.push_back({{"host", demand.host},
                       {"queues", demand.queues},
                       {"longest", demand.longest},
                       {"pools", demand.pools}});
  }
  json document = {{"version", {{"major", 1}, {"minor", 0}}},
                   {"local", json::array({socket})},
                   {"kvmtest",
                    {{"blocks", blocks},
                     {"states", states},
                     {"demands", demands},
                     {"names", NamingJson(spec.naming)}}}};
  return document.dump(1) + "\n";
}

std::optional<ResourceSpec> ReadSpec(std::string_view text, std::string* error) {
  ResourceSpec spec;
  try {
    json document = json::parse(text);
    if (document.at("version") != json{{"major", 1}, {"minor", 0}}) {
      *error = "not a resource spec of version 1.0";
      return std::nullopt;
    }
    const json& local = document.at("local");
    if (!local.is_array() || local.size() > 1) {
      *error = "'local' must be a list of at most one object";
      return std::nullopt;
    }
    spec.resources = ResourcesOf(local);
    if (document.contains("kvmtest")) {
      const json& ours = document["kvmtest"];
      for (const json& block : ours.at("blocks")) spec.blocks.push_back(BlockOf(block));
      for (const json& state : ours.at("states")) {
        spec.states.push_back({state.at("host"), state.at("queue"), state.at("state_dir")});
      }
      // What other versions of this program have left is without.
      for (const json& demand : ours.value("demands", json::array())) {
        spec.demands.push_back(
            {demand.at("host"), demand.at("queues"), demand.at("longest"), demand.at("pools")});
      }
      if (ours.contains("names")) spec.naming = NamingOf(ours["names"]);
    }
  } catch (const json::exception& e) {
    *error = e.what();
    return std::nullopt;
  }
  return spec;
}

// ---- merging ----------------------------------------------------------------------------------

namespace {

class Merger {
 public:
  explicit Merger(std::vector<std::string>* errors) : errors_(errors) {}

  void Add(const NamedSpec& named) {
    for (const auto& [type, ids] : named.spec.resources) AddType(named, type, ids);
    for (const ResourceSpec::Block& block : named.spec.blocks) {
      merged_.blocks.push_back(block);
      block_owner_.push_back(named.name);
    }
    for (const ResourceSpec::State& state : named.spec.states) AddState(named.name, state);
    AddDemands(named.spec);
  }

  void AddUnsettled(const ResourceSpec& spec) {
    merged_.resources.insert(spec.resources.begin(), spec.resources.end());
    AddDemands(spec);
  }

  ResourceSpec Finish() {
    SizePools(&merged_.resources);
    CheckAddresses();
    return std::move(merged_);
  }

 private:
  void AddDemands(const ResourceSpec& spec) {
    merged_.demands.insert(merged_.demands.end(), spec.demands.begin(), spec.demands.end());
  }

  void AddType(const NamedSpec& from, const std::string& type,
               const std::map<std::string, uint64_t>& ids) {
    auto [known, is_new] = merged_.resources.emplace(type, ids);
    if (is_new) {
      type_owner_[type] = from.name;
    } else if (known->second != ids && !type.starts_with("kvmp__")) {
      const std::string& owner = type_owner_[type];
      std::optional<std::string> text = DifferentTotals(from, owner, type, known->second);
      if (!text) text = DifferentBlocks(from, type);
      errors_->push_back(text.value_or(
          fmt::format("{} and {} define the resource '{}' differently", owner, from.name, type)));
    }
  }

  // Only if the type is a host's CPUs or memory, which users know by other names.
  static std::optional<std::string> DifferentTotals(const NamedSpec& from, const std::string& owner,
                                                    const std::string& type,
                                                    const std::map<std::string, uint64_t>& known) {
    for (const ResourceSpec::State& state : from.spec.states) {
      const bool is_memory = type == MemoryResource(state.host);
      if (!is_memory && type != CpuResource(state.host)) continue;
      return fmt::format(
          "{0} of host '{1}' is {2} in {3} and {4} in {5}: expected the same in all calls of a "
          "build tree, since their tests share the host\n"
          "hint: set {0} in a file that the configurations of both include",
          is_memory ? "total_mem" : "total_cpus", state.host, known.begin()->second, owner,
          from.spec.resources.at(type).begin()->second, from.name);
    }
    return std::nullopt;
  }

  // Likewise if it is a queue's part of a range.
  std::optional<std::string> DifferentBlocks(const NamedSpec& from, const std::string& type) const {
    auto find = [&type](const std::vector<ResourceSpec::Block>& blocks) {
      return std::find_if(blocks.begin(), blocks.end(), [&type](const ResourceSpec::Block& b) {
        return RangeResource(b.host, b.queue, b.block) == type;
      });
    };
    const auto ours = find(from.spec.blocks);
    const auto theirs = find(merged_.blocks);
    if (ours == from.spec.blocks.end() || theirs == merged_.blocks.end()) return std::nullopt;
    const std::string& owner = block_owner_[static_cast<size_t>(theirs - merged_.blocks.begin())];
    return fmt::format(
        "range '{}' of queue '{}' on host '{}' is {} in {} and {} in {}: expected the same part of "
        "it in all calls of a build tree\n"
        "hint: let all calls that share a range select the same queues of it, or give each call "
        "a range of its own",
        ours->block.range, ours->queue, ours->host, Part(*theirs), At(owner, *theirs), Part(*ours),
        At(from.name, *ours));
  }

  static std::string Part(const ResourceSpec::Block& owned) {
    const plan::MacBlock& block = owned.block;
    const plan::Mac first = block.base_mac + block.offset;
    return fmt::format("{} addresses from {}", block.count, plan::MacText(first));
  }

  // Who says so, and where.
  static std::string At(const std::string& owner, const ResourceSpec::Block& block) {
    return block.origin.empty() ? owner : fmt::format("{} ({})", owner, block.origin);
  }

  void AddState(const std::string& from, const ResourceSpec::State& state) {
    auto [known, is_new] =
        states_.emplace(std::pair(state.host, state.state_dir), std::pair(state.queue, from));
    if (is_new) {
      merged_.states.push_back(state);
    } else if (known->second.first != state.queue) {
      errors_->push_back(fmt::format(
          "queue '{}' of {} and queue '{}' of {} share the state directory '{}' on host '{}'",
          known->second.first, known->second.second, state.queue, from, state.state_dir,
          state.host));
    }
  }

  void CheckAddresses() {
    std::map<std::string, uint32_t> hosts;
    std::map<std::pair<std::string, std::string>, uint32_t> queues;
    std::vector<plan::OwnedBlock> blocks;
    for (const ResourceSpec::Block& b : merged_.blocks) {
      auto host = hosts.emplace(b.host, hosts.size()).first->second;
      auto queue = queues.emplace(std::pair(b.host, b.queue), queues.size()).first->second;
      blocks.push_back({&b.block, queue, host});
    }
    for (const plan::Overlap& overlap : plan::FindOverlaps(blocks)) Report(overlap);
  }

  void Report(const plan::Overlap& overlap) {
    auto who = [this](size_t i) {
      const ResourceSpec::Block& b = merged_.blocks[i];
      return fmt::format("range '{}' of queue '{}' on host '{}' in {}", b.block.range, b.queue,
                         b.host, At(block_owner_[i], b));
    };
    std::string address = overlap.of_macs ? plan::MacText(overlap.address)
                                          : plan::IpText(static_cast<plan::Ip>(overlap.address));
    errors_->push_back(fmt::format("{} and {} both hold the address {}", who(overlap.first),
                                   who(overlap.second), address));
  }

  std::vector<std::string>* errors_;
  ResourceSpec merged_;
  std::map<std::string, std::string> type_owner_;
  std::vector<std::string> block_owner_;
  // (host, directory) -> (queue, who said so)
  std::map<std::pair<std::string, std::string>, std::pair<std::string, std::string>> states_;
};

}  // namespace

ResourceSpec MergeSpecs(const std::vector<NamedSpec>& specs, std::vector<std::string>* errors) {
  Merger merger(errors);
  for (const NamedSpec& named : specs) {
    if (named.settled) merger.Add(named);
  }
  for (const NamedSpec& named : specs) {
    if (!named.settled) merger.AddUnsettled(named.spec);
  }
  return merger.Finish();
}

}  // namespace kvmtest::ctest
