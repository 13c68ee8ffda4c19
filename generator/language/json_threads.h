// Paths -> lines of canonical JSON on several threads, in the order of the paths.
//
// Whoever walks hands the paths over; they are gathered in batches, and each batch becomes
// text on whatever thread is free. The walking thread delivers the finished batches in
// order and, when it would have to wait for one, makes one itself. So one job more than
// there are threads is at work, memory holds a few batches whatever the output's size, and
// the output is the same for any number of threads.
#ifndef KVMTEST_LANGUAGE_JSON_THREADS_H_
#define KVMTEST_LANGUAGE_JSON_THREADS_H_

#include <condition_variable>
#include <functional>
#include <mutex>
#include <span>
#include <string_view>
#include <thread>
#include <vector>

#include "language/json_string.h"
#include "language/path_dict.h"
#include "language/prepared_tree.h"

namespace kvmtest::language {

// What one thread needs to make lines out of paths.
class PathJson {
 public:
  // `traps`: where to note silent traps; null: nowhere.
  explicit PathJson(const PreparedTree& prepared, TrapLog* traps = nullptr)
      : tree_(prepared.tree()),
        context_(prepared),
        dict_(prepared, /*ordered=*/false),
        traps_(traps) {
    dict_.builder().set_traps(traps);
  }

  // Appends the path's dict as a line; false with error() set.
  bool Append(std::span<const NodeId> path, JsonBuffer* out);
  const ExpandError& error() const { return dict_.error(); }
  TrapLog* traps() const { return traps_; }

 private:
  // Makes context_ that of the path, which is much like the last one.
  void Enter(std::span<const NodeId> path);

  const Tree& tree_;
  Context context_;
  std::vector<NodeId> path_;
  PathDict dict_;
  TrapLog* traps_;
};

class JsonThreads {
 public:
  // Gets one or more whole lines; false: no more, please.
  using Sink = std::function<bool(std::string_view lines)>;

  // `jobs`: threads at work, the calling one among them. `own` is what that one works with;
  // it and `prepared` must outlive this. If a thread cannot be started there are fewer.
  JsonThreads(const PreparedTree& prepared, unsigned jobs, PathJson* own, Sink sink);
  ~JsonThreads();
  JsonThreads(const JsonThreads&) = delete;
  JsonThreads& operator=(const JsonThreads&) = delete;

  // Takes one more path; false once the sink has stopped or a dict has failed.
  bool Add(std::span<const NodeId> path);
  // Delivers all that is left; false as Add.
  bool Finish();
  // Of the first dict in order that failed; its code is empty if none did.
  const ExpandError& error() const { return error_; }

 private:
  struct Batch {
    std::vector<NodeId> nodes;   // of all its paths
    std::vector<uint32_t> ends;  // where each path ends in `nodes`
    JsonBuffer lines;
    ExpandError error;
    bool done = false;
  };

  Batch& At(uint64_t number) { return batches_[number % batches_.size()]; }
  void Run(const PreparedTree& prepared);
  static void Make(PathJson& with, Batch* batch);
  bool Submit();
  bool DeliverOldest();

  PathJson* own_;
  Sink sink_;
  std::vector<Batch> batches_;  // a ring
  uint64_t paths_per_batch_ = 1;
  bool stopped_ = false;  // of the walking thread
  ExpandError error_;

  std::mutex mutex_;  // for the rest, and every batch's `done`
  std::condition_variable submitted_cv_, done_cv_;
  // Batches by number: delivered_ <= taken_ <= submitted_; the next is being filled.
  uint64_t submitted_ = 0, taken_ = 0, delivered_ = 0;
  bool ending_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_JSON_THREADS_H_
