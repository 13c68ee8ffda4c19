#include "language/expand.h"

#include <fmt/format.h>

#include <algorithm>

#include "language/canonical_json.h"
#include "language/config_impl.h"
#include "language/expand_2009.h"
#include "language/joined_walker.h"
#include "language/json_threads.h"
#include "language/path_dict.h"
#include "language/path_walker.h"
#include "language/trap_log.h"

namespace kvmtest::language {

namespace {

void Report(const ExpandError& error, Diagnostics& diagnostics) {
  diagnostics.Report({.severity = Severity::kError,
                      .code = error.code,
                      .span = error.span,
                      .message = error.message,
                      .notes = {},
                      .hint = {}});
}

class Limiter {
 public:
  Limiter(uint64_t max, Diagnostics& diagnostics) : max_(max), diagnostics_(diagnostics) {}
  bool Pass() {
    if (max_ == 0 || ++count_ <= max_) return true;
    Report({"too-many-dicts", fmt::format("more than {} dicts (see --max-dicts)", max_), {}},
           diagnostics_);
    return false;
  }

 private:
  uint64_t max_;
  uint64_t count_ = 0;
  Diagnostics& diagnostics_;
};

bool NeedsJoinedWalker(const ConfigImpl& impl) {
  return impl.tree.has_joins || impl.defaults;
}

using DictSink = std::function<bool(const Dict&)>;

// What to make of dicts: give them to the sink as they are...
class AsDict {
 public:
  explicit AsDict(const DictSink& sink) : sink_(sink) {}
  bool Take(Runner2009& runner, const Record2009& record) {
    return runner.Finish(record, &dict_) && sink_(dict_);
  }
  bool Take(const Dict& dict) { return sink_(dict); }
  void End() {}

  void ExpandPaths(const PreparedTree& prepared, Limiter& limiter, TrapLog* traps,
                   Diagnostics& diagnostics) {
    PathWalker walker(prepared);
    PathDict path_dict(prepared, /*ordered=*/false);
    path_dict.builder().set_traps(traps);
    walker.Walk([&](std::span<const NodeId> path) {
      if (!limiter.Pass()) return false;
      path_dict.BeginPath(path, walker.context());
      if (!path_dict.ApplyPath()) {
        Report(path_dict.error(), diagnostics);
        return false;
      }
      path_dict.Finish(&dict_);
      return sink_(dict_);
    });
    if (walker.gave_up()) Report(walker.error(), diagnostics);
  }

 private:
  const DictSink& sink_;
  Dict dict_;
};

// ... or as lines of JSON, in pieces.
class AsJson {
 public:
  using Sink = std::function<bool(std::string_view)>;
  AsJson(const Sink& sink, unsigned jobs) : sink_(sink), jobs_(jobs) {}
  bool Take(Runner2009& runner, const Record2009& record) {
    return runner.FinishJson(record, &lines_) && FlushIfLarge();
  }
  bool Take(const Dict& dict) {
    AppendCanonicalJson(dict, &lines_);
    return FlushIfLarge();
  }
  void End() {
    if (!stopped_ && !lines_.text().empty()) Flush();
  }

  void ExpandPaths(const PreparedTree& prepared, Limiter& limiter, TrapLog* traps,
                   Diagnostics& diagnostics) {
    PathJson path_json(prepared, traps);
    std::optional<JsonThreads> threads;
    PathWalker walker(prepared);
    walker.Walk([&](std::span<const NodeId> path) {
      if (!limiter.Pass()) return false;
      if (threads) return threads->Add(path);
      if (!path_json.Append(path, &lines_)) {
        Report(path_json.error(), diagnostics);
        return false;
      }
      if (!FlushIfLarge()) return false;
      if (jobs_ > 1 && flushed_ >= kThreadsPay) threads.emplace(prepared, jobs_, &path_json, sink_);
      return true;
    });
    if (threads) threads->Finish();
    if (threads && !threads->error().code.empty())
      Report(threads->error(), diagnostics);
    else if (walker.gave_up())
      Report(walker.error(), diagnostics);
  }

 private:
  static constexpr size_t kPiece = size_t{1} << 18;
  // Each thread renders every value anew, which takes about as long as some megabytes of output.
  static constexpr size_t kThreadsPay = size_t{64} << 20;

  bool FlushIfLarge() { return lines_.text().size() < kPiece || Flush(); }
  bool Flush() {
    flushed_ += lines_.text().size();
    stopped_ = !sink_(lines_.text());
    lines_.Clear();
    return !stopped_;
  }

