#include "language/lint_2009.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <memory>
#include <optional>
#include <unordered_map>
#include <utility>

#include "language/lint.h"
#include "language/lint_branches_2009.h"
#include "language/names_2009.h"
#include "language/possible.h"
#include "language/possible_names.h"
#include "language/regex.h"
#include "language/unknown_elements.h"

namespace kvmtest::language {

namespace {

bool IsLabel(std::string_view word) {
  return !word.empty() && IsLiteralPattern(word);
}

constexpr std::string_view kBlanks = " \t\r\f\v";

std::string_view WordOf(ItemKind kind) {
  return kind == ItemKind::kOnly ? "only" : "no";
}

class Lint2009 {
 public:
  Lint2009(const ConfigImpl& config, Diagnostics* diagnostics)
      : config_(config),
        diagnostics_(*diagnostics),
        choices_(config.blocks, config.variants),
        offers_(labels_),
        unknown_(config),
        names_(config, choices_) {
    for (const Variant& variant : config.variants) AddVariant(variant);
    BlockId behind = kNone;
    Survey(config.program.body, false, &behind);
    offers_.Finish();
  }

  void Run() {
    Body(config_.program.body, {});
    branches_.Report([this](std::string_view text) { return IsOffered(text); },
                     [this](std::string_view text) { return HintFor(text); }, &names_, &unknown_);
    unknown_.Report(&diagnostics_);
  }

 private:
  // A plain word finds any part of a dotted name.
  void AddVariant(const Variant& variant) {
    std::vector<AtomId> parts;
    std::string_view rest = variant.labels[0].name;
    has_blanks_ |= rest.find_first_of(kBlanks) != rest.npos;
    for (size_t dot = 0; dot != rest.npos;) {
      dot = rest.find('.');
      parts.push_back(labels_.Bare(rest.substr(0, dot)));
      if (dot != rest.npos) rest.remove_prefix(dot + 1);
    }
    offers_.AddVariant(parts);
  }

  void Survey(const Block2009& block, bool in_condition, BlockId* behind) {
    for (const Statement2009& statement : block) {
      for (const Word2009& word : statement.words) labels_.Bare(word.text);
      Survey(statement.body, true, behind);
      if (statement.kind == Kind2009::kSubvariants) names_.AddSub(statement.block, in_condition);
      for (const Variant2009& variant : statement.variants) {
        BlockId here = *behind;
        Survey(variant.body, in_condition, &here);
        names_.SetBehind(variant.id, here);
      }
      if (statement.kind == Kind2009::kVariants && !statement.variants.empty())
        *behind = statement.block;
    }
  }

  // ---- words ------------------------------------------------------------------------------------

  // An only, no or condition.
  struct Use {
    ItemKind kind = ItemKind::kCondition;
    const Statement2009* statement = nullptr;
    Span span = {};                   // of all words
    const Word2009* known = nullptr;  // the first that some name has, plain ones before others
    bool all_known = true;
    WordsAt at = {};
  };

  bool IsOffered(std::string_view label) const {
    const AtomId atom = labels_.atoms().Lookup(label);
    return atom < labels_.size() && offers_.Offered(atom);
  }
  static bool IsPlain(const Word2009& word) { return IsLabel(word.text); }

  PatternAutomaton* AutomatonOf(std::span<const Word2009> words) {
    auto [it, is_new] = automata_.try_emplace(TextOf(words));
    if (is_new) it->second = FilterAutomaton2009(words);
    return it->second.get();
  }

  // May some name have it, at any place?
  bool IsKnown(const Word2009& word) {
    if (IsPlain(word)) return IsOffered(word.text);
    auto [it, is_new] = known_.try_emplace(word.text, true);
    if (is_new) it->second = names_.CanBeAnywhere(AutomatonOf({&word, 1}));
    return it->second;
  }

