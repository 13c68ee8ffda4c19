#include "language/path_statements.h"

#include <algorithm>

namespace kvmtest::language {

PathStatements::PathStatements(const ConfigImpl& config, const Bounds& bounds)
    : config_(config), bounds_(bounds), variant_of_(config.Owners()) {}

struct PathStatements::Visitor {
  const PathStatements& statements;
  std::vector<AtomId> labels;
  const Take& take;
  const Skip& skip;
  size_t index = 0;
  ExplainedStatement at = {};
  size_t failed = 0;  // if something does not apply: which of the conditions does not hold

  bool Content(std::span<const Item> content, bool applies) {
    for (const Item& item : content) {
      at.span = item.value.origin.ToSpan();
      if (IsCondition(item.kind)) {
        if (!Condition(item, applies)) return false;
      } else if (!applies) {
        skip(item, at, at.conditions[failed]);
      } else if (!take(item, at, index)) {
        return false;
      }
    }
    return true;
  }

  bool Condition(const Item& item, bool applies) {
    const Tree& tree = statements.tree();
    const language::Condition& condition = tree.conditions[item.id];
    const Filter& filter = tree.filters[condition.filter];
    const bool negative = item.kind == ItemKind::kNegativeCondition;
    const bool holds = Matches(filter, labels, tree.labels) != negative;
    if (!holds && !skip) return true;
    if (applies && !holds) failed = at.conditions.size();
    at.conditions.push_back(
        {at.span, (negative ? "!" : "") + FilterText(filter, tree.labels) + ":"});
    bool go_on = Content(condition.content, applies && holds);
    at.conditions.pop_back();
    return go_on;
  }
};

bool PathStatements::Visit(std::span<const NodeId> path, const Take& take, const Skip& skip) const {
  Visitor visitor{*this, Labels(path), take, skip};
  for (visitor.index = path.size(); visitor.index-- > 0;) {
    NodeId id = path[visitor.index];
    visitor.at.variant = variant_of_[id];
    if (!visitor.Content(tree().nodes[id].content, true)) return false;
  }
  return true;
}

std::vector<AtomId> PathStatements::Labels(std::span<const NodeId> path) const {
  std::vector<AtomId> labels;
  for (NodeId id : path) {
    std::span<const AtomId> own = tree().nodes[id].labels;
    labels.insert(labels.end(), own.begin(), own.end());
  }
  return labels;
}

std::string PathStatements::Name(std::span<const NodeId> path) const {
  return NameText(Labels(path), tree().labels);
}

std::vector<ExplainedStatement> PathStatements::Joins(const TestPaths& test) const {
  std::vector<ExplainedStatement> joins;
  for (const std::vector<NodeId>& path : test.paths) {
    auto take = [&](const Item& item, const ExplainedStatement& at, size_t index) {
      if (item.kind == ItemKind::kJoin && CountJoinParts(tree(), tree().nodes[path[index]]) > 1 &&
          std::find(joins.begin(), joins.end(), at) == joins.end())
        joins.push_back(at);
      return true;
    };
    Visit(path, take, nullptr);
  }
  return joins;
}

std::vector<VariantId> PathStatements::Variants(const TestPaths& test) const {
  std::vector<VariantId> variants;
  for (const std::vector<NodeId>& path : test.paths) {
    for (NodeId id : path) {
      VariantId variant = tree().nodes[id].variant;
      if (variant != kNone &&
          std::find(variants.begin(), variants.end(), variant) == variants.end())
        variants.push_back(variant);
    }
  }
  return variants;
}

}  // namespace kvmtest::language
