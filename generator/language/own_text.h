// A configuration without what the variants of one block say.
#ifndef KVMTEST_LANGUAGE_OWN_TEXT_H_
#define KVMTEST_LANGUAGE_OWN_TEXT_H_

#include "language/config.h"

namespace kvmtest::language {

// Drops the statements of all variants of the block, and of the blocks inside them; the variants
// stay. What they selected, set or made conditional is then as if it were not written.
void DropOwnText(Config* config, BlockId block);

// Is the variant of the block, or of a block inside one of its variants?
bool IsWithin(const Config& config, VariantId variant, BlockId block);

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_OWN_TEXT_H_