  Use Read(const Statement2009& statement, const NamePlace& place) {
    Use use{.statement = &statement};
    if (statement.kind == Kind2009::kOnly) use.kind = ItemKind::kOnly;
    if (statement.kind == Kind2009::kNo) use.kind = ItemKind::kNo;
    use.span = statement.words[0].span;
    const Span& last = statement.words.back().span;
    use.span.length = last.column + last.length - use.span.column;
    std::vector<const Word2009*> unknown;
    for (const Word2009& word : statement.words) {
      if (!IsKnown(word))
        unknown.push_back(&word);
      else if (use.known == nullptr || (!IsPlain(*use.known) && IsPlain(word)))
        use.known = &word;
    }
    AddUnknown(use, unknown);
    use.all_known = unknown.empty();
    use.at = {AutomatonOf(statement.words), place, use.kind != ItemKind::kNo};
    return use;
  }

  void AddUnknown(const Use& use, std::span<const Word2009* const> words) {
    for (const Word2009* word : words) {
      if (use.kind != ItemKind::kCondition) {  // told when it was read
        if (word->text.starts_with('#')) return;
        if (HoldsComma2009(word->text)) continue;
      } else if (TellBlank(*word)) {
        continue;
      }
      UnknownElements::Use where{
          .span = word->span, .exact = true, .kind = use.kind, .no_match = use.known == nullptr};
      if (IsPlain(*word))
        unknown_.AddLabel(word->text, where);
      else
        unknown_.AddSequence(std::string(word->text), where, HintFor(word->text));
    }
  }

  bool TellBlank(const Word2009& word) {
    if (has_blanks_ || word.text.find_first_of(kBlanks) == word.text.npos ||
        word.text.starts_with('-'))
      return false;
    diagnostics_.Report(
        {.severity = Severity::kWarning,
         .code = "blank-in-filter",
         .span = word.span,
         .message = "this is one regular expression, with a blank that names do not have",
         .notes = {},
         .hint = "write '|' between alternatives"});
    return true;
  }

  // What may have been meant by a regular expression that no name has.
  std::string HintFor(std::string_view word) {
    if (word.starts_with('-')) return "a '- NAME:' line needs a 'variants:' line before it";
    if (word.starts_with('!'))
      return "conditions with '!' are of the modern dialect: here it is part of the filter";
    std::vector<std::string> names;
    for (const Variant& variant : config_.variants) {
      const std::string& name = variant.labels[0].name;
      if (FindLabel(name, word))
        return fmt::format("this is a regular expression: did you mean '{}'?", Escaped(word));
      if (name.find('.') != name.npos) names.push_back(name);
    }
    if (std::string reversed = Reversed(word); !reversed.empty()) {
      Word2009 turned{reversed, {}};
      if (names_.CanBeAnywhere(AutomatonOf({&turned, 1})))
        return fmt::format("names have the latest block first: did you mean '{}'?", reversed);
      if (std::optional<std::string> near = DidYouMean(word, names))
        return fmt::format("did you mean '{}'?", *near);
    }
    return {};
  }

  static std::string Escaped(std::string_view word) {
    std::string out;
    for (char c : word) {
      if (std::ispunct(static_cast<unsigned char>(c)) && c != '_' && c != '-') out += '\\';
      out += c;
    }
    return out;
  }

  // "a.*b" -> "b.*a"; empty if it is not of labels and dots.
  static std::string Reversed(std::string_view word) {
    std::string out;
    for (size_t end = word.size(); end != word.npos;) {
      size_t dot = end == 0 ? word.npos : word.rfind('.', end - 1);
      std::string_view label = word.substr(dot + 1, end - dot - 1);
      std::string between = label.starts_with('*') && dot != word.npos ? ".*" : ".";
      if (between == ".*") label.remove_prefix(1);
      if (!IsLabel(label)) return {};
      out += label;
      if (dot != word.npos) out += between;
      end = dot;
    }
    return out;
  }

  // ---- statements -------------------------------------------------------------------------------

  // Where statements stand.
  struct Scope {
    VariantId variant = kNone;  // kNone: top level
    bool in_condition = false;
    std::vector<Use> guards = {};  // conditions around them whose words are known
    std::vector<Use> passed = {};  // those, and only and no before, of variants and conditions
  };

  void Body(const Block2009& block, Scope scope) {
    std::vector<Use> own;
    bool dead = false;
    for (const Statement2009& statement : block) {
      if (!statement.words.empty()) Filtering(statement, &scope, &own, &dead);
      Variants(statement, scope);
    }
    bool is_variant = scope.variant != kNone && !scope.in_condition;
    if (judges_ && is_variant && !dead && !own.empty()) CheckTogether(own, scope.variant);
  }

