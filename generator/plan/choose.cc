// `assign = auto` and `assign = pool`: dicts that differ only in the variants that set host and
// queue are alternatives of one test, of which one is chosen.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "plan/assign.h"
#include "plan/draft.h"
#include "plan/label_index.h"

namespace kvmtest::plan {
namespace {

using Indices = std::vector<uint32_t>;

// Each element's set, as a number that no other set has.
class Components {
 public:
  explicit Components(size_t size) : parent_(size) { std::iota(parent_.begin(), parent_.end(), 0); }

  uint32_t Of(uint32_t element) {
    while (parent_[element] != element) {
      parent_[element] = parent_[parent_[element]];
      element = parent_[element];
    }
    return element;
  }
  void Unite(uint32_t a, uint32_t b) { parent_[std::max(Of(a), Of(b))] = std::min(Of(a), Of(b)); }

 private:
  Indices parent_;
};

class Chooser {
 public:
  Chooser(const Context& context, Draft* draft)
      : context_(context), draft_(draft), plan_(draft->plan), is_kept_(plan_.tests.size(), true) {}

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
  // A test with its alternatives, in config order.
  struct Choice {
    Indices alternatives;
    std::vector<uint32_t> lanes;  // that admit it, ascending
  };

  void ChooseFor(uint32_t set) {
    FindChoices(set);
    if (choices_.empty()) return;
    Components components = Related();
    std::map<uint32_t, Indices> pieces;
    for (uint32_t i = 0; i < choices_.size(); ++i) pieces[components.Of(i)].push_back(i);
    const std::vector<Indices> parts = PartsOf(pieces);
    const AssignProblem problem = ProblemOf(parts);
    const std::vector<uint32_t> lane_of = Assign(problem);
    for (size_t i = 0; i < parts.size(); ++i)
      for (uint32_t choice : parts[i]) Keep(set, choices_[choice], lane_of[i]);
  }

  // ---- tests and where they can be
  // ---------------------------------------------------------------

  void FindChoices(uint32_t set) {
    choices_.clear();
    lanes_.clear();
    std::unordered_map<std::string_view, uint32_t> known;
    for (uint32_t i = 0; i < plan_.tests.size(); ++i) {
      if (plan_.tests[i].set != set) continue;
      auto [it, is_new] = known.try_emplace(draft_->tests[i].bare_name, choices_.size());
      if (is_new) choices_.emplace_back();
      choices_[it->second].alternatives.push_back(i);
    }
    // By host and queue, so that they do not depend on which tests there are.
    for (const Choice& choice : choices_)
      for (uint32_t test : choice.alternatives)
        for (uint32_t setup : plan_.tests[test].queues) lanes_.insert(LaneKeyOf(setup));
    for (Choice& choice : choices_) {
      for (uint32_t test : choice.alternatives)
        for (uint32_t setup : plan_.tests[test].queues) choice.lanes.push_back(LaneOf(setup));
      std::sort(choice.lanes.begin(), choice.lanes.end());
      choice.lanes.erase(std::unique(choice.lanes.begin(), choice.lanes.end()), choice.lanes.end());
    }
  }

  using LaneKey = std::pair<uint32_t, std::string>;
  LaneKey LaneKeyOf(uint32_t setup) const {
    return {plan_.queues[setup].host, plan_.queues[setup].queue};
  }
  uint32_t LaneOf(uint32_t setup) const {
    return static_cast<uint32_t>(std::distance(lanes_.begin(), lanes_.find(LaneKeyOf(setup))));
  }

  // Tests that require each other stay together: what a test leaves behind is its queue's.
  Components Related() {
    Components components(choices_.size());
    std::vector<Labels> labels;
    LabelIndex index;
    for (uint32_t i = 0; i < choices_.size(); ++i) {
      labels.push_back(SplitLabels(draft_->tests[choices_[i].alternatives[0]].bare_name));
      index.Add(i, labels.back());
    }
    for (uint32_t i = 0; i < choices_.size(); ++i) {
      std::set<std::string_view> seen;
      for (uint32_t test : choices_[i].alternatives) {
        for (const Dependency& dependency : draft_->tests[test].dependencies) {
          if (!seen.insert(dependency.labels).second) continue;
          const Labels wanted = SplitLabels(dependency.labels);
          for (uint32_t other : index.Candidates(wanted))
            if (HasLabels(labels[other], wanted)) components.Unite(i, other);
        }
      }
    }
    return components;
  }

  // The components; those that no queue admits as a whole, test by test.
  std::vector<Indices> PartsOf(const std::map<uint32_t, Indices>& pieces) {
    std::vector<Indices> parts;
    for (const auto& [_, choices] : pieces) {
      if (!CommonLanes(choices).empty()) {
        parts.push_back(choices);
        continue;
      }
      WarnApart(choices);
      for (uint32_t choice : choices) parts.push_back({choice});
    }
    return parts;
  }

