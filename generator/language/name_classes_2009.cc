#include "language/name_classes_2009.h"

#include <algorithm>
#include <functional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "language/filter_points_2009.h"
#include "language/open_points_2009.h"
#include "language/saturating_add.h"
#include "language/work.h"

namespace kvmtest::language {

namespace {

// In words looked at.
constexpr size_t kWorkOfClass = 64;

uint64_t EntryOf(uint32_t names, VariantId variant) {
  return uint64_t{names} << 32 | variant;
}

}  // namespace

class NameClasses2009::Search {
 public:
  Search(const ConfigImpl& config, size_t work)
      : program_(config.program), work_(work), points_(config, &work_) {}

  std::optional<NameClasses2009> Run() {
    if (!points_.understood() || work_.gave_up()) return std::nullopt;
    Classes classes;
    if (auto open = OpenAtBegin(points_)) classes[std::move(*open)] = {1, {classes_}};
    ++classes_;
    RunBlock(program_.body, &classes);
    if (work_.gave_up()) return std::nullopt;
    std::vector<Class>& left = found_.left_;
    for (const auto& [open, dicts] : classes) {
      found_.count_ = SaturatingAdd(found_.count_, dicts.count);
      left.insert(left.end(), dicts.names.begin(), dicts.names.end());
    }
    std::sort(left.begin(), left.end());
    DropEntries(left);
    return std::move(found_);
  }

 private:
  struct Dicts {
    uint64_t count = 0;
    std::vector<Class> names;  // since the last label; several where some filter is behind

    void Add(const Dicts& other) {
      count = SaturatingAdd(count, other.count);
      names.insert(names.end(), other.names.begin(), other.names.end());
    }
  };
  // What is asked at a place is open there no more: it has been looked at behind the last change
  // of names. So filters by themselves need nothing, and a condition is the first that is open.
  using Classes = std::unordered_map<OpenPoints, Dicts, OpenPointsHash>;

  void RunBlock(const Block2009& block, Classes* classes) {
    for (const Statement2009& statement : block)
      if (!work_.gave_up()) RunStatement(statement, classes);
  }

  void RunStatement(const Statement2009& statement, Classes* classes) {
    const FilterPoints2009::Place& place = points_.Of(statement);
    switch (statement.kind) {
      case Kind2009::kOnly:
      case Kind2009::kNo:
        break;
      case Kind2009::kOperators:
        if (!place.changes.empty())
          RunIf(place.point, statement.words.size(), place.end, classes,
                [&](Classes* inside) { ChangeNames(place, inside); });
        break;
      case Kind2009::kException:
        RunIf(place.point, 1, place.end, classes,
              [&](Classes* inside) { RunBlock(statement.body, inside); });
        break;
      case Kind2009::kVariants:
      case Kind2009::kSubvariants:
        RunVariants(statement, place, classes);
        break;
    }
  }

  // `body` for the classes that all of the conditions hold for.
  void RunIf(PointId condition, size_t conditions, Moment end, Classes* classes,
             const std::function<void(Classes*)>& body) {
    if (conditions == 0) return body(classes);
    Classes inside;
    for (auto it = classes->begin(); it != classes->end();) {
      auto next = std::next(it);
      if (auto open = OpenInCondition(it->first, condition)) {
        inside[std::move(*open)].Add(it->second);
        classes->erase(it);
      }
      it = next;
    }
    RunIf(condition + 1, conditions - 1, end, &inside, body);
    Classes all;
    Add(*classes, end, &all);
    Add(inside, end, &all);
    *classes = std::move(all);
  }

  void ChangeNames(const FilterPoints2009::Place& place, Classes* classes) {
    Moment moment = place.begin;
    for (NameChangeId change : place.changes) {
      Classes changed;
      Add(*classes, ++moment, &changed, change);
      *classes = std::move(changed);
    }
  }

