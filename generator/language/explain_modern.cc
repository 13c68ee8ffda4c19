#include "language/explain_modern.h"

#include <algorithm>
#include <utility>

#include "language/explain_removed.h"
#include "language/explain_test.h"
#include "language/explain_unknown.h"
#include "language/find_tests.h"
#include "language/path_statements.h"

namespace kvmtest::language {

namespace {

class ModernExplainer {
 public:
  ModernExplainer(const Config& config, const std::string& name, const std::string& key,
                  const Bounds& bounds)
      : config_(config),
        tree_(config.impl().tree),
        bounds_(bounds),
        statements_(config.impl(), bounds) {
    result_.asked = name;
    result_.key = key;
  }

  // False if an operator is in error.
  bool Explain() {
    Ways ways = FindWays(statements_, result_.asked);
    if (!ways.ways.empty()) return ExplainWays(std::move(ways));
    NameList names = FindRenamed(config_, result_.asked, bounds_);
    if (names.count == 0) names = FindByShortname(config_, result_.asked, bounds_);
    std::optional<NameFilter> filter;
    if (names.count == 0 && (filter = ReadNameFilter(tree_, result_.asked)))
      names = FindByFilter(config_, *filter, bounds_);
    if (names.count > 0) return ExplainNames(std::move(names));
    result_.gave_up = names.at_least || ways.gave_up;
    if (filter && !result_.gave_up && ExplainAllRemoved(*filter)) return true;
    ExplainUnknown(config_, bounds_, &result_);
    return true;
  }

  Explanation Take() { return std::move(result_); }
  const ExpandError& error() const { return error_; }

 private:
  bool ExplainNames(NameList names) {
    if (names.names.size() == 1 && !names.at_least)
      return ExplainWays(FindWays(statements_, names.names[0]));
    result_.answer = Explanation::Answer::kSeveral;
    result_.names = std::move(names);
    return true;
  }

  bool ExplainWays(Ways ways) {
    // A test that a join makes can be known and yet be too far behind to be followed.
    result_.gave_up = ways.ways.empty();
    result_.answer =
        result_.gave_up ? Explanation::Answer::kUnknown : Explanation::Answer::kRemoved;
    for (Ways::Way& way : ways.ways) {
      if (!way.obstacles.empty()) continue;
      std::optional<ExplainedTest> test = ExplainTest(statements_, way.test, result_.key, &error_);
      if (!test) return false;
      result_.tests.push_back(std::move(*test));
    }
    if (!result_.tests.empty()) return ExplainKey(ways);
    for (Ways::Way& way : ways.ways) result_.removed.push_back(Removed(std::move(way)));
    result_.more_ways = ways.more;
    return true;
  }

  // Is there anything to tell about the param?
  bool ExplainKey(const Ways& ways) {
    result_.answer = Explanation::Answer::kInResult;
    if (!result_.IsKeyMissing()) return true;
    std::optional<ExplainedTest> all = ExplainTest(statements_, ways.ways[0].test, "", &error_);
    if (!all) return false;
    ExplainMissingKey(Dialect::kModern, *all, &result_);
    return true;
  }

  RemovedTest Removed(Ways::Way way) const {
    RemovedTest removed{way.test.name, statements_.Variants(way.test), {}, {}};
    if (way.test.paths.size() > 1)
      for (const std::vector<NodeId>& path : way.test.paths)
        removed.parts.push_back(statements_.Name(path));
    removed.obstacles = std::move(way.obstacles);
    return removed;
  }

  // What would be meant if no filter removed it.
  bool ExplainAllRemoved(const NameFilter& filter) {
    std::vector<std::vector<NodeId>> paths;
    NameList names = FindRemoved(tree_, filter, bounds_, &paths);
    if (names.count == 0) return false;
    if (names.names.size() == 1 && !names.at_least)
      return ExplainWays(FindWays(statements_, names.names[0]));
    result_.answer = Explanation::Answer::kAllRemoved;
    result_.names = std::move(names);
    for (const std::vector<NodeId>& path : paths) {
      std::vector<Obstacle> obstacles = FindFilters(statements_, {{}, {}, {path}});
      if (&path == &paths.front())
        result_.common = std::move(obstacles);
      else
        KeepCommon(obstacles, &result_.common);
    }
    // The others may not be kept out by them.
    if (result_.names.at_least) result_.common.clear();
    return true;
  }

  const Config& config_;
  const Tree& tree_;
  Bounds bounds_;
  PathStatements statements_;
  Explanation result_;
  ExpandError error_;
};

}  // namespace

std::optional<Explanation> ExplainModern(const Config& config, const std::string& name,
                                         const std::string& key, const Bounds& bounds,
                                         ExpandError* error) {
  ModernExplainer explainer(config, name, key, bounds);
  if (explainer.Explain()) return explainer.Take();
  *error = explainer.error();
  return std::nullopt;
}

}  // namespace kvmtest::language
