// What the judges of single statements know of a modern configuration.
#ifndef KVMTEST_LANGUAGE_LINT_TREE_H_
#define KVMTEST_LANGUAGE_LINT_TREE_H_

#include <vector>

#include "language/config_impl.h"
#include "language/possible.h"

namespace kvmtest::language {

struct LintTree {
  const ConfigImpl& config;
  const Choices& choices;
  const LabelOffers& offers;
  std::vector<VariantId> owner;  // by node, see ConfigImpl::Owners

  // The variants with one of the filter's labels that go with the node, if all of them stand behind
  // it: nodes are numbered in the order of the text.
  std::vector<VariantId> LaterVariants(const Filter& filter, NodeId node) const;
};

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_LINT_TREE_H_
