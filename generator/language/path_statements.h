// The statements on a path of the modern tree, with what they stand in, and whether they
// apply to its name.
#ifndef KVMTEST_LANGUAGE_PATH_STATEMENTS_H_
#define KVMTEST_LANGUAGE_PATH_STATEMENTS_H_

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "language/bounds.h"
#include "language/config_impl.h"
#include "language/explain.h"

namespace kvmtest::language {

// A test of the modern dialect: a path, or several that `join` puts together.
struct TestPaths {
  std::string name;
  std::string shortname;
  std::vector<std::vector<NodeId>> paths;  // from the root to the leaf
};

class PathStatements {
 public:
  PathStatements(const ConfigImpl& config, const Bounds& bounds);

  const ConfigImpl& config() const { return config_; }
  const Tree& tree() const { return config_.tree; }
  const Bounds& bounds() const { return bounds_; }

  // Every statement in the order of application, conditions opened: to `take` if it applies, to
  // `skip` (if there is one) if it stands under a condition that does not hold, the outermost of
  // which is `failed`. False as soon as `take` is. `index` is that of the node in the path.
  using Take = std::function<bool(const Item&, const ExplainedStatement&, size_t index)>;
  using Skip = std::function<void(const Item&, const ExplainedStatement&,
                                  const ExplainedStatement::Condition& failed)>;
  bool Visit(std::span<const NodeId> path, const Take& take, const Skip& skip) const;

  std::vector<AtomId> Labels(std::span<const NodeId> path) const;
  std::string Name(std::span<const NodeId> path) const;
  // Those of two parts or more on any of the paths, each once.
  std::vector<ExplainedStatement> Joins(const TestPaths& test) const;
  // Of all paths, each once.
  std::vector<VariantId> Variants(const TestPaths& test) const;

 private:
  struct Visitor;

  const ConfigImpl& config_;
  Bounds bounds_;
  std::vector<VariantId> variant_of_;  // by node: in whose text its content stands
};

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_PATH_STATEMENTS_H_
