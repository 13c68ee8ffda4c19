#include "language/lint.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <utility>

#include "language/lint_2009.h"
#include "language/lint_items.h"
#include "language/lint_overwritten.h"
#include "language/unknown_elements.h"
#include "language/vacuity.h"

namespace kvmtest::language {

std::string_view EffectOfNoMatch(ItemKind kind) {
  switch (kind) {
    case ItemKind::kOnly:
      return "this 'only' removes everything";
    case ItemKind::kNo:
      return "this 'no' removes nothing";
    case ItemKind::kJoin:
      return "this 'join' removes everything";
    case ItemKind::kNegativeCondition:
      return "this condition always holds";
    default:
      return "this condition never holds";
  }
}

namespace {

bool IsFilter(ItemKind kind) {
  return kind == ItemKind::kOnly || kind == ItemKind::kNo || IsCondition(kind);
}

class ModernLint {
 public:
  ModernLint(const ConfigImpl& config, Diagnostics* diagnostics)
      : config_(config),
        tree_(config.tree),
        diagnostics_(*diagnostics),
        choices_(config.blocks, config.variants),
        offers_(OffersOf(config)),
        unknown_(config),
        vacuity_(config, choices_, offers_, diagnostics) {
    LookAtFilters();
  }

  void Run() {
    // By place, since what is said is ordered by kind; nodes are in the order of the text.
    const LintTree lint{config_, choices_, offers_, config_.Owners()};
    for (NodeId id = 0; id < tree_.nodes.size(); ++id) {
      place_ = lint.owner[id];
      std::span<const Item> content = tree_.nodes[id].content;
      if (std::any_of(content.begin(), content.end(),
                      [](const Item& item) { return IsCondition(item.kind); }))
        FiltersAround();
      Content(content);
      for (const Item& item : content)
        if (item.kind == ItemKind::kJoin) Join(item);
    }
    unknown_.Report(&diagnostics_);
    LintOverwritten(lint, &diagnostics_);
    LintItems(lint, &diagnostics_);
    for (VariantId id = 0; id < config_.variants.size(); ++id) OwnFilters(id);
  }

 private:
  // Most filters are fine; what there is to say of the others is found once for all statements.
  struct Survey {
    std::vector<AtomId> unknown;
    struct Sequence {
      std::string text;
      std::string hint;
    };
    std::vector<Sequence> sequences;
    std::vector<size_t> dead;  // alternatives that have an element that no name has
    bool no_match = false;     // all of them
  };

  void LookAtFilters() {
    surveys_.resize(tree_.filters.size());
    for (FilterId id = 0; id < tree_.filters.size(); ++id) {
      Survey& survey = surveys_[id];
      const std::vector<Alternative>& alternatives = tree_.filters[id].alternatives;
      for (size_t i = 0; i < alternatives.size(); ++i) {
        bool no_match = false;
        for (const Adjacency& part : alternatives[i].blocks) no_match |= !LookAtPart(part, &survey);
        if (no_match) survey.dead.push_back(i);
      }
      survey.no_match = !alternatives.empty() && survey.dead.size() == alternatives.size();
    }
  }

  // False if no name has it. (Only dependencies have empty parts.)
  bool LookAtPart(const Adjacency& part, Survey* survey) {
    size_t before = survey->unknown.size();
    for (AtomId atom : part.atoms)
      if (!offers_.Offered(atom)) survey->unknown.push_back(atom);
    if (survey->unknown.size() > before) return false;
    if (part.atoms.size() < 2 || vacuity_.IsPossible(part)) return true;
    survey->sequences.push_back(
        {AlternativeText({{part}}, tree_.labels), vacuity_.HintForSequence(part)});
    return false;
  }

  FilterId FilterOf(const Item& item) const {
    return IsCondition(item.kind) ? tree_.conditions[item.id].filter : item.id;
  }

  void Content(std::span<const Item> content) {
    for (const Item& item : content) {
      if (!IsFilter(item.kind)) continue;
      FilterId filter = FilterOf(item);
      const Survey& survey = surveys_[filter];
      PlacedFilter use{item.kind, {&tree_.filters[filter]}, item.value.origin};
      AddUnknown(item, survey);
      bool can_match = !survey.no_match && !use.clause.filter->alternatives.empty() &&
                       vacuity_.CanMatch(use, place_, guards_);
      if (can_match) vacuity_.CheckAlternatives(use, place_, guards_, survey.dead);
      if (!IsCondition(item.kind)) continue;
      // What is inside a condition that never holds is as vain, but that has been said.
      bool positive = item.kind == ItemKind::kCondition;
      if (positive ? !can_match : can_match && !vacuity_.CanFail(use, place_, guards_)) continue;
      if (can_match && !vacuity_.CanHold(use, place_, guards_, filters_)) continue;
      if (can_match) guards_.push_back(use);
      const size_t filters = filters_.size();
      AddFilters(tree_.conditions[item.id].content);
      Content(tree_.conditions[item.id].content);
      filters_.resize(filters);
      if (can_match) guards_.pop_back();
    }
  }

