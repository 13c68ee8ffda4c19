#include "plan/structure.h"

#include "plan/build.h"

namespace kvmtest::plan {

using language::Block;
using language::BlockId;
using language::Config;
using language::VariantId;

namespace {

bool Places(const Config& config, const Block& block) {
  for (VariantId variant : block.variants) {
    if (config.VariantAssigns(variant, "hostname") || config.VariantAssigns(variant, "queue")) {
      return true;
    }
  }
  return false;
}

}  // namespace

Structure FindStructure(const Config& config) {
  Structure structure;
  const auto& blocks = config.blocks();
  bool any = false;
  for (BlockId id = 0; id < blocks.size(); ++id) {
    structure.places.push_back(Places(config, blocks[id]));
    if (structure.places.back()) {
      any = true;
      structure.set_block = language::kNone;
    } else if (any && blocks[id].parent == language::kNone && !blocks[id].variants.empty()) {
      structure.set_block = id;
    }
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
