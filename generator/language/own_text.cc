#include "language/own_text.h"

#include <vector>

#include "language/config_impl.h"

namespace kvmtest::language {

bool IsWithin(const Config& config, VariantId variant, BlockId block) {
  while (variant != kNone && config.variant(variant).block != block) {
    variant = config.blocks()[config.variant(variant).block].parent;
  }
  return variant != kNone;
}

namespace {

void DropStatements(const std::vector<bool>& emptied, bool within, Block2009* body) {
  if (within) {
    std::erase_if(*body, [](const Statement2009& statement) {
      return statement.kind != Kind2009::kVariants && statement.kind != Kind2009::kSubvariants;
    });
  }
  for (Statement2009& statement : *body) {
    DropStatements(emptied, within, &statement.body);
    for (Variant2009& variant : statement.variants) {
      DropStatements(emptied, variant.id != kNone && emptied[variant.id], &variant.body);
    }
  }
}

}  // namespace

void DropOwnText(Config* config, BlockId block) {
  ConfigImpl& impl = config->impl();
  std::vector<bool> emptied(impl.variants.size());
  for (VariantId id = 0; id < impl.variants.size(); ++id) {
    emptied[id] = IsWithin(*config, id, block);
    if (!emptied[id] || id >= impl.own_nodes.size()) continue;
    for (NodeId node : impl.own_nodes[id]) impl.tree.nodes[node].content = {};
  }
  DropStatements(emptied, false, &impl.program.body);
}

}  // namespace kvmtest::language
