#include "plan/choices.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <unordered_map>
#include <utility>

#include "plan/assign.h"
#include "plan/components.h"
#include "plan/label_index.h"

namespace kvmtest::plan {
namespace {

using Indices = std::vector<uint32_t>;

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

class Placing {
 public:
  Placing(const Context& context, const Draft& draft, const LaneTable& lanes, LaneSets* sets,
          const std::vector<Choice>& choices, bool tell)
      : context_(context),
        draft_(draft),
        lanes_(lanes),
        sets_(sets),
        choices_(choices),
        tell_(tell),
        required_(choices.size()) {}

  std::vector<Placed> Run() {
    FindRequired();
    const std::vector<Indices> parts = Parts();
    const Assignment assignment = Assign(ProblemOf(parts));
    std::vector<Placed> placed(choices_.size());
    for (size_t i = 0; i < parts.size(); ++i) {
      for (size_t k = 0; k < parts[i].size(); ++k) {
        Placed& place = placed[parts[i][k]];
        place.lane = assignment.lane_of[i];
        if (!assignment.begin.empty()) place.begin = assignment.begin[i][k];
      }
    }
    return placed;
  }

 private:
  const DraftTest& Example(uint32_t choice) const {
    return draft_.tests[choices_[choice].alternatives[0]];
  }

  void FindRequired() {
    std::vector<Labels> labels;
    LabelIndex index;
    for (uint32_t i = 0; i < choices_.size(); ++i) {
      labels.push_back(SplitLabels(Example(i).bare_name));
      index.Add(i, labels.back());
    }
    for (uint32_t i = 0; i < choices_.size(); ++i) {
      std::set<std::string_view> seen;
      for (uint32_t test : choices_[i].alternatives) {
        for (const Dependency& dependency : draft_.tests[test].dependencies) {
          if (!seen.insert(dependency.labels).second) continue;
          const Labels wanted = SplitLabels(dependency.labels);
          for (uint32_t other : index.Candidates(wanted))
            if (other != i && HasLabels(labels[other], wanted)) required_[i].push_back(other);
        }
      }
    }
  }

  // What requires each other, as far as some queue admits it as a whole.
  std::vector<Indices> Parts() {
    Components components(choices_.size());
    for (uint32_t i = 0; i < choices_.size(); ++i)
      for (uint32_t other : required_[i]) components.Unite(i, other);
    std::vector<Indices> parts;
    for (Indices& related : components.All()) {
      if (CommonLanes(related)) {
        parts.push_back(std::move(related));
        continue;
      }
      if (tell_) WarnApart(related);
      for (Indices& some : Split(related)) parts.push_back(std::move(some));
    }
    return parts;
  }

  // In config order, each joins what it requires while some queue admits all.
  std::vector<Indices> Split(const Indices& related) {
    struct Group {
      Indices choices;
      uint32_t admitted;
    };
    std::vector<Group> groups;
    std::unordered_map<uint32_t, size_t> group_of;
    for (uint32_t choice : related) {
      group_of[choice] = groups.size();
      groups.push_back({{choice}, choices_[choice].admitted});
    }
    for (uint32_t choice : related) {
      for (uint32_t other : required_[choice]) {
        size_t large = group_of[choice], small = group_of[other];
        if (large == small) continue;
        if (groups[large].choices.size() < groups[small].choices.size()) std::swap(large, small);
        const auto common = Common(groups[large].admitted, groups[small].admitted);
        if (!common) continue;
        groups[large].admitted = *common;
        for (uint32_t moved : groups[small].choices) {
          group_of[moved] = large;
          groups[large].choices.push_back(moved);
        }
        groups[small].choices.clear();
      }
    }
    std::vector<Indices> parts;
    for (Group& group : groups) {
      std::sort(group.choices.begin(), group.choices.end());
      if (!group.choices.empty()) parts.push_back(std::move(group.choices));
    }
    return parts;
  }

  // A set of lanes; nothing if it would be empty.
  std::optional<uint32_t> CommonLanes(const Indices& related) {
    std::optional<uint32_t> common = choices_[related[0]].admitted;
    for (size_t i = 1; i < related.size() && common; ++i)
      common = Common(*common, choices_[related[i]].admitted);
    return common;
  }

  std::optional<uint32_t> Common(uint32_t one, uint32_t other) {
    if (one == other) return one;
    const Indices& a = sets_->Get(one);
    const Indices& b = sets_->Get(other);
    Indices both;
    std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(both));
    if (both.empty()) return std::nullopt;
    return sets_->Intern(std::move(both));
  }

