// What the statements did to the params of a test -> the params as they are told.
#ifndef KVMTEST_LANGUAGE_EXPLAIN_PARAMS_H_
#define KVMTEST_LANGUAGE_EXPLAIN_PARAMS_H_

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "language/dict_builder.h"
#include "language/explain.h"
#include "language/param_history.h"

namespace kvmtest::language {

// All keys of a dict before suffixes are flattened, and how they came about.
struct ParamsPart {
  struct Entry {
    KeyId key;
    std::string text;
  };
  std::vector<Entry> entries;  // in Python's order
  std::map<KeyId, ParamHistory::Steps> steps;
};

ParamsPart TakePart(const DictBuilder& builder, const ParamHistory& history);

// Puts the params of the second part of a join over those of the first.
void JoinParts(const ExplainedStatement& join, ParamsPart second, ParamsPart* first);

// Flattens suffixes (the builder is used for it) and judges the steps: the params that a dict
// has, sorted by key, or only `key`. A key that is not set is told of if some statement had to do
// with it.
std::vector<ExplainedParam> FinishParams(ParamsPart part, std::string_view key,
                                         DictBuilder& builder);

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_EXPLAIN_PARAMS_H_
