// Where there are very many alternatives: which of them the planner would choose, found out from
// one dict of each test and of each place.
#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "language/expand.h"
#include "language/explosion.h"
#include "plan/choices.h"
#include "plan/draft.h"
#include "plan/independence.h"
#include "plan/network.h"

namespace kvmtest::plan {
namespace {

using Indices = std::vector<uint32_t>;

class Preselection {
 public:
  // Where tests are apart is told in `context`.
  Preselection(const Context& context, const Draft& draft, Alternatives::Set* set)
      : context_(context), draft_(draft), set_(*set), lanes_(draft.plan) {
    for (const Alternatives::Place& place : set_.places) {
      Indices lanes;
      for (uint32_t setup : draft_.plan.tests[place.example].queues)
        lanes.push_back(lanes_.OfSetup(setup));
      lanes_of_place_.push_back(std::move(lanes));
    }
  }

  void Run() {
    ShowPlaces();
    std::vector<Choice> choices;
    const std::vector<Indices> groups_of = GroupPlaces();
    std::map<Indices, uint32_t> admitted;  // by groups
    for (uint32_t test = 0; test < set_.tests.size(); ++test) {
      auto [it, is_new] = admitted.try_emplace(groups_of[test], 0);
      if (is_new) it->second = LanesOfGroups(groups_of[test]);
      choices.push_back({{set_.tests[test].example}, WithoutTooSmall(test, it->second)});
    }
    const bool tell = IsWanted(context_.options, context_.config.variant(set_.variant).text);
    Choose(PlaceChoices(context_, draft_, lanes_, &sets_, choices, tell));
  }

 private:
  // Each place has to be seen with its first test, the first that has most NICs, and those of
  // other networks, for that is what rules about addresses look at.
  void ShowPlaces() {
    std::vector<std::set<std::string>> networks;  // by test
    if (draft_.plan.hosts.size() > 1)
      for (const Alternatives::Alternating& test : set_.tests)
        networks.push_back(NetworksOf(draft_.plan, draft_.plan.tests[test.example]));
    for (Alternatives::Place& place : set_.places) {
      uint32_t largest = place.tests[0];
      std::set<std::string> seen;
      place.shown.push_back(largest);
      for (uint32_t test : place.tests) {
        if (NicsOf(test) > NicsOf(largest)) largest = test;
        if (networks.empty() || networks[test].empty()) continue;
        const size_t before = seen.size();
        seen.insert(networks[test].begin(), networks[test].end());
        if (seen.size() > before) place.shown.push_back(test);
      }
      place.shown.push_back(largest);
    }
  }

  uint64_t NicsOf(uint32_t test) const { return draft_.plan.tests[set_.tests[test].example].nics; }

  // Places that admit the same tests are one group; for each test the groups that admit it.
  std::vector<Indices> GroupPlaces() {
    std::map<Indices, uint32_t> known;
    std::vector<Indices> groups_of(set_.tests.size());
    for (uint32_t place = 0; place < set_.places.size(); ++place) {
      Indices& tests = set_.places[place].tests;
      auto [it, is_new] = known.try_emplace(tests, static_cast<uint32_t>(groups_.size()));
      if (is_new) {
        groups_.emplace_back();
        for (uint32_t test : tests) groups_of[test].push_back(it->second);
      }
      groups_[it->second].push_back(place);
    }
    return groups_of;
  }

  uint32_t LanesOfGroups(const Indices& groups) {
    Indices lanes;
    for (uint32_t group : groups)
      for (uint32_t place : groups_[group])
        lanes.insert(lanes.end(), lanes_of_place_[place].begin(), lanes_of_place_[place].end());
    return sets_.Intern(std::move(lanes));
  }

  // On hosts that have what the test needs, unless none has.
  uint32_t WithoutTooSmall(uint32_t test, uint32_t admitted) {
    Test example;
    const Test& needs = draft_.plan.tests[set_.tests[test].example];
    example.cpus = needs.cpus;
    example.memory = needs.memory;
    if (example.cpus == 0 && example.memory == 0) return admitted;
    Indices kept;
    for (uint32_t lane : sets_.Get(admitted)) {
      example.host = lanes_.HostOf(lane);
      if (!IsTooLarge(draft_.plan, example)) kept.push_back(lane);
    }
    return kept.empty() ? admitted : sets_.Intern(std::move(kept));
  }

