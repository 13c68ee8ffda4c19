// Applies operators to a DictBuilder one by one and keeps, for every key, what each of
// them did to it.
#ifndef KVMTEST_LANGUAGE_PARAM_HISTORY_H_
#define KVMTEST_LANGUAGE_PARAM_HISTORY_H_

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "language/dict_builder.h"
#include "language/explain.h"

namespace kvmtest::language {

class ParamHistory {
 public:
  using Steps = std::vector<ParamStep>;

  // `builder` must be an ordered one.
  ParamHistory(DictBuilder& builder, const SpecialKeys& special)
      : builder_(builder), special_(special) {}

  // Starts an empty dict.
  void Begin();
  // False with the builder's error set.
  bool Apply(const Item& item, const ExplainedStatement& at);
  // Notes that the item is not applied, and why.
  void Skip(const Item& item, const ExplainedStatement& at, std::string why);
  bool ApplyLimits();

  // By key of the builder, suffixed keys too; also of keys that were deleted or renamed.
  const std::map<KeyId, Steps>& steps() const { return steps_; }

 private:
  using Effect = ParamStep::Effect;
  using Snapshot = std::map<KeyId, const Value*>;

  Snapshot Take() const;
  bool ApplyPlain(const Item& item, ParamStep step);
  bool ApplyPattern(const Item& item, const ParamStep& step);
  bool ApplySuffix(const Item& item, const ParamStep& step);
  // What the item's `${...}` stand for before it is applied. Sets *uses to the keys.
  std::vector<PutIn> Substitutes(const Item& item, std::vector<KeyId>* uses) const;
  void NoteLimit(KeyId limit, const Snapshot& before, const Snapshot& after);
  void Add(KeyId key, ParamStep step);

  DictBuilder& builder_;
  const SpecialKeys& special_;
  std::map<KeyId, Steps> steps_;
};

// The text of a key as it is in the result.
std::string FlatText(const KeySpace& keys, KeyId key);

// Decides which steps count, and by which the others are overridden; those that are already
// overridden stay so.
void JudgeSteps(std::vector<ParamStep>* steps);
// All of them are overridden by that statement.
void OverrideSteps(std::vector<ParamStep>* steps, const Span& by);

// If suffixes fall away again, it does not matter what they were.
void ForgetRenames(std::vector<ParamStep>* steps);

// The statements that count.
std::vector<Span> CountingPlaces(std::vector<ParamStep> steps);

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_PARAM_HISTORY_H_
