// All paths through the modern tree that satisfy every only and no, as a graph of the states that
// matter (see path_walker.h): how many there are, and how many take each variant.
#ifndef KVMTEST_LANGUAGE_PATH_GRAPH_H_
#define KVMTEST_LANGUAGE_PATH_GRAPH_H_

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "language/prepared_tree.h"

namespace kvmtest::language {

class PathGraph {
 public:
  PathGraph(const PreparedTree& prepared, bool defaults)
      : prepared_(prepared), defaults_(defaults), context_(prepared) {}

  // False if there is more than `max_work` to look at, words of states and constraints in them;
  // then only some of the paths are counted.
  bool Build(size_t max_work);
  // Number of paths; UINT64_MAX stands for that many or more.
  uint64_t Count() const { return states_.back().count; }
  // The same without that limit, nearly.
  double Size() const { return states_.back().size; }
  // Of these, those that take each variant, by variant.
  std::vector<double> CountByVariant(size_t variants) const;

 private:
  using Open = std::vector<ConstraintId>;
  // A way through one block: the variants taken, then the next state.
  struct Edge {
    uint32_t begin;  // of the variants in taken_
    uint32_t end;
    std::optional<uint32_t> next;  // none: the path is complete
  };
  struct State {
    uint64_t count = 0;
    double size = 0;  // the same, saturating later and less exact
    std::vector<Edge> edges;
  };
  uint32_t StateOf(NodeId node, const Open& open);
  void Collect(NodeId node, const Open& open, bool first, std::vector<VariantId>* way,
               State* state);
  void AddEdge(const std::vector<VariantId>& way, std::optional<uint32_t> next, State* state);
  bool Judge(NodeId node, const Open& open, Open* still_open) const;
  // What decides what is below the node: see PathWalker.
  std::vector<uint32_t> KeyOf(NodeId node, const Open& open) const;

  const PreparedTree& prepared_;
  bool defaults_;
  Context context_;
  std::map<std::vector<uint32_t>, uint32_t> known_;
  std::vector<State> states_;  // those that a state leads to stand before it
  std::vector<VariantId> taken_;
  size_t work_left_ = 0;
};

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_PATH_GRAPH_H_
