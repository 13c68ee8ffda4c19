// `- boot: install`: which test of the same set and host a test needs. Matched on whole labels,
// those of set, host and queue left out; every test that matches is required, as in the reference.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <tuple>
#include <unordered_map>

#include "plan/draft.h"
#include "plan/label_index.h"
#include "plan/text.h"

namespace kvmtest::plan {
namespace {

class Linker {
 public:
  Linker(const Context& context, Draft* draft)
      : context_(context), draft_(draft), plan_(draft->plan) {}

  void Run() {
    for (uint32_t i = 0; i < plan_.tests.size(); ++i) {
      labels_.push_back(SplitLabels(draft_->tests[i].bare_name));
      index_[Group(i)].Add(i, labels_.back());
    }
    for (uint32_t i = 0; i < plan_.tests.size(); ++i) Link(i);
    ReportMissing();
    if (FindCycle()) return;
    for (uint32_t i = 0; i < plan_.tests.size(); ++i) Reduce(i);
  }

 private:
  using GroupKey = std::pair<uint32_t, uint32_t>;

  GroupKey Group(uint32_t test) const { return {plan_.tests[test].set, plan_.tests[test].host}; }

  void Link(uint32_t test) {
    std::vector<uint32_t>& required = plan_.tests[test].required;
    for (const Dependency& dependency : draft_->tests[test].dependencies) {
      std::vector<uint32_t> found = Find(test, dependency.labels, index_[Group(test)]);
      if (found.empty() && HasLabels(labels_[test], SplitLabels(dependency.labels)))
        ReportSelf(test, dependency);
      else if (found.empty())
        Missing(test, dependency);
      required.insert(required.end(), found.begin(), found.end());
    }
    std::sort(required.begin(), required.end());
    required.erase(std::unique(required.begin(), required.end()), required.end());
  }

  // No other test is what it requires.
  void ReportSelf(uint32_t test, const Dependency& dependency) {
    if (!self_told_.insert({plan_.tests[test].set, draft_->tests[test].bare_name}).second) return;
    context_.Error("dependency-cycle", dependency.span,
                   fmt::format("'{}' requires itself", plan_.tests[test].name));
  }

  std::vector<uint32_t> Find(uint32_t test, std::string_view dependency, const LabelIndex& index) {
    Labels wanted = SplitLabels(dependency);
    // The same test may run on several queues: take that of the own queue, else the first.
    std::map<std::string_view, uint32_t> chosen;
    for (uint32_t other : index.Candidates(wanted)) {
      if (other == test || !HasLabels(labels_[other], wanted)) continue;
      // Itself on another queue: what a test waits for is never itself.
      if (draft_->tests[other].bare_name == draft_->tests[test].bare_name) continue;
      auto [known, is_new] = chosen.emplace(draft_->tests[other].bare_name, other);
      if (!is_new && SameQueue(test, other) && !SameQueue(test, known->second)) {
        known->second = other;
      }
    }
    std::vector<uint32_t> found;
    found.reserve(chosen.size());
    for (auto [_, other] : chosen) found.push_back(other);
    return found;
  }

  bool SameQueue(uint32_t a, uint32_t b) const {
    return draft_->tests[a].queue == draft_->tests[b].queue;
  }

  // ---- what is not there ----

  enum Kind {
    kUnknown,      // no label of it is a variant's: an error
    kPartUnknown,  // some labels are
    kElsewhere,    // the same set runs it on other hosts
    kNotSelected,
  };
  using MissingKey = std::tuple<uint32_t, Kind, std::string, Span>;  // set, the word, its place
  struct MissingDependency {
    MissingKey key;
    Span span;
    size_t tests = 0;
    uint32_t first = 0;
    std::string detail;  // the unknown label, or the other host
  };

