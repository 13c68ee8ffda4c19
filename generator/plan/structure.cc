#include "plan/structure.h"

#include <algorithm>

#include "language/own_text.h"
#include "plan/build.h"

namespace kvmtest::plan {

using language::Block;
using language::BlockId;
using language::Config;
using language::VariantId;

namespace {

bool AssignsPlace(const Config& config, VariantId variant) {
  return config.VariantAssigns(variant, "hostname") || config.VariantAssigns(variant, "queue");
}

bool AssignsType(const Config& config, VariantId variant) {
  return config.VariantAssigns(variant, "type");
}

using Does = bool (*)(const Config&, VariantId);

// At least half of the variants, and at least one?
bool MostDo(const Config& config, const Block& block, Does does) {
  auto count = std::count_if(block.variants.begin(), block.variants.end(),
                             [&](VariantId variant) { return does(config, variant); });
  return count > 0 && static_cast<size_t>(count) * 2 >= block.variants.size();
}

bool IsInTest(const Config& config, const Block& block) {
  for (VariantId id = block.parent; id != language::kNone;
       id = config.blocks()[config.variant(id).block].parent) {
    if (AssignsType(config, id)) return true;
  }
  return false;
}

bool IsIn(const Config& config, BlockId block, BlockId outer) {
  VariantId parent = config.blocks()[block].parent;
  return block == outer || (parent != language::kNone && language::IsWithin(config, parent, outer));
}

BlockId LastAtTopLevel(const std::vector<Block>& blocks) {
  BlockId id = static_cast<BlockId>(blocks.size());
  while (id-- > 0) {
    if (blocks[id].parent == language::kNone && !blocks[id].variants.empty()) return id;
  }
  return language::kNone;
}

}  // namespace

Structure FindStructure(const Config& config) {
  const auto& blocks = config.blocks();
  Structure structure;
  structure.places.reserve(blocks.size());
  for (const Block& block : blocks) {
    structure.places.push_back(MostDo(config, block, AssignsPlace) &&
                               !MostDo(config, block, AssignsType) && !IsInTest(config, block));
  }
  const BlockId last = LastAtTopLevel(blocks);
  if (last == language::kNone || MostDo(config, blocks[last], AssignsPlace)) return structure;
  auto end = structure.places.begin() + last;
  if (std::find(structure.places.begin(), end, true) == end) return structure;
  structure.set_block = last;
  for (BlockId id = last; id < blocks.size(); ++id) {
    if (IsIn(config, id, last)) structure.places[id] = false;
  }
  return structure;
}

std::vector<std::string> TestSetNames(const Config& config) {
  std::vector<std::string> names;
  Structure structure = FindStructure(config);
  if (structure.set_block == language::kNone) return names;
  for (VariantId variant : config.blocks()[structure.set_block].variants) {
    names.push_back(config.variant(variant).text);
  }
  return names;
}

}  // namespace kvmtest::plan
