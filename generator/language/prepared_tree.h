// The tree made ready for walking: labels and filters as bits, and for every node what
// its subtree can still offer and ask.
//
// Filters split in two. *Constraints* (only and no, with the conditions around them) decide
// which paths exist; the walk prunes with them. Conditions themselves only choose
// operators and are looked at once, on the complete name, when a dict is built.
#ifndef KVMTEST_LANGUAGE_PREPARED_TREE_H_
#define KVMTEST_LANGUAGE_PREPARED_TREE_H_

#include <algorithm>
#include <bit>
#include <cstdint>
#include <deque>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "language/bounds.h"
#include "language/tree.h"

namespace kvmtest::language {

using ConstraintId = uint32_t;
using Bit = uint32_t;  // dense number of an atom that some filter mentions
inline constexpr Bit kNoBit = UINT32_MAX;

// only/no FILTER, if all guards hold. Or a join that must not be met: if they hold, it is an error.
struct Constraint {
  struct Guard {
    FilterId filter;
    bool positive;  // false: under `!filter:`
    auto operator<=>(const Guard&) const = default;
  };
  std::vector<Guard> guards;
  FilterId filter = 0;
  bool only = true;
  const Item* join = nullptr;
  auto operator<=>(const Constraint&) const = default;
};

class BitSet {
 public:
  explicit BitSet(size_t words = 0) : words_(words, 0) {}
  bool Has(Bit bit) const { return (words_[bit >> 6] >> (bit & 63)) & 1; }
  void Add(Bit bit) { words_[bit >> 6] |= uint64_t{1} << (bit & 63); }
  void Remove(Bit bit) { words_[bit >> 6] &= ~(uint64_t{1} << (bit & 63)); }
  void AddAll(const BitSet& other) {
    for (size_t i = 0; i < words_.size(); ++i) words_[i] |= other.words_[i];
  }
  // Calls use(bit) for each that both have; the other one may be longer.
  template <typename Use>
  void ForEachCommon(const BitSet& other, const Use& use) const {
    for (size_t i = 0; i < words_.size(); ++i)
      for (uint64_t bits = words_[i] & other.words_[i]; bits != 0; bits &= bits - 1)
        use(static_cast<Bit>(i * 64 + static_cast<size_t>(std::countr_zero(bits))));
  }
  bool operator==(const BitSet&) const = default;

 private:
  std::vector<uint64_t> words_;
};

struct PreparedNode {
  const BitSet* below = nullptr;     // atoms of all labels strictly below
  const BitSet* relevant = nullptr;  // asked for by constraints here and below, see PreparedTree
  std::span<const ConstraintId> constraints;
  bool shared = false;  // a block with several ways to it: a place to remember results
};

class PreparedTree {
 public:
  explicit PreparedTree(const Tree& tree, const Bounds& bounds = {});

  const Tree& tree() const { return tree_; }
  const Bounds& bounds() const { return bounds_; }
  const PreparedNode& node(NodeId id) const { return nodes_[id]; }
  const Constraint& constraint(ConstraintId id) const { return constraints_[id]; }
  size_t words() const { return words_; }
  size_t bits() const { return bits_; }
  // Atoms next to each other in filters are blocks; these are numbered, too.
  const Adjacency& block(uint32_t id) const { return *blocks_[id]; }
  std::span<const uint32_t> BlocksFrom(Bit first) const { return blocks_from_[first]; }
  // In a node's `relevant` a bit stands for an atom that is asked for by itself, and behind
  // those there is one for each block.
  const BitSet& first_atoms() const { return first_atoms_; }  // of blocks
  Bit BlockBit(uint32_t block) const { return static_cast<Bit>(words_ * 64) + block; }
  Bit BitOf(AtomId atom) const { return atom < bit_of_.size() ? bit_of_[atom] : kNoBit; }

  // Puts other constraints in the place of a node's, which are returned; they must last.
  std::span<const ConstraintId> Replace(NodeId id, std::span<const ConstraintId> constraints) {
    return std::exchange(nodes_[id].constraints, constraints);
  }