  void WarnApart(const Indices& related) {
    const DraftTest& first = Example(related[0]);
    const DraftTest& last = Example(related.back());
    context_.Warn(
        "apart", first.origin,
        fmt::format(
            "'{}' and {} of set '{}' that require each other are on no queue together",
            first.bare_name,
            related.size() == 2 ? "one" : fmt::format("{} tests", related.size() - 1),
            draft_.plan.sets[draft_.plan.tests[choices_[related[0]].alternatives[0]].set].name),
        {{last.origin, fmt::format("'{}' is one of them", last.bare_name)}},
        "let the filters of some queue admit all of them");
  }

  AssignProblem ProblemOf(const std::vector<Indices>& parts) {
    AssignProblem problem;
    for (const Host& host : draft_.plan.hosts)
      problem.site.machines.push_back({.cpus = host.cpus, .memory = host.memory});
    for (uint32_t lane = 0; lane < lanes_.hosts().size(); ++lane)
      problem.lanes.push_back(lanes_.Get(lane).host + "\n" + lanes_.Get(lane).queue);
    problem.site.machine_of = lanes_.hosts();
    std::unordered_map<uint32_t, uint32_t> known;  // sets of lanes
    for (const Indices& part : parts) {
      const uint32_t admitted = *CommonLanes(part);
      auto [it, is_new] = known.try_emplace(admitted, static_cast<uint32_t>(known.size()));
      if (is_new) problem.site.admitted.push_back(sets_->Get(admitted));
      problem.pieces.push_back(PieceOf(part, it->second));
    }
    return problem;
  }

  Piece PieceOf(const Indices& part, uint32_t admitted) const {
    Piece piece{.name = Example(part[0]).bare_name, .admitted = admitted};
    for (uint32_t choice : part) {
      piece.parts.push_back(PartOf(choices_[choice]));
      for (uint32_t other : required_[choice]) {
        auto found = std::lower_bound(part.begin(), part.end(), other);
        if (found != part.end() && *found == other)
          piece.parts.back().required.push_back(static_cast<uint32_t>(found - part.begin()));
      }
    }
    if (HasCircle(piece))  // told when they are linked
      for (Part& each : piece.parts) each.required.clear();
    return piece;
  }

  // Of a pool, what does for all of its queues.
  Part PartOf(const Choice& choice) const {
    const std::vector<Test>& tests = draft_.plan.tests;
    const Test& first = tests[choice.alternatives[0]];
    Part part{.work = first.expected, .cpus = first.cpus, .memory = first.memory};
    if (draft_.plan.sets[first.set].assign != AssignWay::kPool) return part;
    for (uint32_t id : choice.alternatives) {
      part.cpus = std::max(part.cpus, tests[id].cpus);
      part.memory = std::max(part.memory, tests[id].memory);
    }
    return part;
  }

  const Context& context_;
  const Draft& draft_;
  const LaneTable& lanes_;
  LaneSets* sets_;
  const std::vector<Choice>& choices_;
  const bool tell_;
  std::vector<Indices> required_;  // by choice: other choices
};

}  // namespace

LaneTable::LaneTable(const Plan& plan) {
  for (uint32_t host = 0; host < plan.hosts.size(); ++host) {
    for (const std::string& queue : plan.hosts[host].queues) {
      ids_[{plan.hosts[host].name, queue}] = static_cast<uint32_t>(names_.size());
      names_.push_back({plan.hosts[host].name, queue});
      host_of_.push_back(host);
    }
  }
  for (const QueueSetup& setup : plan.queues)
    lane_of_.push_back(Find({plan.hosts[setup.host].name, setup.queue}));
}

uint32_t LaneSets::Intern(std::vector<uint32_t> lanes) {
  std::sort(lanes.begin(), lanes.end());
  lanes.erase(std::unique(lanes.begin(), lanes.end()), lanes.end());
  auto [it, is_new] = ids_.try_emplace(std::move(lanes), static_cast<uint32_t>(lists_.size()));
  if (is_new) lists_.push_back(&it->first);
  return it->second;
}

std::vector<Placed> PlaceChoices(const Context& context, const Draft& draft, const LaneTable& lanes,
                                 LaneSets* sets, const std::vector<Choice>& choices, bool tell) {
  return Placing(context, draft, lanes, sets, choices, tell).Run();
}

}  // namespace kvmtest::plan
