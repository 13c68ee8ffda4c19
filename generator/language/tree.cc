#include "language/tree.h"

#include <fmt/format.h>

#include <algorithm>

namespace kvmtest::language {

namespace {

uint64_t HashFilter(const Filter& filter) {
  uint64_t hash = 0x9E3779B97F4A7C15ull;
  auto mix = [&hash](uint64_t value) {
    hash = (hash ^ value) * 0xff51afd7ed558ccdull;
    hash ^= hash >> 29;
  };
  for (const Alternative& alternative : filter.alternatives) {
    mix(1);
    for (const Adjacency& block : alternative.blocks) {
      mix(2);
      for (AtomId atom : block.atoms) mix(atom + 3ull);
    }
  }
  return hash;
}

}  // namespace

FilterId Tree::InternFilter(Filter filter) {
  uint64_t hash = HashFilter(filter);
  auto [first, last] = filter_ids_.equal_range(hash);
  for (auto it = first; it != last; ++it)
    if (filters[it->second] == filter) return it->second;
  FilterId id = static_cast<FilterId>(filters.size());
  filters.push_back(std::move(filter));
  filter_ids_.emplace(hash, id);
  return id;
}

bool MayRename(const Interner& keys) {
  return std::any_of(keys.texts().begin(), keys.texts().end(), [](std::string_view key) {
    return key.starts_with("name_") &&
           (key.ends_with("_min") || key.ends_with("_max") || key.ends_with("_fixed"));
  });
}

Span PlaceOfFilter(const Tree& tree, FilterId filter) {
  auto find = [filter](std::span<const Item> content) -> const Item* {
    for (const Item& item : content)
      if ((item.kind == ItemKind::kOnly || item.kind == ItemKind::kNo) && item.id == filter)
        return &item;
    return nullptr;
  };
  for (const Node& node : tree.nodes)
    if (const Item* item = find(node.content)) return item->value.origin.ToSpan();
  for (const Condition& condition : tree.conditions)
    if (const Item* item = find(condition.content)) return item->value.origin.ToSpan();
  return {};
}

size_t CountJoinParts(const Tree& tree, const Node& node) {
  size_t parts = 0;
  for (const Item& item : node.content)
    if (item.kind == ItemKind::kJoin) parts += tree.filters[item.id].alternatives.size();
  return parts;
}

bool HasJoinsOfSeveral(const Tree& tree) {
  return tree.has_joins && std::any_of(tree.nodes.begin(), tree.nodes.end(), [&](const Node& node) {
           return CountJoinParts(tree, node) > 1;
         });
}

namespace {

class TreeDumper {
 public:
  TreeDumper(const Tree& tree, const SourceMap& sources)
      : tree_(tree), sources_(sources), numbers_(tree.nodes.size(), 0) {}

  std::string Dump() {
    DumpNode(tree_.root, 0);
    return std::move(out_);
  }

 private:
  void DumpNode(NodeId id, int indent) {
    const Node& node = tree_.nodes[id];
    out_.append(static_cast<size_t>(indent), ' ');
    if (numbers_[id] != 0) {
      out_ += fmt::format("see #{}\n", numbers_[id]);
      return;
    }
    numbers_[id] = ++count_;
    out_ += fmt::format("#{} node", count_);
    if (node.variant != kNone) out_ += " " + Labels(node);
    if (node.variant != kNone && !node.append_to_shortname) out_ += " @";
    if (node.deps != kNone) out_ += " needs " + FilterText(tree_.filters[node.deps], tree_.labels);
    out_ += '\n';
    DumpContent(node.content, indent + 4);
    for (NodeId child : node.children) DumpNode(child, indent + 2);
  }

  std::string Labels(const Node& node) {
    std::string out;
    for (AtomId label : node.labels)
      out += (out.empty() ? "" : ".") + std::string(tree_.labels.Text(label));
    return out;
  }

  void DumpContent(std::span<const Item> content, int indent) {
    for (const Item& item : content) {
      out_.append(static_cast<size_t>(indent), ' ');
      out_ += ItemText(item);
      out_ += fmt::format("  [{}]\n", sources_.DescribeLine(item.value.origin.ToSpan()));
      if (IsCondition(item.kind)) DumpContent(tree_.conditions[item.id].content, indent + 4);
    }
  }

  std::string ItemText(const Item& item) {
    static constexpr const char* kOperators[] = {"=", "+=", "<=", "~=", "?=", "?+=", "?<="};
    auto filter = [&](FilterId id) { return FilterText(tree_.filters[id], tree_.labels); };
    switch (item.kind) {
      case ItemKind::kDelete:
        return fmt::format("del {}", tree_.keys.Text(item.key));
      case ItemKind::kSuffix:
        return fmt::format("suffix {}", tree_.keys.Text(item.key));
      case ItemKind::kOnly:
        return "only " + filter(item.id);
      case ItemKind::kNo:
        return "no " + filter(item.id);
      case ItemKind::kJoin:
        return "join " + filter(item.id);
      case ItemKind::kCondition:
        return filter(tree_.conditions[item.id].filter) + ":";
      case ItemKind::kNegativeCondition:
        return "!" + filter(tree_.conditions[item.id].filter) + ":";
      default:
        return fmt::format("{} {} '{}'", tree_.keys.Text(item.key),
                           kOperators[static_cast<size_t>(item.kind)], item.value.text);
    }
  }

  const Tree& tree_;
  const SourceMap& sources_;
  std::vector<int> numbers_;
  int count_ = 0;
  std::string out_;
};

}  // namespace

std::string DumpTree(const Tree& tree, const SourceMap& sources) {
  return TreeDumper(tree, sources).Dump();
}

}  // namespace kvmtest::language
