#include "ctest/names.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <unordered_map>
#include <utility>

#include "ctest/escape.h"

namespace kvmtest::ctest {
namespace {

using Naming = ResourceSpec::Naming;

// A record of the descriptions.
struct Record {
  uint32_t host;
  std::string_view text;
};

// By the name, which stays as JSON spells it: both calls were written by one program.
using Records = std::unordered_map<std::string_view, std::vector<Record>>;

std::string_view SpelledName(std::string_view record) {
  constexpr std::string_view kBegin = R"({"test":")";
  if (!record.starts_with(kBegin)) return {};
  record.remove_prefix(kBegin.size());
  size_t end = 0;
  while (end < record.size() && record[end] != '"') end += record[end] == '\\' ? 2 : 1;
  return record.substr(0, end);
}

// Calls `take(name, record)` for each test, in order.
template <typename Take>
void ForEachTest(const NamedTests& tests, Take take) {
  for (uint32_t host = 0; host < tests.descriptions.size(); ++host) {
    std::string_view text = tests.descriptions[host];
    while (!text.empty()) {
      std::string_view line = text.substr(0, text.find('\n'));
      text.remove_prefix(std::min(line.size() + 1, text.size()));
      std::string_view name = SpelledName(line);
      if (!name.empty()) take(name, Record{host, line});
    }
  }
}

bool Names(const Naming& naming, const std::string& host) {
  return std::any_of(naming.hosts.begin(), naming.hosts.end(), [&host](const Naming::Host& known) {
    return !known.implicit && known.name == host;
  });
}

// Whether `any` is what the machine named `host` is to the first call, which has `naming`.
bool StandsFor(const Naming& naming, const Naming::Host& any, const Naming::Host& host) {
  return any.any_machine && !host.implicit && !Names(naming, host.name);
}

std::string CountOf(size_t count) {
  return count == 1 ? "1 test" : fmt::format("{} tests", count);
}

class Finder {
 public:
  Finder(const NamedTests& ours, const NamedTests& theirs) : ours_(ours), theirs_(theirs) {}

  NameClashes Find() {
    Records known;
    ForEachTest(theirs_, [&known](std::string_view name, const Record& record) {
      known[name].push_back(record);
    });
    Records shared;
    std::vector<std::string_view> order;
    ForEachTest(ours_, [&](std::string_view name, const Record& record) {
      if (!known.contains(name)) return;
      std::vector<Record>& records = shared[name];
      if (records.empty()) order.push_back(name);
      records.push_back(record);
    });
    for (std::string_view name : order) Judge(shared[name], known[name]);
    return {Errors(), Warning()};
  }

 private:
  using Pair = std::pair<Record, Record>;

  const Naming::Host& OurHost(const Record& record) const {
    return ours_.naming.hosts[record.host];
  }
  const Naming::Host& TheirHost(const Record& record) const {
    return theirs_.naming.hosts[record.host];
  }

  // Whether there may be a machine on which ctest loads the tests of both hosts.
  bool AreTogether(const Naming::Host& our, const Naming::Host& their) const {
    if (our.any_machine && their.any_machine) return true;
    if (!our.implicit && !their.implicit && our.name == their.name) return true;
    return StandsFor(ours_.naming, our, their) || StandsFor(theirs_.naming, their, our);
  }

  void Judge(const std::vector<Record>& ours, const std::vector<Record>& theirs) {
    for (const Record& our : ours) {
      for (const Record& their : theirs) {
        if (!AreTogether(OurHost(our), TheirHost(their))) continue;
        together_.emplace_back(our, their);
        return;
      }
    }
    // Else "@host" tells them apart where all hosts are shown.
    if (ours.size() == 1 && theirs.size() == 1) shown_together_.emplace_back(ours[0], theirs[0]);
  }

  std::string Errors() const {
    if (together_.empty()) return "";
    constexpr size_t kMost = 3;
    std::string text;
    for (size_t i = 0; i < std::min(together_.size(), kMost); ++i) text += Error(together_[i]);
    if (together_.size() > kMost) {
      const size_t more = together_.size() - kMost;
      text += fmt::format("note: so it is with {} more name{}\n", more, more == 1 ? "" : "s");
    }
    return text + "hint: " + Hint() + "\n";
  }

  std::string Error(const Pair& pair) const {
    using nlohmann::json;
    const json our = json::parse(pair.first.text);
    const json their = json::parse(pair.second.text);
    return fmt::format(
        "{}: error: tests of '{}' and of '{}' have the name '{}' [-Wname-clash]\n"
        "{}: note: '{}' of host '{}' is that of '{}'\n"
        "{}: note: '{}' of host '{}' is that of '{}'\n",
        our.at("origin").get<std::string>(), ours_.call, theirs_.call,
        our.at("test").get<std::string>(), our.at("origin").get<std::string>(),
        our.at("name").get<std::string>(), OurHost(pair.first).name, ours_.call,
        their.at("origin").get<std::string>(), their.at("name").get<std::string>(),
        TheirHost(pair.second).name, theirs_.call);
  }

  std::string Hint() const {
    return fmt::format(
        "ctest knows tests by their names only: give '{}' or '{}' a TEST_PREFIX of its own",
        ours_.call, theirs_.call);
  }

  std::string Warning() const {
    if (shown_together_.empty()) return "";
    using nlohmann::json;
    const auto& [our, their] = shown_together_.front();
    const json first = json::parse(our.text);
    return fmt::format(
        "{} of '{}' cannot be told from tests of '{}' on other hosts where ctest shows all hosts "
        "(KVMTEST_HOST='*'): '{}' of host '{}' ({}) and of host '{}' ({}) [-Wname-clash]\nhint: {}",
        CountOf(shown_together_.size()), ours_.call, theirs_.call,
        first.at("test").get<std::string>(), OurHost(our).name,
        first.at("origin").get<std::string>(), TheirHost(their).name,
        json::parse(their.text).at("origin").get<std::string>(), Hint());
  }

  const NamedTests& ours_;
  const NamedTests& theirs_;
  std::vector<Pair> together_;        // on one machine
  std::vector<Pair> shown_together_;  // only where all hosts are
};

bool IsBeginning(std::string_view first, std::string_view second) {
  return first.starts_with(second) || second.starts_with(first);
}

}  // namespace

std::string DescriptionsPath(std::string_view host) {
  return Escape(host) + "/tests.jsonl";
}

bool MayShareNames(const Naming& first, const Naming& second) {
  if (!first.suffix.ends_with(second.suffix) && !second.suffix.ends_with(first.suffix))
    return false;
  for (const std::string& ours : first.beginnings)
    for (const std::string& theirs : second.beginnings)
      if (IsBeginning(ours, theirs)) return true;
  return false;
}

NameClashes FindNameClashes(const NamedTests& ours, const NamedTests& theirs) {
  return Finder(ours, theirs).Find();
}

}  // namespace kvmtest::ctest
