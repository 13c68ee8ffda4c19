#include "language/prepared_tree.h"

#include <algorithm>

namespace kvmtest::language {

PreparedTree::PreparedTree(const Tree& tree, const Bounds& bounds)
    : tree_(tree), bounds_(bounds), nodes_(tree.nodes.size()) {
  NumberAtoms();
  NumberBlocks();
  std::vector<uint32_t> parents(tree.nodes.size(), 0);
  for (const Node& node : tree.nodes)
    for (NodeId child : node.children) ++parents[child];
  // Children come before their parents.
  for (NodeId id = 0; id < nodes_.size(); ++id) {
    PrepareNode(id);
    const Node& node = tree.nodes[id];
    nodes_[id].shared = parents[id] > 1 && !node.children.empty() && node.labels.empty();
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

void PreparedTree::NumberBlocks() {
  blocks_from_.resize(bits_);
  first_atoms_ = BitSet(words_);
  for (const Filter& filter : tree_.filters) {
    for (const Alternative& alternative : filter.alternatives) {
      for (const Adjacency& block : alternative.blocks) {
        if (block.atoms.size() < 2) continue;
        uint32_t id = static_cast<uint32_t>(blocks_.size());
        if (!block_ids_.try_emplace(block.atoms, id).second) continue;
        blocks_.push_back(&block);
        Bit first = bit_of_[block.atoms[0]];
        blocks_from_[first].push_back(id);
        first_atoms_.Add(first);
      }
    }
  }
}

BitSet* PreparedTree::NewBits(size_t words) {
  return &bit_sets_.emplace_back(words);
}

void PreparedTree::AddFilterBits(FilterId id, BitSet* bits) const {
  for (const Alternative& alternative : filter(id).alternatives)
    for (const Adjacency& block : alternative.blocks)
      bits->Add(block.atoms.size() == 1 ? bit_of_[block.atoms[0]]
                                        : BlockBit(block_ids_.at(block.atoms)));
}

ConstraintId PreparedTree::InternConstraint(Constraint constraint) {
  auto [it, is_new] =
      constraint_ids_.try_emplace(constraint, static_cast<ConstraintId>(constraints_.size()));
  if (!is_new) return it->second;
  BitSet bits(RelevantWords());
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
  return InternConstraint({{}, added, true, nullptr});
}

void PreparedTree::CollectConstraints(std::span<const Item> content,
                                      std::vector<Constraint::Guard>* guards,
                                      std::vector<ConstraintId>* out) {
  for (const Item& item : content) {
    if (item.kind == ItemKind::kOnly || item.kind == ItemKind::kNo) {
      ConstraintId id = InternConstraint({*guards, item.id, item.kind == ItemKind::kOnly, nullptr});
      if (std::find(out->begin(), out->end(), id) == out->end()) out->push_back(id);
    } else if (item.kind == ItemKind::kJoin && !guards->empty()) {
      out->push_back(InternConstraint({*guards, item.id, true, &item}));
    } else if (IsCondition(item.kind)) {
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
    BitSet* below = NewBits(words_);
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
  BitSet* relevant = NewBits(RelevantWords());
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
  return std::any_of(filter.alternatives.begin(), filter.alternatives.end(),
                     [this](const Alternative& a) {
                       return std::all_of(a.blocks.begin(), a.blocks.end(),
                                          [this](const Adjacency& block) { return Has(block); });
                     });
}

Context::Verdict Context::JudgeBlock(const Adjacency& block, const BitSet& below) const {
  const std::vector<AtomId>& atoms = block.atoms;
  if (atoms.size() == 1) {
    if (Offers(atoms[0])) return Verdict::kTrue;
    return below.Has(prepared_.BitOf(atoms[0])) ? Verdict::kOpen : Verdict::kFalse;
  }
  if (Has(block)) return Verdict::kTrue;
  // It may still come if some first part of it ends the name so far and the rest is below.
  for (size_t taken = 0; taken < atoms.size(); ++taken)
    if (MayContinue(block, taken, below)) return Verdict::kOpen;
  return Verdict::kFalse;
}

bool Context::MayContinue(const Adjacency& block, size_t taken, const BitSet& below) const {
  if (taken > labels_.size()) return false;
  for (size_t i = 0; i < taken; ++i) {
    AtomId label = labels_[labels_.size() - taken + i];
    if (!prepared_.tree().labels.Offers(label, block.atoms[i])) return false;
  }
  return std::all_of(block.atoms.begin() + static_cast<ptrdiff_t>(taken), block.atoms.end(),
                     [&](AtomId atom) { return below.Has(prepared_.BitOf(atom)); });
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
  if (constraint.join != nullptr) return open ? Verdict::kOpen : Verdict::kFalse;
  Verdict verdict = Judge(constraint.filter, below);
  if (verdict == Verdict::kOpen) return verdict;
  if ((verdict == Verdict::kTrue) == constraint.only) return Verdict::kTrue;
  return open ? Verdict::kOpen : Verdict::kFalse;
}

void Context::AppendRelevant(const PreparedNode& node, std::vector<uint32_t>* out) const {
  bits_.ForEachCommon(*node.relevant, [out](Bit bit) { out->push_back(bit); });
  out->push_back(kNone);
  // Blocks that begin among the labels so far: those that ended there, too, and those that may
  // go on with the next label.
  bits_.ForEachCommon(prepared_.first_atoms(), [&](Bit bit) {
    for (uint32_t id : prepared_.BlocksFrom(bit)) {
      if (!node.relevant->Has(prepared_.BlockBit(id))) continue;
      const Adjacency& block = prepared_.block(id);
      if (Has(block)) {
        out->insert(out->end(), {id, 0});
        continue;
      }
      for (uint32_t taken = 1; taken < block.atoms.size(); ++taken)
        if (MayContinue(block, taken, *node.below)) out->insert(out->end(), {id, taken});
    }
  });
}

namespace {

// Marks in residuals; atoms are smaller.
constexpr uint32_t kEndOfFilter = UINT32_MAX;
constexpr uint32_t kEndOfAlternative = UINT32_MAX - 1;
constexpr uint32_t kAnywhere = UINT32_MAX - 2;  // the atoms that follow, next to each other
constexpr uint32_t kAtOnce = UINT32_MAX - 3;    // the same, as the very next labels
constexpr uint32_t kHolds = UINT32_MAX - 4;

}  // namespace

void Context::AppendResidual(const Constraint& constraint, const BitSet& below,
                             std::vector<uint32_t>* out) const {
  for (const Constraint::Guard& guard : constraint.guards) {
    if (Judge(guard.filter, below) != Verdict::kOpen) continue;
    out->push_back(guard.positive);
    AppendResidual(guard.filter, below, out);
  }
  out->push_back(constraint.only);
  AppendResidual(constraint.filter, below, out);
}

void Context::AppendResidual(FilterId id, const BitSet& below, std::vector<uint32_t>* out) const {
  const Filter& filter = prepared_.filter(id);
  if (Judge(id, below) == Verdict::kTrue) {
    out->push_back(kHolds);
  } else if (filter.simple) {
    size_t begin = out->size();
    for (AtomId atom : filter.any)
      if (below.Has(prepared_.BitOf(atom))) out->push_back(atom);
    std::sort(out->begin() + static_cast<ptrdiff_t>(begin), out->end());
  } else {
    for (const Alternative& alternative : filter.alternatives) {
      size_t begin = out->size();
      bool possible = true;
      for (const Adjacency& block : alternative.blocks) {
        Verdict verdict = JudgeBlock(block, below);
        possible = verdict != Verdict::kFalse;
        if (!possible) break;
        if (verdict == Verdict::kOpen) AppendResidual(block, below, out);
      }
      if (possible)
        out->push_back(kEndOfAlternative);
      else
        out->resize(begin);
    }
  }
  out->push_back(kEndOfFilter);
}

void Context::AppendResidual(const Adjacency& block, const BitSet& below,
                             std::vector<uint32_t>* out) const {
  for (size_t taken = 0; taken < block.atoms.size(); ++taken) {
    if (!MayContinue(block, taken, below)) continue;
    out->push_back(taken == 0 ? kAnywhere : kAtOnce);
    out->insert(out->end(), block.atoms.begin() + static_cast<ptrdiff_t>(taken), block.atoms.end());
  }
}

}  // namespace kvmtest::language
