#include "plan/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <tuple>

namespace kvmtest::plan {
namespace {

std::string Count(size_t n, const char* what) {
  return fmt::format("{} {}{}", n, what, n == 1 ? "" : "s");
}

std::string RangeText(const MacBlock& block) {
  std::string text = fmt::format("{} {}..{}", block.range, MacText(block.base_mac + block.offset),
                                 MacText(block.base_mac + block.offset + block.count - 1));
  if (block.base_ip) {
    Ip first = *block.base_ip + static_cast<Ip>(block.offset);
    text += fmt::format(" {}..{}", IpText(first), IpText(first + static_cast<Ip>(block.count - 1)));
  }
  return text + fmt::format(" ({})", block.count);
}

std::string QueueText(const Plan& plan, const Test& test) {
  return test.pooled ? "any" : plan.queues[test.queues.front()].queue;
}

// Columns as wide as their widest cell; the last one is left ragged.
class Columns {
 public:
  void Add(std::vector<std::string> row) {
    width_.resize(std::max(width_.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) width_[i] = std::max(width_[i], row[i].size());
    rows_.push_back(std::move(row));
  }

  std::string Text(const std::string& indent) const {
    std::string text;
    for (const auto& row : rows_) {
      text += indent;
      for (size_t i = 0; i + 1 < row.size(); ++i) {
        text += fmt::format("{:<{}}  ", row[i], width_[i]);
      }
      text += row.back() + "\n";
    }
    return text;
  }

 private:
  std::vector<std::vector<std::string>> rows_;
  std::vector<size_t> width_;
};

std::string HostText(const Plan& plan, uint32_t host) {
  std::string text = "host " + plan.hosts[host].name;
  text += plan.hosts[host].any_machine ? " (any machine)\n" : "\n";
  Columns columns;
  for (const QueueSetup& setup : plan.queues) {
    if (setup.host != host) continue;
    std::string ranges;
    for (const MacBlock& block : setup.blocks) {
      ranges += (ranges.empty() ? "" : ", ") + RangeText(block);
    }
    columns.Add({"queue " + setup.queue, "state " + setup.state_dir,
                 ranges.empty() ? "no addresses" : ranges});
  }
  return text + columns.Text("  ");
}

// Tests by set, host and queue, in the order of the plan.
using Place = std::tuple<uint32_t, uint32_t, bool, std::string>;
std::vector<std::pair<Place, std::vector<const Test*>>> ByPlace(const Plan& plan) {
  std::vector<std::pair<Place, std::vector<const Test*>>> groups;
  std::map<Place, size_t> known;
  for (const Test& test : plan.tests) {
    Place place{test.set, test.host, test.pooled, QueueText(plan, test)};
    auto [found, is_new] = known.emplace(place, groups.size());
    if (is_new) groups.push_back({place, {}});
    groups[found->second].second.push_back(&test);
  }
  std::stable_sort(groups.begin(), groups.end(), [](const auto& a, const auto& b) {
    return std::tie(std::get<0>(a.first), std::get<1>(a.first)) <
           std::tie(std::get<0>(b.first), std::get<1>(b.first));
  });
  return groups;
}

std::string TestText(const Plan& plan, const Test& test) {
  std::string text = "  " + test.name;
  if (test.disabled) text += " (disabled)";
  for (size_t i = 0; i < test.required.size(); ++i) {
    text += fmt::format("{}{}", i == 0 ? "  after " : ", ", plan.tests[test.required[i]].name);
  }
  return text + "\n";
}

}  // namespace

std::string WriteTable(const Plan& plan) {
  size_t queues = 0;
  for (const Host& host : plan.hosts) queues += host.queues.size();
  std::string text = fmt::format("{}, {}, {}, {}\n\n", Count(plan.sets.size(), "test set"),
                                 Count(plan.hosts.size(), "host"), Count(queues, "queue"),
                                 Count(plan.tests.size(), "test"));
  for (uint32_t host = 0; host < plan.hosts.size(); ++host) text += HostText(plan, host);

  Columns summary;
  summary.Add({"set", "host", "queue", "tests"});
  auto groups = ByPlace(plan);
  for (const auto& [place, tests] : groups) {
    summary.Add({plan.sets[std::get<0>(place)].name, plan.hosts[std::get<1>(place)].name,
                 std::get<3>(place), std::to_string(tests.size())});
  }
  text += "\n" + summary.Text("");
  for (const auto& [place, tests] : groups) {
    text += fmt::format("\n{} on {}, {}\n", plan.sets[std::get<0>(place)].name,
                        plan.hosts[std::get<1>(place)].name,
                        std::get<2>(place) ? "any queue" : "queue " + std::get<3>(place));
    for (const Test* test : tests) text += TestText(plan, *test);
  }
  return text;
}

namespace {

using nlohmann::ordered_json;

ordered_json BlockJson(const MacBlock& block) {
  ordered_json json = {{"name", block.range}, {"base_mac", MacText(block.base_mac)}};
  if (block.base_ip) json["base_ip"] = IpText(*block.base_ip);
  json["size"] = block.size;
  json["offset"] = block.offset;
  json["count"] = block.count;
  return json;
}

ordered_json HostJson(const Plan& plan, uint32_t host) {
  ordered_json queues = ordered_json::array();
  for (const QueueSetup& setup : plan.queues) {
    if (setup.host != host) continue;
    ordered_json ranges = ordered_json::array();
    for (const MacBlock& block : setup.blocks) ranges.push_back(BlockJson(block));
    queues.push_back({{"name", setup.queue}, {"state_dir", setup.state_dir}, {"ranges", ranges}});
  }
  return {{"name", plan.hosts[host].name},
          {"any_machine", plan.hosts[host].any_machine},
          {"queues", queues}};
}

ordered_json TestJson(const Plan& plan, const Test& test) {
  ordered_json queues = ordered_json::array();
  for (uint32_t setup : test.queues) queues.push_back(plan.queues[setup].queue);
  ordered_json required = ordered_json::array();
  for (uint32_t other : test.required) required.push_back(plan.tests[other].name);
  return {{"test", test.name},
          {"name", test.full_name},
          {"set", plan.sets[test.set].name},
          {"host", plan.hosts[test.host].name},
          {"queues", queues},
          {"pooled", test.pooled},
          {"timeout", test.timeout},
          {"disabled", test.disabled},
          {"nics", test.nics},
          {"labels", test.labels},
          {"requires", required},
          {"origin", test.origin}};
}

}  // namespace

std::string WriteJson(const Plan& plan) {
  ordered_json document = {{"plan", plan.digest}};
  document["sets"] = ordered_json::array();
  for (const TestSet& set : plan.sets) document["sets"].push_back(set.name);
  document["hosts"] = ordered_json::array();
  for (uint32_t i = 0; i < plan.hosts.size(); ++i) {
    document["hosts"].push_back(HostJson(plan, i));
  }
  document["tests"] = ordered_json::array();
  for (const Test& test : plan.tests) document["tests"].push_back(TestJson(plan, test));
  return document.dump(1) + "\n";
}

}  // namespace kvmtest::plan
