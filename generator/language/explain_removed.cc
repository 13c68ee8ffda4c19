#include "language/explain_removed.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "language/joined_walker.h"
#include "language/path_walker.h"
#include "language/tree_extract.h"

namespace kvmtest::language {

namespace {

class ObstacleFinder {
 public:
  ObstacleFinder(const PathStatements& statements, std::span<const NodeId> path)
      : statements_(statements),
        tree_(statements.tree()),
        path_(path),
        labels_(statements.Labels(path)) {}

  void FindFilters(std::vector<Obstacle>* out) const {
    auto take = [&](const Item& item, const ExplainedStatement& at, size_t index) {
      bool only = item.kind == ItemKind::kOnly || IsLoneJoin(item, index);
      if (!only && item.kind != ItemKind::kNo) return true;
      const Filter& filter = tree_.filters[item.id];
      if (Matches(filter, labels_, tree_.labels) == only) return true;
      Add({.at = at, .why = only ? WhyNot(filter) : WhyYes(filter)}, out);
      return true;
    };
    statements_.Visit(path_, take, nullptr);
  }

  void FindDefaults(std::vector<Obstacle>* out) const {
    for (size_t i = 0; i + 1 < path_.size(); ++i) {
      std::span<const NodeId> children = tree_.nodes[path_[i]].children;
      const Node& first = tree_.nodes[children[0]];
      if (path_[i + 1] == children[0] || !first.is_default || !Yields(i, children[0])) continue;
      const Variant& variant = statements_.config().variants[first.variant];
      Obstacle obstacle{.kind = Obstacle::Kind::kDefaults};
      obstacle.at.span = variant.span;
      obstacle.why = fmt::format("with --defaults only '{}' is taken of this block", variant.text);
      Add(std::move(obstacle), out);
    }
  }

 private:
  // Once, if several parts of a join meet it.
  static void Add(Obstacle obstacle, std::vector<Obstacle>* out) {
    auto same = [&](const Obstacle& known) { return known.at == obstacle.at; };
    if (std::none_of(out->begin(), out->end(), same)) out->push_back(std::move(obstacle));
  }

  bool IsLoneJoin(const Item& item, size_t index) const {
    return item.kind == ItemKind::kJoin && CountJoinParts(tree_, tree_.nodes[path_[index]]) == 1;
  }

  // Why an only does not let the name pass.
  std::string WhyNot(const Filter& filter) const {
    if (filter.alternatives.empty()) return "an empty filter matches nothing";
    if (filter.alternatives.size() > 1)
      return fmt::format("none of these {} is in the name", filter.alternatives.size());
    const Alternative& alternative = filter.alternatives[0];
    std::vector<std::string_view> missing;
    for (const Adjacency& block : alternative.blocks)
      for (AtomId atom : block.atoms)
        if (!Occurs({{atom}}, labels_, tree_.labels)) missing.push_back(tree_.labels.Text(atom));
    if (!missing.empty())
      return fmt::format("'{}' is not in the name", fmt::join(missing, "' and '"));
    return fmt::format("'{}' is in the name, but not side by side and in this order",
                       AlternativeText(alternative, tree_.labels));
  }

  // Why a no holds it back.
  std::string WhyYes(const Filter& filter) const {
    for (const Alternative& alternative : filter.alternatives)
      if (Matches(alternative, labels_, tree_.labels))
        return fmt::format("'{}' is in the name", AlternativeText(alternative, tree_.labels));
    return {};
  }

  // Is there a test that begins as the path does up to node `last` and goes on with `child`?
  bool Yields(size_t last, NodeId child) const {
    std::vector<NodeId> beginning(path_.begin(), path_.begin() + static_cast<ptrdiff_t>(last) + 1);
    beginning.push_back(child);
    TreeExtract below = ExtractBelow(tree_, beginning);
    if (!tree_.has_joins) {
      PreparedTree prepared(below.tree, statements_.bounds());
      PathWalker walker(prepared);
      return !walker.Walk([](std::span<const NodeId>) { return false; }) && !walker.gave_up();
    }
    ReplaceJoins(&below.tree);
    DropItems(&below.tree, [](const Item& item) { return IsOperator(item.kind); });
    PreparedTree prepared(below.tree, statements_.bounds());
    JoinedWalker walker(prepared, /*defaults=*/false);
    return !walker.Walk([](const StoredDict&) { return false; }) && !walker.failed();
  }

  // The path is one part of the joins above, which are the nodes behind the whole tree's: to it a
  // join is an only.
  void ReplaceJoins(Tree* tree) const {
    for (size_t id = tree_.nodes.size(); id < tree->nodes.size(); ++id) {
      Node& node = tree->nodes[id];
      std::vector<Item> content(node.content.begin(), node.content.end());
      for (Item& item : content)
        if (item.kind == ItemKind::kJoin) item = OnlyOf(item, tree);
      node.content = tree->arena.CopySpan(content.data(), content.size());
    }
  }

  Item OnlyOf(Item join, Tree* tree) const {
    Filter filter;
    filter.simple = false;
    for (const Alternative& alternative : tree_.filters[join.id].alternatives)
      if (Matches(alternative, labels_, tree_.labels)) filter.alternatives.push_back(alternative);
    join.kind = ItemKind::kOnly;
    join.id = static_cast<uint32_t>(tree->filters.size());
    tree->filters.push_back(std::move(filter));
    return join;
  }

  const PathStatements& statements_;
  const Tree& tree_;
  std::span<const NodeId> path_;
  std::vector<AtomId> labels_;
};

}  // namespace

std::vector<Obstacle> FindFilters(const PathStatements& statements, const TestPaths& test) {
  std::vector<Obstacle> obstacles;
  for (const std::vector<NodeId>& path : test.paths)
    ObstacleFinder(statements, path).FindFilters(&obstacles);
  return obstacles;
}

std::vector<Obstacle> FindObstacles(const PathStatements& statements, const TestPaths& test) {
  std::vector<Obstacle> obstacles = FindFilters(statements, test);
  if (!statements.config().defaults) return obstacles;
  for (const std::vector<NodeId>& path : test.paths)
    ObstacleFinder(statements, path).FindDefaults(&obstacles);
  return obstacles;
}

}  // namespace kvmtest::language