  void Filtering(const Statement2009& statement, Scope* scope, std::vector<Use>* own, bool* dead) {
    if (is_silent_ || statement.is_mistaken_block) {
      bool outer = std::exchange(is_silent_, true);
      Body(statement.body, {scope->variant, true});
      is_silent_ = outer;
      return;
    }
    Use use = Read(statement, {scope->variant, behind_, subs_});
    bool can_match = use.known != nullptr;
    if (can_match && judges_ && !CanMatch(use, scope->guards)) {
      Tell(use, WhyNot(use, *scope));
      can_match = false;
    }
    if (can_match)
      for (const Word2009& word : statement.words)
        if (IsKnown(word)) branches_.Add(word, use.kind);
    if (use.kind == ItemKind::kCondition) {
      if (can_match && judges_) can_match = CheckPassed(use, scope->passed);
    } else {
      own->push_back(use);
      *dead |= use.kind == ItemKind::kOnly && !can_match;
      Pass(use, *dead, scope);
    }
    if (statement.kind != Kind2009::kException) return;
    Scope inner{scope->variant, true, scope->guards, scope->passed};
    if (can_match) inner.guards.push_back(use), inner.passed.push_back(use);
    bool outer = std::exchange(judges_, judges_ && can_match);
    Body(statement.body, inner);
    judges_ = outer;
  }

  void Variants(const Statement2009& statement, const Scope& scope) {
    bool sub = statement.kind == Kind2009::kSubvariants;
    if (sub) ++subs_;
    for (const Variant2009& variant : statement.variants) {
      BlockId behind = behind_;
      seen_ = variant.id + 1;
      Scope inner{variant.id, false, {}, scope.passed};
      if (sub) inner.guards = scope.guards;
      Body(variant.body, inner);
      behind_ = behind;
    }
    if (!sub && !statement.variants.empty()) behind_ = statement.block;
  }

  // Behind an only or no dicts have passed it. Those at top level select.
  void Pass(const Use& use, bool dead, Scope* scope) {
    if (scope->variant == kNone && !scope->in_condition) return;
    if (dead) scope->passed = scope->guards;
    if (!dead && use.all_known && scope->passed.size() < kMaxFiltersAround)
      scope->passed.push_back(use);
  }

  // Can dicts that have passed all this come to the condition and match? What a file that includes
  // this one selects is no mistake here.
  bool CheckPassed(const Use& use, std::span<const Use> passed) {
    std::vector<Use> all;
    bool has_filters = false;
    for (const Use& before : passed) {
      bool is_filter = before.kind != ItemKind::kCondition;
      if (is_filter && before.span.file != use.span.file) continue;
      has_filters |= is_filter;
      all.push_back(before);
    }
    if (!has_filters) return true;
    all.push_back(use);
    if (!LeavesNothing(all)) return true;
    // Where nothing is left at all, that is what there is to tell.
    if (LeavesNothing({all.data(), all.size() - 1})) return true;
    Reason reason{std::string(kRemovedBefore)};
    std::vector<Use> needed = FewestOf(all, 1);
    needed.pop_back();
    for (const Use& before : needed)
      reason.notes.push_back({before.span, std::string(WhatRemoves(before.kind))});
    Tell(use, std::move(reason));
    return false;
  }

  // Is the label there before the place, and not yet excluded?
  bool Seen(VariantId variant, VariantId place) const {
    return variant < seen_ && choices_.Together(variant, place) &&
           (place == kNone || !choices_.Inside(place, variant));
  }

  bool CanMatch(const Use& use, std::span<const Use> guards) {
    if (guards.empty())
      for (const Word2009& word : use.statement->words)
        if (IsPlain(word))
          for (const LabelOffers::Offer& offer : offers_.Of(labels_.atoms().Lookup(word.text)))
            if (Seen(offer.variant, use.at.place.variant)) return true;
    std::vector<WordsAt> all;
    for (const Use& guard : guards) all.push_back(guard.at);
    all.push_back(use.at);
    all.back().wanted = true;
    return names_.CanPass(all);
  }

