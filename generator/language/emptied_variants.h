// Variants that select tests, as test sets do, and of which filters leave nothing while others have
// tests.
#ifndef KVMTEST_LANGUAGE_EMPTIED_VARIANTS_H_
#define KVMTEST_LANGUAGE_EMPTIED_VARIANTS_H_

#include "language/config.h"
#include "language/diagnostic.h"

namespace kvmtest::language {

// The warning "nothing-left", with the notes of WhyNothingIsSelected, for variants of the last
// block at top level that have filters of their own and no dict. Not where a filter outside of all
// variants names labels in the block, nor with STRINGs that may select, since these do among
// them; nor with joins or defaults, nor where it would take long to find out. The configuration has
// dicts.
void WarnEmptiedVariants(const Config& config, Diagnostics& diagnostics);

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_EMPTIED_VARIANTS_H_
