#include "language/explain_test.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "language/explain_params.h"
#include "language/param_history.h"
#include "language/path_dict.h"

namespace kvmtest::language {

namespace {

// Applies the statements of a test's paths, one by one.
class Replayer {
 public:
  Replayer(const PathStatements& statements, std::string_view key)
      : statements_(statements),
        tree_(statements.tree()),
        key_(key),
        prepared_(tree_, statements.bounds()),
        context_(prepared_),
        dict_(prepared_, /*ordered=*/true),
        history_(dict_.builder(), dict_) {}

  std::optional<std::vector<ExplainedParam>> Params(const TestPaths& test,
                                                    const ExplainedStatement& join) {
    ParamsPart whole;
    for (const std::vector<NodeId>& path : test.paths) {
      if (!Apply(path)) return std::nullopt;
      ParamsPart part = TakePart(dict_.builder(), history_);
      if (&path == &test.paths.front())
        whole = std::move(part);
      else
        JoinParts(join, std::move(part), &whole);
    }
    return FinishParams(std::move(whole), key_, dict_.builder());
  }

  const ExpandError& error() const { return error_; }

 private:
  bool Apply(std::span<const NodeId> path) {
    dict_.BeginPath(path, context_);
    history_.Begin();
    auto take = [this](const Item& item, const ExplainedStatement& at, size_t index) {
      return ApplyItem(item, at, index);
    };
    auto skip = [this](const Item& item, const ExplainedStatement& at,
                       const ExplainedStatement::Condition& failed) {
      if (IsOperator(item.kind) && tree_.keys.Text(item.key) == key_)
        history_.Skip(item, at, fmt::format("does not apply: '{}' does not hold", failed.text));
    };
    bool ok = statements_.Visit(path, take, key_.empty() ? PathStatements::Skip() : skip);
    dict_.SetCurrent(0);
    ok = ok && history_.ApplyLimits();
    if (!ok && error_.code.empty()) error_ = dict_.builder().error();
    return ok;
  }

  bool ApplyItem(const Item& item, const ExplainedStatement& at, size_t index) {
    if (item.kind == ItemKind::kJoin && !at.conditions.empty()) {
      error_ = {"join-in-condition", "'join' inside a condition does not work", at.span};
      return false;
    }
    if (!IsOperator(item.kind)) return true;
    dict_.SetCurrent(index);
    return history_.Apply(item, at);
  }

  const PathStatements& statements_;
  const Tree& tree_;
  std::string_view key_;
  PreparedTree prepared_;
  Context context_;  // of no labels: conditions are judged by PathStatements
  PathDict dict_;
  ParamHistory history_;
  ExpandError error_;
};

// Every `..`-part of every alternative is one; names as PathNames makes them.
std::vector<ExplainedDep> Deps(const PathStatements& statements, std::span<const NodeId> path) {
  const Tree& tree = statements.tree();
  PathNames names(tree);
  names.SetPath(path);
  std::vector<ExplainedDep> deps;
  auto name = names.deps().begin();
  for (NodeId id : path) {
    const Node& node = tree.nodes[id];
    if (node.deps == kNone) continue;
    Span span = statements.config().variants[node.variant].span;
    for (const Alternative& alternative : tree.filters[node.deps].alternatives)
      for (size_t i = 0; i < alternative.blocks.size(); ++i) deps.push_back({*name++, span});
  }
  return deps;
}

}  // namespace

std::optional<ExplainedTest> ExplainTest(const PathStatements& statements, const TestPaths& test,
                                         std::string_view key, ExpandError* error) {
  ExplainedTest explained;
  explained.name = test.name;
  explained.shortname = test.shortname;
  explained.variants = statements.Variants(test);
  explained.deps = Deps(statements, test.paths.back());
  ExplainedStatement join;
  if (test.paths.size() > 1) {
    for (const std::vector<NodeId>& path : test.paths)
      explained.parts.push_back(statements.Name(path));
    explained.joins = statements.Joins(test);
    join = explained.joins.front();
  }
  Replayer replayer(statements, key);
  std::optional<std::vector<ExplainedParam>> params = replayer.Params(test, join);
  if (!params) {
    *error = replayer.error();
    return std::nullopt;
  }
  explained.params = std::move(*params);
  return explained;
}

}  // namespace kvmtest::language
