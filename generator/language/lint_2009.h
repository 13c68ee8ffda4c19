// LintFilters for the 2009 dialect, where a filter sees only the labels before it.
#ifndef KVMTEST_LANGUAGE_LINT_2009_H_
#define KVMTEST_LANGUAGE_LINT_2009_H_

#include "language/config_impl.h"
#include "language/diagnostic.h"

namespace kvmtest::language {

void LintFilters2009(const ConfigImpl& config, Diagnostics* diagnostics);
// no-such-key: a pattern of keys that no line sets.
void LintKeys2009(const ConfigImpl& config, Diagnostics* diagnostics);

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_LINT_2009_H_
