#include "language/vacuity.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

#include "language/lint.h"

namespace kvmtest::language {

namespace {

// Filters see each side of a join alone, and what they see is not yet the name that is printed.
constexpr const char* kBeforeJoins = " before it is joined";
// More are not looked at: with fewer there are more dicts.
constexpr size_t kMaxUnwanted = 500;
// Of the searches for all alternatives: some tenths of a second. Real trees take some ten thousand.
constexpr uint64_t kMaxAlternativeSteps = 3'000'000;

bool IsSimple(const Alternative& alternative) {
  return alternative.blocks.size() == 1 && alternative.blocks[0].atoms.size() == 1;
}

// Must a dict not match the filter to pass?
bool IsNegative(ItemKind kind) {
  return kind == ItemKind::kNo || kind == ItemKind::kNegativeCondition;
}

bool IsSeparator(char c) {
  return c == ',' || c == ' ';
}

uint64_t BitOf(BlockId block) {
  return uint64_t{1} << (block % 64);
}

// What a dict must match or not.
uint64_t IdOf(const PlacedFilter& use) {
  return reinterpret_cast<uintptr_t>(use.clause.filter) + (IsNegative(use.kind) ? 1 : 0);
}

}  // namespace

bool Vacuity::CanMatchInside(const PlacedFilter& use, VariantId place,
                             std::span<const PlacedFilter> guards) const {
  if (guards.empty()) return possible_.One(use.clause, place);
  std::vector<PlacedFilter> all(guards.begin(), guards.end());
  all.push_back(use);
  all.back().kind = ItemKind::kOnly;
  return !LeaveNothing(all, place);
}

bool Vacuity::CanMatch(const PlacedFilter& use, VariantId place,
                       std::span<const PlacedFilter> guards) {
  if (CanMatchInside(use, place, guards)) return true;
  Reason reason = WhyNot(use, place, guards);
  diagnostics_.Report({.severity = Severity::kWarning,
                       .code = "never-matches",
                       .span = FilterSpan(use),
                       .message = fmt::format("{}: {}", EffectOfNoMatch(use.kind), reason.text),
                       .notes = std::move(reason.notes),
                       .hint = std::move(reason.hint)});
  return false;
}

void Vacuity::CheckAlternatives(const PlacedFilter& use, VariantId place,
                                std::span<const PlacedFilter> guards,
                                std::span<const size_t> told) {
  const std::vector<Alternative>& alternatives = use.clause.filter->alternatives;
  if (alternatives.size() < 2) return;
  for (size_t i = 0; i < alternatives.size() && alternative_steps_ < kMaxAlternativeSteps; ++i) {
    if (std::find(told.begin(), told.end(), i) != told.end()) continue;
    const uint64_t before = possible_.steps();
    PlacedFilter alone = use;
    alone.clause.filter = &Alone(alternatives[i]);
    const bool can_match = CanMatchInside(alone, place, guards);
    alternative_steps_ += possible_.steps() - before;
    if (can_match) continue;
    Reason reason = WhyNot(alone, place, guards);
    diagnostics_.Report({.severity = Severity::kWarning,
                         .code = "never-matches",
                         .span = AlternativeSpan(use, i),
                         .message = "this alternative never matches: " + reason.text,
                         .notes = std::move(reason.notes),
                         .hint = std::move(reason.hint)});
  }
}

const Filter& Vacuity::Alone(const Alternative& alternative) {
  Filter& filter = alone_[&alternative];
  if (filter.alternatives.empty()) filter.alternatives.push_back(alternative);
  return filter;
}

bool Vacuity::CanFail(const PlacedFilter& use, VariantId place,
                      std::span<const PlacedFilter> guards) {
  std::vector<PlacedFilter> all(guards.begin(), guards.end());
  all.push_back(use);
  if (!LeaveNothing(all, place)) return true;
  Reason reason = LeaveNothing({&use, 1}, place) ? WhyAlways(*use.clause.filter, place)
                                                 : Excludes(std::move(all), place);
  ReportNeverHolds(use, std::move(reason));
  return false;
}

void Vacuity::ReportNeverHolds(const PlacedFilter& use, Reason reason) {
  diagnostics_.Report({.severity = Severity::kWarning,
                       .code = "never-matches",
                       .span = FilterSpan(use),
                       .message = fmt::format("this condition never holds: {}", reason.text),
                       .notes = std::move(reason.notes)});
}

uint64_t Vacuity::BlocksOf(const PlacedFilter& use) {
  auto [it, is_new] = blocks_of_.try_emplace(IdOf(use), 0);
  if (!is_new) return it->second;
  for (const Alternative& alternative : use.clause.filter->alternatives) {
    for (const Adjacency& part : alternative.blocks)
      for (AtomId atom : part.atoms)
        for (const LabelOffers::Offer& offer : offers_.Of(atom))
          it->second |= BitOf(choices_.TopBlockOf(offer.variant));
  }
  return it->second;
}

void Vacuity::KeepConcerning(const PlacedFilter& use, std::vector<PlacedFilter>* filters) {
  uint64_t blocks = BlocksOf(use);
  for (uint64_t before = 0; before != blocks;) {
    before = blocks;
    for (const PlacedFilter& filter : *filters)
      if (uint64_t of_this = BlocksOf(filter); (of_this & blocks) != 0) blocks |= of_this;
  }
  std::erase_if(*filters,
                [&](const PlacedFilter& filter) { return (BlocksOf(filter) & blocks) == 0; });
}

bool Vacuity::CanHold(const PlacedFilter& use, VariantId place,
                      std::span<const PlacedFilter> guards, std::span<const PlacedFilter> filters) {
  std::vector<PlacedFilter>& all = around_;
  all.clear();
  for (const PlacedFilter& filter : filters)
    if (filter.statement.file == use.statement.file) all.push_back(filter);
  if (all.empty()) return true;
  all.insert(all.begin(), guards.begin(), guards.end());
  KeepConcerning(use, &all);
  if (std::all_of(all.begin(), all.end(), [](const auto& one) { return IsCondition(one.kind); }))
    return true;
  // The same filters come again and again, in one variant after the other.
  all.push_back(use);
  const BlockId block = possible_.TopBlockOf(place);
  uint64_t key = block;
  for (const PlacedFilter& one : all) key = (key ^ IdOf(one)) * 0x9E3779B97F4A7C15ull;
  if (held_.contains(key)) return true;
  bool outside = false;
  if (!LeaveNothing(all, place, &outside)) {
    for (const PlacedFilter& one : all)
      outside &= !IsNegative(one.kind) || (BlocksOf(one) & BitOf(block)) == 0;
    if (outside) held_.insert(key);
    return true;
  }
  // Where nothing is left at all, that is what there is to tell, not each condition.
  if (LeaveNothing({all.data(), all.size() - 1}, place)) return true;
  ReportNeverHolds(use, Excludes(all, place));
  return false;
}

// ---- why not ----------------------------------------------------------------------------------

Vacuity::Reason Vacuity::WhyNot(const PlacedFilter& use, VariantId place,
                                std::span<const PlacedFilter> guards) const {
  if (possible_.One(use.clause, place)) {
    std::vector<PlacedFilter> all(guards.begin(), guards.end());
    all.push_back(use);
    all.back().kind = ItemKind::kOnly;
    return Excludes(std::move(all), place);
  }
  // The first alternative stands for all; one with unknown labels is told otherwise.
  const std::vector<Alternative>& alternatives = use.clause.filter->alternatives;
  auto known = [this](const Alternative& alternative) {
    for (const Adjacency& part : alternative.blocks)
      for (AtomId atom : part.atoms)
        if (!offers_.Offered(atom)) return false;
    return true;
  };
  auto it = std::find_if(alternatives.begin(), alternatives.end(), known);
  assert(it != alternatives.end());
  for (const Adjacency& part : it->blocks) {
    if (CanMatchAlone({{part}}, place)) continue;
    if (part.atoms.size() == 1) return WhyNotHere(part.atoms[0], place);
    return {fmt::format("no name has '{}' here{}", AlternativeText({{part}}, offers_.table()),
                        joins_ ? kBeforeJoins : "")};
  }
  Reason reason{fmt::format("no dict has all of '{}'{}", AlternativeText(*it, offers_.table()),
                            joins_ ? kBeforeJoins : "")};
  for (const Adjacency& part : it->blocks)
    reason.notes.push_back(DefinedHere(offers_.Of(part.atoms[0])[0].variant));
  return reason;
}

Vacuity::Reason Vacuity::Excludes(std::vector<PlacedFilter> guards_and_use, VariantId place) const {
  // Mostly one is enough, and that is soon found.
  const PlacedFilter use = guards_and_use.back();
  std::vector<PlacedFilter> needed;
  for (size_t i = guards_and_use.size() - 1; i-- > 0 && needed.empty();)
    if (PlacedFilter pair[] = {guards_and_use[i], use}; LeaveNothing(pair, place))
      needed = {guards_and_use[i], use};
  if (needed.empty()) needed = Needed(std::move(guards_and_use), 1, place);
  needed.pop_back();
  Reason reason{needed.size() < 2 ? "it excludes the condition around it"
                                  : "it excludes the conditions around it"};
  for (const PlacedFilter& guard : needed) {
    if (!IsCondition(guard.kind)) reason.text = kRemovedBefore;
    reason.notes.push_back({FilterSpan(guard), std::string(WhatRemoves(guard.kind))});
  }
  return reason;
}

Vacuity::Reason Vacuity::WhyAlways(const Filter& filter, VariantId place) const {
  Reason reason{fmt::format("every dict{}{} matches '{}'", place == kNone ? "" : " here",
                            joins_ ? kBeforeJoins : "", FilterText(filter, offers_.table()))};
  for (const Alternative& alternative : filter.alternatives) {
    for (const Adjacency& part : alternative.blocks)
      for (AtomId atom : part.atoms)
        for (const LabelOffers::Offer& offer : offers_.Of(atom))
          if (place != kNone && choices_.Inside(place, offer.variant))
            return reason.notes = {DefinedHere(offer.variant)}, reason;
  }
  return reason;
}

std::string Vacuity::HintForSequence(const Adjacency& part) const {
  Adjacency reversed = part;
  std::reverse(reversed.atoms.begin(), reversed.atoms.end());
  if (IsPossible(reversed))
    return fmt::format("names have the latest block first: did you mean '{}'?",
                       AlternativeText({{reversed}}, offers_.table()));
  // "a..b" only where each label is of one block: a name such as "0" is found in many.
  Alternative apart;
  for (AtomId atom : part.atoms) {
    std::span<const LabelOffers::Offer> offers = offers_.Of(atom);
    for (const LabelOffers::Offer& offer : offers)
      if (choices_.BlockOf(offer.variant) != choices_.BlockOf(offers[0].variant)) return {};
    apart.blocks.push_back({{atom}});
  }
  if (!CanMatchAlone(apart, kNone)) return {};
  return fmt::format("'.' asks for labels next to each other: did you mean '{}'?",
                     AlternativeText(apart, offers_.table()));
}

Vacuity::Reason Vacuity::WhyNotHere(AtomId atom, VariantId place) const {
  std::string_view name = offers_.table().Text(atom);
  VariantId variant = offers_.Of(atom)[0].variant;
  auto [here, there] = choices_.Parting(place, variant);
  return {fmt::format("it stands in variant '{}', and '{}' is {}another of the same block",
                      config_.variants[here].text, name, there == variant ? "" : "in "),
          {DefinedHere(variant)}};
}

bool Vacuity::CanMatchAlone(const Alternative& alternative, VariantId place) const {
  Filter filter;
  filter.alternatives.push_back(alternative);
  Clause clause{&filter};
  return possible_.All({&clause, 1}, place);
}

Note Vacuity::DefinedHere(VariantId variant) const {
  return {config_.variants[variant].span,
          fmt::format("'{}' is defined here", config_.variants[variant].text)};
}

// The statement without what follows its filter.
Span Vacuity::FilterSpan(const PlacedFilter& use) const {
  Span span = use.statement.ToSpan();
  std::string line = ExpandTabs(config_.sources.Line(span.file, span.line));
  std::string_view text = line;
  text = text.substr(std::min<size_t>(span.column - 1, text.size()), span.length);
  text = text.substr(0, text.find(IsCondition(use.kind) ? ':' : '#'));
  size_t length = text.find_last_not_of(' ') + 1;
  span.length = static_cast<uint32_t>(length);
  return span;
}

// Alternatives stand between commas and blanks; one in parentheses may hold blanks. The whole
// filter where operators between them, which mean nothing, make that another number of texts.
Span Vacuity::AlternativeSpan(const PlacedFilter& use, size_t index) const {
  const Span whole = FilterSpan(use);
  std::string line = ExpandTabs(config_.sources.Line(whole.file, whole.line));
  std::string_view text = line;
  text = text.substr(std::min<size_t>(whole.column - 1, text.size()), whole.length);
  size_t pos = 0, count = 0;
  if (!IsCondition(use.kind)) pos = std::min(text.find(' '), text.size());
  if (use.kind == ItemKind::kNegativeCondition) pos = std::min(text.find('!') + 1, text.size());
  Span found = whole;
  while ((pos = text.find_first_not_of(", ", pos)) != text.npos) {
    size_t end = pos;
    for (bool inside = false; end < text.size() && (inside || !IsSeparator(text[end])); ++end) {
      if (text[end] == '(') inside = true;
      if (text[end] == ')') inside = false;
    }
    if (count++ == index)
      found = {whole.file, whole.line, whole.column + static_cast<uint32_t>(pos),
               static_cast<uint32_t>(end - pos)};
    pos = end;
  }
  return count == use.clause.filter->alternatives.size() ? found : whole;
}

// ---- filters of one variant -------------------------------------------------------------------

bool Vacuity::Excluded(std::span<const PlacedFilter> filters, VariantId place,
                       Possible::Unwanted* unwanted) const {
  std::vector<VariantId>& out = unwanted->variants;
  for (const PlacedFilter& use : filters) {
    if (!IsNegative(use.kind)) continue;
    for (const Alternative& alternative : use.clause.filter->alternatives) {
      if (!IsSimple(alternative)) {
        if (unwanted->alternatives.size() < kMaxUnwanted)
          unwanted->alternatives.push_back(&alternative);
        continue;
      }
      for (const LabelOffers::Offer& offer : offers_.Of(alternative.blocks[0].atoms[0]))
        if (choices_.Together(offer.variant, place)) out.push_back(offer.variant);
    }
  }
  // A block of which nothing is left takes the variant with it in whose text it stands.
  auto by_block = [this](VariantId a, VariantId b) {
    return std::pair(choices_.BlockOf(a), a) < std::pair(choices_.BlockOf(b), b);
  };
  for (bool again = true; again;) {
    again = false;
    std::sort(out.begin(), out.end(), by_block);
    out.erase(std::unique(out.begin(), out.end()), out.end());
    const size_t count = out.size();
    for (size_t begin = 0, end; begin < count; begin = end) {
      BlockId block = choices_.BlockOf(out[begin]);
      for (end = begin; end < count && choices_.BlockOf(out[end]) == block; ++end)
        if (choices_.Inside(place, out[end])) return false;
      if (end - begin < config_.blocks[block].variants.size()) continue;
      VariantId outer = config_.blocks[block].parent;
      if (choices_.Inside(place, outer)) return false;
      if (std::find(out.begin(), out.end(), outer) != out.end()) continue;
      out.push_back(outer);
      again = true;
    }
  }
  return true;
}

size_t Vacuity::Ways(const Clause& clause) const {
  size_t ways = 0;
  for (const Alternative& alternative : clause.filter->alternatives)
    ways += offers_.Of(alternative.blocks[0].atoms[0]).size();
  return ways;
}

bool Vacuity::LeaveNothing(std::span<const PlacedFilter> filters, VariantId place,
                           bool* outside) const {
  Possible::Unwanted unwanted;
  if (!Excluded(filters, place, &unwanted)) return true;
  std::vector<Clause> positive;
  for (const PlacedFilter& use : filters)
    if (!IsNegative(use.kind)) positive.push_back(use.clause);
  // The fewest ways first, since the others are tried again for each.
  std::sort(positive.begin(), positive.end(),
            [this](const Clause& a, const Clause& b) { return Ways(a) < Ways(b); });
  return !possible_.All(positive, place, unwanted, outside);
}

std::vector<PlacedFilter> Vacuity::Needed(std::vector<PlacedFilter> filters, size_t kept,
                                          VariantId place) const {
  return Fewest(std::move(filters), kept,
                [&](const std::vector<PlacedFilter>& fewer) { return LeaveNothing(fewer, place); });
}

namespace {

std::string SubjectText(const PlacedFilter& use, const LabelTable& table) {
  if (use.kind == ItemKind::kJoin)
    return fmt::format("'{}' of this 'join'", FilterText(*use.clause.filter, table));
  return use.kind == ItemKind::kOnly ? "this 'only'" : "this 'no'";
}

}  // namespace

bool Vacuity::CheckTogether(std::span<const PlacedFilter> filters, VariantId place) {
  if (!LeaveNothing(filters, place)) return true;
  std::vector<PlacedFilter> needed = Needed({filters.begin(), filters.end()}, 0, place);
  const PlacedFilter last = needed.back();
  needed.pop_back();
  Diagnostic diagnostic{
      .severity = Severity::kWarning,
      .code = "nothing-left",
      .span = FilterSpan(last),
      .message = fmt::format("{} leaves nothing of variant '{}'",
                             SubjectText(last, offers_.table()), config_.variants[place].text)};
  if (!needed.empty()) diagnostic.message += ", after the filters before it";
  for (const PlacedFilter& use : needed)
    diagnostic.notes.push_back(
        {FilterSpan(use), "together with " + SubjectText(use, offers_.table())});
  diagnostics_.Report(std::move(diagnostic));
  return false;
}

}  // namespace kvmtest::language
