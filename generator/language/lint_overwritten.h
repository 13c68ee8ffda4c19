// Assignments under a condition that act where they stand, and so are lost to what the variants
// that the condition names set further down.
#ifndef KVMTEST_LANGUAGE_LINT_OVERWRITTEN_H_
#define KVMTEST_LANGUAGE_LINT_OVERWRITTEN_H_

#include <span>

#include "language/config_impl.h"
#include "language/diagnostic.h"
#include "language/possible.h"

namespace kvmtest::language {

// `owner`: by node, the variant whose text it holds.
//   overwritten:  a condition's assignment, set again by every variant that the condition names
//                 before anything could make use of it
void LintOverwritten(const ConfigImpl& config, const Choices& choices, const LabelOffers& offers,
                     std::span<const VariantId> owner, Diagnostics* diagnostics);

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_LINT_OVERWRITTEN_H_
