// Paths through the modern tree that few filters remove, counted by the filters that do.
//
// As the path walker does, this walks the tree once for each state that can matter, but goes on
// behind a filter that is not satisfied as long as there are not too many of these.
#ifndef KVMTEST_LANGUAGE_REMOVED_PATHS_H_
#define KVMTEST_LANGUAGE_REMOVED_PATHS_H_

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "language/prepared_tree.h"

namespace kvmtest::language {

class RemovedPaths {
 public:
  // An only or no of a node; statements that say the same there are one.
  using FilterAt = std::pair<NodeId, ConstraintId>;
  // Filters and how many paths are removed by just these; UINT64_MAX stands for that many or more.
  using Counts = std::map<std::vector<FilterAt>, uint64_t>;

  explicit RemovedPaths(const PreparedTree& prepared) : prepared_(prepared), context_(prepared) {}
  // How much the calls below may look at together: words of states and constraints in them.
  void Allow(size_t work) { work_left_ = work; }

  // Nodes that no path may take.
  void Exclude(NodeId node) { excluded_.insert(node); }
  // A constraint that cannot be given up.
  void Require(NodeId node, ConstraintId constraint);

  // Paths that at most `most` filters remove; nothing if that takes too long, see GaveUp.
  Counts Find(size_t most);
  // Is there a path that no filter but this one removes? Much sooner known.
  bool Exists(FilterAt without);
  // Is there a path that no filter removes?
  bool ExistsAsIs() { return Exists({kNone, kNone}); }
  bool GaveUp() const { return work_left_ == 0; }

 private:
  using Open = std::vector<FilterAt>;
  using State = std::vector<uint32_t>;

  // False once too much was looked at.
  bool Work(NodeId node, const Open& open);
  bool Reaches(NodeId node, const Open& open);
  Counts Below(NodeId node, const Open& open, size_t most);
  Counts Visit(NodeId node, const Open& open, size_t most);
  static void Add(const Counts& more, const std::vector<FilterAt>& removed, Counts* counts);
  bool Judge(NodeId node, const Open& open, size_t most, Open* still_open, Open* removed) const;
  // What decides what is below the node.
  State StateOf(NodeId node, const Open& open, size_t most) const;

  const PreparedTree& prepared_;
  Context context_;
  std::set<NodeId> excluded_;
  std::map<NodeId, std::vector<ConstraintId>> required_;
  std::set<AtomId> required_atoms_;
  std::map<State, Counts> known_;
  std::set<State> dead_;
  std::optional<FilterAt> without_;
  size_t work_left_ = 0;
};

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_REMOVED_PATHS_H_
