#include "language/trace_2009.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "language/reserved_keys.h"

namespace kvmtest::language {

namespace {

constexpr uint64_t kStepsOfADict = 100;

using Kind = Traced2009::Kind;

}  // namespace

ExplainedStatement StatementIn(const Scope2009* scope, const Span& span) {
  ExplainedStatement at{.span = span};
  for (; scope != nullptr; scope = scope->outer) {
    if (scope->condition != nullptr)
      at.conditions.insert(at.conditions.begin(),
                           {scope->condition->span, std::string(scope->condition->text) + ":"});
    else if (at.variant == kNone)
      at.variant = scope->variant;
  }
  return at;
}

Tracer2009::Tracer2009(const ConfigImpl& config, const Bounds& bounds)
    : config_(config), rules_(config.tree.keys), max_dicts_(bounds.steps / kStepsOfADict) {
  Survey(config.program.body);
}

void Tracer2009::Survey(const Block2009& block) {
  for (const Statement2009& statement : block) {
    has_subvariants_ |= statement.kind == Kind2009::kSubvariants;
    for (const Item& item : statement.items) assigns_names_ |= rules_.TouchesNames(item);
    Survey(statement.body);
    for (const Variant2009& variant : statement.variants) Survey(variant.body);
  }
}

void Tracer2009::OnlyNamed(std::string_view name, NameKind kind) {
  narrowed_ = !assigns_names_;
  wanted_ = name;
  wanted_kind_ = kind;
}

// Names only grow: at the front, or at both ends if there are subvariants.
bool Tracer2009::CanBeWanted(const Traced2009& dict) const {
  if (!narrowed_) return true;
  const std::string& name = wanted_kind_ == NameKind::kFull ? dict.name : dict.shortname;
  if (name.empty()) return true;
  if (has_subvariants_) return FindLabel(wanted_, name);
  if (!wanted_.ends_with(name)) return false;
  size_t begin = wanted_.size() - name.size();
  return begin == 0 || wanted_[begin - 1] == '.';
}

bool Tracer2009::TooMany(size_t dicts) {
  if (dicts <= max_dicts_) return false;
  error_ = {"too-many-dicts", fmt::format("more than {} dicts at a time", max_dicts_), {}};
  return true;
}

bool Tracer2009::Run(bool keep_removed, List* result) {
  keep_removed_ = keep_removed;
  result->assign(1, {});
  return RunBlock(config_.program.body, nullptr, result);
}

bool Tracer2009::RunBlock(const Block2009& block, const Scope2009* scope, List* list) {
  return std::all_of(block.begin(), block.end(), [&](const Statement2009& statement) {
    return RunStatement(statement, scope, list);
  });
}

bool Tracer2009::RunStatement(const Statement2009& statement, const Scope2009* scope, List* list) {
  switch (statement.kind) {
    case Kind2009::kOperators:
      return RunOperators(statement, scope, list);
    case Kind2009::kOnly:
    case Kind2009::kNo:
      return RunOnlyNo(statement, scope, list);
    case Kind2009::kException:
      return RunException(statement, scope, list);
    case Kind2009::kVariants:
      return RunVariants(statement, scope, list);
    case Kind2009::kSubvariants:
      return RunSubvariants(statement, scope, list);
  }
  return true;
}

const Scope2009* Tracer2009::Inside(const Scope2009* outer, VariantId variant,
                                    const Word2009* condition) {
  void* at = arena_.Allocate(sizeof(Scope2009), alignof(Scope2009));
  return new (at) Scope2009{outer, variant, condition};
}

void Tracer2009::Note(const Traced2009::Event& event, Traced2009* dict) {
  void* at = arena_.Allocate(sizeof(event), alignof(Traced2009::Event));
  auto* noted = new (at) Traced2009::Event(event);
  noted->before = dict->events;
  dict->events = noted;
}

bool Tracer2009::RunOperators(const Statement2009& statement, const Scope2009* scope, List* list) {
  const Word2009* word = statement.words.empty() ? nullptr : &statement.words[0];
  if (word != nullptr) scope = Inside(scope, kNone, word);
  for (Traced2009& dict : *list) {
    bool matches = true;
    if (word != nullptr && !rules_.Matches(*word, dict.name, &matches, &error_)) return false;
    if (!matches)
      Note({.kind = Kind::kSkipped, .scope = scope, .items = statement.items}, &dict);
    else if (!ApplyItems(statement.items, scope, &dict))
      return false;
  }
  return true;
}

bool Tracer2009::ApplyItems(std::span<const Item> items, const Scope2009* scope, Traced2009* dict) {
  Note({.kind = Kind::kItems, .scope = scope, .items = items}, dict);
  for (const Item& item : items) {
    if (!rules_.TouchesNames(item)) continue;
    const Names2009 before = *dict;
    if (!rules_.Apply(item, dict, &error_)) return false;
    Traced2009::Event event{.kind = Kind::kNames, .scope = scope, .items = {&item, 1}};
    if (dict->name != before.name) event.name = arena_.Copy(dict->name);
    if (dict->shortname != before.shortname) event.shortname = arena_.Copy(dict->shortname);
    Note(event, dict);
  }
  return true;
}

bool Tracer2009::RunOnlyNo(const Statement2009& statement, const Scope2009* scope, List* list) {
  for (Traced2009& dict : *list) {
    const Word2009* found = nullptr;
    for (const Word2009& word : statement.words) {
      bool matches;
      if (!rules_.Matches(word, dict.name, &matches, &error_)) return false;
      if (matches) found = &word;
      if (matches) break;
    }
    if ((found != nullptr) == (statement.kind == Kind2009::kOnly)) continue;
    dict.removed = true;
    Note({.kind = Kind::kFilter,
          .scope = scope,
          .statement = &statement,
          .word = found,
          .name = arena_.Copy(dict.name)},
         &dict);
  }
  if (!keep_removed_) std::erase_if(*list, [](const Traced2009& dict) { return dict.removed; });
  return true;
}

bool Tracer2009::RunException(const Statement2009& statement, const Scope2009* scope, List* list) {
  const Scope2009* inside = Inside(scope, kNone, &statement.words[0]);
  List result;
  for (Traced2009& dict : *list) {
    bool matches;
    if (!rules_.Matches(statement.words[0], dict.name, &matches, &error_)) return false;
    List one;
    one.push_back(std::move(dict));
    if (!matches)
      SkipBlock(statement.body, inside, &one[0]);
    else if (!RunBlock(statement.body, inside, &one))
      return false;
    std::move(one.begin(), one.end(), std::back_inserter(result));
  }
  *list = std::move(result);
  return true;
}

void Tracer2009::SkipBlock(const Block2009& block, const Scope2009* scope, Traced2009* dict) {
  for (const Statement2009& statement : block) {
    if (statement.kind == Kind2009::kOperators)
      Note({.kind = Kind::kSkipped, .scope = scope, .items = statement.items}, dict);
    if (statement.kind == Kind2009::kException) SkipBlock(statement.body, scope, dict);
  }
}

void Tracer2009::Take(const Variant2009& variant, bool append, Traced2009* dict) {
  void* at = arena_.Allocate(sizeof(Traced2009::Taken), alignof(Traced2009::Taken));
  dict->taken = new (at) Traced2009::Taken{dict->taken, &variant, append};
  dict->depend_of.resize(dict->depend.size(), variant.id);
}

void Tracer2009::KeepNone(const Statement2009& statement, const Scope2009* scope, List* list) {
  if (!keep_removed_) list->clear();
  for (Traced2009& dict : *list) {
    dict.removed = true;
    Note({.kind = Kind::kNothing, .scope = scope, .statement = &statement}, &dict);
  }
}

bool Tracer2009::RunVariants(const Statement2009& statement, const Scope2009* scope, List* list) {
  if (statement.variants.empty()) {
    KeepNone(statement, scope, list);
    return true;
  }
  List result;
  for (const Variant2009& variant : statement.variants) {
    List copy = *list;
    if (!RunBlock(variant.body, Inside(scope, variant.id, nullptr), &copy)) return false;
    for (Traced2009& dict : copy) {
      if (!rules_.Enter(variant, &dict, &error_)) return false;
      Take(variant, false, &dict);
      if (CanBeWanted(dict)) result.push_back(std::move(dict));
    }
    if (TooMany(result.size())) return false;
  }
  *list = std::move(result);
  return true;
}

bool Tracer2009::RunSubvariants(const Statement2009& statement, const Scope2009* scope,
                                List* list) {
  if (statement.variants.empty()) {
    KeepNone(statement, scope, list);
    return true;
  }
  List result;
  for (const Traced2009& dict : *list) {
    for (const Variant2009& variant : statement.variants) {
      List one(1, dict);
      if (!rules_.EnterSub(variant, &one[0], &error_)) return false;
      Take(variant, true, &one[0]);
      if (!CanBeWanted(one[0])) continue;
      if (!RunBlock(variant.body, Inside(scope, variant.id, nullptr), &one)) return false;
      std::move(one.begin(), one.end(), std::back_inserter(result));
    }
    if (TooMany(result.size())) return false;
  }
  *list = std::move(result);
  return true;
}

}  // namespace kvmtest::language
