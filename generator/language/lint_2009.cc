// Judges the words of filters that are plain labels; what a regular expression may match is
// anyone's guess.
#include "language/lint_2009.h"

#include <algorithm>
#include <cctype>
#include <deque>
#include <utility>

#include "language/unknown_elements.h"
#include "language/vacuity.h"

namespace kvmtest::language {

namespace {

bool IsLabel(std::string_view word) {
  return !word.empty() && std::all_of(word.begin(), word.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-';
  });
}

class Lint2009 {
 public:
  Lint2009(const ConfigImpl& config, Diagnostics* diagnostics)
      : config_(config),
        diagnostics_(*diagnostics),
        choices_(config.blocks, config.variants),
        offers_(labels_),
        unknown_(config),
        vacuity_(config, choices_, offers_, diagnostics) {
    for (const Variant& variant : config.variants) AddVariant(variant);
    InternWords(config.program.body);
    offers_.Finish();
  }

  void Run() {
    Body(config_.program.body, {});
    unknown_.Report(&diagnostics_);
  }

 private:
  // A word finds any part of a dotted name.
  void AddVariant(const Variant& variant) {
    std::vector<AtomId> parts;
    std::string_view rest = variant.labels[0].name;
    for (size_t dot = 0; dot != rest.npos;) {
      dot = rest.find('.');
      parts.push_back(labels_.Bare(rest.substr(0, dot)));
      if (dot != rest.npos) rest.remove_prefix(dot + 1);
    }
    offers_.AddVariant(parts);
  }

  void InternWords(const Block2009& block) {
    for (const Statement2009& statement : block) {
      for (const Word2009& word : statement.words) labels_.Bare(word.text);
      InternWords(statement.body);
      for (const Variant2009& variant : statement.variants) InternWords(variant.body);
    }
  }

  // The known labels among the words, as a filter.
  struct Words {
    PlacedFilter use;
    bool all_labels = true;  // none is a regular expression
    bool any_known = false;
  };

  Words Read(const Statement2009& statement) {
    Words words;
    words.use.kind = statement.kind == Kind2009::kOnly ? ItemKind::kOnly
                     : statement.kind == Kind2009::kNo ? ItemKind::kNo
                                                       : ItemKind::kCondition;
    Filter& filter = filters_.emplace_back();
    words.use.clause = {&filter, seen_};
    bool any_unknown = false;
    for (const Word2009& word : statement.words) {
      AtomId atom = labels_.atoms().Lookup(word.text);
      bool is_label = IsLabel(word.text);
      words.all_labels &= is_label;
      if (!is_label) continue;
      if (offers_.Offered(atom)) filter.alternatives.push_back({{{{atom}}}});
      any_unknown |= !offers_.Offered(atom);
    }
    words.any_known = !filter.alternatives.empty();
    Span span = statement.words[0].span;
    const Span& last = statement.words.back().span;
    span.length = last.column + last.length - span.column;
    words.use.statement = Place::Of(span);
    if (any_unknown) AddUnknown(statement, words);
    return words;
  }

  void AddUnknown(const Statement2009& statement, const Words& words) {
    for (const Word2009& word : statement.words)
      if (IsLabel(word.text) && !offers_.Offered(labels_.atoms().Lookup(word.text)))
        unknown_.AddLabel(word.text, {.span = word.span,
                                      .exact = true,
                                      .kind = words.use.kind,
                                      .no_match = words.all_labels && !words.any_known});
  }

  bool Judges(const Words& words) const { return judges_ && words.all_labels && words.any_known; }

  // Where statements stand.
  struct Scope {
    VariantId place = kNone;  // the variant; kNone: top level
    bool in_exception = false;
    std::vector<PlacedFilter> guards = {};  // exceptions whose words are known
  };

  void Body(const Block2009& block, const Scope& scope) {
    std::vector<PlacedFilter> own;
    bool dead = false;
    for (const Statement2009& statement : block) {
      if (!statement.words.empty()) Filtering(statement, scope, &own, &dead);
      for (const Variant2009& variant : statement.variants) Enter(statement, variant);
    }
    bool is_variant = scope.place != kNone && !scope.in_exception;
    if (judges_ && is_variant && !dead && !own.empty()) vacuity_.CheckTogether(own, scope.place);
  }

  void Filtering(const Statement2009& statement, const Scope& scope, std::vector<PlacedFilter>* own,
                 bool* dead) {
    Words words = Read(statement);
    bool can_match = !Judges(words) || vacuity_.CanMatch(words.use, scope.place, scope.guards);
    if (statement.kind == Kind2009::kOnly && words.all_labels) {
      *dead |= !can_match || !words.any_known;
      own->push_back(words.use);
    }
    if (statement.kind == Kind2009::kNo) own->push_back(words.use);
    if (statement.kind != Kind2009::kException) return;
    Scope inner{scope.place, true, scope.guards};
    if (words.all_labels && words.any_known) inner.guards.push_back(words.use);
    bool outer = std::exchange(judges_, judges_ && can_match);
    Body(statement.body, inner);
    judges_ = outer;
  }

  void Enter(const Statement2009& statement, const Variant2009& variant) {
    seen_ = variant.id + 1;
    // Subvariants append their labels before their text is run.
    bool outer = std::exchange(judges_, judges_ && statement.kind == Kind2009::kVariants);
    Body(variant.body, {variant.id});
    judges_ = outer;
  }

  const ConfigImpl& config_;
  Diagnostics& diagnostics_;
  Choices choices_;
  LabelTable labels_;
  LabelOffers offers_;
  UnknownElements unknown_;
  Vacuity vacuity_;
  std::deque<Filter> filters_;
  VariantId seen_ = 0;  // variants up to here have been met
  bool judges_ = !config_.program.changes_names;
};

}  // namespace

void LintFilters2009(const ConfigImpl& config, Diagnostics* diagnostics) {
  Lint2009(config, diagnostics).Run();
}

}  // namespace kvmtest::language
