// Explanations in the modern dialect.
#ifndef KVMTEST_LANGUAGE_EXPLAIN_MODERN_H_
#define KVMTEST_LANGUAGE_EXPLAIN_MODERN_H_

#include <optional>
#include <string>

#include "language/config.h"
#include "language/dict_builder.h"
#include "language/explain.h"

namespace kvmtest::language {

std::optional<Explanation> ExplainModern(const Config& config, const std::string& name,
                                         const std::string& key, const Bounds& bounds,
                                         ExpandError* error);

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_EXPLAIN_MODERN_H_
