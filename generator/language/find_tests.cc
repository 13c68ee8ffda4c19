#include "language/find_tests.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "language/expand.h"
#include "language/explain_removed.h"
#include "language/joined_walker.h"
#include "language/lexer.h"
#include "language/line_reader.h"
#include "language/path_walker.h"

namespace kvmtest::language {

namespace {

constexpr size_t kMaxWays = 20;
constexpr size_t kMaxShownNames = 10;   // told
constexpr size_t kMaxTriedPaths = 200;  // looked at for what removes all of them
constexpr uint64_t kMaxCount = 10000;   // of names
constexpr uint64_t kMaxDicts = 100000;  // expanded one by one, where there is no other way

std::vector<NodeId> Originals(const TreeExtract& extract, std::span<const NodeId> path) {
  std::vector<NodeId> nodes;
  nodes.reserve(path.size());
  for (NodeId id : path) nodes.push_back(extract.original[id]);
  return nodes;
}

// Counts and keeps the first of what is found.
class Collector {
 public:
  // False when it is enough.
  bool Add(const std::string& name) {
    ++list_.count;
    std::vector<std::string>& names = list_.names;
    if (names.size() < kMaxShownNames && std::find(names.begin(), names.end(), name) == names.end())
      names.push_back(name);
    return list_.count < kMaxCount || !GiveUp();
  }
  bool GiveUp() { return list_.at_least = true; }
  NameList Take() { return std::move(list_); }

 private:
  NameList list_;
};

NameList WalkNames(const Tree& tree, const Bounds& bounds,
                   const std::function<void(std::span<const NodeId>)>& also) {
  Collector found;
  if (tree.nodes.empty()) return found.Take();
  PreparedTree prepared(tree, bounds);
  PathWalker walker(prepared);
  walker.Walk([&](std::span<const NodeId> path) {
    if (also) also(path);
    return found.Add(NameText(walker.context().labels(), tree.labels));
  });
  if (walker.gave_up()) found.GiveUp();
  return found.Take();
}

// The labels of a dict, those of all parts if it was joined.
class LabelsOf {
 public:
  explicit LabelsOf(const Config& config) : by_variant_(config.variants().size()) {
    for (const Node& node : config.impl().tree.nodes)
      if (node.variant != kNone) by_variant_[node.variant] = node.labels;
  }
  std::vector<AtomId> operator()(const Dict& dict) const {
    std::vector<AtomId> labels;
    for (VariantId variant : dict.variants)
      labels.insert(labels.end(), by_variant_[variant].begin(), by_variant_[variant].end());
    return labels;
  }

 private:
  std::vector<std::span<const AtomId>> by_variant_;
};

// Where what becomes of a path does not depend on it alone.
NameList ExpandWanted(const Config& config, const Bounds& bounds,
                      const std::function<bool(const Dict&)>& wanted) {
  const Tree& tree = config.impl().tree;
  // What a dict is called in the end is not how it is found.
  bool by_labels = MayRename(tree.keys) && !tree.has_joins;
  LabelsOf labels_of(config);
  Collector found;
  uint64_t seen = 0;
  Diagnostics errors;
  Expand(
      config, {.bounds = bounds},
      [&](const Dict& dict) {
        if (wanted(dict) &&
            !found.Add(by_labels ? NameText(labels_of(dict), tree.labels) : std::string(dict.name)))
          return false;
        return ++seen < kMaxDicts || !found.GiveUp();
      },
      errors);
  if (errors.HasErrors()) found.GiveUp();
  return found.Take();
}

bool DependsOnOthers(const ConfigImpl& impl) {
  return impl.tree.has_joins || impl.defaults;
}

class WayFinder {
 public:
  WayFinder(const PathStatements& statements, const std::string& name)
      : statements_(statements), tree_(statements.tree()), name_(name), names_(tree_) {}

  Ways Find() {
    FindPlain();
    if (tree_.has_joins) FindJoined();
    auto obstacles = [](const Ways::Way& way) { return way.obstacles.size(); };
    std::stable_sort(ways_.ways.begin(), ways_.ways.end(),
                     [&](const auto& a, const auto& b) { return obstacles(a) < obstacles(b); });
    return std::move(ways_);
  }

 private:
  void FindPlain() {
    TreeExtract extract = ExtractNamed(tree_, name_, NameKind::kFull);
    if (extract.empty()) return;
    auto add = [&](std::span<const NodeId> path) {
      std::vector<NodeId> nodes = Originals(extract, path);
      names_.SetPath(nodes);
      Add({name_, names_.shortname(), {std::move(nodes)}});
    };
    ForEachPath(extract.tree, [&](std::span<const NodeId> path) {
      add(path);
      return ways_.ways.size() < kMaxWays;
    });
    ways_.more = CountPaths(extract.tree) - ways_.ways.size();
    if (ways_.more == 0 || HasOpenWay(0) || tree_.has_joins) return;
    // Those may all be blocked, and a later one open.
    PreparedTree prepared(extract.tree, statements_.bounds());
    PathWalker(prepared).Walk([&](std::span<const NodeId> path) {
      add(path);
      return false;
    });
  }

  // Is a test in the result, of those from `begin` on?
  bool HasOpenWay(size_t begin) const {
    return std::any_of(ways_.ways.begin() + static_cast<ptrdiff_t>(begin), ways_.ways.end(),
                       [](const Ways::Way& way) { return way.obstacles.empty(); });
  }

