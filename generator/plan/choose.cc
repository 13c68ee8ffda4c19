// `assign = auto` and `assign = pool`: dicts that differ only in the variants that set host and
// queue are alternatives of one test, of which one is chosen.
#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "plan/choices.h"
#include "plan/draft.h"
#include "plan/pooled.h"

namespace kvmtest::plan {
namespace {

using Indices = std::vector<uint32_t>;

class Chooser {
 public:
  Chooser(const Context& context, Draft* draft)
      : context_(context),
        draft_(draft),
        plan_(draft->plan),
        lanes_(draft->plan),
        is_kept_(plan_.tests.size(), true) {}

  void Run() {
    bool any = false;
    for (uint32_t set = 0; set < draft_->sets.size(); ++set) {
      if (plan_.sets[set].assign == AssignWay::kManual) continue;
      ChooseFor(set);
      any = true;
    }
    if (any) DropOthers();
  }

 private:
  void ChooseFor(uint32_t set) {
    const std::vector<Choice> choices = FindChoices(set);
    if (choices.empty()) return;
    const std::vector<Placed> placed = Place(set, choices);
    for (size_t i = 0; i < choices.size(); ++i) {
      Keep(set, choices[i], placed[i].lane);
      // What begins sooner is to be started sooner.
      constexpr uint64_t kNever = 1'000'000'000'000'000;
      if (!placed[i].begin) continue;
      for (uint32_t test : choices[i].alternatives)
        plan_.tests[test].cost = kNever - std::min(*placed[i].begin, kNever - 1);
    }
  }

  // As they are planned already, or now.
  std::vector<Placed> Place(uint32_t set, const std::vector<Choice>& choices) {
    std::vector<Placed> placed;
    for (const Choice& choice : choices) {
      const std::optional<PlannedPlace>& planned = draft_->tests[choice.alternatives[0]].planned;
      if (planned) placed.push_back({lanes_.Find({planned->host, planned->queue}), planned->begin});
    }
    if (placed.size() == choices.size()) return placed;
    const bool tell = IsWanted(context_.options, plan_.sets[set].name);
    return PlaceChoices(context_, *draft_, lanes_, &sets_, choices, tell);
  }

  std::vector<Choice> FindChoices(uint32_t set) {
    std::vector<Choice> choices;
    std::unordered_map<std::string_view, uint32_t> known;
    // Two of one name in one place are no alternatives.
    std::unordered_map<std::string_view, uint32_t> named;
    std::set<std::string_view> told;
    for (uint32_t i = 0; i < plan_.tests.size(); ++i) {
      if (plan_.tests[i].set != set) continue;
      if (draft_->tests[i].is_example) {
        is_kept_[i] = false;
        continue;
      }
      auto [it, is_new] = known.try_emplace(draft_->tests[i].bare_name, choices.size());
      if (is_new) choices.emplace_back();
      auto [twin, is_only] = named.try_emplace(draft_->tests[i].longer_name, i);
      if (is_only)
        choices[it->second].alternatives.push_back(i);
      else if (told.insert(draft_->tests[i].bare_name).second)
        ReportClash(context_, *draft_, {twin->second, i});
    }
    for (Choice& choice : choices) {
      auto is_too_large = [&](uint32_t test) { return IsTooLarge(plan_, plan_.tests[test]); };
      Drop(&choice.alternatives, is_too_large);
      Drop(&choice.alternatives, [&](uint32_t test) { return plan_.tests[test].disabled; });
      Indices lanes;
      for (uint32_t test : choice.alternatives)
        for (uint32_t setup : plan_.tests[test].queues) lanes.push_back(lanes_.OfSetup(setup));
      choice.admitted = sets_.Intern(std::move(lanes));
    }
    return choices;
  }

  // Alternatives on hosts that have not what the test needs, or where it is to be skipped, unless
  // all are.
  template <typename Is>
  void Drop(Indices* all, Is is_unfit) {
    if (std::all_of(all->begin(), all->end(), is_unfit)) return;
    for (uint32_t test : *all)
      if (is_unfit(test)) is_kept_[test] = false;
    std::erase_if(*all, is_unfit);
  }

  void Keep(uint32_t set, const Choice& choice, uint32_t lane) {
    for (uint32_t test : choice.alternatives) is_kept_[test] = false;
    if (plan_.sets[set].assign == AssignWay::kPool) {
      const uint32_t host = lanes_.HostOf(lane);
      const Test whole = NeedsOfAll(choice, host);
      const std::map<uint32_t, uint64_t> timeouts = TimeoutsOfSetups(choice);
      const uint32_t kept = MergeAlternatives(choice.alternatives, host, &plan_);
      Test& test = plan_.tests[kept];
      test.cpus = whole.cpus;
      test.memory = whole.memory;
      test.timeout = whole.timeout;
      test.labels = whole.labels;
      for (uint32_t setup : test.queues) test.queue_timeouts.push_back(timeouts.at(setup));
      if (std::count(test.queue_timeouts.begin(), test.queue_timeouts.end(), test.timeout) ==
          static_cast<ptrdiff_t>(test.queues.size()))
        test.queue_timeouts.clear();
      is_kept_[kept] = true;
      if (plan_.tests[kept].pooled) draft_->tests[kept].queue.reset();
      return;
    }
    for (uint32_t test : choice.alternatives) {
      for (uint32_t setup : plan_.tests[test].queues) {
        if (lanes_.OfSetup(setup) != lane) continue;
        plan_.tests[test].queues = {setup};
        plan_.tests[test].pooled = false;
        is_kept_[test] = true;
        return;
      }
    }
  }

  // Which queue it will be is not known before: what is reserved has to do for any of them.
  Test NeedsOfAll(const Choice& choice, uint32_t host) const {
    Test whole;
    for (uint32_t id : choice.alternatives) {
      const Test& test = plan_.tests[id];
      if (test.host != host) continue;
      whole.cpus = std::max(whole.cpus, test.cpus);
      whole.memory = std::max(whole.memory, test.memory);
      whole.timeout = std::max(whole.timeout, test.timeout);
      for (const std::string& label : test.labels)
        if (std::find(whole.labels.begin(), whole.labels.end(), label) == whole.labels.end())
          whole.labels.push_back(label);
    }
    return whole;
  }

  std::map<uint32_t, uint64_t> TimeoutsOfSetups(const Choice& choice) const {
    std::map<uint32_t, uint64_t> timeouts;
    for (uint32_t test : choice.alternatives)
      for (uint32_t setup : plan_.tests[test].queues)
        timeouts.emplace(setup, plan_.tests[test].timeout);
    return timeouts;
  }

  void DropOthers() {
    size_t kept = 0;
    for (size_t i = 0; i < is_kept_.size(); ++i) {
      if (!is_kept_[i]) continue;
      if (kept != i) {
        plan_.tests[kept] = std::move(plan_.tests[i]);
        draft_->tests[kept] = std::move(draft_->tests[i]);
      }
      ++kept;
    }
    plan_.tests.resize(kept);
    draft_->tests.resize(kept);
  }

  const Context& context_;
  Draft* draft_;
  Plan& plan_;
  LaneTable lanes_;
  LaneSets sets_;
  std::vector<bool> is_kept_;  // by test
};

}  // namespace

void ChooseAlternatives(const Context& context, Draft* draft) {
  Chooser(context, draft).Run();
}

}  // namespace kvmtest::plan
