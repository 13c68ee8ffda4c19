#include "language/path_walker.h"

#include <algorithm>

namespace kvmtest::language {

namespace {

constexpr size_t kMaxMemory = size_t{32} << 20;

uint64_t SaturatingAdd(uint64_t a, uint64_t b) {
  return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

}  // namespace

size_t PathWalker::KeyHash::operator()(std::span<const uint32_t> key) const {
  uint64_t hash = 0x9E3779B97F4A7C15ull;
  for (uint32_t word : key) {
    hash = (hash ^ word) * 0xff51afd7ed558ccdull;
    hash ^= hash >> 32;
  }
  return hash;
}

bool PathWalker::Walk(const Sink& sink) {
  Part* root = FindPart(prepared_.tree().root, InternOpen({}));
  return WalkPart(*root, sink);
}

uint64_t PathWalker::Count() {
  return CountPart(*FindPart(prepared_.tree().root, InternOpen({})));
}

void PathWalker::Push(std::span<const NodeId> nodes) {
  for (NodeId node : nodes) {
    path_.push_back(node);
    context_.PushAll(prepared_.tree().nodes[node].labels);
  }
}

void PathWalker::Pop(std::span<const NodeId> nodes) {
  size_t labels = 0;
  for (NodeId node : nodes) labels += prepared_.tree().nodes[node].labels.size();
  context_.Pop(labels);
  path_.resize(path_.size() - nodes.size());
}

bool PathWalker::WalkPart(Part& part, const Sink& sink) {
  if (!part.built) Build(&part);
  uint64_t before = found_;
  for (Edge& edge : part.edges)
    if (!WalkEdge(part, edge, sink)) return false;
  part.dead = found_ == before;
  return true;
}

bool PathWalker::WalkEdge(Part& part, Edge& edge, const Sink& sink) {
  if (edge.part != nullptr && edge.part->dead) return true;
  std::span<const NodeId> nodes(part.nodes.data() + edge.nodes_begin, edge.nodes_count);
  Push(nodes);
  bool go_on = true;
  if (edge.next == kNone) {
    ++found_;
    go_on = sink(path_);
  } else {
    if (edge.part == nullptr) edge.part = FindPart(edge.next, edge.open);
    if (edge.part != nullptr) {
      go_on = WalkPart(*edge.part, sink);
    } else {
      Part once{.node = edge.next, .open = edge.open, .edges = {}, .nodes = {}};
      go_on = WalkPart(once, sink);
    }
  }
  Pop(nodes);
  return go_on;
}

uint64_t PathWalker::CountPart(Part& part) {
  if (part.counted) return part.count;
  if (!part.built) Build(&part);
  uint64_t count = 0;
  for (Edge& edge : part.edges) {
    if (edge.next == kNone) {
      count = SaturatingAdd(count, 1);
      continue;
    }
    std::span<const NodeId> nodes(part.nodes.data() + edge.nodes_begin, edge.nodes_count);
    Push(nodes);
    Part once{.node = edge.next, .open = edge.open, .edges = {}, .nodes = {}};
    Part* next = FindPart(edge.next, edge.open);
    count = SaturatingAdd(count, CountPart(next != nullptr ? *next : once));
    Pop(nodes);
  }
  part.counted = true;
  part.count = count;
  // The ways are not needed again for counting; their memory is.
  memory_ -=
      std::min(memory_, part.edges.size() * sizeof(Edge) + part.nodes.size() * sizeof(NodeId));
  part.edges = {};
  part.nodes = {};
  return count;
}

void PathWalker::Build(Part* part) {
  part->built = true;
  std::vector<ConstraintId> open = *open_sets_[part->open];
  building_.clear();
  BuildFrom(part->node, open, true, part);
  part->edges.shrink_to_fit();
  memory_ += part->edges.size() * sizeof(Edge) + part->nodes.size() * sizeof(NodeId);
}

bool PathWalker::Enter(NodeId id, std::vector<ConstraintId>& open,
                       std::vector<ConstraintId>* still_open) {
  const PreparedNode& node = prepared_.node(id);
  for (std::span<const ConstraintId> list :
       {node.constraints, std::span<const ConstraintId>(open)}) {
    for (ConstraintId constraint : list) {
      switch (context_.Judge(prepared_.constraint(constraint), *node.below)) {
        case Context::Verdict::kFalse:
          return false;
        case Context::Verdict::kTrue:
          break;
        case Context::Verdict::kOpen:
          still_open->push_back(constraint);
          break;
      }
    }
  }
  return true;
}

void PathWalker::BuildFrom(NodeId id, std::vector<ConstraintId>& open, bool first, Part* part) {
  if (!first && prepared_.node(id).shared) {
    Edge edge{static_cast<uint32_t>(part->nodes.size()), static_cast<uint32_t>(building_.size()),
              id, InternOpen(open)};
    part->nodes.insert(part->nodes.end(), building_.begin(), building_.end());
    part->edges.push_back(edge);
    return;
  }
  const Node& node = prepared_.tree().nodes[id];
  context_.PushAll(node.labels);
  std::vector<ConstraintId> still_open;
  if (Enter(id, open, &still_open)) {
    building_.push_back(id);
    if (node.children.empty()) {
      Edge edge{static_cast<uint32_t>(part->nodes.size()), static_cast<uint32_t>(building_.size())};
      part->nodes.insert(part->nodes.end(), building_.begin(), building_.end());
      part->edges.push_back(edge);
    }
    for (NodeId child : node.children) BuildFrom(child, still_open, false, part);
    building_.pop_back();
  }
  context_.Pop(node.labels.size());
}

uint32_t PathWalker::InternOpen(const std::vector<ConstraintId>& open) {
  std::vector<uint32_t> sorted(open);
  std::sort(sorted.begin(), sorted.end());
  sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
  auto [it, is_new] =
      open_ids_.try_emplace(std::move(sorted), static_cast<uint32_t>(open_sets_.size()));
  if (is_new) open_sets_.push_back(&it->first);
  return it->second;
}

PathWalker::Part* PathWalker::FindPart(NodeId node, uint32_t open) {
  // The labels that can matter, in order; a 0 stands for any number of others.
  BitSet relevant = *prepared_.node(node).relevant;
  for (ConstraintId constraint : *open_sets_[open])
    relevant.AddAll(prepared_.ConstraintBits(constraint));
  key_.assign({node, open});
  const LabelTable& table = prepared_.tree().labels;
  for (AtomId label : context_.labels()) {
    Bit full = prepared_.BitOf(label);
    Bit name = prepared_.BitOf(table.NameAtom(label));
    bool matters = (full != kNoBit && relevant.Has(full)) || (name != kNoBit && relevant.Has(name));
    uint32_t word = matters ? label + 1 : 0;
    if (word != 0 || key_.size() == 2 || key_.back() != 0) key_.push_back(word);
  }
  auto it = parts_.find(std::span<const uint32_t>(key_));
  if (it != parts_.end()) return it->second.get();
  if (memory_ > kMaxMemory) return nullptr;
  memory_ += sizeof(Part) + key_.size() * 4 + 64;
  auto part = std::make_unique<Part>(Part{.node = node, .open = open, .edges = {}, .nodes = {}});
  return parts_.emplace(key_, std::move(part)).first->second.get();
}

}  // namespace kvmtest::language
