// Explanations in the 2009 dialect.
#ifndef KVMTEST_LANGUAGE_EXPLAIN_2009_H_
#define KVMTEST_LANGUAGE_EXPLAIN_2009_H_

#include <optional>
#include <string>

#include "language/config.h"
#include "language/dict_builder.h"
#include "language/explain.h"

namespace kvmtest::language {

std::optional<Explanation> Explain2009(const Config& config, const std::string& name,
                                       const std::string& key, const Bounds& bounds,
                                       ExpandError* error);

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_EXPLAIN_2009_H_
