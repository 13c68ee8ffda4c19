#include "language/expand.h"

#include <fmt/format.h>

#include "language/config_impl.h"
#include "language/expand_2009.h"
#include "language/joined_walker.h"
#include "language/path_dict.h"
#include "language/path_walker.h"

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

bool ExpandPaths(const ConfigImpl& impl, bool rendered, const DictSink& sink,
                 Diagnostics& diagnostics) {
  PreparedTree prepared(impl.tree);
  PathWalker walker(prepared);
  PathDict path_dict(prepared);
  Dict dict;
  walker.Walk([&](std::span<const NodeId> path) {
    path_dict.BeginPath(path, walker.context());
    if (!path_dict.ApplyPath()) {
      Report(path_dict.error(), diagnostics);
      return false;
    }
    path_dict.Finish(rendered, &dict);
    return sink(dict);
  });
  return !diagnostics.HasErrors();
}

bool ExpandJoined(const ConfigImpl& impl, const DictSink& sink, Diagnostics& diagnostics) {
  PreparedTree prepared(impl.tree);
  JoinedWalker walker(prepared, impl.defaults);
  Dict dict;
  walker.Walk([&](const StoredDict& stored) {
    walker.Finish(stored, &dict);
    return sink(dict);
  });
  if (walker.failed()) Report(walker.error(), diagnostics);
  return !diagnostics.HasErrors();
}

bool Expand2009(const ConfigImpl& impl, bool rendered, const DictSink& sink,
                Diagnostics& diagnostics) {
  Runner2009 runner(impl);
  Dict dict;
  runner.Run([&](const Record2009& record) {
    return runner.Finish(record, rendered, &dict) && sink(dict);
  });
  if (runner.failed()) Report(runner.error(), diagnostics);
  return !diagnostics.HasErrors();
}

}  // namespace

bool Expand(const Config& config, const ExpandOptions& options, const DictSink& sink,
            Diagnostics& diagnostics) {
  if (diagnostics.HasErrors()) return false;
  const ConfigImpl& impl = config.impl();
  Limiter limiter(options.max_dicts, diagnostics);
  auto limited = [&](const Dict& dict) { return limiter.Pass() && sink(dict); };
  if (impl.dialect == Dialect::k2009)
    return Expand2009(impl, options.render_json, limited, diagnostics);
  if (NeedsJoinedWalker(impl)) return ExpandJoined(impl, limited, diagnostics);
  return ExpandPaths(impl, options.render_json, limited, diagnostics);
}

bool ExpandNames(const Config& config, const std::function<bool(std::string_view)>& sink,
                 Diagnostics& diagnostics) {
  if (diagnostics.HasErrors()) return false;
  const ConfigImpl& impl = config.impl();
  if (impl.dialect == Dialect::k2009) {
    Runner2009 runner(impl);
    runner.Run([&](const Record2009& record) { return sink(record.name); });
    if (runner.failed()) Report(runner.error(), diagnostics);
    return !diagnostics.HasErrors();
  }
  if (NeedsJoinedWalker(impl))
    return ExpandJoined(
        impl, [&](const Dict& dict) { return sink(dict.name); }, diagnostics);
  PreparedTree prepared(impl.tree);
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
  return true;
}

std::optional<uint64_t> CountDicts(const Config& config, Diagnostics& diagnostics) {
  if (diagnostics.HasErrors()) return std::nullopt;
  const ConfigImpl& impl = config.impl();
  if (impl.dialect == Dialect::kModern && !NeedsJoinedWalker(impl)) {
    PreparedTree prepared(impl.tree);
    return PathWalker(prepared).Count();
  }
  uint64_t count = 0;
  auto counting = [&count](std::string_view) {
    ++count;
    return true;
  };
  if (!ExpandNames(config, counting, diagnostics)) return std::nullopt;
  return count;
}

}  // namespace kvmtest::language
