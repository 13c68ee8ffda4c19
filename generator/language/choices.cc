#include "language/choices.h"

#include <algorithm>

namespace kvmtest::language {

Choices::Choices(std::span<const Block> blocks, std::span<const Variant> variants)
    : block_of_(variants.size()),
      end_(variants.size()),
      behind_(variants.size(), kNone),
      top_block_(variants.size()),
      parent_of_block_(blocks.size()),
      block_begin_(blocks.size(), 0),
      block_end_(blocks.size(), 0),
      size_(blocks.size()) {
  // The last block with variants in a variant's text, and at top level.
  std::vector<BlockId> last(variants.size(), kNone);
  BlockId last_at_top = kNone;
  std::vector<BlockId> before(blocks.size(), kNone);
  for (BlockId id = 0; id < blocks.size(); ++id) {
    const Block& block = blocks[id];
    parent_of_block_[id] = block.parent;
    size_[id] = static_cast<uint32_t>(block.variants.size());
    for (VariantId variant : block.variants) block_of_[variant] = id;
    BlockId& last_here = block.parent == kNone ? last_at_top : last[block.parent];
    before[id] = last_here;
    // What stands before the first block of a variant stands before the variant's block.
    if (last_here == kNone && block.parent != kNone) before[id] = before[block_of_[block.parent]];
    if (block.variants.empty()) continue;
    last_here = id;
    block_begin_[id] = block.variants[0];
  }
  for (VariantId id = 0; id < variants.size(); ++id)
    top_block_[id] = Parent(id) == kNone ? block_of_[id] : top_block_[Parent(id)];
  // A variant's number is lower than those of the variants inside.
  for (VariantId id = static_cast<VariantId>(variants.size()); id-- > 0;) {
    end_[id] = std::max(end_[id], id + 1);
    VariantId& block_end = block_end_[block_of_[id]];
    block_end = std::max(block_end, end_[id]);
    if (VariantId parent = Parent(id); parent != kNone)
      end_[parent] = std::max(end_[parent], end_[id]);
    behind_[id] = last[id] != kNone ? last[id] : before[block_of_[id]];
  }
}

std::pair<VariantId, VariantId> Choices::Parting(VariantId a, VariantId b) const {
  for (VariantId x = a; x != kNone; x = Parent(x))
    for (VariantId y = b; y != kNone; y = Parent(y))
      if (x != y && BlockOf(x) == BlockOf(y)) return {x, y};
  return {kNone, kNone};
}

}  // namespace kvmtest::language
