#include "language/expand_2009.h"

#include <fmt/format.h>

#include <algorithm>

#include "language/reserved_keys.h"

namespace kvmtest::language {

namespace {

// Nothing to `${...}` in 2009.
class NoSpecialKeys : public SpecialKeys {
 public:
  bool Text(KeyId, std::string*) const override { return false; }
};

bool IsNameKey(KeyId key) {
  return key == kNameKey || key == kShortnameKey || key == kDependKey;
}

// `word` between dots or the ends of `name`.
bool FindLabel(std::string_view name, std::string_view word) {
  for (size_t pos = name.find(word); pos != name.npos; pos = name.find(word, pos + 1)) {
    bool begins = pos == 0 || name[pos - 1] == '.';
    size_t end = pos + word.size();
    if (begins && (end == name.size() || name[end] == '.')) return true;
  }
  return false;
}

std::string AddName(const std::string& text, std::string_view name, bool append) {
  if (text.empty()) return std::string(name);
  return append ? text + "." + std::string(name) : std::string(name) + "." + text;
}

bool HasVariants(const Block2009& block) {
  return std::any_of(block.begin(), block.end(), [](const Statement2009& statement) {
    return statement.kind == Kind2009::kVariants;
  });
}

}  // namespace

Runner2009::Runner2009(const ConfigImpl& config, const Bounds& bounds)
    : config_(config),
      program_(config.program),
      builder_(config.tree.keys, Dialect::k2009, /*ordered=*/false, bounds) {}

bool Runner2009::Fail(std::string code, std::string message, const Span& span) {
  error_ = {std::move(code), std::move(message), span};
  return false;
}

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
  auto [it, is_new] = matchers_.try_emplace(word.text);
  Matcher& matcher = it->second;
  if (is_new) {
    matcher.literal = !word.text.empty() && IsLiteralPattern(word.text);
    if (!matcher.literal)
      matcher.regex =
          Regex::Compile(fmt::format(R"((\.|^)({})(\.|$))", word.text), true, &matcher.error);
  }
  if (matcher.literal) {
    *result = FindLabel(name, word.text);
    return true;
  }
  if (!matcher.regex)
    return Fail("bad-pattern", fmt::format("bad filter '{}': {}", word.text, matcher.error),
                word.span);
  *result = matcher.regex->Found(name);
  return true;
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

bool Runner2009::PatternMatchesName(const Item& item, KeyId key) {
  auto [it, is_new] = key_patterns_.try_emplace(item.key);
  if (is_new) {
    std::string error;
    it->second =
        Regex::Compile(fmt::format("^({})$", config_.tree.keys.Text(item.key)), true, &error);
  }
  return it->second && it->second->MatchesStart(config_.tree.keys.Text(key));
}

bool Runner2009::TouchesNames(const Item& item) {
  if (item.kind < ItemKind::kRegexSet) return IsNameKey(item.key);
  return PatternMatchesName(item, kNameKey) || PatternMatchesName(item, kShortnameKey) ||
         PatternMatchesName(item, kDependKey);
}

bool Runner2009::ApplyToRecord(std::span<const Item> items, Record2009* record) {
  for (const Item& item : items)
    if (TouchesNames(item) && !ApplyToNames(item, record)) return false;
  void* at = arena_.Allocate(sizeof(Record2009::Step), alignof(Record2009::Step));
  record->steps = new (at) Record2009::Step{record->steps, items};
  return true;
}

// name, shortname and depend are keys like others here: what is assigned to them is what
// filters see from then on.
bool Runner2009::ApplyToNames(const Item& item, Record2009* record) {
  bool pattern = item.kind >= ItemKind::kRegexSet;
  auto hit = [&](KeyId key) { return pattern ? PatternMatchesName(item, key) : item.key == key; };
  bool append = item.kind == ItemKind::kAppend || item.kind == ItemKind::kRegexAppend;
  bool prepend = item.kind == ItemKind::kPrepend || item.kind == ItemKind::kRegexPrepend;
  auto applied_to = [&](std::string_view text) {
    std::string value(item.value.text);
    if (append) value.insert(0, text);
    if (prepend) value += text;
    return value;
  };
  if (hit(kNameKey)) record->name = applied_to(record->name);
  if (hit(kShortnameKey)) record->shortname = applied_to(record->shortname);
  if (!hit(kDependKey)) return true;
  if (!append && !prepend) {
    record->depend_text = &item.value;
    return true;
  }
  if (record->depend_text == nullptr)
    return Fail("depend-is-list", "'depend' is a list; nothing can be added to it as text",
                item.value.origin.ToSpan());
  void* at = arena_.Allocate(sizeof(Value), alignof(Value));
  record->depend_text = new (at) Value{.text = arena_.Copy(applied_to(record->depend_text->text)),
                                       .origin = item.value.origin};
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
    if (any == (statement.kind == Kind2009::kOnly)) kept.push_back(std::move(record));
  }
  *list = std::move(kept);
  return true;
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
  }
  *list = std::move(result);
  return true;
}

bool Runner2009::RunVariant(const Variant2009& variant, List* list) {
  if (!RunBlock(variant.body, list)) return false;
  for (Record2009& record : *list) {
    if (record.depend_text != nullptr)
      return Fail("depend-is-list",
                  "'depend' was set to a text; it is a list and cannot pass a 'variants' block so",
                  record.depend_text->origin.ToSpan());
    record.name = AddName(record.name, variant.name, false);
    if (variant.add_to_shortname) record.shortname = AddName(record.shortname, variant.name, false);
    for (std::string& dep : record.depend) dep = AddName(dep, variant.name, false);
    record.depend.insert(record.depend.end(), variant.deps.begin(), variant.deps.end());
    void* at = arena_.Allocate(sizeof(Record2009::Taken), alignof(Record2009::Taken));
    record.taken = new (at) Record2009::Taken{record.taken, variant.id, false};
  }
  return true;
}

bool Runner2009::RunSubvariants(const Statement2009& statement, List* list) {
  List result;
  for (const Record2009& record : *list) {
    for (const Variant2009& variant : statement.variants) {
      if (record.depend_text != nullptr && !variant.deps.empty())
        return Fail("depend-is-list", "'depend' was set to a text; it is a list",
                    record.depend_text->origin.ToSpan());
      List one(1, record);
      Record2009& copy = one[0];
      for (std::string_view dep : variant.deps)
        copy.depend.push_back(AddName(copy.name, dep, true));
      copy.name = AddName(copy.name, variant.name, true);
      if (variant.add_to_shortname) copy.shortname = AddName(copy.shortname, variant.name, true);
      void* at = arena_.Allocate(sizeof(Record2009::Taken), alignof(Record2009::Taken));
      copy.taken = new (at) Record2009::Taken{copy.taken, variant.id, true};
      if (!RunBlock(variant.body, &one)) return false;
      std::move(one.begin(), one.end(), std::back_inserter(result));
    }
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