  // Real trees say "install setup" on hundreds of lines: one message for a set and a word, unless
  // the word itself is wrong.
  void Missing(uint32_t test, const Dependency& dependency) {
    auto [kind, detail] = Classify(test, dependency);
    bool each_place = kind == kUnknown || kind == kPartUnknown;
    MissingKey key{plan_.tests[test].set, kind, dependency.word,
                   each_place ? dependency.span : Span{}};
    auto known = std::find_if(missing_.begin(), missing_.end(),
                              [&key](const MissingDependency& m) { return m.key == key; });
    if (known == missing_.end()) {
      missing_.push_back({key, dependency.span, 0, test, detail});
      known = missing_.end() - 1;
    }
    ++known->tests;
  }

  std::pair<Kind, std::string> Classify(uint32_t test, const Dependency& dependency) {
    Labels labels = SplitLabels(dependency.word);
    std::string unknown;
    size_t unknown_count = 0;
    for (std::string_view label : labels) {
      if (KnownLabels().contains(std::string(label))) continue;
      if (unknown_count++ == 0) unknown = label;
    }
    if (unknown_count > 0) {
      return {unknown_count == labels.size() ? kUnknown : kPartUnknown, unknown};
    }
    if (auto host = OtherHost(test, dependency)) {
      return {kElsewhere, plan_.hosts[*host].name};
    }
    return {kNotSelected, ""};
  }

  const std::set<std::string>& KnownLabels() {
    if (!known_labels_.empty()) return known_labels_;
    for (const language::Variant& variant : context_.config.variants()) {
      for (std::string_view label : SplitLabels(variant.text)) {
        known_labels_.emplace(BareLabel(label));
        known_labels_.emplace(label);
      }
    }
    return known_labels_;
  }

  std::optional<uint32_t> OtherHost(uint32_t test, const Dependency& dependency) {
    for (uint32_t host = 0; host < plan_.hosts.size(); ++host) {
      auto index = index_.find({plan_.tests[test].set, host});
      if (host == plan_.tests[test].host || index == index_.end()) continue;
      if (!Find(test, dependency.labels, index->second).empty()) return host;
    }
    return std::nullopt;
  }

  void ReportMissing() {
    for (const MissingDependency& missing : missing_) Report(missing);
  }

  void Report(const MissingDependency& missing) {
    const auto& [set, kind, word, place] = missing.key;
    if (kind != kUnknown && !IsWanted(context_.options, plan_.sets[set].name)) return;
    // Of a set whose places are chosen, `apart` has told why.
    if (kind == kElsewhere && plan_.sets[set].assign != AssignWay::kManual) return;
    bool one = missing.tests == 1;
    std::string who = fmt::format("{} of set '{}' {} '{}'",
                                  one ? "a test" : fmt::format("{} tests", missing.tests),
                                  plan_.sets[set].name, one ? "requires" : "require", word);
    std::vector<language::Note> notes = {
        {draft_->tests[missing.first].origin, fmt::format("{} is '{}'", one ? "it" : "the first",
                                                          plan_.tests[missing.first].full_name)}};
    std::string no_variant = fmt::format("{}, but no variant is named '{}'", who, missing.detail);
    switch (kind) {
      case kUnknown:
        context_.Error("unknown-dependency", missing.span, no_variant, notes,
                       Suggestion(missing.detail));
        break;
      case kPartUnknown:
        context_.Warn("dependency-label", missing.span, no_variant + "; it is taken as met", notes,
                      Suggestion(missing.detail));
        break;
      case kElsewhere:
        context_.Warn("dependency-elsewhere", missing.span,
                      fmt::format("{}, which the set runs on another host ('{}') only; it is taken "
                                  "as met",
                                  who, missing.detail),
                      notes);
        break;
      case kNotSelected:
        context_.Warn("dependency-not-selected", missing.span,
                      who + ", which the set does not select there; it is taken as met", notes);
        break;
    }
  }

  std::string Suggestion(const std::string& label) const {
    std::vector<std::string> names(known_labels_.begin(), known_labels_.end());
    auto near = DidYouMean(label, names);
    return near ? fmt::format("did you mean '{}'?", *near) : "";
  }

