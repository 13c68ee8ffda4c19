#include "language/nothing_selected.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "language/config_impl.h"
#include "language/expand_2009.h"
#include "language/joined_walker.h"
#include "language/removed_paths.h"

namespace kvmtest::language {

namespace {

constexpr size_t kMostTogether = 4;
constexpr size_t kMostNotes = 5;
constexpr size_t kMostJoins = 5;
constexpr size_t kMostTried = 10;
constexpr uint64_t kMaxJoinSteps = 20'000;  // each may make a dict
constexpr size_t kMaxWork = 2'000'000;      // some tenths of a second

// Filters that would have to go together, and the dicts that would then be left.
struct Fault {
  struct Filter {
    Span span;
    bool repeats = false;  // says what the one before it says
  };
  std::vector<Filter> filters;
  uint64_t dicts = 0;
};

std::string DictsText(uint64_t dicts) {
  if (dicts == 0) return "dicts";  // nobody knows how many
  if (dicts == UINT64_MAX) return "very many dicts";
  return fmt::format("{} dict{}", dicts, dicts == 1 ? "" : "s");
}

// The statement as it is written, shortened if it is long.
std::string StatementText(const Span& span, const SourceMap& sources) {
  std::string line = ExpandTabs(sources.Line(span.file, span.line));
  return Shortened(
      std::string_view(line).substr(std::min<size_t>(span.column - 1, line.size()), span.length));
}

// "without 'only a' and ...", "... 'no b', 12 dicts would be left".
void Describe(const Fault& fault, const SourceMap& sources, std::vector<Note>* notes) {
  for (size_t i = 0; i < fault.filters.size(); ++i) {
    const Fault::Filter& filter = fault.filters[i];
    std::string text =
        fmt::format("{} '{}'", i == 0 ? "without" : "...", StatementText(filter.span, sources));
    if (filter.repeats) text += " again";
    text += i + 1 < fault.filters.size()
                ? std::string(" and ...")
                : fmt::format(", {} would be left", DictsText(fault.dicts));
    notes->push_back({filter.span, std::move(text)});
  }
}

// One filter each, in the order of the text; of several together, those that free most.
std::vector<Note> NotesOf(std::vector<Fault> faults, const SourceMap& sources) {
  std::vector<Note> notes;
  if (faults.empty()) return notes;
  auto place = [](const Fault& fault) {
    const Span& span = fault.filters[0].span;
    return std::tuple(span.file, span.line, span.column);
  };
  auto by_place = [&](const Fault& a, const Fault& b) { return place(a) < place(b); };
  auto by_dicts = [](const Fault& a, const Fault& b) { return a.dicts > b.dicts; };
  std::sort(faults.begin(), faults.end(), by_place);
  std::stable_sort(faults.begin(), faults.end(), by_dicts);
  size_t shown = std::min(faults.size(), kMostNotes);
  std::sort(faults.begin(), faults.begin() + static_cast<ptrdiff_t>(shown), by_place);
  for (size_t i = 0; i < shown; ++i) Describe(faults[i], sources, &notes);
  if (faults.size() > shown)
    notes.push_back({{}, fmt::format("the same of {} more", faults.size() - shown)});
  return notes;
}

// ---- modern -----------------------------------------------------------------------------------

class ModernFaults {
 public:
  ModernFaults(const ConfigImpl& config, VariantId within)
      : config_(config),
        tree_(config.tree),
        prepared_(tree_, {.steps = kMaxJoinSteps}),
        within_(within) {}

  std::vector<Note> Notes() {
    RemovedPaths paths(prepared_);
    Narrow(&paths);
    std::vector<Note> notes = NotesOf(Find(paths), config_.sources);
    if (!notes.empty() || !tree_.has_joins) return notes;
    // Perhaps a side of a join has nothing.
    size_t tried = 0;
    for (NodeId node = 0; node < tree_.nodes.size(); ++node)
      for (const Item& item : tree_.nodes[node].content)
        if (item.kind == ItemKind::kJoin && (Join(node, item, &notes) || ++tried == kMostJoins))
          return notes;
    return NotesOf(FindInJoins(), config_.sources);
  }

 private:
  void Narrow(RemovedPaths* paths) const {
    for (VariantId wanted = within_; wanted != kNone;) {
      BlockId block = config_.variants[wanted].block;
      for (NodeId node = 0; node < tree_.nodes.size(); ++node) {
        VariantId variant = tree_.nodes[node].variant;
        if (variant != kNone && variant != wanted && config_.variants[variant].block == block)
          paths->Exclude(node);
      }
      wanted = config_.blocks[block].parent;
    }
  }

