// What keeps a test of the modern dialect out of the result.
#ifndef KVMTEST_LANGUAGE_EXPLAIN_REMOVED_H_
#define KVMTEST_LANGUAGE_EXPLAIN_REMOVED_H_

#include <vector>

#include "language/explain.h"
#include "language/path_statements.h"

namespace kvmtest::language {

// The filters that remove the test, each by itself, in the order of text.
std::vector<Obstacle> FindFilters(const PathStatements& statements, const TestPaths& test);
// With --defaults, also the variants that are taken instead of its own.
std::vector<Obstacle> FindObstacles(const PathStatements& statements, const TestPaths& test);

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_EXPLAIN_REMOVED_H_
