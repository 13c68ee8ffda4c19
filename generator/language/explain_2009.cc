#include "language/explain_2009.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <utility>

#include "language/explain_traced.h"
#include "language/explain_unknown.h"
#include "language/trace_2009.h"

namespace kvmtest::language {

namespace {

constexpr size_t kMaxNames = 10;  // told
constexpr size_t kMaxTests = 20;  // of one name

class Explainer2009 {
 public:
  Explainer2009(const Config& config, const std::string& name, const std::string& key,
                const Bounds& bounds)
      : config_(config), impl_(config.impl()), bounds_(bounds), rules_(impl_.tree.keys) {
    result_.asked = name;
    result_.key = key;
  }

  // False if there is an error in the program.
  bool Explain() {
    const std::string& name = result_.asked;
    bool done = false;
    if (!ExplainNamed(name, &done)) return false;
    if (done) return true;
    List found;
    auto called = [&](const Traced2009& dict) { return dict.shortname == name; };
    if (!Find(false, called, &found, [&](Tracer2009& t) { t.OnlyNamed(name, NameKind::kShort); }))
      return false;
    if (found.empty() && !Find(false, IsSelected(), &found)) return false;
    if (!found.empty()) return ExplainFound(found);
    if (!Find(true, IsSelected(), &found)) return false;
    if (!found.empty()) return ExplainAllRemoved(found);
    return ExplainUnknown();
  }

  Explanation Take() { return std::move(result_); }
  const ExpandError& error() const { return error_; }

 private:
  using List = std::vector<Traced2009>;
  using Wanted = std::function<bool(const Traced2009&)>;

  // The dicts that are wanted. False after an error; none if they are too many to look through.
  bool Find(bool keep_removed, const Wanted& wanted, List* found,
            const std::function<void(Tracer2009&)>& prepare = nullptr) {
    // What the dicts point to is the tracer's.
    Tracer2009& tracer = tracers_.emplace_back(impl_, bounds_);
    if (prepare) prepare(tracer);
    if (tracer.Run(keep_removed, found)) {
      std::erase_if(*found, [&](const Traced2009& dict) { return !wanted(dict); });
      return true;
    }
    found->clear();
    error_ = tracer.error();
    bool too_many = error_.code == "too-many-dicts";
    result_.gave_up |= too_many;
    return too_many;
  }

  // What is asked for, read as a filter.
  Wanted IsSelected() {
    return [this](const Traced2009& dict) {
      bool matches = false;
      ExpandError bad_word;
      return rules_.Matches({result_.asked, {}}, dict.name, &matches, &bad_word) && matches;
    };
  }

  bool ExplainNamed(const std::string& name, bool* done) {
    *done = true;
    List found;
    auto called = [&](const Traced2009& dict) { return dict.name == name; };
    auto prepare = [&](Tracer2009& tracer) { tracer.OnlyNamed(name, NameKind::kFull); };
    if (!Find(false, called, &found, prepare)) return false;
    if (!found.empty()) return ExplainTests(found);
    if (!Find(true, called, &found, prepare)) return false;
    *done = !found.empty();
    if (!found.empty()) ExplainRemoved(found);
    return true;
  }

  bool ExplainTests(const List& dicts) {
    result_.answer = Explanation::Answer::kInResult;
    for (const Traced2009& dict : dicts) {
      if (result_.tests.size() == kMaxTests) break;
      std::optional<ExplainedTest> test = ExplainTraced(impl_, dict, result_.key, bounds_, &error_);
      if (!test) return false;
      result_.tests.push_back(std::move(*test));
    }
    if (!result_.IsKeyMissing()) return true;
    std::optional<ExplainedTest> all = ExplainTraced(impl_, dicts[0], "", bounds_, &error_);
    if (all) ExplainMissingKey(Dialect::k2009, *all, &result_);
    return all.has_value();
  }

  void ExplainRemoved(const List& dicts) {
    result_.answer = Explanation::Answer::kRemoved;
    for (const Traced2009& dict : dicts) {
      if (result_.removed.size() == kMaxTests) break;
      result_.removed.push_back(
          {dict.name, TracedVariants(dict), {}, TracedObstacles(impl_, dict)});
    }
    result_.more_ways = dicts.size() - result_.removed.size();
    std::stable_sort(result_.removed.begin(), result_.removed.end(),
                     [](const RemovedTest& a, const RemovedTest& b) {
                       return a.obstacles.size() < b.obstacles.size();
                     });
  }

  static NameList Names(const List& dicts) {
    NameList list;
    list.count = dicts.size();
    for (const Traced2009& dict : dicts) {
      bool known = std::find(list.names.begin(), list.names.end(), dict.name) != list.names.end();
      if (!known && list.names.size() < kMaxNames) list.names.push_back(dict.name);
    }
    return list;
  }

  bool ExplainFound(const List& dicts) {
    result_.names = Names(dicts);
    result_.answer = Explanation::Answer::kSeveral;
    return result_.names.names.size() > 1 || ExplainTests(dicts);
  }

  bool ExplainAllRemoved(const List& dicts) {
    result_.names = Names(dicts);
    if (result_.names.names.size() == 1) {
      ExplainRemoved(dicts);
      return true;
    }
    result_.answer = Explanation::Answer::kAllRemoved;
    for (const Traced2009& dict : dicts) {
      std::vector<Obstacle> obstacles = TracedObstacles(impl_, dict);
      if (&dict == &dicts.front())
        result_.common = std::move(obstacles);
      else
        KeepCommon(obstacles, &result_.common);
    }
    return true;
  }

  bool ExplainUnknown() {
    result_.answer = Explanation::Answer::kUnknown;
    const std::vector<std::string> labels = ExplainLabels(config_, bounds_, &result_);
    if (labels.empty()) return true;
    auto has_all = [&](const Traced2009& dict) {
      return std::all_of(labels.begin(), labels.end(),
                         [&](const std::string& label) { return FindLabel(dict.name, label); });
    };
    List found;
    if (!Find(false, has_all, &found)) return false;
    result_.names_are_tests = !found.empty();
    if (found.empty() && !Find(true, has_all, &found)) return false;
    result_.names = Names(found);
    return true;
  }

  const Config& config_;
  const ConfigImpl& impl_;
  Bounds bounds_;
  NameRules2009 rules_;
  std::deque<Tracer2009> tracers_;
  Explanation result_;
  ExpandError error_;
};

}  // namespace

std::optional<Explanation> Explain2009(const Config& config, const std::string& name,
                                       const std::string& key, const Bounds& bounds,
                                       ExpandError* error) {
  Explainer2009 explainer(config, name, key, bounds);
  if (explainer.Explain()) return explainer.Take();
  *error = explainer.error();
  return std::nullopt;
}

}  // namespace kvmtest::language