  const Sink& sink_;
  unsigned jobs_;
  JsonBuffer lines_;
  size_t flushed_ = 0;
  bool stopped_ = false;
};

template <typename Taker>
void ExpandJoined(const ConfigImpl& impl, const Bounds& bounds, Limiter& limiter, Taker& taker,
                  TrapLog* traps, Diagnostics& diagnostics) {
  PreparedTree prepared(impl.tree, bounds);
  JoinedWalker walker(prepared, impl.defaults);
  walker.set_traps(traps);
  Dict dict;
  walker.Walk([&](const StoredDict& stored) {
    if (!limiter.Pass()) return false;
    walker.Finish(stored, &dict);
    return taker.Take(dict);
  });
  if (walker.failed()) Report(walker.error(), diagnostics);
}

template <typename Taker>
void Expand2009(const ConfigImpl& impl, const Bounds& bounds, Limiter& limiter, Taker& taker,
                Diagnostics& diagnostics) {
  Runner2009 runner(impl, bounds);
  runner.Run(
      [&](const Record2009& record) { return limiter.Pass() && taker.Take(runner, record); });
  if (runner.failed()) Report(runner.error(), diagnostics);
}

template <typename Taker>
bool ExpandInto(const Config& config, const ExpandOptions& options, Taker taker,
                Diagnostics& diagnostics) {
  if (diagnostics.HasErrors()) return false;
  const ConfigImpl& impl = config.impl();
  Limiter limiter(options.max_dicts, diagnostics);
  TrapLog log(diagnostics.pedantic());
  TrapLog* traps = diagnostics.warnings() ? &log : nullptr;
  if (impl.dialect == Dialect::k2009)
    Expand2009(impl, options.bounds, limiter, taker, diagnostics);
  else if (NeedsJoinedWalker(impl))
    ExpandJoined(impl, options.bounds, limiter, taker, traps, diagnostics);
  else
    taker.ExpandPaths(PreparedTree(impl.tree, options.bounds), limiter, traps, diagnostics);
  taker.End();
  log.Report(impl.sources, &diagnostics);
  return !diagnostics.HasErrors();
}

}  // namespace

bool Expand(const Config& config, const ExpandOptions& options, const DictSink& sink,
            Diagnostics& diagnostics) {
  return ExpandInto(config, options, AsDict(sink), diagnostics);
}

bool ExpandJson(const Config& config, const ExpandOptions& options,
                const std::function<bool(std::string_view)>& sink, Diagnostics& diagnostics) {
  return ExpandInto(config, options, AsJson(sink, options.jobs), diagnostics);
}

bool ExpandNames(const Config& config, const std::function<bool(std::string_view)>& sink,
                 Diagnostics& diagnostics, const Bounds& bounds) {
  if (diagnostics.HasErrors()) return false;
  const ConfigImpl& impl = config.impl();
  if (impl.dialect == Dialect::k2009) {
    Runner2009 runner(impl, bounds);
    runner.Run([&](const Record2009& record) { return sink(record.name); });
    if (runner.failed()) Report(runner.error(), diagnostics);
    return !diagnostics.HasErrors();
  }
  if (NeedsJoinedWalker(impl) || MayRename(impl.tree.keys))
    return Expand(
        config, {.bounds = bounds}, [&](const Dict& dict) { return sink(dict.name); }, diagnostics);
  PreparedTree prepared(impl.tree, bounds);
  PathWalker walker(prepared);
  std::string name;
  walker.Walk([&](std::span<const NodeId>) {
    name.clear();
    for (AtomId label : walker.context().labels()) {
      if (!name.empty()) name += '.';
      name += impl.tree.labels.Text(label);
    }
    return sink(name);
  });
  if (walker.gave_up()) Report(walker.error(), diagnostics);
  return !walker.gave_up();
}

std::optional<uint64_t> CountDicts(const Config& config, Diagnostics& diagnostics,
                                   const Bounds& bounds) {
  if (diagnostics.HasErrors()) return std::nullopt;
  const ConfigImpl& impl = config.impl();
  if (impl.dialect == Dialect::kModern && !NeedsJoinedWalker(impl)) {
    PreparedTree prepared(impl.tree, bounds);
    PathWalker walker(prepared, PathWalker::kMaxCountMemory);
    uint64_t count = walker.Count();
    if (!walker.gave_up()) return count;
    Report(walker.error(), diagnostics);
    return std::nullopt;
  }
  uint64_t count = 0;
  auto counting = [&count](std::string_view) {
    ++count;
    return true;
  };
  if (!ExpandNames(config, counting, diagnostics, bounds)) return std::nullopt;
  return count;
}

}  // namespace kvmtest::language