  Indices CommonLanes(const Indices& choices) const {
    Indices common = choices_[choices[0]].lanes;
    for (uint32_t choice : choices) {
      Indices both;
      const Indices& lanes = choices_[choice].lanes;
      std::set_intersection(common.begin(), common.end(), lanes.begin(), lanes.end(),
                            std::back_inserter(both));
      common = std::move(both);
    }
    return common;
  }

  void WarnApart(const Indices& choices) {
    const uint32_t first = choices_[choices[0]].alternatives[0];
    const uint32_t last = choices_[choices.back()].alternatives[0];
    context_.Warn(
        "apart", draft_->tests[first].origin,
        fmt::format("'{}' and {} that require each other are on no queue together",
                    draft_->tests[first].bare_name,
                    choices.size() == 2 ? "one" : fmt::format("{} tests", choices.size() - 1)),
        {{draft_->tests[last].origin,
          fmt::format("'{}' is one of them", draft_->tests[last].bare_name)}},
        "let the filters of some queue admit all of them");
  }

  // ---- where they shall be
  // -----------------------------------------------------------------------

  AssignProblem ProblemOf(const std::vector<Indices>& parts) const {
    AssignProblem problem;
    problem.machines.resize(plan_.hosts.size());
    for (const LaneKey& lane : lanes_)
      problem.lanes.push_back({lane.first, plan_.hosts[lane.first].name + "\n" + lane.second});
    std::map<Indices, uint32_t> admitted;
    for (const Indices& part : parts) {
      auto [it, is_new] =
          admitted.try_emplace(CommonLanes(part), static_cast<uint32_t>(admitted.size()));
      if (is_new) problem.admitted.push_back(it->first);
      Piece piece{.name = draft_->tests[choices_[part[0]].alternatives[0]].bare_name,
                  .admitted = it->second};
      for (uint32_t choice : part)
        piece.work += plan_.tests[choices_[choice].alternatives[0]].expected;
      problem.pieces.push_back(std::move(piece));
    }
    return problem;
  }

  void Keep(uint32_t set, const Choice& choice, uint32_t lane) {
    const LaneKey& key = *std::next(lanes_.begin(), lane);
    for (uint32_t test : choice.alternatives) is_kept_[test] = false;
    if (plan_.sets[set].assign == AssignWay::kPool) return KeepPooled(choice, key.first);
    for (uint32_t test : choice.alternatives) {
      for (uint32_t setup : plan_.tests[test].queues) {
        if (LaneKeyOf(setup) != key) continue;
        plan_.tests[test].queues = {setup};
        plan_.tests[test].pooled = false;
        is_kept_[test] = true;
        return;
      }
    }
  }

  // One test that any of the host's queues may run, each with what its dict says.
  void KeepPooled(const Choice& choice, uint32_t host) {
    Test* kept = nullptr;
    std::vector<uint32_t> setups;
    for (uint32_t test : choice.alternatives) {
      if (plan_.tests[test].host != host) continue;
      if (kept == nullptr) {
        kept = &plan_.tests[test];
        is_kept_[test] = true;
        draft_->tests[test].queue.reset();
      }
      for (uint32_t setup : plan_.tests[test].queues) {
        auto same_queue = [&](uint32_t other) { return LaneKeyOf(other) == LaneKeyOf(setup); };
        if (std::any_of(setups.begin(), setups.end(), same_queue)) continue;
        setups.push_back(setup);
        kept->queue_params.push_back(plan_.tests[test].params);
      }
    }
    kept->queues = std::move(setups);
    kept->pooled = true;
    ShareParams(kept);
  }

  // What all queues have in common is the test's.
  static void ShareParams(Test* test) {
    std::map<std::pair<TextId, TextId>, size_t> times;
    for (const std::vector<Param>& params : test->queue_params)
      for (Param param : params) ++times[{param.key, param.value}];
    auto is_shared = [&](Param param) {
      return times.at({param.key, param.value}) == test->queue_params.size();
    };
    std::erase_if(test->params, [&](Param param) { return !is_shared(param); });
    bool any = false;
    for (std::vector<Param>& params : test->queue_params) {
      std::erase_if(params, is_shared);
      any |= !params.empty();
    }
    if (!any) test->queue_params.clear();
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
  std::vector<bool> is_kept_;  // by test
  std::vector<Choice> choices_;
  std::set<LaneKey> lanes_;
};

}  // namespace

void ChooseAlternatives(const Context& context, Draft* draft) {
  if (context.diagnostics.HasErrors()) return;  // places may be missing
  Chooser(context, draft).Run();
}

}  // namespace kvmtest::plan
