#include "language/path_walker.h"

#include <algorithm>

#include "language/saturating_add.h"

namespace kvmtest::language {

namespace {

// As a key of a map, with what it is the key of.
size_t MemoryOf(const std::vector<uint32_t>& key) {
  constexpr size_t kOverhead = 160;  // of map, pointers and allocations, as measured
  return key.size() * sizeof(uint32_t) + kOverhead;
}

}  // namespace

// Which way of a part comes next.
class PathWalker::Turns {
 public:
  explicit Turns(const Part& part) : defaults_(part.defaults) {}

  // Behind a way that led to a path or not.
  size_t After(size_t way, bool found) {
    size_t next = way + 1;
    if (found) found_end_ = next;
    for (; !defaults_.empty() && defaults_[0].end <= next; defaults_ = defaults_.subspan(1)) {
      const Default& chosen = defaults_[0];
      // One that ends before is inside a variant that was passed over.
      if (chosen.end == next && found_end_ > chosen.begin) next = chosen.siblings_end;
    }
    return next;
  }

 private:
  std::span<const Default> defaults_;
  size_t found_end_ = 0;  // behind the last way that led to a path
};

size_t PathWalker::KeyHash::operator()(std::span<const uint32_t> key) const {
  uint64_t hash = 0x9E3779B97F4A7C15ull;
  for (uint32_t word : key) {
    hash = (hash ^ word) * 0xff51afd7ed558ccdull;
    hash ^= hash >> 32;
  }
  return hash;
}

template <typename Use>
auto PathWalker::WithForgottenPart(NodeId node, uint32_t open, const Use& use) {
  size_t open_sets = open_sets_.size();
  size_t memory = memory_;
  ++forgotten_;
  Part part{.node = node, .open = open, .edges = {}, .nodes = {}, .defaults = {}};
  auto result = use(part);
  --forgotten_;
  for (; open_sets_.size() > open_sets; open_sets_.pop_back())
    open_ids_.erase(open_ids_.find(std::span<const uint32_t>(*open_sets_.back())));
  memory_ = memory;
  return result;
}

bool PathWalker::Walk(const Sink& sink) {
  uint32_t open = InternOpen({});
  Part* root = FindPart(prepared_.tree().root, open);
  if (root != nullptr) return WalkPart(*root, sink);
  return WithForgottenPart(prepared_.tree().root, open,
                           [&](Part& part) { return WalkPart(part, sink); });
}

uint64_t PathWalker::Count() {
  // All of the tree is one walk to a count, and worth waiting for.
  constexpr uint64_t kMore = 30;
  patience_ = Patience(std::min(prepared_.bounds().steps, UINT64_MAX / kMore) * kMore);
  uint32_t open = InternOpen({});
  Part* root = FindPart(prepared_.tree().root, open);
  if (root != nullptr) return CountPart(*root);
  return WithForgottenPart(prepared_.tree().root, open,
                           [&](Part& part) { return CountPart(part); });
}

ExpandError PathWalker::error() const {
  std::vector<Patience::DeadEnd> dead_ends;
  for (ConstraintId id = 0; id < dead_ends_.size(); ++id)
    if (dead_ends_[id] > 0)
      dead_ends.push_back(
          {dead_ends_[id], PlaceOfFilter(prepared_.tree(), prepared_.constraint(id).filter)});
  return patience_.Error(std::move(dead_ends));
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
  if (patience_.IsOver()) return false;
  const uint64_t before = found_;
  Turns turns(part);
  for (size_t way = 0; way < part.edges.size();) {
    const uint64_t before_way = found_;
    if (!WalkEdge(part, part.edges[way], sink)) return false;
    way = turns.After(way, found_ > before_way);
  }
  part.dead = found_ == before;
  part.walked = true;
  return true;
}

bool PathWalker::WalkEdge(Part& part, Edge& edge, const Sink& sink) {
  if (edge.part != nullptr && edge.part->dead) return true;
  std::span<const NodeId> nodes(part.nodes.data() + edge.nodes_begin, edge.nodes_count);
  Push(nodes);
  bool go_on = true;
  if (edge.next == kNone) {
    ++found_;
    patience_.Renew();
    go_on = sink(path_);
  } else {
    uint32_t open = edge.open;
    if (edge.part == nullptr) {
      if (part.walked) open = OpenOnPath();
      edge.part = FindPart(edge.next, open);
    }
    if (edge.part != nullptr)
      go_on = WalkPart(*edge.part, sink);
    else
      go_on = WithForgottenPart(edge.next, open,
                                [&](Part& forgotten) { return WalkPart(forgotten, sink); });
  }
  Pop(nodes);
  return go_on;
}

// The open constraints behind the current path. A part's edges know them only as they were
// when it was built; another way to the part leaves others open, which ask the same.
uint32_t PathWalker::OpenOnPath() {
  std::vector<ConstraintId> open;
  context_.Pop(context_.labels().size());
  for (NodeId node : path_) {
    context_.PushAll(prepared_.tree().nodes[node].labels);
    std::vector<ConstraintId> still_open;
    Enter(node, open, &still_open);
    open = std::move(still_open);
  }
  return InternOpen(open);
}

uint64_t PathWalker::CountPart(Part& part) {
  if (part.counted) return part.count;
  if (!part.built) Build(&part);
  uint64_t count = 0;
  Turns turns(part);
  for (size_t way = 0; way < part.edges.size();) {
    const uint64_t more = CountEdge(part, part.edges[way]);
    if (patience_.IsOver()) return 0;
    count = SaturatingAdd(count, more);
    way = turns.After(way, more > 0);
  }
  part.counted = true;
  part.count = count;
  // The ways are not needed again for counting; their memory is.
  memory_ -= std::min(memory_, part.Memory());
  std::vector<Edge>().swap(part.edges);
  std::vector<NodeId>().swap(part.nodes);
  std::vector<Default>().swap(part.defaults);
  return count;
}

uint64_t PathWalker::CountEdge(const Part& part, const Edge& edge) {
  if (edge.next == kNone) return 1;
  std::span<const NodeId> nodes(part.nodes.data() + edge.nodes_begin, edge.nodes_count);
  Push(nodes);
  Part* next = FindPart(edge.next, edge.open);
  const uint64_t count =
      next != nullptr ? CountPart(*next)
                      : WithForgottenPart(edge.next, edge.open,
                                          [&](Part& forgotten) { return CountPart(forgotten); });
  Pop(nodes);
  return count;
}

void PathWalker::Build(Part* part) {
  part->built = true;
  std::vector<ConstraintId> open = *open_sets_[part->open];
  building_.clear();
  BuildFrom(part->node, open, true, part);
  part->edges.shrink_to_fit();
  memory_ += part->Memory();
}

bool PathWalker::Enter(NodeId id, std::vector<ConstraintId>& open,
                       std::vector<ConstraintId>* still_open) {
  const PreparedNode& node = prepared_.node(id);
  if (!patience_.Step(1 + node.constraints.size() + open.size())) return false;
  for (std::span<const ConstraintId> list :
       {node.constraints, std::span<const ConstraintId>(open)}) {
    for (ConstraintId constraint : list) {
      switch (context_.Judge(prepared_.constraint(constraint), *node.below)) {
        case Context::Verdict::kFalse:
          if (dead_ends_.size() <= constraint) dead_ends_.resize(constraint + 1);
          ++dead_ends_[constraint];
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
    BuildChildren(id, still_open, part);
    building_.pop_back();
  }
  context_.Pop(node.labels.size());
}

void PathWalker::BuildChildren(NodeId id, std::vector<ConstraintId>& open, Part* part) {
  const Tree& tree = prepared_.tree();
  const size_t begin = part->edges.size();
  size_t chosen = SIZE_MAX;
  for (NodeId child : tree.nodes[id].children) {
    BuildFrom(child, open, false, part);
    if (!defaults_ || !tree.nodes[child].is_default) continue;
    chosen = part->defaults.size();
    part->defaults.push_back({begin, part->edges.size(), SIZE_MAX});
  }
  if (chosen != SIZE_MAX) part->defaults[chosen].siblings_end = part->edges.size();
}

uint32_t PathWalker::InternOpen(const std::vector<ConstraintId>& open) {
  std::vector<uint32_t> sorted(open);
  std::sort(sorted.begin(), sorted.end());
  sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
  auto [it, is_new] =
      open_ids_.try_emplace(std::move(sorted), static_cast<uint32_t>(open_sets_.size()));
  if (is_new) {
    open_sets_.push_back(&it->first);
    memory_ += MemoryOf(it->first);
  }
  return it->second;
}

// What decides how a walk can go on from the node: what the open constraints still ask, and
// of the labels so far those that constraints here and below mention.
bool PathWalker::MakeKey(NodeId node, uint32_t open) {
  const PreparedNode& prepared = prepared_.node(node);
  std::vector<uint32_t> residuals;
  for (ConstraintId constraint : *open_sets_[open]) {
    residual_.clear();
    context_.AppendResidual(prepared_.constraint(constraint), *prepared.below, &residual_);
    residuals.push_back(Intern(residual_, &residual_ids_));
    if (residuals.back() == kNone) return false;
  }
  std::sort(residuals.begin(), residuals.end());
  residuals.erase(std::unique(residuals.begin(), residuals.end()), residuals.end());
  key_.assign({node, Intern(residuals, &residual_ids_)});
  if (key_.back() == kNone) return false;
  context_.AppendRelevant(prepared, &key_);
  return true;
}

PathWalker::Part* PathWalker::FindPart(NodeId node, uint32_t open) {
  if (!MakeKey(node, open)) return nullptr;
  auto it = parts_.find(std::span<const uint32_t>(key_));
  if (it != parts_.end()) return it->second.get();
  if (MemoryIsFull()) return nullptr;
  memory_ += sizeof(Part) + MemoryOf(key_);
  auto part = std::make_unique<Part>(
      Part{.node = node, .open = open, .edges = {}, .nodes = {}, .defaults = {}});
  return parts_.emplace(key_, std::move(part)).first->second.get();
}

uint32_t PathWalker::Intern(const std::vector<uint32_t>& words, Ids* ids) {
  auto it = ids->find(std::span<const uint32_t>(words));
  if (it != ids->end()) return it->second;
  if (MemoryIsFull()) return kNone;
  memory_ += MemoryOf(words);
  return ids->emplace(words, static_cast<uint32_t>(ids->size())).first->second;
}

}  // namespace kvmtest::language
