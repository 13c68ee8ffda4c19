#include "language/count_2009.h"

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "language/name_effects.h"
#include "language/names_2009.h"

namespace kvmtest::language {

namespace {

// In words looked at.
constexpr size_t kWorkOfClass = 64;

void AddTo(uint64_t more, uint64_t* count) {
  *count = *count > UINT64_MAX - more ? UINT64_MAX : *count + more;
}

class ClassCounter {
 public:
  ClassCounter(const ConfigImpl& config, size_t work)
      : program_(config.program), rules_(config.tree.keys), work_(work) {}

  std::optional<uint64_t> Count() {
    if (!Survey(program_.body)) return std::nullopt;
    for (Filter& filter : filters_) {
      filter.names = std::make_unique<NameEffects>(std::move(filter.automaton), labels_);
      if (!filter.names->Prepare(&work_)) return std::nullopt;
    }
    Classes classes = {{std::vector<Effect>(filters_.size(), NameEffects::kEmptyName), 1}};
    if (!Run(program_.body, &classes)) return std::nullopt;
    uint64_t count = 0;
    for (const auto& [looks, dicts] : classes) AddTo(dicts, &count);
    return count;
  }

 private:
  using Effect = NameEffects::Effect;
  // What each filter sees of a name; nothing, if it is not asked any more.
  using Looks = std::vector<Effect>;
  using Classes = std::map<Looks, uint64_t>;

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
    if (automaton == nullptr || !automaton->exact()) return false;
    filters_[it->second].last = position_;
    places_[&statement].filter = it->second;
    return true;
  }

  // ---- the run ----------------------------------------------------------------------------------

  bool Run(const Block2009& block, Classes* classes) {
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
        return Run(statement.body, &matching) && Add(matching, places_.at(&statement).end, classes);
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
    const bool sub = statement.kind == Kind2009::kSubvariants;
    Classes result;
    for (const Variant2009& variant : statement.variants) {
      const uint32_t label = label_of_.at(variant.name);
      auto enter = [&](NameEffects& names, Effect effect) {
        return sub ? names.Append(label, effect) : names.Prepend(label, effect);
      };
      Classes inside;
      if (!(sub ? Add(*classes, place.begin, enter, &inside)
                : Add(*classes, place.begin, &inside)) ||
          !Run(variant.body, &inside) ||
          !(sub ? Add(inside, place.end, &result) : Add(inside, place.end, enter, &result)))
        return false;
    }
    *classes = std::move(result);
    return true;
  }

  bool Add(const Classes& from, size_t place, Classes* to) {
    return Add(
        from, place, [](NameEffects&, Effect effect) { return effect; }, to);
  }
  // Adds dicts whose names are changed so, and of which filters behind `place` alone are to know.
  // False if that takes too long.
  template <typename Change>
  bool Add(const Classes& from, size_t place, const Change& change, Classes* to) {
    for (const auto& [looks, dicts] : from) {
      const size_t work = kWorkOfClass + filters_.size();
      if (work_ < work) return false;
      work_ -= work;
      Looks changed(looks.size(), NameEffects::kEmptyName);
      for (size_t i = 0; i < looks.size(); ++i) {
        if (filters_[i].last <= place) continue;
        changed[i] = change(*filters_[i].names, looks[i]);
        if (filters_[i].names->GaveUp()) return false;
      }
      AddTo(dicts, &(*to)[std::move(changed)]);
    }
    return true;
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
};

}  // namespace

std::optional<uint64_t> CountByClasses2009(const ConfigImpl& config, size_t work) {
  return ClassCounter(config, work).Count();
}

}  // namespace kvmtest::language
