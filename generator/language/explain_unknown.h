// Names that no combination of variants gives, and params that a test does not have.
#ifndef KVMTEST_LANGUAGE_EXPLAIN_UNKNOWN_H_
#define KVMTEST_LANGUAGE_EXPLAIN_UNKNOWN_H_

#include <string>
#include <vector>

#include "language/config.h"
#include "language/explain.h"

namespace kvmtest::language {

// Tells which labels of the name asked for do not exist, and which exclude each other. The
// labels that are left, or what was meant by them, so that names with all of them are near; none
// if there can be no such name.
std::vector<std::string> ExplainLabels(const Config& config, const Bounds& bounds,
                                       Explanation* result);

// Fills in what can be said about the name asked for, which no test of the modern dialect has,
// with filters or without.
void ExplainUnknown(const Config& config, const Bounds& bounds, Explanation* result);

// What can be said about the key asked for, which is none of the params of `all`, a test with
// all its params.
void ExplainMissingKey(Dialect dialect, const ExplainedTest& all, Explanation* result);

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_EXPLAIN_UNKNOWN_H_