  // ---- what is told -----------------------------------------------------------------------------

  struct Reason {
    std::string text;
    std::vector<Note> notes = {};
  };

  void Tell(const Use& use, Reason reason) {
    diagnostics_.Report({.severity = Severity::kWarning,
                         .code = "never-matches",
                         .span = use.span,
                         .message = fmt::format("{}: {}", EffectOfNoMatch(use.kind), reason.text),
                         .notes = std::move(reason.notes)});
  }

  Reason WhyNot(const Use& use, const Scope& scope) {
    if (!scope.guards.empty() && CanMatch(use, {}))
      return {"it excludes the condition around it",
              {{scope.guards.back().span, "this condition"}}};
    std::string_view name = use.known->text;
    if (!IsPlain(*use.known)) return {fmt::format("no name has '{}' here", name)};
    VariantId variant = offers_.Of(labels_.atoms().Lookup(name))[0].variant;
    Note defined{config_.variants[variant].span,
                 fmt::format("'{}' is defined here", config_.variants[variant].text)};
    if (variant >= seen_)
      return {fmt::format("no label '{}' stands before it, and in the 2009 dialect a filter sees "
                          "only those",
                          name),
              {std::move(defined)}};
    if (choices_.Inside(scope.variant, variant))
      return {fmt::format("in the 2009 dialect a variant's own label is not yet in the name there, "
                          "and '{}' is in no other",
                          name),
              {std::move(defined)}};
    auto [here, there] = choices_.Parting(scope.variant, variant);
    return {fmt::format("it stands in variant '{}', and '{}' is {}another of the same block",
                        config_.variants[here].text, name, there == variant ? "" : "in "),
            {std::move(defined)}};
  }

  bool LeavesNothing(std::span<const Use> filters) {
    std::vector<WordsAt> all;
    for (const Use& use : filters) all.push_back(use.at);
    return !all.empty() && !names_.CanPass(all);
  }

  std::vector<Use> FewestOf(std::span<const Use> filters, size_t kept) {
    return Fewest(std::vector<Use>(filters.begin(), filters.end()), kept,
                  [this](const std::vector<Use>& fewer) { return LeavesNothing(fewer); });
  }

  // The fewest of them that leave nothing are told.
  void CheckTogether(std::span<const Use> filters, VariantId place) {
    if (!LeavesNothing(filters)) return;
    std::vector<Use> needed = FewestOf(filters, 0);
    const Use& last = needed.back();
    Diagnostic diagnostic{.severity = Severity::kWarning,
                          .code = "nothing-left",
                          .span = last.span,
                          .message = fmt::format("this '{}' leaves nothing of variant '{}'",
                                                 WordOf(last.kind), config_.variants[place].text)};
    if (needed.size() > 1) diagnostic.message += ", after the filters before it";
    needed.pop_back();
    for (const Use& use : needed)
      diagnostic.notes.push_back(
          {use.span, fmt::format("together with this '{}'", WordOf(use.kind))});
    diagnostics_.Report(std::move(diagnostic));
  }

  const ConfigImpl& config_;
  Diagnostics& diagnostics_;
  Choices choices_;
  LabelTable labels_;
  LabelOffers offers_;
  UnknownElements unknown_;
  PossibleNames names_;
  LintBranches2009 branches_;
  std::unordered_map<std::string, std::unique_ptr<PatternAutomaton>> automata_;  // by words
  std::map<std::string_view, bool> known_;                                       // not plain words
  bool has_blanks_ = false;                                                      // some name has

  // The place that has been come to.
  VariantId seen_ = 0;      // variants up to here have been met
  BlockId behind_ = kNone;  // the last block that was closed
  size_t subs_ = 0;         // blocks of subvariants met
  bool judges_ = true;      // not in a condition that never holds
  bool is_silent_ = false;  // in a condition that was to be a block
};

}  // namespace

void LintFilters2009(const ConfigImpl& config, Diagnostics* diagnostics) {
  // Where lines set `name`, anything may be in it.
  if (!config.program.changes_names) Lint2009(config, diagnostics).Run();
  LintKeys2009(config, diagnostics);
}

}  // namespace kvmtest::language
