#include "language/expand_2009.h"

#include <fmt/format.h>

#include <algorithm>

#include "language/reserved_keys.h"

namespace kvmtest::language {

namespace {

bool IsNameKey(KeyId key) {
  return key == kNameKey || key == kShortnameKey || key == kDependKey;
}

bool HasVariants(const Block2009& block) {
  return std::any_of(block.begin(), block.end(), [](const Statement2009& statement) {
    return statement.kind == Kind2009::kVariants;
  });
}

}  // namespace

Runner2009::Runner2009(const ConfigImpl& config, const Bounds& bounds)
    : program_(config.program),
      builder_(config.tree.keys, Dialect::k2009, /*ordered=*/false, bounds),
      rules_(config.tree.keys) {}

bool Runner2009::Run(const Sink& sink) {
  const Block2009& body = program_.body;
  size_t last = body.size();
  for (size_t i = 0; i < body.size(); ++i)
    if (body[i].kind == Kind2009::kVariants) last = i;
  List list(1);
  if (!RunBlock(std::span(body).first(last), &list)) return false;
  auto deliver = [&](List part) {
    size_t rest = std::min(last + 1, body.size());
    if (!RunBlock(std::span(body).subspan(rest), &part)) return false;
    return std::all_of(part.begin(), part.end(), sink);
  };
  if (last == body.size()) return deliver(std::move(list));
  for (const Variant2009& variant : body[last].variants) {
    // Dicts do not know of each other, so they can be taken in portions, unless a block
    // inside reorders them.
    size_t portion = HasVariants(variant.body) ? list.size() : 256;
    for (size_t begin = 0; begin < list.size(); begin += portion) {
      size_t end = std::min(begin + portion, list.size());
      List part(list.begin() + static_cast<ptrdiff_t>(begin),
                list.begin() + static_cast<ptrdiff_t>(end));
      if (!RunVariant(variant, &part) || !deliver(std::move(part))) return false;
    }
  }
  return true;
}

bool Runner2009::RunBlock(const Block2009& block, List* list) {
  return RunBlock(std::span<const Statement2009>(block), list);
}

bool Runner2009::RunBlock(std::span<const Statement2009> block, List* list) {
  return std::all_of(block.begin(), block.end(),
                     [&](const Statement2009& statement) { return RunStatement(statement, list); });
}

bool Runner2009::RunStatement(const Statement2009& statement, List* list) {
  switch (statement.kind) {
    case Kind2009::kOperators:
      return RunOperators(statement, list);
    case Kind2009::kOnly:
    case Kind2009::kNo:
      return RunOnlyNo(statement, list);
    case Kind2009::kException:
      return RunException(statement, list);
    case Kind2009::kVariants:
      return RunVariants(statement, list);
    case Kind2009::kSubvariants:
      return RunSubvariants(statement, list);
  }
  return true;
}

bool Runner2009::Matches(const Word2009& word, const std::string& name, bool* result) {
  return rules_.Matches(word, name, result, &error_);
}

bool Runner2009::RunOperators(const Statement2009& statement, List* list) {
  for (Record2009& record : *list) {
    bool matches = true;
    for (const Word2009& word : statement.words) {
      if (!Matches(word, record.name, &matches)) return false;
      if (!matches) break;
    }
    if (matches && !ApplyToRecord(statement.items, &record)) return false;
  }
  return true;
}

bool Runner2009::ApplyToRecord(std::span<const Item> items, Record2009* record) {
  for (const Item& item : items)
    if (rules_.TouchesNames(item) && !rules_.Apply(item, record, &error_)) return false;
  void* at = arena_.Allocate(sizeof(Record2009::Step), alignof(Record2009::Step));
  record->steps = new (at) Record2009::Step{record->steps, items};
  return true;
}

bool Runner2009::RunOnlyNo(const Statement2009& statement, List* list) {
  List kept;
  for (Record2009& record : *list) {
    bool any = false;
    for (const Word2009& word : statement.words) {
      if (!Matches(word, record.name, &any)) return false;
      if (any) break;
    }
    if (any == (statement.kind == Kind2009::kOnly) || KeepsRemoved(statement, &record))
      kept.push_back(std::move(record));
  }
  *list = std::move(kept);
  return true;
}

bool Runner2009::KeepsRemoved(const Statement2009& statement, Record2009* record) {
  size_t count = record->removed == nullptr ? 0 : record->removed->count;
  if (count >= most_removed_) return false;
  void* at = arena_.Allocate(sizeof(Record2009::Removed), alignof(Record2009::Removed));
  record->removed = new (at) Record2009::Removed{record->removed, &statement, count + 1};
  return true;
}

bool Runner2009::TooMany(const List& list) {
  too_many_records_ |= max_records_ > 0 && list.size() > max_records_;
  return too_many_records_;
}

bool Runner2009::RunException(const Statement2009& statement, List* list) {
  List result;
  for (Record2009& record : *list) {
    bool matches;
    if (!Matches(statement.words[0], record.name, &matches)) return false;
    if (!matches) {
      result.push_back(std::move(record));
      continue;
    }
    List one;
    one.push_back(std::move(record));
    if (!RunBlock(statement.body, &one)) return false;
    std::move(one.begin(), one.end(), std::back_inserter(result));
  }
  *list = std::move(result);
  return true;
}

bool Runner2009::RunVariants(const Statement2009& statement, List* list) {
  List result;
  for (const Variant2009& variant : statement.variants) {
    List copy = *list;
    if (!RunVariant(variant, &copy)) return false;
    std::move(copy.begin(), copy.end(), std::back_inserter(result));
    if (TooMany(result)) return false;
  }
  *list = std::move(result);
  return true;
}

bool Runner2009::RunVariant(const Variant2009& variant, List* list) {
  if (!RunBlock(variant.body, list)) return false;
  for (Record2009& record : *list) {
    if (!rules_.Enter(variant, &record, &error_)) return false;
    void* at = arena_.Allocate(sizeof(Record2009::Taken), alignof(Record2009::Taken));
    record.taken = new (at) Record2009::Taken{record.taken, variant.id, false};
  }
  return true;
}

bool Runner2009::RunSubvariants(const Statement2009& statement, List* list) {
  List result;
  for (const Record2009& record : *list) {
    for (const Variant2009& variant : statement.variants) {
      List one(1, record);
      Record2009& copy = one[0];
      if (!rules_.EnterSub(variant, &copy, &error_)) return false;
      void* at = arena_.Allocate(sizeof(Record2009::Taken), alignof(Record2009::Taken));
      copy.taken = new (at) Record2009::Taken{copy.taken, variant.id, true};
      if (!RunBlock(variant.body, &one)) return false;
      std::move(one.begin(), one.end(), std::back_inserter(result));
    }
    if (TooMany(result)) return false;
  }
  *list = std::move(result);
  return true;
}

bool Runner2009::FillHead(const Record2009& record, Dict* dict) {
  chain_.clear();
  for (const Record2009::Step* step = record.steps; step != nullptr; step = step->before)
    chain_.push_back(step);
  builder_.Begin();
  static const NoSpecialKeys kNone2009;
  for (auto it = chain_.rbegin(); it != chain_.rend(); ++it) {
    for (const Item& item : (*it)->items) {
      if (item.kind < ItemKind::kRegexSet && IsNameKey(item.key)) continue;
      if (!builder_.Apply(item, kNone2009)) {
        error_ = builder_.error();
        return false;
      }
    }
  }
  dep_views_.assign(record.depend.begin(), record.depend.end());
  variants_.clear();
  std::vector<VariantId> appended;
  for (const Record2009::Taken* taken = record.taken; taken != nullptr; taken = taken->before)
    (taken->append ? appended : variants_).push_back(taken->variant);
  variants_.insert(variants_.end(), appended.rbegin(), appended.rend());
  *dict = {};
  dict->dialect = Dialect::k2009;
  dict->name = record.name;
  dict->shortname = record.shortname;
  dict->deps = dep_views_;
  dict->variants = variants_;
  if (record.depend_text != nullptr) builder_.Set(kDependKey, record.depend_text);
  builder_.FillSpecial(dict);
  return true;
}

bool Runner2009::Finish(const Record2009& record, Dict* dict) {
  if (!FillHead(record, dict)) return false;
  builder_.Params(&params_);
  dict->params = params_;
  return true;
}

bool Runner2009::FinishJson(const Record2009& record, JsonBuffer* out) {
  Dict head;
  if (!FillHead(record, &head)) return false;
  builder_.AppendJson(head, out);
  return true;
}

}  // namespace kvmtest::language