  // ---- only and no around conditions ------------------------------------------------------------

  // What all dicts pass that have the text of the variant, wherever in it filters stand. Those at
  // top level select, and so may those of a file that includes another: that is no mistake of the
  // latter.
  void FiltersAround() {
    filters_.clear();
    for (VariantId id = place_; id != kNone; id = choices_.Parent(id))
      for (NodeId node : config_.own_nodes[id]) AddFilters(tree_.nodes[node].content);
  }

  void AddFilters(std::span<const Item> content) {
    for (const Item& item : content) {
      if (item.kind != ItemKind::kOnly && item.kind != ItemKind::kNo) continue;
      // Labels that do not exist may be meant otherwise.
      if (surveys_[item.id].unknown.empty() && filters_.size() < kMaxFiltersAround)
        filters_.push_back({item.kind, {&tree_.filters[item.id]}, item.value.origin});
    }
  }

  // Of a join each side is an only, and all must have dicts.
  void Join(const Item& item) {
    AddUnknown(item, surveys_[item.id]);
    for (const PlacedFilter& side : SidesOf(item))
      if (IsKnown(*side.clause.filter)) vacuity_.CanMatch(side, place_, {});
  }

  bool IsKnown(const Filter& side) {
    Survey survey;
    for (const Adjacency& part : side.alternatives[0].blocks)
      if (!LookAtPart(part, &survey)) return false;
    return true;
  }

  std::vector<PlacedFilter> SidesOf(const Item& item) {
    std::vector<PlacedFilter> sides;
    for (const Alternative& alternative : tree_.filters[item.id].alternatives) {
      sides_.emplace_back().alternatives = {alternative};
      sides.push_back({ItemKind::kJoin, {&sides_.back()}, item.value.origin});
    }
    return sides;
  }

  void AddUnknown(const Item& item, const Survey& survey) {
    UnknownElements::Use use{
        .span = item.value.origin.ToSpan(), .kind = item.kind, .no_match = survey.no_match};
    // One side of a join that has nothing is enough.
    if (item.kind == ItemKind::kJoin)
      use.no_match = !survey.unknown.empty() || !survey.sequences.empty();
    for (AtomId atom : survey.unknown) unknown_.AddLabel(tree_.labels.Text(atom), use);
    for (const Survey::Sequence& sequence : survey.sequences)
      unknown_.AddSequence(sequence.text, use, sequence.hint);
  }

  void OwnFilters(VariantId id) {
    own_.clear();
    std::vector<std::pair<const Item*, size_t>> joins;  // how many of own_ are before them
    bool has_no = false;
    for (NodeId node : config_.own_nodes[id]) {
      for (const Item& item : tree_.nodes[node].content) {
        if (item.kind == ItemKind::kJoin) joins.emplace_back(&item, own_.size());
        if (item.kind != ItemKind::kOnly && item.kind != ItemKind::kNo) continue;
        own_.push_back({item.kind, {&tree_.filters[item.id]}, item.value.origin});
        has_no |= item.kind == ItemKind::kNo;
      }
    }
    if (own_.size() < 2 && !has_no && joins.empty()) return;
    // One that lets nothing pass by itself has been told.
    for (const PlacedFilter& use : own_)
      if (use.kind == ItemKind::kOnly && !vacuity_.CanMatchQuietly(use, id)) return;
    if (!vacuity_.CheckTogether(own_, id)) return;
    for (const auto& [join, before] : joins)
      for (const PlacedFilter& side : SidesOf(*join))
        if (vacuity_.CanMatchQuietly(side, id) && !CanPassOwn(side, before, id)) return;
  }

  bool CanPassOwn(const PlacedFilter& side, size_t before, VariantId id) {
    std::vector<PlacedFilter> all = own_;
    all.insert(all.begin() + static_cast<ptrdiff_t>(before), side);
    return vacuity_.CheckTogether(all, id);
  }

  const ConfigImpl& config_;
  const Tree& tree_;
  Diagnostics& diagnostics_;
  Choices choices_;
  LabelOffers offers_;
  UnknownElements unknown_;
  Vacuity vacuity_;
  std::vector<Survey> surveys_;        // by filter
  std::vector<PlacedFilter> guards_;   // conditions around the statement at hand
  std::vector<PlacedFilter> filters_;  // only and no that its dicts pass
  std::vector<PlacedFilter> own_;
  std::deque<Filter> sides_;  // of joins; what is known of a filter is remembered by its address
  VariantId place_ = kNone;
};

}  // namespace

void LintFilters(const ConfigImpl& config, Diagnostics* diagnostics) {
  if (!diagnostics->warnings()) return;
  if (config.dialect == Dialect::k2009)
    LintFilters2009(config, diagnostics);
  else
    ModernLint(config, diagnostics).Run();
}

}  // namespace kvmtest::language
