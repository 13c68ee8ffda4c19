// Where a program of the 2009 dialect selects: its filters and what is around them, numbered in the
// order of the text, and what can still happen to names before each is asked.
#ifndef KVMTEST_LANGUAGE_FILTER_POINTS_2009_H_
#define KVMTEST_LANGUAGE_FILTER_POINTS_2009_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "language/config_impl.h"
#include "language/filter_effects.h"
#include "language/name_changes.h"
#include "language/names_2009.h"
#include "language/work.h"

namespace kvmtest::language {

using PointId = uint32_t;

// In the order of the text: how many changes of names stand before it.
using Moment = uint32_t;

struct FilterPoint {
  enum class Kind : uint8_t { kOnly, kNo, kCondition, kBlock, kVariant };
  Kind kind = Kind::kOnly;
  // Condition: there are labels inside, or names change. So it matters whether it holds, even if
  // nothing selects there.
  bool multiplies = false;
  uint32_t filter = 0;
  uint32_t variants = 0;  // of a block
  PointId end = 0;        // behind all inside
  Moment asked = 0;       // a filter
  PointId first = 0;      // of those that ask the same filter when names are the same
  // Which changes come before that, as seen from before `moment`; the latest moment first.
  struct Coming {
    Moment moment;
    FilterEffects::KindSet changes;
  };
  std::vector<Coming> coming = {};
  FilterEffects::KindSet none = 0;  // behind all of them
};

class FilterPoints2009 {
 public:
  // Nothing but a look at work.gave_up() is of use once that is over. `config` and `work` must
  // outlive this.
  FilterPoints2009(const ConfigImpl& config, Work* work);
  // False if filters are not understood, or an operator does what classes of names do not tell.
  bool understood() const { return understood_; }

  std::span<const FilterPoint> points() const { return points_; }
  FilterEffects& filter(uint32_t number) { return *filters_[number]; }
  // Of names behind `moment`, until it is asked.
  FilterEffects::Verdict Judge(const FilterPoint& point, Moment moment,
                               FilterEffects::Effect effect);

  struct Place {
    Moment begin = 0, end = 0;
    PointId point = 0;  // the first one there
    // Of operators: what they do to names.
    std::vector<NameChangeId> changes = {};
  };
  const Place& Of(const Statement2009& statement) const { return statements_.at(&statement); }
  struct VariantPlace {
    Moment begin = 0;
    PointId point = 0;
    NameChangeId change = 0;
  };
  const VariantPlace& Of(const Variant2009& variant) const { return variants_.at(&variant); }

 private:
  void Survey(const Block2009& block);
  void Survey(const Statement2009& statement);
  void SurveyOperators(const Statement2009& statement, Place* place);
  void SurveyVariant(const Statement2009& block, const Variant2009& variant);
  PointId Add(FilterPoint::Kind kind);
  PointId AddFilter(FilterPoint::Kind kind, std::span<const Word2009> words);
  void CloseFrom(PointId point);
  void Happen(NameChangeId change);
  void FindComing(FilterPoint* point);

  NameRules2009 rules_;
  Work* work_;
  bool understood_ = true;
  Moment moment_ = 0;
  NameChanges changes_;
  std::vector<std::vector<Moment>> moments_;  // of changes
  std::vector<FilterPoint> points_;
  std::map<std::pair<uint32_t, Moment>, PointId> first_;  // by filter and when it is asked
  std::unordered_map<const Statement2009*, Place> statements_;
  std::unordered_map<const Variant2009*, VariantPlace> variants_;
  std::vector<std::span<const Word2009>> words_;  // of filters
  std::unordered_map<std::string, uint32_t> filter_of_;
  std::vector<std::unique_ptr<FilterEffects>> filters_;
};

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_FILTER_POINTS_2009_H_
