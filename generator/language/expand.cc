#include "language/expand.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "language/canonical_json.h"
#include "language/config_impl.h"
#include "language/expand_2009.h"
#include "language/explosion.h"
#include "language/joined_walker.h"
#include "language/json_threads.h"
#include "language/name_classes_2009.h"
#include "language/path_dict.h"
#include "language/path_walker.h"
#include "language/trap_log.h"

namespace kvmtest::language {

namespace {

// To find the classes of names; a second or two.
constexpr size_t kMostWork2009 = 100'000'000;

// Stops where there are too many dicts, as soon as that is known: before the first one in a small
// tree; else soon after, when a count does not weigh any more.
class Limiter {
 public:
  Limiter(const Config& config, uint64_t max, Diagnostics& diagnostics)
      : config_(config), max_(max), diagnostics_(diagnostics) {}

  bool Begin() {
    // A join may make more dicts than there are paths.
    const Tree& tree = config_.impl().tree;
    bool within = !tree.has_joins && CountWithoutFilters(config_) <= static_cast<double>(max_);
    if (max_ == 0 || within) return true;
    next_look_ = std::min(max_, kSecondLook);
    return tree.nodes.size() > kSmallTree || Look(/*thorough=*/false);
  }
  // Not all will be made.
  void BeginWithout() { next_look_ = max_ == 0 ? UINT64_MAX : max_; }
  // There are exactly so many.
  bool BeginKnowing(uint64_t count) {
    if (max_ != 0 && count > max_) return Refuse(count);
    next_look_ = UINT64_MAX;
    return true;
  }
  bool Pass() {
    if (++count_ <= next_look_) return true;
    if (count_ > max_) return Refuse(std::nullopt);
    next_look_ = max_;
    return Look(/*thorough=*/true);
  }
  // May there be too many, for all that is known?
  bool IsInDoubt() const { return next_look_ != UINT64_MAX; }
  // One that is not made.
  bool PassOver() {
    constexpr uint64_t kOfOne = 100;
    return ++passed_over_ / kOfOne <= max_ || max_ == 0 || Refuse(std::nullopt);
  }

 private:
  static constexpr size_t kSmallTree = 2'000;
  static constexpr uint64_t kSecondLook = 10'000;

  bool Look(bool thorough) {
    QuickCount count = CountQuickly(config_, thorough);
    if (count.exact) next_look_ = UINT64_MAX;
    return count.dicts <= max_ || Refuse(count.exact ? std::optional(count.dicts) : std::nullopt);
  }
  bool Refuse(std::optional<uint64_t> count) {
    ReportTooManyDicts(config_, max_, count, diagnostics_);
    return false;
  }

  const Config& config_;
  uint64_t max_;
  uint64_t count_ = 0;
  uint64_t passed_over_ = 0;
  uint64_t next_look_ = UINT64_MAX;
  Diagnostics& diagnostics_;
};

using DictSink = std::function<bool(const Dict&)>;
using Wanted = std::function<bool(std::span<const VariantId>)>;

// What to make of dicts: give them to the sink as they are...
class AsDict {
 public:
  AsDict(const DictSink& sink, const Wanted& wanted) : sink_(sink), wanted_(wanted) {}
  bool Take(Runner2009& runner, const Record2009& record) {
    return runner.Finish(record, &dict_) && Take(dict_);
  }
  bool Take(const Dict& dict) { return (wanted_ && !wanted_(dict.variants)) || sink_(dict); }
  void End() {}

