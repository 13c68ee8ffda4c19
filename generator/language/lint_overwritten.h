// Assignments under a condition that act where they stand, and so are lost to what the variants
// that the condition names set further down.
#ifndef KVMTEST_LANGUAGE_LINT_OVERWRITTEN_H_
#define KVMTEST_LANGUAGE_LINT_OVERWRITTEN_H_

#include "language/diagnostic.h"
#include "language/lint_tree.h"

namespace kvmtest::language {

//   overwritten:  a condition's assignment, set again by every variant that the condition names
//                 before anything could make use of it
void LintOverwritten(const LintTree& lint, Diagnostics* diagnostics);

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_LINT_OVERWRITTEN_H_
