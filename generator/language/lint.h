// Warnings that need the whole configuration: filters that name what does not exist.
#ifndef KVMTEST_LANGUAGE_LINT_H_
#define KVMTEST_LANGUAGE_LINT_H_

#include "language/config_impl.h"
#include "language/diagnostic.h"

namespace kvmtest::language {

// Reports every element of an only, no or condition that no variant anywhere is called.
void WarnUnknownLabels(const ConfigImpl& config, Diagnostics* diagnostics);

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_LINT_H_