  // For joins: an `only` with one alternative of a join's filter.
  ConstraintId AddOnly(FilterId filter, size_t alternative);
  const Filter& filter(FilterId id) const {
    return id < tree_.filters.size() ? tree_.filters[id]
                                     : extra_filters_[id - tree_.filters.size()];
  }

 private:
  void NumberAtoms();
  void CollectConstraints(std::span<const Item> content, std::vector<Constraint::Guard>* guards,
                          std::vector<ConstraintId>* out);
  ConstraintId InternConstraint(Constraint constraint);
  void PrepareNode(NodeId id);
  void NumberBlocks();
  size_t RelevantWords() const { return words_ + blocks_.size() / 64 + 1; }
  void AddFilterBits(FilterId filter, BitSet* bits) const;
  BitSet* NewBits(size_t words);

  const Tree& tree_;
  Bounds bounds_;
  size_t words_ = 1;
  size_t bits_ = 0;
  std::vector<Bit> bit_of_;               // by atom
  std::vector<const Adjacency*> blocks_;  // of two and more atoms, each once
  std::map<std::vector<AtomId>, uint32_t> block_ids_;
  BitSet first_atoms_;
  std::vector<std::vector<uint32_t>> blocks_from_;  // by bit: blocks that begin with the atom
  std::vector<PreparedNode> nodes_;
  std::vector<Constraint> constraints_;
  std::vector<BitSet> constraint_bits_;  // as in `relevant`
  std::map<Constraint, ConstraintId> constraint_ids_;
  std::deque<BitSet> bit_sets_;  // nodes point into it
  std::vector<Filter> extra_filters_;
  Arena arena_;
};

// Where a walk stands: the labels from the root down to the current node.
class Context {
 public:
  explicit Context(const PreparedTree& prepared)
      : prepared_(prepared), bits_(prepared.words()), counts_(prepared.bits(), 0) {}

  void Push(AtomId label);
  void PushAll(std::span<const AtomId> labels) {
    for (AtomId label : labels) Push(label);
  }
  void Pop(size_t count);

  const std::vector<AtomId>& labels() const { return labels_; }
  const BitSet& bits() const { return bits_; }

  // Does the complete name match?
  bool Matches(FilterId filter) const;

  enum class Verdict { kFalse, kTrue, kOpen };
  // The same while labels of `below` may still come.
  Verdict Judge(FilterId filter, const BitSet& below) const;
  // kTrue: satisfied for good; kFalse: no path below can satisfy it.
  Verdict Judge(const Constraint& constraint, const BitSet& below) const;
  // Appends what an open constraint still asks of the labels of `below`. Where two contexts
  // give the same words, the same labels below satisfy it.
  void AppendResidual(const Constraint& constraint, const BitSet& below,
                      std::vector<uint32_t>* out) const;
  // Appends what of the labels so far can matter to constraints at the node and below.
  void AppendRelevant(const PreparedNode& node, std::vector<uint32_t>* out) const;
  // Is the block among the labels so far?
  bool Has(const Adjacency& block) const {
    return std::all_of(block.atoms.begin(), block.atoms.end(),
                       [this](AtomId atom) { return Offers(atom); }) &&
           (block.atoms.size() == 1 || Occurs(block, labels_, prepared_.tree().labels));
  }
  // May the block still come, its first `taken` atoms being the last labels so far?
  bool MayContinue(const Adjacency& block, size_t taken, const BitSet& below) const;

 private:
  void AppendResidual(FilterId filter, const BitSet& below, std::vector<uint32_t>* out) const;
  void AppendResidual(const Adjacency& block, const BitSet& below,
                      std::vector<uint32_t>* out) const;
  Verdict JudgeBlock(const Adjacency& block, const BitSet& below) const;
  bool Offers(AtomId atom) const { return bits_.Has(prepared_.BitOf(atom)); }

  const PreparedTree& prepared_;
  std::vector<AtomId> labels_;
  BitSet bits_;
  std::vector<uint32_t> counts_;
};

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_PREPARED_TREE_H_
