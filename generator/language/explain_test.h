// A test of the modern dialect: how each of its params came about.
#ifndef KVMTEST_LANGUAGE_EXPLAIN_TEST_H_
#define KVMTEST_LANGUAGE_EXPLAIN_TEST_H_

#include <optional>
#include <string_view>

#include "language/dict_builder.h"
#include "language/explain.h"
#include "language/path_statements.h"

namespace kvmtest::language {

// With `key`, only that param; its steps then tell also of statements that do not apply.
std::optional<ExplainedTest> ExplainTest(const PathStatements& statements, const TestPaths& test,
                                         std::string_view key, ExpandError* error);

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_EXPLAIN_TEST_H_