  // ---- the graph ----

  // CTest refuses to run anything when dependencies go in circles.
  bool FindCycle() {
    enum Color : uint8_t { kNew, kOpen, kDone };
    bool found = false;
    std::vector<Color> color(plan_.tests.size(), kNew);
    for (uint32_t root = 0; root < plan_.tests.size(); ++root) {
      if (color[root] != kNew) continue;
      std::vector<std::pair<uint32_t, size_t>> path = {{root, 0}};
      color[root] = kOpen;
      while (!path.empty()) {
        auto& [test, next] = path.back();
        if (next == plan_.tests[test].required.size()) {
          color[test] = kDone;
          path.pop_back();
          continue;
        }
        uint32_t other = plan_.tests[test].required[next++];
        if (color[other] == kOpen) {
          ReportCycle(path, other);
          found = true;
        }
        if (color[other] == kNew) {
          color[other] = kOpen;
          path.emplace_back(other, 0);
        }
      }
    }
    return found;
  }

  // Where a test says that it requires another.
  Span WhereRequired(uint32_t test, uint32_t other) const {
    for (const Dependency& dependency : draft_->tests[test].dependencies)
      if (HasLabels(labels_[other], SplitLabels(dependency.labels))) return dependency.span;
    return draft_->tests[test].origin;
  }

  // Of cycles that share tests, the first.
  void ReportCycle(const std::vector<std::pair<uint32_t, size_t>>& path, uint32_t entry) {
    std::vector<language::Note> notes;
    auto at = std::find_if(path.begin(), path.end(),
                           [entry](const auto& step) { return step.first == entry; });
    bool is_new = true;
    for (auto step = at; step != path.end(); ++step) {
      is_new = in_cycle_.insert(step->first).second && is_new;
    }
    if (!is_new) return;
    // On each of several queues it is the same one.
    std::set<std::string> names;
    for (auto step = at; step != path.end(); ++step)
      names.insert(draft_->tests[step->first].bare_name);
    if (!cycles_told_.insert({plan_.tests[entry].set, std::move(names)}).second) return;
    for (; at != path.end(); ++at) {
      uint32_t next = at + 1 == path.end() ? entry : (at + 1)->first;
      notes.push_back(
          {WhereRequired(at->first, next),
           fmt::format("'{}' requires '{}'", plan_.tests[at->first].name, plan_.tests[next].name)});
    }
    const Span place = notes[0].span;
    context_.Error("dependency-cycle", place,
                   fmt::format("'{}' requires itself", plan_.tests[entry].name), std::move(notes));
  }

  // Leaves out what another required test requires already. CTest (3.25) takes exponential time
  // over layers of redundant edges, and every edge costs.
  void Reduce(uint32_t test) {
    std::vector<uint32_t>& required = plan_.tests[test].required;
    if (required.size() < 2) return;
    std::set<uint32_t> reached;
    std::vector<uint32_t> todo = required;
    while (!todo.empty()) {
      uint32_t next = todo.back();
      todo.pop_back();
      for (uint32_t other : plan_.tests[next].required) {
        if (reached.insert(other).second) todo.push_back(other);
      }
    }
    std::erase_if(required, [&reached](uint32_t other) { return reached.contains(other); });
  }

  const Context& context_;
  Draft* draft_;
  Plan& plan_;
  std::vector<Labels> labels_;
  std::map<GroupKey, LabelIndex> index_;
  std::vector<MissingDependency> missing_;
  std::set<std::string> known_labels_;
  std::set<uint32_t> in_cycle_;
  std::set<std::pair<uint32_t, std::set<std::string>>> cycles_told_;  // sets, and bare names
  std::set<std::pair<uint32_t, std::string>> self_told_;
};

}  // namespace

void LinkTests(const Context& context, Draft* draft) {
  Linker(context, draft).Run();
}

}  // namespace kvmtest::plan
