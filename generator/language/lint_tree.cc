#include "language/lint_tree.h"

namespace kvmtest::language {

std::vector<VariantId> LintTree::LaterVariants(const Filter& filter, NodeId node) const {
  std::vector<VariantId> later;
  if (!filter.simple) return later;
  for (AtomId atom : filter.any) {
    for (const LabelOffers::Offer& offer : offers.Of(atom)) {
      if (!choices.Together(offer.variant, owner[node])) continue;
      if (config.own_nodes[offer.variant][0] <= node) return {};
      later.push_back(offer.variant);
    }
  }
  return later;
}

}  // namespace kvmtest::language
