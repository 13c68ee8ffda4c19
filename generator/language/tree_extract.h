// Parts of a tree as trees of their own: the paths that a question is about. What walks
// whole trees then answers it at once, however many tests the whole has.
#ifndef KVMTEST_LANGUAGE_TREE_EXTRACT_H_
#define KVMTEST_LANGUAGE_TREE_EXTRACT_H_

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "language/tree.h"

namespace kvmtest::language {

// Contents, labels and the like are shared with the whole, which must live longer.
struct TreeExtract {
  Tree tree;
  std::vector<NodeId> original;  // by node of `tree`

  bool empty() const { return tree.nodes.empty(); }
};

enum class NameKind { kFull, kShort };

// The paths called `name`, joins left aside. Empty if there are none.
TreeExtract ExtractNamed(const Tree& tree, std::string_view name, NameKind kind);

// The paths whose labels all occur in `name`: joins make no other test of that name. Below a
// join of three or more, what one test is depends on those before it; with `keep_wide_joins`
// everything there is kept.
TreeExtract ExtractMentioned(const Tree& tree, std::string_view name, bool keep_wide_joins);

// All paths, under `only FILTER` at the end of the text. The filter's atoms are those of `labels`,
// which holds all of the tree's.
TreeExtract ExtractMatching(const Tree& tree, const LabelTable& labels, Filter filter);

// The paths that begin with these nodes.
TreeExtract ExtractBelow(const Tree& tree, std::span<const NodeId> path);

// Takes the items away that `drop` names, in conditions too.
void DropItems(Tree* tree, const std::function<bool(const Item&)>& drop);

// Calls `sink` with the nodes of each path from the root to the leaf, in the order of names,
// filters and joins left aside, until it returns false.
void ForEachPath(const Tree& tree, const std::function<bool(std::span<const NodeId>)>& sink);

// How many paths that makes; UINT64_MAX stands for that many or more.
uint64_t CountPaths(const Tree& tree);

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_TREE_EXTRACT_H_
