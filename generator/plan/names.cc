// Names that outlive a test's move to another queue or host, and are unique all the same.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "plan/draft.h"

namespace kvmtest::plan {
namespace {

using Group = std::vector<uint32_t>;  // tests, by their place in the plan

class Namer {
 public:
  Namer(const Context& context, Draft* draft)
      : context_(context), draft_(draft), plan_(draft->plan) {}

  void Run() {
    for (uint32_t i = 0; i < plan_.tests.size(); ++i) {
      plan_.tests[i].name = Named(i, draft_->tests[i].bare_name);
      without_queue_.push_back(plan_.tests[i].name);
    }
    for (const Group& group : Clashes()) TellApart(group);
    ReportClashes();
    MarkHosts();
    WarnOfRepeats();
    WarnOfLongNames();
  }

 private:
  std::string Named(uint32_t test, const std::string& name) const {
    const std::string& set = plan_.sets[plan_.tests[test].set].name;
    return name.empty() ? set : set + "." + name;
  }

  // Groups of tests of one host with equal names, each in config order.
  std::vector<Group> Clashes() const {
    std::vector<std::unordered_map<std::string_view, uint32_t>> first(plan_.hosts.size());
    std::map<uint32_t, Group> groups;
    for (uint32_t i = 0; i < plan_.tests.size(); ++i) {
      const Test& test = plan_.tests[i];
      auto [known, is_new] = first[test.host].emplace(test.name, i);
      if (is_new) continue;
      Group& group = groups[known->second];
      if (group.empty()) group.push_back(known->second);
      group.push_back(i);
    }
    std::vector<Group> result;
    result.reserve(groups.size());
    for (auto& [_, group] : groups) result.push_back(std::move(group));
    return result;
  }

  // Once for tests of one name, on however many queues and hosts.
  void ReportClashes() const {
    std::set<std::pair<uint32_t, std::string_view>> told;  // sets, and names without places
    for (const Group& group : Clashes()) {
      const uint32_t first = group[0];
      if (told.emplace(plan_.tests[first].set, draft_->tests[first].bare_name).second)
        ReportClash(context_, *draft_, group);
    }
  }

  void WarnOfLongNames() {
    const size_t longest = context_.options.longest_name;
    auto is_long = [&](const Test& test) {
      return test.name.size() > longest && IsWanted(context_.options, plan_.sets[test.set].name);
    };
    auto first = std::find_if(plan_.tests.begin(), plan_.tests.end(), is_long);
    if (first == plan_.tests.end()) return;
    const auto count = std::count_if(first, plan_.tests.end(), is_long);
    context_.Warn(
        "odd-name", draft_->tests[static_cast<size_t>(first - plan_.tests.begin())].origin,
        fmt::format("{} of more than {} bytes, without what the call puts around it, which "
                    "CDash cuts off: '{}'",
                    count == 1 ? "a test has a name" : fmt::format("{} tests have a name", count),
                    longest, first->name));
  }

  // The queue tells apart what a set runs on several queues. Where it does not, the labels that
  // were left out may.
  void TellApart(const Group& group) {
    std::set<std::string> queues;
    for (uint32_t i : group) queues.insert(draft_->tests[i].queue.value_or(""));
    const bool one_each = queues.size() == group.size();
    for (uint32_t i : group) {
      if (one_each && !queues.contains("")) {
        plan_.tests[i].name += "@" + *draft_->tests[i].queue;
      } else {
        plan_.tests[i].name = Named(i, draft_->tests[i].longer_name);
      }
      if (!one_each) without_queue_[i] = plan_.tests[i].name;
    }
  }

  void MarkHosts() {
    std::unordered_map<std::string_view, uint32_t> host_of;
    std::set<std::string_view> several;
    for (const Test& test : plan_.tests) {
      auto [known, is_new] = host_of.emplace(test.name, test.host);
      if (!is_new && known->second != test.host) several.insert(test.name);
    }
    for (Test& test : plan_.tests) test.on_several_hosts = several.contains(test.name);
    if (!several.empty()) CheckAllHosts();
  }

