#include "language/removed_paths.h"

#include <algorithm>
#include <span>

#include "language/saturating_add.h"

namespace kvmtest::language {

namespace {

constexpr size_t kMaxCounts = 64;

// Required filters are told from the others by this.
constexpr NodeId kRequired = kNone;

}  // namespace

void RemovedPaths::Require(NodeId node, ConstraintId constraint) {
  required_[node].push_back(constraint);
  for (const Alternative& alternative :
       prepared_.filter(prepared_.constraint(constraint).filter).alternatives)
    for (const Adjacency& part : alternative.blocks)
      required_atoms_.insert(part.atoms.begin(), part.atoms.end());
}

RemovedPaths::Counts RemovedPaths::Find(size_t most) {
  known_.clear();
  Counts counts = Visit(prepared_.tree().root, {}, most);
  return GaveUp() ? Counts() : counts;
}

bool RemovedPaths::Exists(FilterAt without) {
  dead_.clear();
  without_ = without;
  bool exists = Reaches(prepared_.tree().root, {});
  without_.reset();
  return exists && !GaveUp();
}

bool RemovedPaths::Work(NodeId node, const Open& open) {
  size_t work = 1 + prepared_.node(node).constraints.size() + open.size();
  work_left_ -= std::min(work, work_left_);
  return !GaveUp();
}

// False if more than `most` filters remove all that is below.
bool RemovedPaths::Judge(NodeId node, const Open& open, size_t most, Open* still_open,
                         Open* removed) const {
  const BitSet& below = *prepared_.node(node).below;
  auto judge = [&](FilterAt filter) {
    if (filter == without_) return true;
    switch (context_.Judge(prepared_.constraint(filter.second), below)) {
      case Context::Verdict::kTrue:
        return true;
      case Context::Verdict::kOpen:
        still_open->push_back(filter);
        return true;
      case Context::Verdict::kFalse:
        removed->push_back(filter);
        return filter.first != kRequired && removed->size() <= most;
    }
    return true;
  };
  for (ConstraintId constraint : prepared_.node(node).constraints)
    if (!judge({node, constraint})) return false;
  if (auto it = required_.find(node); it != required_.end())
    for (ConstraintId constraint : it->second)
      if (!judge({kRequired, constraint})) return false;
  return std::all_of(open.begin(), open.end(), judge);
}

RemovedPaths::Counts RemovedPaths::Visit(NodeId id, const Open& open, size_t most) {
  Counts counts;
  if (!Work(id, open) || excluded_.contains(id)) return counts;
  const Node& node = prepared_.tree().nodes[id];
  context_.PushAll(node.labels);
  Open still_open, removed;
  if (Judge(id, open, most, &still_open, &removed)) {
    std::sort(still_open.begin(), still_open.end());
    std::sort(removed.begin(), removed.end());
    if (node.children.empty()) counts[removed] = 1;
    for (NodeId child : node.children)
      Add(Below(child, still_open, most - removed.size()), removed, &counts);
  }
  context_.Pop(node.labels.size());
  return counts;
}

void RemovedPaths::Add(const Counts& more, const std::vector<FilterAt>& removed, Counts* counts) {
  for (const auto& [filters, count] : more) {
    std::vector<FilterAt> all = removed;
    all.insert(all.end(), filters.begin(), filters.end());
    std::sort(all.begin(), all.end());
    if (counts->size() >= kMaxCounts && !counts->contains(all)) continue;
    uint64_t& sum = (*counts)[all];
    sum = SaturatingAdd(sum, count);
  }
}

bool RemovedPaths::Reaches(NodeId id, const Open& open) {
  if (!Work(id, open) || excluded_.contains(id)) return false;
  const Node& node = prepared_.tree().nodes[id];
  context_.PushAll(node.labels);
  Open still_open, removed;
  bool reaches = Judge(id, open, 0, &still_open, &removed);
  if (reaches && !node.children.empty()) {
    std::sort(still_open.begin(), still_open.end());
    reaches = std::any_of(node.children.begin(), node.children.end(), [&](NodeId child) {
      if (!prepared_.node(child).shared) return Reaches(child, still_open);
      State state = StateOf(child, still_open, 0);
      work_left_ -= std::min(state.size(), work_left_);
      if (dead_.contains(state)) return false;
      if (Reaches(child, still_open)) return true;
      dead_.insert(std::move(state));
      return false;
    });
  }
  context_.Pop(node.labels.size());
  return reaches;
}

RemovedPaths::Counts RemovedPaths::Below(NodeId node, const Open& open, size_t most) {
  if (!prepared_.node(node).shared) return Visit(node, open, most);
  State state = StateOf(node, open, most);
  work_left_ -= std::min(state.size(), work_left_);
  auto it = known_.find(state);
  if (it == known_.end()) it = known_.emplace(std::move(state), Visit(node, open, most)).first;
  return it->second;
}

RemovedPaths::State RemovedPaths::StateOf(NodeId id, const Open& open, size_t most) const {
  const PreparedNode& node = prepared_.node(id);
  State state = {id, static_cast<uint32_t>(most)};
  for (const FilterAt& filter : open) {
    state.insert(state.end(), {filter.first, filter.second});
    context_.AppendResidual(prepared_.constraint(filter.second), *node.below, &state);
  }
  state.push_back(kNone);
  context_.AppendRelevant(node, &state);
  if (required_atoms_.empty()) return state;
  // The tree does not know what is required; a 0 stands for any number of other labels.
  state.push_back(kNone);
  for (AtomId label : context_.labels()) {
    bool asked = required_atoms_.contains(label) ||
                 required_atoms_.contains(prepared_.tree().labels.NameAtom(label));
    uint32_t word = asked ? label + 1 : 0;
    if (word != 0 || state.back() != 0) state.push_back(word);
  }
  return state;
}

}  // namespace kvmtest::language
