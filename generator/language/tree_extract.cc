#include "language/tree_extract.h"

#include <algorithm>
#include <optional>
#include <unordered_map>

namespace kvmtest::language {

namespace {

// All but the nodes.
Tree CopyWithoutNodes(const Tree& tree) {
  Tree copy;
  copy.keys = tree.keys;
  copy.labels = tree.labels;
  copy.filters = tree.filters;
  copy.conditions = tree.conditions;
  copy.has_joins = tree.has_joins;
  copy.has_suffixes = tree.has_suffixes;
  return copy;
}

// What a path has been so far, as a number, after one more node; nothing if no path of the
// extract goes there.
using Advance = std::function<std::optional<uint32_t>(const Node&, uint32_t)>;

// The nodes of a tree, each as often as paths come to it in different states.
class Extractor {
 public:
  Extractor(const Tree& tree, const Advance& advance, std::optional<uint32_t> last_state)
      : tree_(tree), advance_(advance), last_state_(last_state), states_(tree.nodes.size()) {}

  TreeExtract Extract() {
    // Children come before their parents.
    if (advance_(tree_.nodes[tree_.root], 0)) states_[tree_.root].push_back(0);
    for (auto id = static_cast<NodeId>(tree_.nodes.size()); id-- > 0;)
      for (uint32_t state : states_[id]) Reach(tree_.nodes[id], state);
    out_.tree = CopyWithoutNodes(tree_);
    for (NodeId id = 0; id < tree_.nodes.size(); ++id)
      for (uint32_t state : states_[id]) Make(id, state);
    auto root = made_.find(Key(tree_.root, 0));
    if (root == made_.end())
      out_.tree.nodes.clear();
    else
      out_.tree.root = root->second;
    return std::move(out_);
  }

 private:
  static uint64_t Key(NodeId id, uint32_t state) { return uint64_t{id} << 32 | state; }

  void Reach(const Node& node, uint32_t state) {
    uint32_t after = *advance_(node, state);
    for (NodeId child : node.children) {
      std::vector<uint32_t>& states = states_[child];
      if (advance_(tree_.nodes[child], after) &&
          std::find(states.begin(), states.end(), after) == states.end())
        states.push_back(after);
    }
  }

  // The node in this state, if the leaf can be reached from there.
  void Make(NodeId id, uint32_t state) {
    const Node& node = tree_.nodes[id];
    uint32_t after = *advance_(node, state);
    std::vector<NodeId> children;
    for (NodeId child : node.children)
      if (auto it = made_.find(Key(child, after)); it != made_.end())
        children.push_back(it->second);
    bool ends = node.children.empty() && (!last_state_ || after == *last_state_);
    if (children.empty() && !ends) return;
    made_[Key(id, state)] = static_cast<NodeId>(out_.tree.nodes.size());
    out_.tree.nodes.push_back(node);
    out_.tree.nodes.back().children = out_.tree.arena.CopySpan(children.data(), children.size());
    out_.original.push_back(id);
  }