  // Who shows all hosts at once must be able to tell "a@b" of a queue from "a@b" of a host.
  void CheckAllHosts() {
    std::unordered_map<std::string, uint32_t> shown;
    for (uint32_t i = 0; i < plan_.tests.size(); ++i) {
      const Test& test = plan_.tests[i];
      std::string name = test.name;
      if (test.on_several_hosts) name += "@" + plan_.hosts[test.host].name;
      auto [known, is_new] = shown.emplace(name, i);
      if (is_new || plan_.tests[known->second].host == test.host) continue;
      context_.Error(
          "name-clash", draft_->tests[i].origin,
          fmt::format("tests of two hosts have the name '{}' where all hosts are shown", name),
          {ClashNote(known->second), ClashNote(i)});
    }
  }

  language::Note ClashNote(uint32_t test) const {
    return {draft_->tests[test].origin,
            fmt::format("'{}' of host '{}' is one", plan_.tests[test].full_name,
                        plan_.hosts[plan_.tests[test].host].name)};
  }

  // A set that says where its tests run is meant to run each of them once.
  void WarnOfRepeats() {
    if (context_.diagnostics.HasErrors() && !context_.options.go_on) return;  // which say more
    std::vector<std::unordered_map<std::string_view, Group>> times(plan_.sets.size());
    for (uint32_t i = 0; i < plan_.tests.size(); ++i) {
      times[plan_.tests[i].set][without_queue_[i]].push_back(i);
    }
    for (size_t set = 0; set < times.size(); ++set) {
      if (!IsWanted(context_.options, plan_.sets[set].name)) continue;
      size_t repeated = 0;
      const Group* first = nullptr;
      for (const auto& [_, group] : times[set]) {
        if (IsInOnePlace(group) || MayRepeat(group)) continue;
        ++repeated;
        if (first == nullptr || group[0] < first->front()) first = &group;
      }
      // Others are chosen once, unless errors kept them from that.
      if (repeated == 0 || plan_.sets[set].assign != AssignWay::kManual) continue;
      context_.Warn("repeated-test", draft_->sets[set].span,
                    fmt::format("set '{}' runs {} of its {} tests on more than one queue or host",
                                plan_.sets[set].name, repeated, times[set].size()),
                    {Places(*first)});
    }
  }

  // Tests of one name in one place are told otherwise.
  bool IsInOnePlace(const Group& group) const {
    return std::all_of(group.begin(), group.end(), [&](uint32_t i) {
      return plan_.tests[i].host == plan_.tests[group[0]].host &&
             draft_->tests[i].queue == draft_->tests[group[0]].queue;
    });
  }

  bool MayRepeat(const Group& group) const {
    return std::all_of(group.begin(), group.end(), [this](uint32_t i) {
      return IsYes(ParamOf(plan_, plan_.tests[i], "may_repeat"));
    });
  }

  // Where the tests run that are one.
  language::Note Places(const Group& group) const {
    constexpr size_t kMost = 3;
    std::string text;
    for (size_t i = 0; i < std::min(group.size(), kMost); ++i) {
      const std::string& host = plan_.hosts[plan_.tests[group[i]].host].name;
      const std::optional<std::string>& queue = draft_->tests[group[i]].queue;
      text += i == 0 ? "" : ", ";
      text += queue ? fmt::format("queue '{}' of host '{}'", *queue, host)
                    : fmt::format("host '{}'", host);
    }
    if (group.size() > kMost) text += fmt::format(" and {} more", group.size() - kMost);
    return {draft_->tests[group[0]].origin,
            fmt::format("'{}' runs on {}", without_queue_[group[0]], text)};
  }

  const Context& context_;
  Draft* draft_;
  Plan& plan_;
  // The name but for what tells apart the places where the test runs, by test.
  std::vector<std::string> without_queue_;
};

}  // namespace

void ReportClash(const Context& context, const Draft& draft, const std::vector<uint32_t>& tests) {
  const Test& first = draft.plan.tests[tests[0]];
  const Test& second = draft.plan.tests[tests[1]];
  context.Error("name-clash", draft.tests[tests[1]].origin,
                fmt::format("{} tests of host '{}' have the name '{}'", tests.size(),
                            draft.plan.hosts[first.host].name,
                            first.name.empty() ? first.full_name : first.name),
                {{draft.tests[tests[0]].origin, fmt::format("'{}' is one", first.full_name)},
                 {draft.tests[tests[1]].origin, fmt::format("'{}' is another", second.full_name)}});
}

void NameTests(const Context& context, Draft* draft) {
  Namer(context, draft).Run();
}

}  // namespace kvmtest::plan