  void RunVariants(const Statement2009& statement, const FilterPoints2009::Place& place,
                   Classes* classes) {
    Classes result;
    for (const Variant2009& variant : statement.variants) {
      const FilterPoints2009::VariantPlace& at = points_.Of(variant);
      Classes inside;
      for (const auto& [open, dicts] : *classes) {
        if (!SpendOn(open, dicts)) return;
        if (auto slice = OpenInVariant(points_.points(), open, place.point, at.point))
          inside[std::move(*slice)].Add(dicts);
      }
      if (statement.kind == Kind2009::kSubvariants) {
        Classes entered;
        Enter(variant, at.change, inside, at.begin + 1, &entered);
        RunBlock(variant.body, &entered);
        Add(entered, place.end, &result);
      } else {
        const bool selects = points_.points()[at.point].end > at.point + 1;
        Classes begun;
        if (selects) Add(inside, at.begin, &begun);
        Classes& run = selects ? begun : inside;
        RunBlock(variant.body, &run);
        Enter(variant, at.change, run, place.end, &result);
      }
    }
    *classes = std::move(result);
  }

  // Adds what is open of classes behind `moment`, and behind the change of names if there is one.
  void Add(const Classes& from, Moment moment, Classes* to,
           std::optional<NameChangeId> change = std::nullopt) {
    for (const auto& [open, dicts] : from) {
      if (!SpendOn(open, dicts)) return;
      if (auto still = StillOpen(points_, open, moment, change))
        (*to)[std::move(*still)].Add(dicts);
    }
  }

  // The same, with the variant's label put to names.
  void Enter(const Variant2009& variant, NameChangeId change, const Classes& from, Moment moment,
             Classes* to) {
    for (const auto& [open, dicts] : from) {
      if (!SpendOn(open, dicts)) return;
      auto still = StillOpen(points_, open, moment, change);
      if (!still) continue;
      Dicts& all = (*to)[std::move(*still)];
      all.count = SaturatingAdd(all.count, dicts.count);
      if (all.names.empty()) all.names.push_back(classes_++);
      for (Class names : dicts.names)
        found_.entered_.emplace(EntryOf(names, variant.id), all.names.front());
    }
  }

  bool SpendOn(const OpenPoints& open, const Dicts& dicts) {
    return work_.Spend(kWorkOfClass + open.size() + dicts.names.size());
  }

  // ---- behind the run ---------------------------------------------------------------------------

  // Those into classes of which nothing is left. `left`: classes of dicts at the end of the run.
  void DropEntries(std::vector<Class> left) {
    std::vector<std::vector<Class>> before(classes_);
    for (const auto& [entry, to] : found_.entered_)
      before[to].push_back(static_cast<Class>(entry >> 32));
    std::vector<bool> is_left(classes_);
    while (!left.empty()) {
      const Class names = left.back();
      left.pop_back();
      if (is_left[names]) continue;
      is_left[names] = true;
      left.insert(left.end(), before[names].begin(), before[names].end());
    }
    std::erase_if(found_.entered_,
                  [&is_left](const auto& entry) { return !is_left[entry.second]; });
  }

  const Program2009& program_;
  Work work_;
  FilterPoints2009 points_;
  Class classes_ = 0;
  NameClasses2009 found_;
};

std::optional<NameClasses2009> NameClasses2009::Find(const ConfigImpl& config, size_t work) {
  return Search(config, work).Run();
}

std::unordered_map<VariantId, std::vector<NameClasses2009::Entry>> NameClasses2009::Entries()
    const {
  std::unordered_map<VariantId, std::vector<Entry>> of_variants;
  for (const auto& [entry, to] : entered_)
    of_variants[static_cast<VariantId>(entry)].push_back({static_cast<Class>(entry >> 32), to});
  for (auto& [variant, entries] : of_variants)
    std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
      return std::pair(a.to, a.from) < std::pair(b.to, b.from);
    });
  return of_variants;
}

bool NameClasses2009::IsLeft(Class names) const {
  return std::binary_search(left_.begin(), left_.end(), names);
}

std::optional<NameClasses2009::Class> NameClasses2009::Enter(Class names, VariantId variant) const {
  auto it = entered_.find(EntryOf(names, variant));
  return it == entered_.end() ? std::nullopt : std::optional(it->second);
}

}  // namespace kvmtest::language
