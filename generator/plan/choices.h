// Tests that may run in several places, and where the planner puts each of them.
#ifndef KVMTEST_PLAN_CHOICES_H_
#define KVMTEST_PLAN_CHOICES_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "plan/draft.h"

namespace kvmtest::plan {

struct Lane {
  std::string host;
  std::string queue;

  auto operator<=>(const Lane&) const = default;
};

// All queues of all hosts, whichever tests there are.
class LaneTable {
 public:
  explicit LaneTable(const Plan& plan);

  uint32_t OfSetup(uint32_t setup) const { return lane_of_[setup]; }  // of one in Plan::queues
  uint32_t HostOf(uint32_t lane) const { return host_of_[lane]; }
  const std::vector<uint32_t>& hosts() const { return host_of_; }  // by lane
  const Lane& Get(uint32_t lane) const { return names_[lane]; }
  uint32_t Find(const Lane& lane) const { return ids_.at(lane); }

 private:
  std::vector<Lane> names_;
  std::map<Lane, uint32_t> ids_;
  std::vector<uint32_t> host_of_;
  std::vector<uint32_t> lane_of_;  // by setup
};

// Sets of lanes, each kept once.
class LaneSets {
 public:
  // Sorts them.
  uint32_t Intern(std::vector<uint32_t> lanes);
  const std::vector<uint32_t>& Get(uint32_t id) const { return *lists_[id]; }

 private:
  std::map<std::vector<uint32_t>, uint32_t> ids_;
  std::vector<const std::vector<uint32_t>*> lists_;
};

struct Choice {
  // In Plan::tests: the test as it would be in its places, or in the first of them.
  std::vector<uint32_t> alternatives = {};
  uint32_t admitted = 0;  // in LaneSets; not empty
};

struct Placed {
  uint32_t lane = 0;
  std::optional<uint64_t> begin = {};  // milliseconds; nothing: any order will do
};

// The choices of one set, by Assign(). Tests that require each other stay together: what a test
// leaves behind is its queue's. Where no queue admits all of them that is told, with `tell`.
std::vector<Placed> PlaceChoices(const Context& context, const Draft& draft, const LaneTable& lanes,
                                 LaneSets* sets, const std::vector<Choice>& choices, bool tell);

}  // namespace kvmtest::plan

#endif  // KVMTEST_PLAN_CHOICES_H_
