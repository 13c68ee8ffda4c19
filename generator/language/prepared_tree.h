// The tree made ready for walking: labels and filters as bits, and for every node what
// its subtree can still offer and ask.
//
// Filters split in two. *Constraints* (only and no, with the conditions around them) decide
// which paths exist; the walk prunes with them. Conditions themselves only choose
// operators and are looked at once, on the complete name, when a dict is built.
#ifndef KVMTEST_LANGUAGE_PREPARED_TREE_H_
#define KVMTEST_LANGUAGE_PREPARED_TREE_H_

#include <cstdint>
#include <deque>
#include <map>
#include <span>
#include <vector>

#include "language/tree.h"

namespace kvmtest::language {

using ConstraintId = uint32_t;
using Bit = uint32_t;  // dense number of an atom that some filter mentions
inline constexpr Bit kNoBit = UINT32_MAX;

// only/no FILTER, if all guards hold.
struct Constraint {
  struct Guard {
    FilterId filter;
    bool positive;  // false: under `!filter:`
    auto operator<=>(const Guard&) const = default;
  };
  std::vector<Guard> guards;
  FilterId filter = 0;
  bool only = true;
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
  bool operator==(const BitSet&) const = default;

 private:
  std::vector<uint64_t> words_;
};

struct PreparedNode {
  const BitSet* below = nullptr;     // atoms of all labels strictly below
  const BitSet* relevant = nullptr;  // atoms that constraints here and below mention
  std::span<const ConstraintId> constraints;
  bool shared = false;  // has children and several parents: a place to remember results
};

class PreparedTree {
 public:
  explicit PreparedTree(const Tree& tree);

  const Tree& tree() const { return tree_; }
  const PreparedNode& node(NodeId id) const { return nodes_[id]; }
  const Constraint& constraint(ConstraintId id) const { return constraints_[id]; }
  const BitSet& ConstraintBits(ConstraintId id) const { return constraint_bits_[id]; }
  size_t words() const { return words_; }
  size_t bits() const { return bits_; }
  Bit BitOf(AtomId atom) const { return atom < bit_of_.size() ? bit_of_[atom] : kNoBit; }

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
  void AddFilterBits(FilterId filter, BitSet* bits) const;
  BitSet* NewBits();

  const Tree& tree_;
  size_t words_ = 1;
  size_t bits_ = 0;
  std::vector<Bit> bit_of_;  // by atom
  std::vector<PreparedNode> nodes_;
  std::vector<Constraint> constraints_;
  std::vector<BitSet> constraint_bits_;
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

 private:
  Verdict JudgeBlock(const Adjacency& block, const BitSet& below) const;
  bool Offers(AtomId atom) const { return bits_.Has(prepared_.BitOf(atom)); }

  const PreparedTree& prepared_;
  std::vector<AtomId> labels_;
  BitSet bits_;
  std::vector<uint32_t> counts_;
};

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_PREPARED_TREE_H_
