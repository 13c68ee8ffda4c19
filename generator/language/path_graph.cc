#include "language/path_graph.h"

#include <algorithm>

#include "language/saturating_add.h"

namespace kvmtest::language {

bool PathGraph::Build(size_t max_work) {
  work_left_ = max_work;
  StateOf(prepared_.tree().root, {});
  return work_left_ > 0;
}

uint32_t PathGraph::StateOf(NodeId node, const Open& open) {
  std::vector<uint32_t> key = KeyOf(node, open);
  work_left_ -= std::min(key.size(), work_left_);
  if (auto it = known_.find(key); it != known_.end()) return it->second;
  State state;
  std::vector<VariantId> way;
  Collect(node, open, true, &way, &state);
  uint32_t id = static_cast<uint32_t>(states_.size());
  states_.push_back(std::move(state));
  known_.emplace(std::move(key), id);
  return id;
}

void PathGraph::Collect(NodeId id, const Open& open, bool first, std::vector<VariantId>* way,
                        State* state) {
  size_t work = 1 + prepared_.node(id).constraints.size() + open.size();
  work_left_ -= std::min(work, work_left_);
  if (work_left_ == 0) return;
  if (!first && prepared_.node(id).shared) return AddEdge(*way, StateOf(id, open), state);
  const Node& node = prepared_.tree().nodes[id];
  context_.PushAll(node.labels);
  Open still_open;
  if (Judge(id, open, &still_open)) {
    if (node.variant != kNone) way->push_back(node.variant);
    if (node.children.empty()) AddEdge(*way, std::nullopt, state);
    // Ways are only kept if they lead to a path.
    const size_t before = state->edges.size();
    for (NodeId child : node.children) {
      Collect(child, still_open, false, way, state);
      if (defaults_ && prepared_.tree().nodes[child].is_default && state->edges.size() > before)
        break;
    }
    if (node.variant != kNone) way->pop_back();
  }
  context_.Pop(node.labels.size());
}

void PathGraph::AddEdge(const std::vector<VariantId>& way, std::optional<uint32_t> next,
                        State* state) {
  uint64_t count = next ? states_[*next].count : 1;
  if (count == 0) return;
  state->size += next ? states_[*next].size : 1;
  state->count = SaturatingAdd(state->count, count);
  uint32_t begin = static_cast<uint32_t>(taken_.size());
  taken_.insert(taken_.end(), way.begin(), way.end());
  state->edges.push_back({begin, static_cast<uint32_t>(taken_.size()), next});
}

bool PathGraph::Judge(NodeId node, const Open& open, Open* still_open) const {
  const BitSet& below = *prepared_.node(node).below;
  auto judge = [&](ConstraintId id) {
    Context::Verdict verdict = context_.Judge(prepared_.constraint(id), below);
    if (verdict == Context::Verdict::kOpen) still_open->push_back(id);
    return verdict != Context::Verdict::kFalse;
  };
  std::span<const ConstraintId> own = prepared_.node(node).constraints;
  if (!std::all_of(own.begin(), own.end(), judge) || !std::all_of(open.begin(), open.end(), judge))
    return false;
  std::sort(still_open->begin(), still_open->end());
  still_open->erase(std::unique(still_open->begin(), still_open->end()), still_open->end());
  return true;
}

std::vector<uint32_t> PathGraph::KeyOf(NodeId id, const Open& open) const {
  const PreparedNode& node = prepared_.node(id);
  std::vector<std::vector<uint32_t>> asked(open.size());
  for (size_t i = 0; i < open.size(); ++i)
    context_.AppendResidual(prepared_.constraint(open[i]), *node.below, &asked[i]);
  std::sort(asked.begin(), asked.end());
  asked.erase(std::unique(asked.begin(), asked.end()), asked.end());
  std::vector<uint32_t> key = {id, static_cast<uint32_t>(asked.size())};
  for (const std::vector<uint32_t>& words : asked) {
    key.push_back(static_cast<uint32_t>(words.size()));
    key.insert(key.end(), words.begin(), words.end());
  }
  context_.AppendRelevant(node, &key);
  return key;
}

std::vector<double> PathGraph::CountByVariant(size_t variants) const {
  auto below = [this](const Edge& edge) { return edge.next ? states_[*edge.next].size : 1.0; };
  std::vector<double> counts(variants, 0), ways(states_.size(), 0);
  ways.back() = 1;
  for (size_t id = states_.size(); id-- > 0;) {
    for (const Edge& edge : states_[id].edges) {
      for (uint32_t i = edge.begin; i < edge.end; ++i) counts[taken_[i]] += ways[id] * below(edge);
      if (edge.next) ways[*edge.next] += ways[id];
    }
  }
  return counts;
}

}  // namespace kvmtest::language