  void ExpandPaths(const PreparedTree& prepared, PathWalker& walker, Limiter& limiter,
                   TrapLog* traps, Diagnostics& diagnostics) {
    // Paths alone are told to be too many in a tenth of the time that their dicts take.
    bool too_many = false;
    if (!wanted_ && limiter.IsInDoubt()) {
      PathWalker ahead(prepared, walker.defaults());
      ahead.Walk([&](std::span<const NodeId>) { return !(too_many = !limiter.Pass()); });
    }
    if (too_many) return;
    PathDict path_dict(prepared, /*ordered=*/false);
    path_dict.builder().set_traps(traps);
    std::vector<VariantId> variants;
    if (wanted_) limiter.BeginWithout();
    walker.Walk([&](std::span<const NodeId> path) {
      if (wanted_) {
        variants.clear();
        for (NodeId id : path)
          if (VariantId variant = prepared.tree().nodes[id].variant; variant != kNone)
            variants.push_back(variant);
        if (!wanted_(variants)) return limiter.PassOver();
        if (!limiter.Pass()) return false;
      }
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
  const Wanted& wanted_;
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

  void ExpandPaths(const PreparedTree& prepared, PathWalker& walker, Limiter& limiter,
                   TrapLog* traps, Diagnostics& diagnostics) {
    PathJson path_json(prepared, traps);
    std::optional<JsonThreads> threads;
    uint64_t dicts = 0;
    walker.Walk([&](std::span<const NodeId> path) {
      if (!limiter.Pass()) return false;
      if (threads) return threads->Add(path);
      if (!path_json.Append(path, &lines_)) {
        Report(path_json.error(), diagnostics);
        return false;
      }
      ++dicts;
      if (!FlushIfLarge()) return false;
      if (jobs_ > 1 && ThreadsPay(prepared, walker.defaults(), dicts))
        threads.emplace(prepared, jobs_, &path_json, sink_);
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

  // Asked behind the first `dicts`; whether the output will be long is foreseen once, as far as
  // that is told quickly.
  bool ThreadsPay(const PreparedTree& prepared, bool defaults, uint64_t dicts) {
    if (flushed_ == 0 || flushed_ >= kThreadsPay) return flushed_ > 0;
    if (!is_long_) {
      const double bytes_of_dict = static_cast<double>(flushed_) / static_cast<double>(dicts);
      const auto least =
          static_cast<double>(CountQuickly(prepared, defaults, /*thorough=*/false).dicts);
      is_long_ = least * bytes_of_dict >= static_cast<double>(kThreadsPay);
    }
    return *is_long_;
  }
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
  std::optional<bool> is_long_;
  bool stopped_ = false;
};

// ... or, of the 2009 dialect, as names alone.
struct AsName {
  bool Take(Runner2009&, const Record2009& record) { return sink(record.name); }

  const std::function<bool(std::string_view)>& sink;
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
void ExpandWithoutJoins(const ConfigImpl& impl, const Bounds& bounds, Limiter& limiter,
                        Taker& taker, TrapLog* traps, Diagnostics& diagnostics) {
  PreparedTree prepared(impl.tree, bounds);
  PathWalker walker(prepared, impl.defaults);
  taker.ExpandPaths(prepared, walker, limiter, traps, diagnostics);
}

void Run2009(const Config& config, const ExpandOptions& options, Runner2009& runner,
             const Runner2009::Sink& sink, Diagnostics& diagnostics) {
  runner.Run(sink);
  if (runner.too_many_records())
    return ReportTooManyAtOnce(config, options.bounds.records, diagnostics);
  if (!runner.failed()) return;
  Report(runner.error(), diagnostics);
  if (runner.error().code != "bad-pattern") return;
  for (const ExpandError& error : BadFilters2009(config.impl().program.body))
    Report(error, diagnostics);
}

template <typename Taker>
void Expand2009(const Config& config, const ExpandOptions& options, Limiter& limiter, Taker& taker,
                Diagnostics& diagnostics) {
  Runner2009 runner(config.impl(), options.bounds);
  auto classes = NameClasses2009::Find(config.impl(), kMostWork2009);
  if (classes && !limiter.BeginKnowing(classes->count())) return;
  runner.PassOverLost(std::move(classes));
  auto sink = [&](const Record2009& record) {
    return limiter.Pass() && taker.Take(runner, record);
  };
  Run2009(config, options, runner, sink, diagnostics);
}

template <typename Taker>
bool ExpandInto(const Config& config, const ExpandOptions& options, Taker taker,
                Diagnostics& diagnostics) {
  if (diagnostics.HasErrors()) return false;
  const ConfigImpl& impl = config.impl();
  Limiter limiter(config, options.max_dicts, diagnostics);
  if (!(options.wanted && WantedIsAskedFirst(config)) && !limiter.Begin()) return false;
  TrapLog log(diagnostics.pedantic());
  TrapLog* traps = diagnostics.warnings() ? &log : nullptr;
  if (impl.dialect == Dialect::k2009)
    Expand2009(config, options, limiter, taker, diagnostics);
  else if (impl.tree.has_joins)
    ExpandJoined(impl, options.bounds, limiter, taker, traps, diagnostics);
  else
    ExpandWithoutJoins(impl, options.bounds, limiter, taker, traps, diagnostics);
  taker.End();
  log.Report(impl.sources, &diagnostics);
  return !diagnostics.HasErrors();
}

}  // namespace

bool WantedIsAskedFirst(const Config& config) {
  return config.impl().dialect == Dialect::kModern && !config.impl().tree.has_joins;
}

bool Expand(const Config& config, const ExpandOptions& options, const DictSink& sink,
            Diagnostics& diagnostics) {
  return ExpandInto(config, options, AsDict(sink, options.wanted), diagnostics);
}

bool ExpandJson(const Config& config, const ExpandOptions& options,
                const std::function<bool(std::string_view)>& sink, Diagnostics& diagnostics) {
  return ExpandInto(config, options, AsJson(sink, options.jobs), diagnostics);
}

bool ExpandNames(const Config& config, const std::function<bool(std::string_view)>& sink,
                 Diagnostics& diagnostics, const ExpandOptions& options) {
  if (diagnostics.HasErrors()) return false;
  const ConfigImpl& impl = config.impl();
  bool builds = impl.tree.has_joins || MayRename(impl.tree.keys);
  if (impl.dialect == Dialect::kModern && builds)
    return Expand(
        config, options, [&](const Dict& dict) { return sink(dict.name); }, diagnostics);
  Limiter limiter(config, options.max_dicts, diagnostics);
  if (!limiter.Begin()) return false;
  if (impl.dialect == Dialect::k2009) {
    AsName taker{sink};
    Expand2009(config, options, limiter, taker, diagnostics);
    return !diagnostics.HasErrors();
  }
  PreparedTree prepared(impl.tree, options.bounds);
  PathWalker walker(prepared, impl.defaults);
  std::string name;
  walker.Walk([&](std::span<const NodeId>) {
    if (!limiter.Pass()) return false;
    name.clear();
    for (AtomId label : walker.context().labels()) {
      if (!name.empty()) name += '.';
      name += impl.tree.labels.Text(label);
    }
    return sink(name);
  });
  if (walker.gave_up()) Report(walker.error(), diagnostics);
  return !diagnostics.HasErrors();
}

std::optional<uint64_t> CountDicts(const Config& config, Diagnostics& diagnostics,
                                   const Bounds& bounds, const std::function<void()>& counted) {
  if (diagnostics.HasErrors()) return std::nullopt;
  const ConfigImpl& impl = config.impl();
  if (impl.dialect == Dialect::kModern && !impl.tree.has_joins) {
    PreparedTree prepared(impl.tree, bounds);
    PathWalker walker(prepared, impl.defaults, PathWalker::kMaxCountMemory);
    uint64_t count = walker.Count();
    if (!walker.gave_up()) return count;
    Report(walker.error(), diagnostics);
    return std::nullopt;
  }
  if (impl.dialect == Dialect::k2009)
    if (auto classes = NameClasses2009::Find(impl, kMostWork2009)) return classes->count();
  uint64_t count = 0;
  auto counting = [&](const auto&) {
    ++count;
    counted();
    return true;
  };
  ExpandOptions options{.max_dicts = UINT64_MAX, .bounds = bounds};
  if (impl.dialect == Dialect::k2009) {
    Runner2009 runner(impl, bounds);
    Run2009(config, options, runner, counting, diagnostics);
  } else {
    Expand(config, {.bounds = bounds}, counting, diagnostics);
  }
  if (diagnostics.HasErrors()) return std::nullopt;
  return count;
}

}  // namespace kvmtest::language
