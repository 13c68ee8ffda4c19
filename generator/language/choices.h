// Which variants one dict can take together, whatever filters say: structure alone.
//
// A dict takes one variant of every block that it comes to: of the blocks at top level, and of
// those in the variants it takes. So two variants go together unless they, or variants that they
// stand in, are two of one block; and any number go together if each two of them do.
#ifndef KVMTEST_LANGUAGE_CHOICES_H_
#define KVMTEST_LANGUAGE_CHOICES_H_

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "language/config.h"

namespace kvmtest::language {

class Choices {
 public:
  // Both as Config lists them: every block before those inside its variants.
  Choices(std::span<const Block> blocks, std::span<const Variant> variants);

  // kNone, the top level, goes with everything.
  bool Together(VariantId a, VariantId b) const {
    if (a == kNone || b == kNone) return true;
    if (a > b) std::swap(a, b);
    // Up from the one to what holds both, unless they part in a block on the way.
    for (; a != kNone && !Inside(b, a); a = Parent(a))
      if (b < block_end_[block_of_[a]]) return false;
    return true;
  }

  // The two variants of one block that part `a` and `b`, or that they are, if they do not go
  // together.
  std::pair<VariantId, VariantId> Parting(VariantId a, VariantId b) const;

  // Is `variant` the outer one or somewhere in its text?
  bool Inside(VariantId variant, VariantId outer) const {
    return outer == kNone || (variant >= outer && variant < end_[outer]);
  }
  BlockId BlockOf(VariantId variant) const { return block_of_[variant]; }
  // How many variants the block itself has.
  uint32_t SizeOf(BlockId block) const { return size_[block]; }
  // The variant that the variant's block stands in.
  VariantId Parent(VariantId variant) const { return parent_of_block_[block_of_[variant]]; }
  // The numbers of all variants in a block and inside them: from the first up to the last.
  VariantId BlockBegin(BlockId block) const { return block_begin_[block]; }
  VariantId BlockEnd(BlockId block) const { return block_end_[block]; }
  // The top-level block that the variant is in.
  BlockId TopBlockOf(VariantId variant) const { return top_block_[variant]; }
  // The block one of whose variants comes right behind the variant in every name (names have the
  // latest block first): its own last one, else the one before its block.
  BlockId Behind(VariantId variant) const { return behind_[variant]; }

 private:
  std::vector<BlockId> block_of_;   // by variant
  std::vector<VariantId> end_;      // behind the last variant inside, by variant
  std::vector<BlockId> behind_;     // by variant
  std::vector<BlockId> top_block_;  // by variant
  std::vector<VariantId> parent_of_block_;
  std::vector<VariantId> block_begin_, block_end_;  // of the variants inside, by block
  std::vector<uint32_t> size_;                      // by block
};

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_CHOICES_H_