  bool Join(NodeId node, const Item& item, std::vector<Note>* notes) {
    const std::vector<Alternative>& sides = tree_.filters[item.id].alternatives;
    for (size_t i = 0; i < sides.size(); ++i) {
      ConstraintId side = prepared_.AddOnly(item.id, i);
      RemovedPaths paths(prepared_);
      Narrow(&paths);
      paths.Require(node, side);
      paths.Allow(kMaxWork);
      if (paths.Find(0).contains({})) continue;
      *notes = NotesOf(Find(paths), config_.sources);
      notes->insert(notes->begin(), {item.value.origin.ToSpan(),
                                     fmt::format("there is no dict for '{}' of this 'join'",
                                                 AlternativeText(sides[i], tree_.labels))});
      return true;
    }
    return false;
  }

  // The smallest number of filters that removes all there is.
  std::vector<Fault> Find(RemovedPaths& paths) const {
    paths.Allow(kMaxWork);
    for (size_t most = 1; most <= kMostTogether; ++most) {
      RemovedPaths::Counts counts = paths.Find(most);
      if (counts.contains({})) return {};
      std::vector<Fault> faults;
      for (const auto& [filters, count] : counts) faults.push_back(FaultOf(filters, count));
      if (paths.GaveUp()) return FindAtTopLevel(paths);
      if (!faults.empty()) return faults;
    }
    return {};
  }

  // Each side of a join has dicts, but not with those of the other sides: which filter is it?
  std::vector<Fault> FindInJoins() {
    std::vector<Fault> faults;
    if (CountJoined()) return faults;
    size_t tried = 0;
    for (NodeId node = static_cast<NodeId>(tree_.nodes.size()); node-- > 0;) {
      std::span<const ConstraintId> all = prepared_.node(node).constraints;
      for (size_t i = all.size(); i-- > 0;) {
        if (prepared_.constraint(all[i]).join != nullptr) continue;
        if (++tried > kMostTried) return faults;
        std::vector<ConstraintId> others(all.begin(), all.end());
        others.erase(others.begin() + static_cast<ptrdiff_t>(i));
        prepared_.Replace(node, others);
        std::optional<uint64_t> dicts = CountJoined();
        prepared_.Replace(node, all);
        if (!dicts) continue;
        faults.push_back(FaultOf({{node, all[i]}}, 0));
        faults.back().dicts = *dicts;
      }
    }
    return faults;
  }

  // Nothing if there is none, or if that is not soon known; 0: too many to count.
  std::optional<uint64_t> CountJoined() {
    constexpr uint64_t kMostCounted = 1000;
    JoinedWalker walker(prepared_, config_.defaults);
    uint64_t count = 0;
    walker.Walk([&](const StoredDict& dict) {
      bool fits = within_ == kNone || std::find(dict.variants.begin(), dict.variants.end(),
                                                within_) != dict.variants.end();
      count += fits ? 1 : 0;
      return count <= kMostCounted;
    });
    if (count == 0) return std::nullopt;
    return count > kMostCounted || walker.failed() ? 0 : count;
  }

  // Where all filters are too many to try, those that are outside all variants; last ones first,
  // which were added for this run.
  std::vector<Fault> FindAtTopLevel(RemovedPaths& paths) const {
    std::vector<Fault> faults;
    size_t tried = 0;
    const std::vector<VariantId> owners = config_.Owners();
    for (NodeId node = static_cast<NodeId>(tree_.nodes.size()); node-- > 0;) {
      if (owners[node] != kNone) continue;
      std::span<const ConstraintId> constraints = prepared_.node(node).constraints;
      for (auto it = constraints.rbegin(); it != constraints.rend(); ++it) {
        if (++tried > kMostTried) return faults;
        paths.Allow(kMaxWork / kMostTried);
        if (paths.Exists({node, *it})) faults.push_back(FaultOf({{node, *it}}, 0));
      }
    }
    return faults;
  }

  Fault FaultOf(const std::vector<RemovedPaths::FilterAt>& filters, uint64_t count) const {
    Fault fault;
    fault.dicts = tree_.has_joins || config_.defaults ? 0 : count;
    for (const auto& [node, constraint] : filters) {
      std::vector<Constraint::Guard> guards;
      size_t first = fault.filters.size();
      AddStatements(tree_.nodes[node].content, prepared_.constraint(constraint), &guards, &fault);
      for (size_t i = first + 1; i < fault.filters.size(); ++i) fault.filters[i].repeats = true;
    }
    return fault;
  }

