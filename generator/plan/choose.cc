// `assign = auto` and `assign = pool`: dicts that differ only in the variants that set host and
// queue are alternatives of one test, of which one is chosen.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <unordered_map>
#include <utility>

#include "plan/assign.h"
#include "plan/draft.h"
#include "plan/label_index.h"
#include "plan/pooled.h"

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

bool HasCircle(const Piece& piece) {
  std::vector<size_t> waits_for(piece.parts.size());
  std::vector<Indices> waiting(piece.parts.size());
  Indices ready;
  for (uint32_t i = 0; i < piece.parts.size(); ++i) {
    waits_for[i] = piece.parts[i].required.size();
    for (uint32_t other : piece.parts[i].required) waiting[other].push_back(i);
    if (waits_for[i] == 0) ready.push_back(i);
  }
  for (size_t i = 0; i < ready.size(); ++i)
    for (uint32_t other : waiting[ready[i]])
      if (--waits_for[other] == 0) ready.push_back(other);
  return ready.size() < piece.parts.size();
}

class Chooser {
 public:
  Chooser(const Context& context, Draft* draft)
      : context_(context), draft_(draft), plan_(draft->plan), is_kept_(plan_.tests.size(), true) {
    FindLanes();
  }

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
    Indices required = {};        // other choices
  };

  void ChooseFor(uint32_t set) {
    FindChoices(set);
    if (choices_.empty()) return;
    Components components = Related();
    std::map<uint32_t, Indices> pieces;
    for (uint32_t i = 0; i < choices_.size(); ++i) pieces[components.Of(i)].push_back(i);
    const std::vector<Indices> parts = PartsOf(pieces);
    const AssignProblem problem = ProblemOf(parts);
    const Assignment assignment = Assign(problem);
    for (size_t i = 0; i < parts.size(); ++i) {
      for (size_t k = 0; k < parts[i].size(); ++k) {
        const Choice& choice = choices_[parts[i][k]];
        Keep(set, choice, assignment.lane_of[i]);
        // What begins sooner is to be started sooner.
        if (assignment.begin.empty()) continue;
        constexpr uint64_t kNever = 1'000'000'000'000'000;
        for (uint32_t test : choice.alternatives)
          plan_.tests[test].cost = kNever - std::min(assignment.begin[i][k], kNever - 1);
      }
    }
  }

  // ---- tests and where they can be ----

  // All queues of all hosts, so that they do not depend on which tests there are.
  void FindLanes() {
    std::vector<size_t> first;
    for (uint32_t host = 0; host < plan_.hosts.size(); ++host) {
      first.push_back(host_of_.size());
      host_of_.resize(host_of_.size() + plan_.hosts[host].queues.size(), host);
    }
    for (const QueueSetup& setup : plan_.queues) {
      const std::vector<std::string>& queues = plan_.hosts[setup.host].queues;
      const auto queue = std::find(queues.begin(), queues.end(), setup.queue) - queues.begin();
      lane_of_.push_back(static_cast<uint32_t>(first[setup.host] + static_cast<size_t>(queue)));
    }
  }

  void FindChoices(uint32_t set) {
    choices_.clear();
    std::unordered_map<std::string_view, uint32_t> known;
    for (uint32_t i = 0; i < plan_.tests.size(); ++i) {
      if (plan_.tests[i].set != set) continue;
      auto [it, is_new] = known.try_emplace(draft_->tests[i].bare_name, choices_.size());
      if (is_new) choices_.emplace_back();
      choices_[it->second].alternatives.push_back(i);
    }
    for (Choice& choice : choices_) {
      DropTooLarge(&choice);
      for (uint32_t test : choice.alternatives)
        for (uint32_t setup : plan_.tests[test].queues) choice.lanes.push_back(lane_of_[setup]);
      std::sort(choice.lanes.begin(), choice.lanes.end());
      choice.lanes.erase(std::unique(choice.lanes.begin(), choice.lanes.end()), choice.lanes.end());
    }
  }

  // Alternatives on hosts that have not what the test needs, unless all are.
  void DropTooLarge(Choice* choice) {
    auto is_too_large = [this](uint32_t test) { return IsTooLarge(plan_, plan_.tests[test]); };
    Indices& all = choice->alternatives;
    if (std::all_of(all.begin(), all.end(), is_too_large)) return;
    for (uint32_t test : all) is_kept_[test] = !is_too_large(test);
    std::erase_if(all, is_too_large);
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
            if (HasLabels(labels[other], wanted)) Require(i, other, &components);
        }
      }
    }
    return components;
  }

  void Require(uint32_t choice, uint32_t other, Components* components) {
    components->Unite(choice, other);
    if (choice != other) choices_[choice].required.push_back(other);
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

  // ---- where they shall be ----

  AssignProblem ProblemOf(const std::vector<Indices>& parts) const {
    AssignProblem problem;
    for (const Host& host : plan_.hosts)
      problem.site.machines.push_back({.cpus = host.cpus, .memory = host.memory});
    problem.site.machine_of = host_of_;
    for (const Host& host : plan_.hosts)
      for (const std::string& queue : host.queues)
        problem.lanes.push_back(host.name + "\n" + queue);
    std::map<Indices, uint32_t> admitted;
    for (const Indices& part : parts) {
      auto [it, is_new] =
          admitted.try_emplace(CommonLanes(part), static_cast<uint32_t>(admitted.size()));
      if (is_new) problem.site.admitted.push_back(it->first);
      Piece piece{.name = draft_->tests[choices_[part[0]].alternatives[0]].bare_name,
                  .admitted = it->second};
      for (uint32_t choice : part) {
        const Test& test = plan_.tests[choices_[choice].alternatives[0]];
        piece.parts.push_back({.work = test.expected, .cpus = test.cpus, .memory = test.memory});
        for (uint32_t other : choices_[choice].required) {
          auto found = std::lower_bound(part.begin(), part.end(), other);
          if (found != part.end() && *found == other)
            piece.parts.back().required.push_back(static_cast<uint32_t>(found - part.begin()));
        }
      }
      if (HasCircle(piece))  // told when they are linked
        for (Part& each : piece.parts) each.required.clear();
      problem.pieces.push_back(std::move(piece));
    }
    return problem;
  }

  void Keep(uint32_t set, const Choice& choice, uint32_t lane) {
    for (uint32_t test : choice.alternatives) is_kept_[test] = false;
    if (plan_.sets[set].assign == AssignWay::kPool) {
      const uint32_t kept = MergeAlternatives(choice.alternatives, host_of_[lane], &plan_);
      is_kept_[kept] = true;
      if (plan_.tests[kept].pooled) draft_->tests[kept].queue.reset();
      return;
    }
    for (uint32_t test : choice.alternatives) {
      for (uint32_t setup : plan_.tests[test].queues) {
        if (lane_of_[setup] != lane) continue;
        plan_.tests[test].queues = {setup};
        plan_.tests[test].pooled = false;
        is_kept_[test] = true;
        return;
      }
    }
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
  std::vector<uint32_t> host_of_;  // by lane
  std::vector<uint32_t> lane_of_;  // by setup
};

}  // namespace

void ChooseAlternatives(const Context& context, Draft* draft) {
  if (context.diagnostics.HasErrors()) return;  // places may be missing
  Chooser(context, draft).Run();
}

}  // namespace kvmtest::plan
