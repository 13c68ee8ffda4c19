// Statements of the modern dialect that lose their effect to others, far away in the text.
#ifndef KVMTEST_LANGUAGE_LINT_ITEMS_H_
#define KVMTEST_LANGUAGE_LINT_ITEMS_H_

#include "language/diagnostic.h"
#include "language/lint_tree.h"

namespace kvmtest::language {

//   no-such-key:  `KEY ?= x` of a key that nothing sets; pedantic: `del KEY`
// and, pedantic:
//   later-labels: an only or no at top level that looks only for labels of later blocks
//   suffix-order, suffix-all: what a suffix does to keys of other suffixes, and of text before it
void LintItems(const LintTree& lint, Diagnostics* diagnostics);

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_LINT_ITEMS_H_