  // The first place with the test's lane; of a pool all places on its host.
  void Choose(const std::vector<Placed>& placed) {
    const bool is_pool = set_.assign == AssignWay::kPool;
    std::vector<Indices> chosen(set_.tests.size());
    for (uint32_t place = 0; place < set_.places.size(); ++place) {
      const Indices& lanes = lanes_of_place_[place];
      for (uint32_t test : set_.places[place].tests) {
        const uint32_t lane = placed[test].lane;
        if (is_pool ? lanes_.HostOf(lanes[0]) == lanes_.HostOf(lane)
                    : chosen[test].empty() &&
                          std::find(lanes.begin(), lanes.end(), lane) != lanes.end())
          chosen[test].push_back(place);
      }
    }
    for (uint32_t test = 0; test < chosen.size(); ++test) {
      const Lane lane = lanes_.Get(placed[test].lane);
      set_.planned.push_back({lane.host, lane.queue, placed[test].begin});
      set_.tests[test].chosen_begin = static_cast<uint32_t>(set_.chosen.size());
      set_.chosen.insert(set_.chosen.end(), chosen[test].begin(), chosen[test].end());
      set_.tests[test].chosen_end = static_cast<uint32_t>(set_.chosen.size());
    }
  }

  const Context& context_;
  const Draft& draft_;
  Alternatives::Set& set_;
  LaneTable lanes_;
  LaneSets sets_;
  std::vector<Indices> lanes_of_place_;
  std::vector<Indices> groups_;  // places
};

bool HasVeryMany(const Context& context, const Structure& structure) {
  const language::Config& config = context.config;
  if (structure.set_block == language::kNone || !language::WantedIsAskedFirst(config)) return false;
  const std::vector<VariantId>& sets = config.blocks()[structure.set_block].variants;
  if (std::none_of(sets.begin(), sets.end(),
                   [&](VariantId set) { return config.VariantAssigns(set, "assign"); }))
    return false;
  const uint64_t very_many = context.options.very_many;
  return language::CountWithoutFilters(config) >= static_cast<double>(very_many) &&
         language::CountQuickly(config, /*thorough=*/true).dicts >= very_many;
}

// Tests of other variants, but of one name.
bool HaveTwins(const Draft& draft, Alternatives& alternatives) {
  for (const Alternatives::Set& set : alternatives.sets()) {
    std::set<std::string_view> names;
    for (const Alternatives::Alternating& test : set.tests)
      if (!names.insert(draft.tests[test.example].bare_name).second) return true;
  }
  return false;
}

}  // namespace

std::optional<Alternatives> Preselect(const Context& context, const Structure& structure) {
  if (!HasVeryMany(context, structure)) return std::nullopt;
  if (!ArePlacesIndependent(context, structure)) return std::nullopt;
  // What is wrong with the dicts will be told of those that are made.
  language::Diagnostics unheard;
  unheard.set_warnings(false);
  const Context quiet{context.config, context.options, unheard};
  std::optional<Alternatives> alternatives(std::in_place, context.config, structure);
  Draft draft = CollectFirst(quiet, &*alternatives);
  if (!draft.complete) return std::nullopt;
  ExpectTimes(quiet, &draft);
  PlaceTests(quiet, &draft);
  ReadCapacities(quiet, &draft);
  // Which dicts are alternatives is told by names then.
  if (HaveTwins(draft, *alternatives)) return std::nullopt;
  for (Alternatives::Set& set : alternatives->sets()) {
    if (set.assign == AssignWay::kManual) continue;
    Preselection(context, draft, &set).Run();
  }
  return alternatives;
}

bool IsAsPreselected(const Draft& draft) {
  const Plan& plan = draft.plan;
  for (size_t i = 0; i < plan.tests.size(); ++i) {
    const Test& test = plan.tests[i];
    const std::optional<PlannedPlace>& planned = draft.tests[i].planned;
    if (!planned || draft.tests[i].is_example) continue;
    if (plan.hosts[test.host].name != planned->host) return false;
    auto is_there = [&](uint32_t setup) { return plan.queues[setup].queue == planned->queue; };
    if (plan.sets[test.set].assign == AssignWay::kAuto &&
        std::none_of(test.queues.begin(), test.queues.end(), is_there))
      return false;
  }
  return true;
}

}  // namespace kvmtest::plan