  // The statements that are the constraint.
  void AddStatements(std::span<const Item> content, const Constraint& constraint,
                     std::vector<Constraint::Guard>* guards, Fault* fault) const {
    for (const Item& item : content) {
      if (item.kind == ItemKind::kOnly || item.kind == ItemKind::kNo) {
        Constraint here{*guards, item.id, item.kind == ItemKind::kOnly};
        if (here == constraint) fault->filters.push_back({item.value.origin.ToSpan()});
      } else if (IsCondition(item.kind)) {
        const Condition& condition = tree_.conditions[item.id];
        guards->push_back({condition.filter, item.kind == ItemKind::kCondition});
        AddStatements(condition.content, constraint, guards, fault);
        guards->pop_back();
      }
    }
  }

  const ConfigImpl& config_;
  const Tree& tree_;
  PreparedTree prepared_;
  VariantId within_;
};

// ---- 2009 -------------------------------------------------------------------------------------

// From 'only' or 'no', which begins its line, to the last word.
Span StatementSpan(const Statement2009& statement, const SourceMap& sources) {
  Span span = statement.words[0].span;
  const Span& last = statement.words.back().span;
  std::string line = ExpandTabs(sources.Line(span.file, span.line));
  span.column = static_cast<uint32_t>(std::min(line.find_first_not_of(' '), line.size()) + 1);
  span.length = last.column + last.length - span.column;
  return span;
}

// Runs the program with dicts that filters remove kept and marked.
std::vector<Fault> Faults2009(const ConfigImpl& config, VariantId within) {
  constexpr size_t kMaxRecords = 200'000;
  constexpr uint64_t kMaxSteps = 20'000'000;
  constexpr size_t kHeldBytes = size_t{4} << 20;
  for (size_t most = 1; most <= kMostTogether; ++most) {
    Runner2009 runner(config, {.steps = kMaxSteps, .held_bytes = kHeldBytes});
    runner.KeepRemoved(most);
    std::map<std::vector<const Statement2009*>, uint64_t> counts;
    size_t seen = 0;
    bool any = false;
    runner.Run([&](const Record2009& record) {
      bool fits = within == kNone;
      for (const Record2009::Step& step : record.steps)
        fits |= step.variant != nullptr && step.variant->id == within;
      const auto& filters = record.removed;
      any |= fits && filters.empty();
      if (fits) ++counts[filters];
      return !any && ++seen < kMaxRecords;
    });
    if (any || runner.failed() || runner.too_many_records()) return {};
    std::vector<Fault> faults;
    for (const auto& [filters, count] : counts) {
      Fault fault;
      fault.dicts = seen < kMaxRecords ? count : 0;
      for (const Statement2009* statement : filters) {
        fault.filters.push_back({StatementSpan(*statement, config.sources)});
      }
      faults.push_back(std::move(fault));
    }
    if (!faults.empty()) return faults;
  }
  return {};
}

}  // namespace

std::vector<Note> WhyNothingIsSelected(const Config& config, VariantId within) {
  const ConfigImpl& impl = config.impl();
  if (impl.dialect == Dialect::k2009) return NotesOf(Faults2009(impl, within), impl.sources);
  return ModernFaults(impl, within).Notes();
}

namespace {

// An only or no outside of all variants and conditions; unknown if there is none.
Span LastFilter(const ConfigImpl& config) {
  for (auto it = config.program.body.rbegin(); it != config.program.body.rend(); ++it)
    if (it->kind == Kind2009::kOnly || it->kind == Kind2009::kNo)
      return StatementSpan(*it, config.sources);
  return {};
}

}  // namespace

void WarnNothingSelected(const Config& config, Diagnostics& diagnostics) {
  if (!diagnostics.warnings()) return;
  std::vector<Note> notes = WhyNothingIsSelected(config);
  if (notes.empty())
    if (Span span = LastFilter(config.impl()); span.IsKnown())
      notes.push_back({span,
                       "the last filter of all; it would take long to find out which ones "
                       "would have to go"});
  // Notes are mostly in the order of the text, so that the last filter took what was left.
  auto last = std::find_if(notes.rbegin(), notes.rend(),
                           [](const Note& note) { return note.span.IsKnown(); });
  diagnostics.Report({.severity = Severity::kWarning,
                      .code = "nothing-selected",
                      .span = last == notes.rend() ? Span{} : last->span,
                      .message = "nothing is selected: no dict is left",
                      .notes = std::move(notes)});
}

}  // namespace kvmtest::language
