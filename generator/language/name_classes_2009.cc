#include "language/name_classes_2009.h"

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "language/name_effects.h"
#include "language/names_2009.h"
#include "language/saturating_add.h"

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
      : program_(config.program), rules_(config.tree.keys), work_(work) {}

  std::optional<NameClasses2009> Run() {
    if (!Survey(program_.body)) return std::nullopt;
    for (Filter& filter : filters_) {
      filter.names = std::make_unique<NameEffects>(std::move(filter.automaton), labels_);
      if (!filter.names->Prepare(&work_)) return std::nullopt;
    }
    Classes classes;
    classes[Looks(filters_.size(), NameEffects::kEmptyName)] = {1, {classes_++}};
    if (!RunBlock(program_.body, &classes)) return std::nullopt;
    std::vector<Class> left;
    for (const auto& [looks, dicts] : classes) {
      found_.count_ = SaturatingAdd(found_.count_, dicts.count);
      left.insert(left.end(), dicts.names.begin(), dicts.names.end());
    }
    DropEntries(std::move(left));
    return std::move(found_);
  }

 private:
  using Effect = NameEffects::Effect;
  // What each filter sees of a name; nothing, if it is not asked any more.
  using Looks = std::vector<Effect>;
  struct Dicts {
    uint64_t count = 0;
    std::vector<Class> names;  // since the last label; several where some filter is behind
  };
  using Classes = std::map<Looks, Dicts>;

  struct Filter {
    std::unique_ptr<PatternAutomaton> automaton;
    size_t last = 0;  // where it is asked last
    std::unique_ptr<NameEffects> names = nullptr;
  };
  struct Place {
    size_t begin = 0;
    size_t end = 0;
    size_t filter = 0;
  };

  // ---- before the run ---------------------------------------------------------------------------

  // Numbers statements in the order of the run. False if classes do not tell what it does.
  bool Survey(const Block2009& block) {
    for (const Statement2009& statement : block) {
      Place& place = places_[&statement];  // which stays where it is
      place.begin = ++position_;
      const bool understood = statement.kind == Kind2009::kOperators ? SurveyOperators(statement)
                                                                     : SurveyFilter(statement);
      if (!understood || !Survey(statement.body)) return false;
      for (const Variant2009& variant : statement.variants) {
        auto [it, is_new] = label_of_.try_emplace(variant.name, labels_.size());
        if (is_new) labels_.push_back(variant.name);
        if (!Survey(variant.body)) return false;
      }
      place.end = position_;
    }
    return true;
  }

  bool SurveyOperators(const Statement2009& statement) {
    for (const Item& item : statement.items)
      if (rules_.TouchesNames(item)) return false;
    for (const Word2009& word : statement.words) {
      bool found;
      ExpandError error;
      if (!rules_.Matches(word, {}, &found, &error)) return false;
    }
    return true;
  }

  bool SurveyFilter(const Statement2009& statement) {
    if (statement.words.empty()) return true;
    std::string text;
    for (const Word2009& word : statement.words) text += std::string(word.text) + "\n";
    auto [it, is_new] = filter_of_.try_emplace(std::move(text), filters_.size());
    if (is_new) filters_.push_back({FilterAutomaton2009(statement.words)});
    const PatternAutomaton* automaton = filters_[it->second].automaton.get();
    if (automaton == nullptr) return false;
    filters_[it->second].last = position_;
    places_[&statement].filter = it->second;
    return true;
  }

  // ---- the run ----------------------------------------------------------------------------------

  bool RunBlock(const Block2009& block, Classes* classes) {
    for (const Statement2009& statement : block)
      if (!RunStatement(statement, classes)) return false;
    return true;
  }

  bool RunStatement(const Statement2009& statement, Classes* classes) {
    switch (statement.kind) {
      case Kind2009::kOperators:
        return true;
      case Kind2009::kOnly:
        Take(statement, /*found=*/false, classes);
        return true;
      case Kind2009::kNo:
        Take(statement, /*found=*/true, classes);
        return true;
      case Kind2009::kException: {
        Classes matching = Take(statement, /*found=*/true, classes);
        return RunBlock(statement.body, &matching) &&
               Add(matching, places_.at(&statement).end, classes);
      }
      case Kind2009::kVariants:
      case Kind2009::kSubvariants:
        return RunVariants(statement, classes);
    }
    return true;
  }

  // The classes in which the filter is found, or is not.
  Classes Take(const Statement2009& statement, bool found, Classes* classes) const {
    const size_t filter = places_.at(&statement).filter;
    Classes taken;
    for (auto it = classes->begin(); it != classes->end();) {
      auto next = std::next(it);
      if (filters_[filter].names->Found(it->first[filter]) == found)
        taken.insert(classes->extract(it));
      it = next;
    }
    return taken;
  }

  bool RunVariants(const Statement2009& statement, Classes* classes) {
    const Place& place = places_.at(&statement);
    Classes result;
    for (const Variant2009& variant : statement.variants) {
      Classes inside;
      const bool done =
          statement.kind == Kind2009::kSubvariants
              ? Enter(variant, &NameEffects::Append, *classes, place.begin, &inside) &&
                    RunBlock(variant.body, &inside) && Add(inside, place.end, &result)
              : Add(*classes, place.begin, &inside) && RunBlock(variant.body, &inside) &&
                    Enter(variant, &NameEffects::Prepend, inside, place.end, &result);
      if (!done) return false;
    }
    *classes = std::move(result);
    return true;
  }

  // Adds dicts of whose names filters behind `place` alone are to know. False if it takes too long.
  bool Add(const Classes& from, size_t place, Classes* to) {
    for (const auto& [looks, dicts] : from) {
      std::optional<Looks> kept =
          Changed(looks, place, [](NameEffects&, Effect effect) { return effect; });
      if (!kept || !Spend(dicts.names.size())) return false;
      Dicts& all = (*to)[std::move(*kept)];
      all.count = SaturatingAdd(all.count, dicts.count);
      all.names.insert(all.names.end(), dicts.names.begin(), dicts.names.end());
    }
    return true;
  }

  // The same, with the variant's label added to names.
  bool Enter(const Variant2009& variant, Effect (NameEffects::*add)(uint32_t, Effect),
             const Classes& from, size_t place, Classes* to) {
    const uint32_t label = label_of_.at(variant.name);
    for (const auto& [looks, dicts] : from) {
      std::optional<Looks> changed = Changed(
          looks, place,
          [add, label](NameEffects& names, Effect effect) { return (names.*add)(label, effect); });
      if (!changed || !Spend(dicts.names.size())) return false;
      Dicts& all = (*to)[std::move(*changed)];
      all.count = SaturatingAdd(all.count, dicts.count);
      if (all.names.empty()) all.names.push_back(classes_++);
      for (Class names : dicts.names)
        found_.entered_.emplace(EntryOf(names, variant.id), all.names.front());
    }
    return true;
  }

  template <typename Change>
  std::optional<Looks> Changed(const Looks& looks, size_t place, const Change& change) {
    if (!Spend(kWorkOfClass + looks.size())) return std::nullopt;
    Looks changed(looks.size(), NameEffects::kEmptyName);
    for (size_t i = 0; i < looks.size(); ++i) {
      if (filters_[i].last <= place) continue;
      changed[i] = change(*filters_[i].names, looks[i]);
      if (filters_[i].names->GaveUp()) return std::nullopt;
    }
    return changed;
  }

  bool Spend(size_t work) {
    if (work_ < work) return false;
    work_ -= work;
    return true;
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
    for (const auto& [entry, to] : found_.entered_)
      found_.variants_.insert(static_cast<VariantId>(entry));
  }

  const Program2009& program_;
  NameRules2009 rules_;
  size_t work_;
  size_t position_ = 0;
  std::unordered_map<const Statement2009*, Place> places_;
  std::vector<std::string_view> labels_;
  std::unordered_map<std::string_view, uint32_t> label_of_;
  std::vector<Filter> filters_;
  std::unordered_map<std::string, size_t> filter_of_;
  Class classes_ = 0;
  NameClasses2009 found_;
};

std::optional<NameClasses2009> NameClasses2009::Find(const ConfigImpl& config, size_t work) {
  return Search(config, work).Run();
}

std::optional<NameClasses2009::Class> NameClasses2009::Enter(Class names, VariantId variant) const {
  auto it = entered_.find(EntryOf(names, variant));
  return it == entered_.end() ? std::nullopt : std::optional(it->second);
}

}  // namespace kvmtest::language
