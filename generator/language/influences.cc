#include "language/influences.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <numeric>
#include <utility>

#include "language/config_impl.h"
#include "language/dict_builder.h"
#include "language/reserved_keys.h"

namespace kvmtest::language {
namespace {

constexpr Kinds kAll = std::numeric_limits<Kinds>::max();

Kinds Together(const std::set<Kinds>& all) {
  return std::accumulate(all.begin(), all.end(), Kinds{0}, std::bit_or<Kinds>());
}

class Finder {
 public:
  Finder(const ConfigImpl& config, const std::vector<Kinds>& kind_of)
      : tree_(config.tree), of_key_(config.tree.keys.size()), of_atom_(config.tree.labels.size()) {
    std::vector<Kinds> of_node;
    for (VariantId owner : config.Owners()) of_node.push_back(owner == kNone ? 0 : kind_of[owner]);
    for (NodeId id = 0; id < tree_.nodes.size(); ++id) {
      const Node& node = tree_.nodes[id];
      if (node.variant != kNone) of_node[id] |= kind_of[node.variant];
      for (AtomId label : node.labels)
        for (AtomId atom : {label, tree_.labels.NameAtom(label)}) of_atom_[atom] |= of_node[id];
      if (node.deps != kNone) of_dependencies_ |= of_node[id];
    }
    for (NodeId id = 0; id < tree_.nodes.size(); ++id) Add(tree_.nodes[id].content, of_node[id]);
    Settle();
  }

  // By key: the kinds of each statement; empty: nothing sets it.
  const std::vector<std::set<Kinds>>& of_key() const { return of_key_; }
  const std::set<Kinds>& of_any_key() const { return of_any_key_; }
  Kinds of_dependencies() const { return of_dependencies_; }

 private:
  void Add(std::span<const Item> content, Kinds around) {
    for (const Item& item : content) {
      if (IsCondition(item.kind)) {
        const Condition& condition = tree_.conditions[item.id];
        Add(condition.content, around | OfFilter(tree_.filters[condition.filter]));
      } else if (SetsKey(item.kind)) {
        of_key_[item.key].insert(around);
        if (item.substitutes) AddReferences(item);
      } else if (IsOperator(item.kind)) {
        of_any_key_.insert(item.substitutes ? kAll : around);
      }
    }
  }

  Kinds OfFilter(const Filter& filter) const {
    Kinds kinds = 0;
    for (const Alternative& alternative : filter.alternatives)
      for (const Adjacency& block : alternative.blocks)
        for (AtomId atom : block.atoms) kinds |= of_atom_[atom];
    return kinds;
  }

  void AddReferences(const Item& item) {
    for (std::string_view name : SubstitutedKeys(item.value.text)) {
      const KeyId key = tree_.keys.Lookup(name);
      if (key < kReservedKeys) of_key_[item.key].insert(kAll);  // names and the like
      if (key != Interner::kAbsent) references_.emplace_back(item.key, key);
    }
  }

  // What is put in brings what has a say in it.
  void Settle() {
    for (bool changes = true; changes;) {
      changes = false;
      for (auto [key, other] : references_)
        changes |= of_key_[key].insert(Together(of_key_[key]) | Together(of_key_[other])).second;
    }
  }

  const Tree& tree_;
  std::vector<std::set<Kinds>> of_key_;
  std::set<Kinds> of_any_key_;
  Kinds of_dependencies_ = 0;
  std::vector<Kinds> of_atom_;
  std::vector<std::pair<KeyId, KeyId>> references_;
};

}  // namespace

Influences::Influences(const Config& config, const std::vector<Kinds>& kind_of) {
  const Finder finder(config.impl(), kind_of);
  const Interner& keys = config.impl().tree.keys;
  for (KeyId key = 0; key < keys.size(); ++key) {
    const std::set<Kinds>& kinds = finder.of_key()[key];
    if (!kinds.empty()) keys_.push_back({keys.Text(key), Together(kinds), kinds});
  }
  any_key_.of_statements = finder.of_any_key();
  if (config.impl().tree.has_suffixes || MayRename(keys)) any_key_.of_statements.insert(kAll);
  any_key_.all = Together(any_key_.of_statements);
  of_dependencies_ = finder.of_dependencies();
}

const Influences::Key* Influences::Find(std::string_view key) const {
  auto found = std::find_if(keys_.begin(), keys_.end(),
                            [key](const Key& known) { return known.text == key; });
  return found == keys_.end() ? nullptr : &*found;
}

Kinds Influences::OfKey(std::string_view key) const {
  Kinds all = any_key_.all;
  // Its limits change its value, too.
  for (std::string_view limit : {"", "_min", "_max", "_fixed"})
    if (const Key* known = Find(std::string(key) + std::string(limit))) all |= known->all;
  return all;
}

Kinds Influences::OfKeysThatBeginWith(std::string_view prefix) const {
  Kinds all = any_key_.all;
  for (const Key& key : keys_)
    if (key.text.starts_with(prefix)) all |= key.all;
  return all;
}

bool Influences::HasStatementOfAll(std::string_view key, Kinds kinds) const {
  auto has = [kinds](const std::set<Kinds>& of_statements) {
    return std::any_of(of_statements.begin(), of_statements.end(),
                       [kinds](Kinds each) { return (each & kinds) == kinds; });
  };
  const Key* known = Find(key);
  return has(any_key_.of_statements) || (known != nullptr && has(known->of_statements));
}

}  // namespace kvmtest::language