  void Add(TestPaths test) {
    Ways::Way way{std::move(test), {}};
    way.obstacles = FindObstacles(statements_, way.test);
    if (way.test.paths.size() == 1 && tree_.has_joins) {
      for (const ExplainedStatement& join : statements_.Joins(way.test))
        way.obstacles.push_back(
            {Obstacle::Kind::kJoin, join, "makes tests of several names; this one is but a part"});
    }
    ways_.ways.push_back(std::move(way));
  }

  // Those that joins make, whatever filters say.
  void FindJoined() {
    auto not_join = [](const Item& item) { return item.kind != ItemKind::kJoin; };
    const size_t plain = ways_.ways.size();
    WalkJoined(/*as_expanded=*/false, not_join, [this](TestPaths test) { Add(std::move(test)); });
    if (!HasOpenWay(plain)) return;
    // Of a join of three, some are lost.
    bool found = false;
    auto is_operator = [](const Item& item) { return IsOperator(item.kind); };
    WalkJoined(/*as_expanded=*/true, is_operator, [&found](const TestPaths&) { found = true; });
    for (size_t i = plain; !found && i < ways_.ways.size(); ++i) {
      Ways::Way& way = ways_.ways[i];
      ExplainedStatement join = statements_.Joins(way.test).front();
      way.obstacles.push_back({Obstacle::Kind::kJoin, join,
                               "of three or more: from the second test of its first part on, the "
                               "third must also match what selects the second"});
    }
  }

  // `as_expanded`: with what is lost where three are joined.
  void WalkJoined(bool as_expanded, const std::function<bool(const Item&)>& drop,
                  const std::function<void(TestPaths)>& use) {
    TreeExtract extract = ExtractMentioned(tree_, name_, as_expanded);
    if (extract.empty()) return;
    DropItems(&extract.tree, drop);
    PreparedTree prepared(extract.tree, statements_.bounds());
    JoinedWalker walker(prepared, /*defaults=*/false, /*forgets=*/!as_expanded);
    uint64_t seen = 0;
    walker.Walk([&](const StoredDict& dict) {
      if (dict.name == name_ && dict.paths.size() > 1) {
        TestPaths test{dict.name, dict.shortname, {}};
        for (const std::vector<NodeId>& path : dict.paths)
          test.paths.push_back(Originals(extract, path));
        use(std::move(test));
      }
      return ++seen < kMaxDicts && ways_.ways.size() < kMaxWays;
    });
    ways_.gave_up |= seen == kMaxDicts || walker.error().code == "too-many-steps";
  }

  const PathStatements& statements_;
  const Tree& tree_;
  const std::string& name_;
  PathNames names_;
  Ways ways_;
};

}  // namespace

Ways FindWays(const PathStatements& statements, const std::string& name) {
  return WayFinder(statements, name).Find();
}

std::optional<NameFilter> ReadNameFilter(const Tree& tree, const std::string& text) {
  if (!IsOneLine(text)) return std::nullopt;
  NameFilter result{tree.labels, {}, {}};
  std::vector<Token> tokens;
  Scanner scanner(text, 0);
  do tokens.push_back(scanner.Next());
  while (tokens.back().kind != TokenKind::kEnd && tokens.back().kind != TokenKind::kError);
  FilterError error;
  if (tokens.back().kind == TokenKind::kError ||
      !ParseFilter(tokens, FilterUse::kMatching, &result.labels, &result.arena, &result.filter,
                   &error) ||
      result.filter.alternatives.empty())
    return std::nullopt;
  return result;
}

NameFilter FilterOfLabels(const Tree& tree, std::span<const std::string> labels) {
  NameFilter result{tree.labels, {}, {}};
  Alternative all;
  for (const std::string& label : labels) all.blocks.push_back({{result.labels.Bare(label)}});
  result.filter.alternatives.push_back(std::move(all));
  result.filter.simple = false;
  return result;
}

NameList FindRenamed(const Config& config, const std::string& name, const Bounds& bounds) {
  if (!MayRename(config.impl().tree.keys)) return {};
  return ExpandWanted(config, bounds, [&](const Dict& dict) { return dict.name == name; });
}

NameList FindByShortname(const Config& config, const std::string& shortname, const Bounds& bounds) {
  if (DependsOnOthers(config.impl()))
    return ExpandWanted(config, bounds,
                        [&](const Dict& dict) { return dict.shortname == shortname; });
  return WalkNames(ExtractNamed(config.impl().tree, shortname, NameKind::kShort).tree, bounds,
                   nullptr);
}

NameList FindByFilter(const Config& config, const NameFilter& filter, const Bounds& bounds) {
  const Tree& tree = config.impl().tree;
  if (!DependsOnOthers(config.impl()))
    return WalkNames(ExtractMatching(tree, filter.labels, filter.filter).tree, bounds, nullptr);
  LabelsOf labels_of(config);
  return ExpandWanted(config, bounds, [&](const Dict& dict) {
    return Matches(filter.filter, labels_of(dict), filter.labels);
  });
}

NameList FindRemoved(const Tree& tree, const NameFilter& filter, const Bounds& bounds,
                     std::vector<std::vector<NodeId>>* paths) {
  TreeExtract extract = ExtractMatching(tree, filter.labels, filter.filter);
  const auto wanted = static_cast<FilterId>(tree.filters.size());
  DropItems(&extract.tree, [wanted](const Item& item) {
    return (item.kind == ItemKind::kOnly || item.kind == ItemKind::kNo) && item.id != wanted;
  });
  return WalkNames(extract.tree, bounds, [&](std::span<const NodeId> path) {
    if (paths->size() < kMaxTriedPaths) paths->push_back(Originals(extract, path));
  });
}

}  // namespace kvmtest::language
