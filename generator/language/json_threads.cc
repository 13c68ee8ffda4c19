#include "language/json_threads.h"

#include <algorithm>
#include <system_error>

namespace kvmtest::language {

namespace {

constexpr size_t kBatchBytes = size_t{1} << 19;  // of text, roughly
constexpr size_t kMaxPaths = 1024;               // of a batch

}  // namespace

void PathJson::Enter(std::span<const NodeId> path) {
  size_t same = 0;
  size_t shorter = std::min(path.size(), path_.size());
  while (same < shorter && path[same] == path_[same]) ++same;
  size_t labels = 0;
  for (size_t i = same; i < path_.size(); ++i) labels += tree_.nodes[path_[i]].labels.size();
  context_.Pop(labels);
  for (size_t i = same; i < path.size(); ++i) context_.PushAll(tree_.nodes[path[i]].labels);
  path_.assign(path.begin(), path.end());
}

bool PathJson::Append(std::span<const NodeId> path, JsonBuffer* out) {
  Enter(path);
  dict_.BeginPath(path_, context_);
  if (!dict_.ApplyPath()) return false;
  dict_.FinishJson(out);
  return true;
}

JsonThreads::JsonThreads(const PreparedTree& prepared, unsigned jobs, PathJson* own, Sink sink)
    : own_(own), sink_(std::move(sink)), batches_(2 * size_t{jobs} + 1) {
  for (unsigned i = 1; i < jobs; ++i) {
    try {
      threads_.emplace_back([this, &prepared] { Run(prepared); });
    } catch (const std::system_error&) {
      break;  // a limit on processes; the work is done all the same
    }
  }
}

JsonThreads::~JsonThreads() {
  {
    std::lock_guard lock(mutex_);
    ending_ = true;
  }
  submitted_cv_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void JsonThreads::Make(PathJson& with, Batch* batch) {
  std::span<const NodeId> nodes(batch->nodes);
  uint32_t begin = 0;
  for (uint32_t end : batch->ends) {
    if (!with.Append(nodes.subspan(begin, end - begin), &batch->lines)) {
      batch->error = with.error();
      return;
    }
    begin = end;
  }
}

void JsonThreads::Run(const PreparedTree& prepared) {
  PathJson own(prepared, own_->traps());
  std::unique_lock lock(mutex_);
  while (true) {
    submitted_cv_.wait(lock, [this] { return ending_ || taken_ < submitted_; });
    if (ending_) return;
    Batch& batch = At(taken_++);
    lock.unlock();
    Make(own, &batch);
    lock.lock();
    batch.done = true;
    done_cv_.notify_one();
  }
}

bool JsonThreads::Add(std::span<const NodeId> path) {
  if (stopped_) return false;
  Batch& batch = At(submitted_);
  batch.nodes.insert(batch.nodes.end(), path.begin(), path.end());
  batch.ends.push_back(static_cast<uint32_t>(batch.nodes.size()));
  return batch.ends.size() < paths_per_batch_ || Submit();
}

// Lets the batch be made; when the ring is full, one is delivered.
bool JsonThreads::Submit() {
  bool full;
  {
    std::lock_guard lock(mutex_);
    ++submitted_;
    full = submitted_ - delivered_ == batches_.size();
  }
  submitted_cv_.notify_one();
  return !full || DeliverOldest();
}

bool JsonThreads::DeliverOldest() {
  std::unique_lock lock(mutex_);
  Batch& oldest = At(delivered_);
  while (!oldest.done) {
    if (taken_ == submitted_) {
      done_cv_.wait(lock);
      continue;
    }
    Batch& mine = At(taken_++);
    lock.unlock();
    Make(*own_, &mine);
    lock.lock();
    mine.done = true;
  }
  lock.unlock();
  std::string_view lines = oldest.lines.text();
  if (!lines.empty()) {
    paths_per_batch_ =
        std::clamp<size_t>(kBatchBytes * oldest.ends.size() / lines.size(), 1, kMaxPaths);
    stopped_ = !sink_(lines);
  }
  if (!oldest.error.code.empty()) {
    error_ = oldest.error;
    stopped_ = true;
  }
  oldest.nodes.clear();
  oldest.ends.clear();
  oldest.lines.Clear();
  oldest.done = false;
  lock.lock();
  ++delivered_;
  return !stopped_;
}

bool JsonThreads::Finish() {
  if (!stopped_ && !At(submitted_).ends.empty()) Submit();
  while (!stopped_ && delivered_ < submitted_) DeliverOldest();
  return !stopped_;
}

}  // namespace kvmtest::language
