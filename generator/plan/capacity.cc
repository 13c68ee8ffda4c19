// CPUs and memory: what a host has (`total_cpus`, `total_mem`) and what its tests take of it
// (`used_cpus`, `used_mem`, else what their VMs are given).
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "plan/draft.h"
#include "plan/text.h"

namespace kvmtest::plan {
namespace {

constexpr uint64_t kDefaultMemory = 512;  // MiB, of a VM without `mem`

// More is no computer's, and would not go into ctest's numbers.
std::optional<uint64_t> ParseCpus(std::string_view text) {
  const auto number = ParseCount(text);
  return number && *number <= UINT16_MAX ? number : std::nullopt;
}

struct Capacity {
  size_t index;  // in kCapacityKeys
  const char* key;
  const char* expected;
  std::optional<uint64_t> (*read)(std::string_view);
};
constexpr Capacity kUsedCpus = {0, kCapacityKeys[0], "a number of CPUs", ParseCpus};
constexpr Capacity kTotalCpus = {2, kCapacityKeys[2], "a number of CPUs", ParseCpus};
constexpr Capacity kUsedMemory = {1, kCapacityKeys[1], "a number of MiB or a size such as 4G",
                                  ParseMebibytes};
constexpr Capacity kTotalMemory = {3, kCapacityKeys[3], kUsedMemory.expected, ParseMebibytes};

class Reader {
 public:
  Reader(const Context& context, Draft* draft)
      : context_(context), draft_(draft), plan_(draft->plan) {}

  void Run() {
    ReadTotals(kTotalCpus, &Host::cpus);
    ReadTotals(kTotalMemory, &Host::memory);
    const bool any_cpus =
        plan_.texts.Find(kUsedCpus.key).has_value() || context_.options.processors;
    any_total_memory_ = std::any_of(plan_.hosts.begin(), plan_.hosts.end(),
                                    [](const Host& host) { return host.memory > 0; });
    const bool any_memory = plan_.texts.Find(kUsedMemory.key).has_value() || any_total_memory_;
    for (size_t i = 0; i < plan_.tests.size(); ++i) {
      if (any_cpus) plan_.tests[i].cpus = CpusOf(i);
      if (any_memory) plan_.tests[i].memory = MemoryOf(i);
    }
    Warn();
  }

 private:
  // One number for each host: the least that any test says.
  void ReadTotals(const Capacity& param, uint64_t Host::*total) {
    if (!plan_.texts.Find(param.key)) return;
    for (size_t i = 0; i < plan_.tests.size(); ++i) {
      const std::optional<uint64_t> number = Read(param, i);
      if (!number) continue;
      uint64_t& known = plan_.hosts[plan_.tests[i].host].*total;
      if (known != 0 && known != *number) {
        differing_[{param.index, plan_.tests[i].host}].Add(i);
        known = std::min(known, *number);
      }
      if (known == 0) known = *number;
    }
  }

  std::optional<uint64_t> Read(const Capacity& param, size_t test) {
    const std::string_view text = ParamOf(plan_, plan_.tests[test], param.key);
    if (text.empty()) return std::nullopt;
    auto number = param.read(text);
    // A host that has nothing runs nothing.
    const bool is_total = param.index >= kTotalCpus.index;
    if (number && !(is_total && *number == 0)) return number;
    unreadable_[{param.index, std::string(text), param.expected}].Add(test);
    return std::nullopt;
  }

  uint64_t CpusOf(size_t test) {
    if (auto used = Read(kUsedCpus, test)) return *used;
    return context_.options.processors ? OfAllVms(test, "smp", 1, ParseCpus) : 0;
  }

  // The same on hosts that have no total: it may be an alternative of one on a host that has.
  uint64_t MemoryOf(size_t test) {
    if (auto used = Read(kUsedMemory, test)) return *used;
    return any_total_memory_ ? OfAllVms(test, "mem", kDefaultMemory, ParseMebibytes) : 0;
  }

  // What the runner refuses to read counts as not given.
  uint64_t OfAllVms(size_t id, const std::string& key, uint64_t usual,
                    std::optional<uint64_t> (*read)(std::string_view)) const {
    const Test& test = plan_.tests[id];
    const uint64_t each = read(ParamOf(plan_, test, key)).value_or(usual);
    uint64_t sum = 0;
    for (std::string_view vm : Words(FindParam(plan_, test, "vms").value_or(kUsualVms)))
      sum += read(ParamOf(plan_, test, fmt::format("{}_{}", key, vm))).value_or(each);
    return sum;
  }

  void Warn() const {
    for (const auto& [key, seen] : unreadable_) {
      const auto& [index, value, expected] = key;
      context_.Warn("bad-capacity", draft_->tests[seen.first].capacity_spans[index],
                    fmt::format("{} is '{}', not {}", kCapacityKeys[index], value, expected),
                    {FirstOf(*draft_, seen)});
    }
    for (const auto& [key, seen] : differing_) {
      const auto& [index, id] = key;
      const Host& host = plan_.hosts[id];
      context_.Warn(
          "bad-capacity", draft_->tests[seen.first].capacity_spans[index],
          fmt::format("{} of host '{}' is not the same for all tests; the least, {}, counts",
                      kCapacityKeys[index], host.name,
                      index == kTotalCpus.index ? host.cpus : host.memory),
          {FirstOf(*draft_, seen)});
    }
  }

  const Context& context_;
  Draft* draft_;
  Plan& plan_;
  bool any_total_memory_ = false;
  std::map<std::tuple<size_t, std::string, std::string>, Seen> unreadable_;
  std::map<std::pair<size_t, uint32_t>, Seen> differing_;
};

bool IsBeyond(uint64_t used, uint64_t total) {
  return total > 0 && used > total;
}

}  // namespace

void ReadCapacities(const Context& context, Draft* draft) {
  Reader(context, draft).Run();
}

bool IsTooLarge(const Plan& plan, const Test& test) {
  const Host& host = plan.hosts[test.host];
  return IsBeyond(test.cpus, host.cpus) || IsBeyond(test.memory, host.memory);
}

void WarnOfCapacities(const Context& context, const Draft& draft) {
  const Plan& plan = draft.plan;
  std::map<std::tuple<uint32_t, std::string, std::string, CapacityKey>, Seen> too_large;
  for (size_t i = 0; i < plan.tests.size(); ++i) {
    const Test& test = plan.tests[i];
    const Host& host = plan.hosts[test.host];
    if (IsBeyond(test.cpus, host.cpus))
      too_large[{test.host, Count(test.cpus, "CPU"), Count(host.cpus, "CPU"), kUsedCpusKey}].Add(i);
    if (IsBeyond(test.memory, host.memory))
      too_large[{test.host, fmt::format("{} MiB", test.memory), fmt::format("{} MiB", host.memory),
                 kUsedMemoryKey}]
          .Add(i);
  }
  for (const auto& [key, seen] : too_large) {
    const auto& [host, used, total, param] = key;
    const DraftTest& first = draft.tests[seen.first];
    Span said = first.capacity_spans[param];
    if (!said.IsKnown())
      said = first.capacity_spans[param == kUsedMemoryKey ? kMemoryKey : kCpusKey];
    context.Warn("over-capacity", said.IsKnown() ? said : first.origin,
                 fmt::format("{} {} {}, but host '{}' has {}", Count(seen.tests, "test"),
                             seen.tests == 1 ? "uses" : "use", used, plan.hosts[host].name, total),
                 {FirstOf(draft, seen)});
  }
}

}  // namespace kvmtest::plan
