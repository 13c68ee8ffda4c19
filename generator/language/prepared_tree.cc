#include "language/prepared_tree.h"

#include <algorithm>

namespace kvmtest::language {

PreparedTree::PreparedTree(const Tree& tree) : tree_(tree), nodes_(tree.nodes.size()) {
  NumberAtoms();
  std::vector<uint32_t> parents(tree.nodes.size(), 0);
  for (const Node& node : tree.nodes)
    for (NodeId child : node.children) ++parents[child];
  // Children come before their parents.
  for (NodeId id = 0; id < nodes_.size(); ++id) {
    PrepareNode(id);
    nodes_[id].shared = parents[id] > 1 && !tree.nodes[id].children.empty();
  }
}

void PreparedTree::NumberAtoms() {
  bit_of_.assign(tree_.labels.size(), kNoBit);
  for (const Filter& filter : tree_.filters)
    for (const Alternative& alternative : filter.alternatives)
      for (const Adjacency& block : alternative.blocks)
        for (AtomId atom : block.atoms)
          if (bit_of_[atom] == kNoBit) bit_of_[atom] = static_cast<Bit>(bits_++);
  words_ = bits_ / 64 + 1;
}

BitSet* PreparedTree::NewBits() {
  return &bit_sets_.emplace_back(words_);
}

void PreparedTree::AddFilterBits(FilterId id, BitSet* bits) const {
  for (const Alternative& alternative : filter(id).alternatives)
    for (const Adjacency& block : alternative.blocks)
      for (AtomId atom : block.atoms) bits->Add(bit_of_[atom]);
}

ConstraintId PreparedTree::InternConstraint(Constraint constraint) {
  auto [it, is_new] =
      constraint_ids_.try_emplace(constraint, static_cast<ConstraintId>(constraints_.size()));
  if (!is_new) return it->second;
  BitSet bits(words_);
  for (const Constraint::Guard& guard : constraint.guards) AddFilterBits(guard.filter, &bits);
  AddFilterBits(constraint.filter, &bits);
  constraints_.push_back(std::move(constraint));
  constraint_bits_.push_back(std::move(bits));
  return it->second;
}

ConstraintId PreparedTree::AddOnly(FilterId id, size_t alternative) {
  Filter only;
  only.alternatives.push_back(tree_.filters[id].alternatives[alternative]);
  only.simple = false;
  extra_filters_.push_back(std::move(only));
  FilterId added = static_cast<FilterId>(tree_.filters.size() + extra_filters_.size() - 1);
  return InternConstraint({{}, added, true});
}

void PreparedTree::CollectConstraints(std::span<const Item> content,
                                      std::vector<Constraint::Guard>* guards,
                                      std::vector<ConstraintId>* out) {
  for (const Item& item : content) {
    if (item.kind == ItemKind::kOnly || item.kind == ItemKind::kNo) {
      ConstraintId id = InternConstraint({*guards, item.id, item.kind == ItemKind::kOnly});
      if (std::find(out->begin(), out->end(), id) == out->end()) out->push_back(id);
    } else if (item.kind == ItemKind::kCondition || item.kind == ItemKind::kNegativeCondition) {
      const Condition& condition = tree_.conditions[item.id];
      guards->push_back({condition.filter, item.kind == ItemKind::kCondition});
      CollectConstraints(condition.content, guards, out);
      guards->pop_back();
    }
  }
}

void PreparedTree::PrepareNode(NodeId id) {
  const Node& node = tree_.nodes[id];
  PreparedNode& prepared = nodes_[id];
  std::vector<ConstraintId> constraints;
  std::vector<Constraint::Guard> guards;
  CollectConstraints(node.content, &guards, &constraints);
  prepared.constraints = arena_.CopySpan(constraints.data(), constraints.size());

  // A variant that adds nothing shares its child's sets.
  if (node.children.size() == 1 && tree_.nodes[node.children[0]].labels.empty()) {
    prepared.below = nodes_[node.children[0]].below;
  } else {
    BitSet* below = NewBits();
    const BitSet* last = nullptr;
    for (NodeId child : node.children) {
      if (nodes_[child].below != last) below->AddAll(*nodes_[child].below);
      last = nodes_[child].below;
      for (AtomId label : tree_.nodes[child].labels)
        for (AtomId atom : {label, tree_.labels.NameAtom(label)})
          if (bit_of_[atom] != kNoBit) below->Add(bit_of_[atom]);
    }
    prepared.below = below;
  }
  if (node.children.size() == 1 && constraints.empty()) {
    prepared.relevant = nodes_[node.children[0]].relevant;
    return;
  }
  BitSet* relevant = NewBits();
  const BitSet* last = nullptr;
  for (NodeId child : node.children) {
    if (nodes_[child].relevant != last) relevant->AddAll(*nodes_[child].relevant);
    last = nodes_[child].relevant;
  }
  for (ConstraintId constraint : constraints) relevant->AddAll(constraint_bits_[constraint]);
  prepared.relevant = relevant;
}

void Context::Push(AtomId label) {
  labels_.push_back(label);
  AtomId name = prepared_.tree().labels.NameAtom(label);
  Bit bit = prepared_.BitOf(label);
  if (bit != kNoBit && counts_[bit]++ == 0) bits_.Add(bit);
  if (name == label) return;
  bit = prepared_.BitOf(name);
  if (bit != kNoBit && counts_[bit]++ == 0) bits_.Add(bit);
}

void Context::Pop(size_t count) {
  for (; count > 0; --count) {
    AtomId label = labels_.back();
    labels_.pop_back();
    AtomId name = prepared_.tree().labels.NameAtom(label);
    Bit bit = prepared_.BitOf(label);
    if (bit != kNoBit && --counts_[bit] == 0) bits_.Remove(bit);
    if (name == label) continue;
    bit = prepared_.BitOf(name);
    if (bit != kNoBit && --counts_[bit] == 0) bits_.Remove(bit);
  }
}

bool Context::Matches(FilterId id) const {
  const Filter& filter = prepared_.filter(id);
  if (filter.simple) {
    return std::any_of(filter.any.begin(), filter.any.end(),
                       [this](AtomId atom) { return Offers(atom); });
  }
  return std::any_of(
      filter.alternatives.begin(), filter.alternatives.end(), [this](const Alternative& a) {
        return std::all_of(a.blocks.begin(), a.blocks.end(), [this](const Adjacency& block) {
          if (block.atoms.size() == 1) return Offers(block.atoms[0]);
          return std::all_of(block.atoms.begin(), block.atoms.end(),
                             [this](AtomId atom) { return Offers(atom); }) &&
                 Occurs(block, labels_, prepared_.tree().labels);
        });
      });
}

Context::Verdict Context::JudgeBlock(const Adjacency& block, const BitSet& below) const {
  const std::vector<AtomId>& atoms = block.atoms;
  if (atoms.size() == 1) {
    if (Offers(atoms[0])) return Verdict::kTrue;
    return below.Has(prepared_.BitOf(atoms[0])) ? Verdict::kOpen : Verdict::kFalse;
  }
  if (Occurs(block, labels_, prepared_.tree().labels)) return Verdict::kTrue;
  // It may still come if some first part of it ends the name so far and the rest is below.
  const LabelTable& table = prepared_.tree().labels;
  for (size_t taken = 0; taken < atoms.size() && taken <= labels_.size(); ++taken) {
    bool fits = true;
    for (size_t i = 0; fits && i < taken; ++i)
      fits = table.Offers(labels_[labels_.size() - taken + i], atoms[i]);
    for (size_t i = taken; fits && i < atoms.size(); ++i)
      fits = below.Has(prepared_.BitOf(atoms[i]));
    if (fits) return Verdict::kOpen;
  }
  return Verdict::kFalse;
}

Context::Verdict Context::Judge(FilterId id, const BitSet& below) const {
  const Filter& filter = prepared_.filter(id);
  bool open = false;
  if (filter.simple) {
    for (AtomId atom : filter.any) {
      if (Offers(atom)) return Verdict::kTrue;
      open |= below.Has(prepared_.BitOf(atom));
    }
    return open ? Verdict::kOpen : Verdict::kFalse;
  }
  for (const Alternative& alternative : filter.alternatives) {
    Verdict all = Verdict::kTrue;
    for (const Adjacency& block : alternative.blocks) {
      Verdict one = JudgeBlock(block, below);
      if (one != Verdict::kTrue) all = one;
      if (one == Verdict::kFalse) break;
    }
    if (all == Verdict::kTrue) return all;
    open |= all == Verdict::kOpen;
  }
  return open ? Verdict::kOpen : Verdict::kFalse;
}

Context::Verdict Context::Judge(const Constraint& constraint, const BitSet& below) const {
  bool open = false;
  for (const Constraint::Guard& guard : constraint.guards) {
    Verdict verdict = Judge(guard.filter, below);
    if (verdict == Verdict::kOpen)
      open = true;
    else if ((verdict == Verdict::kTrue) != guard.positive)
      return Verdict::kTrue;  // does not apply
  }
  Verdict verdict = Judge(constraint.filter, below);
  if (verdict == Verdict::kOpen) return verdict;
  if ((verdict == Verdict::kTrue) == constraint.only) return Verdict::kTrue;
  return open ? Verdict::kOpen : Verdict::kFalse;
}

}  // namespace kvmtest::language
