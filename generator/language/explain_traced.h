// A test of the 2009 dialect: how its params came about, or what keeps it out of the result.
#ifndef KVMTEST_LANGUAGE_EXPLAIN_TRACED_H_
#define KVMTEST_LANGUAGE_EXPLAIN_TRACED_H_

#include <optional>
#include <string_view>
#include <vector>

#include "language/explain.h"
#include "language/trace_2009.h"

namespace kvmtest::language {

// With `key`, only that param; its steps then tell also of statements that do not apply.
std::optional<ExplainedTest> ExplainTraced(const ConfigImpl& config, const Traced2009& dict,
                                           std::string_view key, const Bounds& bounds,
                                           ExpandError* error);

// The filters that remove the dict, each by itself, in the order of text.
std::vector<Obstacle> TracedObstacles(const ConfigImpl& config, const Traced2009& dict);

std::vector<VariantId> TracedVariants(const Traced2009& dict);

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_EXPLAIN_TRACED_H_
