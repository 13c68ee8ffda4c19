// Enumerates the paths from the root to the leaf that satisfy every only and no, in the
// reference's order, without ever trying a dead end twice.
//
// What lies below a shared node (a `variants` block's container, which every variant of
// the next block has as its child) depends on little: what the constraints still open ask
// of the labels below, and those labels above that some constraint there or below mentions.
// The walk remembers per such state which ways lead further ("Part"), so a product of
// blocks is walked along a small graph of parts, counted without being enumerated, and
// filters that leave little cost little. The memory for parts is bounded; beyond that they
// are made anew each time.
//
// With --defaults the siblings of a default variant are passed over once it has led to a path.
// Whether it does depends on no more than that state, so a part passes over the same ways always.
#ifndef KVMTEST_LANGUAGE_PATH_WALKER_H_
#define KVMTEST_LANGUAGE_PATH_WALKER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include "language/patience.h"
#include "language/prepared_tree.h"

namespace kvmtest::language {

class PathWalker {
 public:
  static constexpr size_t kMaxMemory = size_t{24} << 20;
  // A part that has been counted is small, and a tree of thousands of tests for hundreds of
  // guests has some hundred thousand.
  static constexpr size_t kMaxCountMemory = size_t{256} << 20;

  // `max_memory`: bytes to remember parts in.
  explicit PathWalker(const PreparedTree& prepared, bool defaults = false,
                      size_t max_memory = kMaxMemory)
      : prepared_(prepared),
        defaults_(defaults),
        context_(prepared),
        patience_(prepared.bounds().steps),
        max_memory_(max_memory) {}

  // The nodes of a path from the root to the leaf; context() holds its labels.
  using Sink = std::function<bool(std::span<const NodeId>)>;
  // False if the sink stopped the walk or it was given up.
  bool Walk(const Sink& sink);
  // Number of paths; UINT64_MAX stands for that many or more. Of no meaning if it was given up.
  uint64_t Count();
  bool gave_up() const { return patience_.IsOver(); }
  ExpandError error() const;

  const Context& context() const { return context_; }
  bool defaults() const { return defaults_; }

 private:
  struct Part;
  // A way through one block: its nodes, then the next shared node or the end.
  struct Edge {
    uint32_t nodes_begin;
    uint32_t nodes_count;
    NodeId next = kNone;   // kNone: the path is complete
    uint32_t open = 0;     // id of the constraints open there when the part was built
    Part* part = nullptr;  // once known
  };
  // Of a default variant: its ways, which stand before those of its siblings.
  struct Default {
    size_t begin;
    size_t end;
    size_t siblings_end;
  };
  class Turns;
  struct Part {
    NodeId node;
    uint32_t open;
    bool built = false;
    bool counted = false;
    bool walked = false;
    bool dead = false;  // walked without finding a path
    uint64_t count = 0;
    std::vector<Edge> edges;
    std::vector<NodeId> nodes;
    std::vector<Default> defaults;  // by `end`, those inside others before these

    size_t Memory() const {
      return edges.size() * sizeof(Edge) + nodes.size() * sizeof(NodeId) +
             defaults.size() * sizeof(Default);
    }
  };
  struct KeyHash {
    using is_transparent = void;
    size_t operator()(std::span<const uint32_t> key) const;
    size_t operator()(const std::vector<uint32_t>& key) const {
      return (*this)(std::span<const uint32_t>(key));
    }
  };
  struct KeyEqual {
    using is_transparent = void;
    bool operator()(std::span<const uint32_t> a, std::span<const uint32_t> b) const {
      return std::equal(a.begin(), a.end(), b.begin(), b.end());
    }
  };

  using Ids = std::unordered_map<std::vector<uint32_t>, uint32_t, KeyHash, KeyEqual>;

  bool WalkPart(Part& part, const Sink& sink);
  bool WalkEdge(Part& part, Edge& edge, const Sink& sink);
  uint64_t CountPart(Part& part);
  uint64_t CountEdge(const Part& part, const Edge& edge);
  void Build(Part* part);
  void BuildFrom(NodeId node, std::vector<ConstraintId>& open, bool first, Part* part);
  void BuildChildren(NodeId node, std::vector<ConstraintId>& open, Part* part);
  // Adds the node's labels and drops decided constraints; false if the path is dead.
  bool Enter(NodeId node, std::vector<ConstraintId>& open, std::vector<ConstraintId>* still_open);
  // The remembered part for a node in the current context, or null if memory is used up.
  Part* FindPart(NodeId node, uint32_t open);
  bool MemoryIsFull() const { return memory_ >= max_memory_ || forgotten_ > 0; }
  // A part that is not remembered, nor is anything that belongs to it.
  template <typename Use>
  auto WithForgottenPart(NodeId node, uint32_t open, const Use& use);
  // False if a new part would have the key and memory is used up.
  bool MakeKey(NodeId node, uint32_t open);
  // kNone if the words are new and memory is used up.
  uint32_t Intern(const std::vector<uint32_t>& words, Ids* ids);
  uint32_t OpenOnPath();
  uint32_t InternOpen(const std::vector<ConstraintId>& open);
  void Push(std::span<const NodeId> nodes);
  void Pop(std::span<const NodeId> nodes);

  const PreparedTree& prepared_;
  bool defaults_;
  Context context_;
  std::vector<NodeId> path_;
  std::vector<NodeId> building_;
  std::unordered_map<std::vector<uint32_t>, std::unique_ptr<Part>, KeyHash, KeyEqual> parts_;
  Ids open_ids_, residual_ids_;
  std::vector<const std::vector<uint32_t>*> open_sets_;
  std::vector<uint32_t> key_, residual_;
  Patience patience_;
  size_t max_memory_;
  size_t memory_ = 0;
  uint32_t forgotten_ = 0;  // such parts being walked
  uint64_t found_ = 0;
  std::vector<uint64_t> dead_ends_;  // by constraint
};

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_PATH_WALKER_H_