  const Tree& tree_;
  const Advance& advance_;
  std::optional<uint32_t> last_state_;         // of a path that ends; nothing: any
  std::vector<std::vector<uint32_t>> states_;  // by node, those in which it is reached
  std::unordered_map<uint64_t, NodeId> made_;
  TreeExtract out_;
};

// How far `name` goes on with the labels from `pos` on.
std::optional<size_t> Continue(const Tree& tree, const Node& node, std::string_view name,
                               size_t pos, NameKind kind) {
  if (kind == NameKind::kShort && !node.append_to_shortname) return pos;
  for (AtomId label : node.labels) {
    if (kind == NameKind::kShort) label = tree.labels.NameAtom(label);
    std::string_view text = tree.labels.Text(label);
    if (pos > 0) {
      if (pos == name.size() || name[pos] != '.') return std::nullopt;
      ++pos;
    }
    if (name.substr(pos, text.size()) != text) return std::nullopt;
    pos += text.size();
  }
  return pos;
}

}  // namespace

TreeExtract ExtractNamed(const Tree& tree, std::string_view name, NameKind kind) {
  Advance advance = [&](const Node& node, uint32_t pos) -> std::optional<uint32_t> {
    std::optional<size_t> after = Continue(tree, node, name, pos, kind);
    if (!after) return std::nullopt;
    return static_cast<uint32_t>(*after);
  };
  return Extractor(tree, advance, static_cast<uint32_t>(name.size())).Extract();
}

TreeExtract ExtractMentioned(const Tree& tree, std::string_view name, bool keep_wide_joins) {
  enum : uint32_t { kAboveWideJoins, kBelowWideJoin };
  Advance advance = [&](const Node& node, uint32_t state) -> std::optional<uint32_t> {
    if (state == kBelowWideJoin) return state;
    for (AtomId label : node.labels)
      if (name.find(tree.labels.Text(label)) == name.npos) return std::nullopt;
    return keep_wide_joins && CountJoinParts(tree, node) > 2 ? kBelowWideJoin : kAboveWideJoins;
  };
  return Extractor(tree, advance, std::nullopt).Extract();
}

namespace {

TreeExtract CopyAll(const Tree& tree) {
  TreeExtract extract{CopyWithoutNodes(tree), {}};
  extract.tree.nodes = tree.nodes;
  extract.tree.root = tree.root;
  for (NodeId id = 0; id < tree.nodes.size(); ++id) extract.original.push_back(id);
  return extract;
}

void AppendItem(Tree* tree, NodeId id, const Item& item) {
  Node& node = tree->nodes[id];
  std::vector<Item> content(node.content.begin(), node.content.end());
  content.push_back(item);
  node.content = tree->arena.CopySpan(content.data(), content.size());
}

}  // namespace

TreeExtract ExtractMatching(const Tree& tree, const LabelTable& labels, Filter filter) {
  TreeExtract extract = CopyAll(tree);
  extract.tree.labels = labels;
  extract.tree.filters.push_back(std::move(filter));
  Item only;
  only.kind = ItemKind::kOnly;
  only.id = static_cast<uint32_t>(extract.tree.filters.size() - 1);
  AppendItem(&extract.tree, tree.root, only);
  return extract;
}

TreeExtract ExtractBelow(const Tree& tree, std::span<const NodeId> path) {
  TreeExtract extract = CopyAll(tree);
  NodeId below = path.back();
  for (size_t i = path.size() - 1; i-- > 0;) {
    extract.tree.nodes.push_back(tree.nodes[path[i]]);
    extract.tree.nodes.back().children = extract.tree.arena.CopySpan(&below, 1);
    extract.original.push_back(path[i]);
    below = static_cast<NodeId>(extract.tree.nodes.size()) - 1;
  }
  extract.tree.root = below;
  return extract;
}

void DropItems(Tree* tree, const std::function<bool(const Item&)>& drop) {
  auto filter = [&](std::span<const Item>* content) {
    if (std::none_of(content->begin(), content->end(), drop)) return;
    std::vector<Item> kept;
    for (const Item& item : *content)
      if (!drop(item)) kept.push_back(item);
    *content = tree->arena.CopySpan(kept.data(), kept.size());
  };
  for (Node& node : tree->nodes) filter(&node.content);
  for (Condition& condition : tree->conditions) filter(&condition.content);
}

void ForEachPath(const Tree& tree, const std::function<bool(std::span<const NodeId>)>& sink) {
  std::vector<NodeId> path = {tree.root};
  std::vector<size_t> next = {0};  // by node of the path: the child to take next
  while (!path.empty()) {
    std::span<const NodeId> children = tree.nodes[path.back()].children;
    if (children.empty() && !sink(path)) return;
    if (next.back() < children.size()) {
      path.push_back(children[next.back()++]);
      next.push_back(0);
    } else {
      path.pop_back();
      next.pop_back();
    }
  }
}

uint64_t CountPaths(const Tree& tree) {
  std::vector<uint64_t> counts(tree.nodes.size());
  for (NodeId id = 0; id < tree.nodes.size(); ++id) {
    if (tree.nodes[id].children.empty()) counts[id] = 1;
    for (NodeId child : tree.nodes[id].children) {
      bool fits = counts[id] <= UINT64_MAX - counts[child];
      counts[id] = fits ? counts[id] + counts[child] : UINT64_MAX;
    }
  }
  return counts.empty() ? 0 : counts[tree.root];
}

}  // namespace kvmtest::language
