// Which dicts are worth making.
//
// A planned set that does not say where its tests run has each of them once per host and queue:
// with hundreds of hosts, millions of dicts, of which one per test will be used. Where there are so
// many, the variants alone are looked at first (a twentieth of the time), and only a test's first
// dict is made, and each place's. From these the planner chooses, and then those that it chose are
// made. That is only as right as a place is the same for all tests and a test in all places, which
// the text has to promise (plan/independence.h).
#ifndef KVMTEST_PLAN_ALTERNATIVES_H_
#define KVMTEST_PLAN_ALTERNATIVES_H_

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "language/config.h"
#include "plan/plan.h"
#include "plan/structure.h"

namespace kvmtest::plan {

using language::VariantId;

// Where the planner put a test.
struct PlannedPlace {
  std::string host = {};
  std::string queue = {};
  std::optional<uint64_t> begin = {};  // milliseconds; nothing: any order will do
};

// Made in a first pass over all dicts, and asked in a second one.
class Alternatives {
 public:
  // What a dict's variants say, apart from its set.
  struct Place {
    std::vector<VariantId> variants = {};  // of blocks that assign host or queue
    uint32_t example = 0;                  // its first dict, as a test
    std::vector<uint32_t> tests = {};      // that it admits
    std::vector<uint32_t> shown = {};      // of these: made there whatever is chosen
  };
  struct Alternating {
    uint32_t begin = 0;  // of all its other variants, in Set::variants
    uint32_t end = 0;
    uint32_t first = 0;         // the place of its first dict
    uint32_t example = 0;       // that dict, as a test
    uint32_t chosen_begin = 0;  // places, in Set::chosen; none: the first
    uint32_t chosen_end = 0;
  };
  struct Set {
    VariantId variant = language::kNone;
    AssignWay assign = AssignWay::kManual;  // of its first dict
    std::vector<Place> places = {};
    std::vector<Alternating> tests = {};
    // Of all tests, one behind the other: millions of dicts are compared with them.
    std::vector<VariantId> variants = {};
    std::vector<uint32_t> chosen = {};
    std::vector<PlannedPlace> planned = {};  // beside `tests`; empty: nothing could be planned
  };

  Alternatives(const language::Config& config, const Structure& structure);

  // ---- first pass ----

  // Is it the first of its set, its test or its place? Of manual sets all count.
  bool IsNew(std::span<const VariantId> variants);
  // The dict for which that was said is this test.
  void Made(uint32_t test, AssignWay assign);

  std::vector<Set>& sets() { return sets_; }

  // ---- second pass ----

  enum class Use : uint8_t { kNone, kTest, kExample };
  Use UseOf(std::span<const VariantId> variants);

  // Of the test that was asked for last; null if nothing was planned.
  const PlannedPlace* Planned() const;

  // The variants of planned sets' dicts, made or not; by variant.
  void MarkTaken(std::vector<bool>* taken) const;

 private:
  enum class Role : uint8_t { kTest, kPlace, kSet };
  using Variants = std::vector<VariantId>;
  struct Index {
    std::map<Variants, uint32_t> places = {};
    std::map<Variants, uint32_t> tests = {};
    uint32_t place = UINT32_MAX;  // the last one
    uint32_t test = UINT32_MAX;
  };

  // Fills the three below.
  void Split(std::span<const VariantId> variants);
  uint32_t FindPlace();
  uint32_t FindTest();

  std::vector<Role> role_of_;  // by variant
  std::map<VariantId, uint32_t> set_of_;
  std::vector<Set> sets_;
  std::vector<Index> indices_;  // beside sets_
  uint32_t set_ = 0;
  Variants place_, test_;
  bool is_new_place_ = false;
  bool is_new_test_ = false;
};

}  // namespace kvmtest::plan

#endif  // KVMTEST_PLAN_ALTERNATIVES_H_
