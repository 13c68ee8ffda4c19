#include "plan/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <tuple>

#include "plan/schedule.h"

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
  if (plan.hosts[host].any_machine) text += " (any machine)";
  if (plan.hosts[host].cpus > 0) text += ", " + Count(plan.hosts[host].cpus, "CPU");
  if (plan.hosts[host].memory > 0) text += fmt::format(", {} MiB", plan.hosts[host].memory);
  text += "\n";
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

struct SetPlace {
  uint32_t set;
  uint32_t host;
  bool pooled;
  std::string queue;

  auto operator<=>(const SetPlace&) const = default;
};
using Groups = std::vector<std::pair<SetPlace, std::vector<const Test*>>>;

// Tests by set, host and queue, in the order of the plan.
Groups ByPlace(const Plan& plan) {
  Groups groups;
  std::map<SetPlace, size_t> known;
  for (const Test& test : plan.tests) {
    SetPlace place{test.set, test.host, test.pooled, QueueText(plan, test)};
    auto [found, is_new] = known.emplace(place, groups.size());
    if (is_new) groups.push_back({place, {}});
    groups[found->second].second.push_back(&test);
  }
  std::stable_sort(groups.begin(), groups.end(), [](const auto& a, const auto& b) {
    return std::tie(a.first.set, a.first.host) < std::tie(b.first.set, b.first.host);
  });
  return groups;
}

// "~" before what somebody guessed.
std::string TimeText(uint64_t milliseconds, bool is_guessed) {
  return (is_guessed ? "~" : "") + DurationText(milliseconds);
}

// What a person reads of a plan.
class Table {
 public:
  explicit Table(const Plan& plan) : plan_(plan), schedules_(SchedulesOf(plan)) {
    numbers_.resize(plan.tests.size());
    for (const Schedule& schedule : schedules_)
      for (size_t i = 0; i < schedule.tests.size(); ++i) numbers_[schedule.tests[i]] = i + 1;
  }

  std::string Text() const {
    std::string text = Head();
    const auto groups = ByPlace(plan_);
    text += Summary(groups) + Ends();
    for (const auto& [place, tests] : groups) text += Tests(place, tests);
    for (const Schedule& schedule : schedules_) text += Timeline(schedule);
    return text;
  }

 private:
  std::string Head() const {
    size_t queues = 0;
    for (const Host& host : plan_.hosts) queues += host.queues.size();
    std::string text = fmt::format("{}, {}, {}, {}\n\n", Count(plan_.sets.size(), "test set"),
                                   Count(plan_.hosts.size(), "host"), Count(queues, "queue"),
                                   Count(plan_.tests.size(), "test"));
    for (uint32_t host = 0; host < plan_.hosts.size(); ++host) text += HostText(plan_, host);
    return text + "\n";
  }

  std::string Summary(const Groups& groups) const {
    Columns columns;
    columns.Add({"set", "host", "queue", "tests", "time"});
    for (const auto& [place, tests] : groups)
      columns.Add({plan_.sets[place.set].name, plan_.hosts[place.host].name, place.queue,
                   std::to_string(tests.size()), TimeOf(tests)});
    return columns.Text("");
  }

  static std::string TimeOf(const std::vector<const Test*>& tests) {
    uint64_t all = 0;
    bool is_guessed = false;
    for (const Test* test : tests) {
      if (test->disabled) continue;
      all += test->expected;
      is_guessed |= test->is_guessed;
    }
    return TimeText(all, is_guessed);
  }

  // Of each set, on the host that takes longest.
  std::string Ends() const {
    std::string text;
    for (uint32_t set = 0; set < plan_.sets.size(); ++set) {
      const Schedule* last = nullptr;
      for (const Schedule& schedule : schedules_)
        if (schedule.set == set && (last == nullptr || schedule.end > last->end)) last = &schedule;
      if (last != nullptr)
        text += fmt::format("{} ends after {}\n", plan_.sets[set].name,
                            TimeText(last->end, last->is_guessed));
    }
    return text;
  }

  std::string Tests(const SetPlace& place, const std::vector<const Test*>& tests) const {
    Columns columns;
    for (const Test* test : tests) {
      const size_t number = numbers_[static_cast<size_t>(test - plan_.tests.data())];
      columns.Add({number == 0 ? "-" : std::to_string(number),
                   TimeText(test->expected, test->is_guessed), Describe(*test)});
    }
    return fmt::format("\n{} on {}, {}\n", plan_.sets[place.set].name, plan_.hosts[place.host].name,
                       place.pooled ? "any queue" : "queue " + place.queue) +
           columns.Text("  ");
  }

  std::string Describe(const Test& test) const {
    std::string text = test.name;
    if (test.disabled) text += " (disabled)";
    for (size_t i = 0; i < test.required.size(); ++i)
      text += fmt::format("{}{}", i == 0 ? "  after " : ", ", plan_.tests[test.required[i]].name);
    return text;
  }

  std::string Timeline(const Schedule& schedule) const {
    return fmt::format("\n{} on {} ends after {}\n", plan_.sets[schedule.set].name,
                       plan_.hosts[schedule.host].name,
                       TimeText(schedule.end, schedule.is_guessed)) +
           TimelineText(plan_, schedule);
  }

  const Plan& plan_;
  std::vector<Schedule> schedules_;
  std::vector<size_t> numbers_;  // of tests in their schedules, from 1
};

}  // namespace

std::string WriteTable(const Plan& plan) {
  return Table(plan).Text();
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
  ordered_json json = {{"name", plan.hosts[host].name},
                       {"plan", plan.hosts[host].digest},
                       {"any_machine", plan.hosts[host].any_machine}};
  if (plan.hosts[host].cpus > 0) json["cpus"] = plan.hosts[host].cpus;
  if (plan.hosts[host].memory > 0) json["memory"] = plan.hosts[host].memory;
  json["queues"] = queues;
  return json;
}

double Seconds(uint64_t milliseconds) {
  return static_cast<double>(milliseconds) / 1000;
}

ordered_json ScheduleJson(const Plan& plan, const Schedule& schedule) {
  ordered_json runs = ordered_json::array();
  for (size_t i = 0; i < schedule.tests.size(); ++i) {
    const Run& run = schedule.runs[i];
    runs.push_back({{"test", plan.tests[schedule.tests[i]].name},
                    {"queue", plan.hosts[schedule.host].queues[run.lane]},
                    {"begin", Seconds(run.begin)},
                    {"end", Seconds(run.end)}});
  }
  return {{"set", plan.sets[schedule.set].name},
          {"host", plan.hosts[schedule.host].name},
          {"end", Seconds(schedule.end)},
          {"guessed", schedule.is_guessed},
          {"runs", runs}};
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
          {"cpus", test.cpus},
          {"memory", test.memory},
          {"expected", Seconds(test.expected)},
          {"guessed", test.is_guessed},
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
  document["schedules"] = ordered_json::array();
  for (const Schedule& schedule : SchedulesOf(plan))
    document["schedules"].push_back(ScheduleJson(plan, schedule));
  return document.dump(1) + "\n";
}

}  // namespace kvmtest::plan
