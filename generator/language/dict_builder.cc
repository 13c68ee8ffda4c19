#include "language/dict_builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "language/canonical_json.h"

namespace kvmtest::language {

namespace {

constexpr size_t kMaxSumBytes = size_t{8} << 20;    // remembered; their renderings as much again
constexpr size_t kMaxMatchBytes = size_t{8} << 20;  // of patterns, remembered by key
constexpr size_t kManyKeyBytes = size_t{8} << 20;

}  // namespace

DictBuilder::DictBuilder(const Interner& keys, Dialect dialect, bool ordered, const Bounds& bounds)
    : dialect_(dialect), bounds_(bounds), keys_(keys), table_(keys_, ordered) {
  if (dialect == Dialect::k2009) return;
  for (std::string_view text : keys.texts())
    is_limit_.push_back(text.ends_with("_max") || text.ends_with("_min") ||
                        text.ends_with("_fixed"));
}

void DictBuilder::Begin() {
  table_.Clear();
  limit_keys_.clear();
  has_suffixed_ = false;
  substitutions_.clear();
  text_.Reset();
  made_ = kept_ = 0;
}

void DictBuilder::ForgetMadeKeys() {
  if (keys_.made_bytes() < kManyKeyBytes) return;
  Begin();
  keys_.ForgetMade();
  table_.ForgetMade();
  match_bytes_ = 0;
  for (auto& [key, pattern] : patterns_) {
    pattern.matches.resize(std::min(pattern.matches.size(), keys_.size()));
    match_bytes_ += pattern.matches.size();
  }
}

void DictBuilder::Erase(KeyId key) {
  table_.Erase(key);
  if (IsLimit(key)) std::erase(limit_keys_, key);
}

const Value* DictBuilder::ValueOf(const Item& item, const SpecialKeys& special, const Value* old) {
  if (!item.substitutes || dialect_ != Dialect::kModern) return &item.value;
  std::string_view text;
  if (!Substitute(item, special, old != nullptr ? old->text.size() : 0, &text)) return nullptr;
  void* at = text_.Allocate(sizeof(Value), alignof(Value));
  return new (at) Value{.text = text, .origin = item.value.origin, .lasting = false};
}

const Value* DictBuilder::Concatenate(std::string_view a, std::string_view b, const Item& item,
                                      bool lasting) {
  Arena& arena = lasting ? lasting_ : text_;
  char* at = arena.AllocateText(a.size() + b.size());
  if (!a.empty()) std::memcpy(at, a.data(), a.size());
  if (!b.empty()) std::memcpy(at + a.size(), b.data(), b.size());
  std::string_view text(at, a.size() + b.size());
  void* value = arena.Allocate(sizeof(Value), alignof(Value));
  return new (value) Value{.text = text, .origin = item.value.origin, .lasting = lasting};
}

const Value* DictBuilder::Add(const Value* old, const Value* added, bool append, const Item& item) {
  std::string_view before = old != nullptr ? old->text : std::string_view();
  auto sum = [&](bool lasting) -> const Value* {
    const size_t size = before.size() + added->text.size();
    if (!MayMake(size, item) || !CountMade(size, item)) return nullptr;
    return append ? Concatenate(before, added->text, item, lasting)
                  : Concatenate(added->text, before, item, lasting);
  };
  bool lasting = added->lasting && (old == nullptr || old->lasting);
  if (!lasting) return sum(false);
  // An item only appends or only prepends, so its value says which.
  auto it = sums_.find({old, added});
  if (it != sums_.end()) return it->second;
  if (sum_bytes_ >= kMaxSumBytes) return sum(false);
  const Value* value = sum(true);
  if (value == nullptr) return nullptr;
  sum_bytes_ += value->text.size() + sizeof(Value) + 64;
  return sums_[{old, added}] = value;
}

bool DictBuilder::Apply(const Item& item, const SpecialKeys& special) {
  // Values with `${key}` are measured first.
  if (!item.substitutes && HasMadeMuch() && !CollectMade(item)) return false;
  switch (item.kind) {
    case ItemKind::kSet:
    case ItemKind::kAppend:
    case ItemKind::kPrepend:
    case ItemKind::kLazySet: {
      if (IsReserved(item.key) || (item.kind == ItemKind::kLazySet && Find(item.key) != nullptr))
        return true;
      bool adds = item.kind == ItemKind::kAppend || item.kind == ItemKind::kPrepend;
      const Value* value = ValueOf(item, special, adds ? Find(item.key) : nullptr);
      return value != nullptr && ApplyToKey(item, item.key, value);
    }
    case ItemKind::kSuffix:
      return ApplySuffix(item);
    default:
      return ApplyPattern(item, special);
  }
}

bool DictBuilder::ApplyToKey(const Item& item, KeyId key, const Value* value) {
  if (Appends(item.kind) || Prepends(item.kind))
    value = Add(Find(key), value, Appends(item.kind), item);
  if (value == nullptr) return false;
  Set(key, value);
  return true;
}

DictBuilder::Pattern& DictBuilder::PatternOf(const Item& item) {
  auto [it, is_new] = patterns_.try_emplace(item.key);
  Pattern& pattern = it->second;
  if (!is_new) return pattern;
  std::string text(keys_.Text(item.key));
  pattern.literal = IsLiteralPattern(text);
  bool modern = dialect_ == Dialect::kModern;
  pattern.regex = Regex::Compile(modern ? text + "$" : "^(" + text + ")$", !modern, &pattern.error);
  return pattern;
}

bool DictBuilder::PatternMatches(Pattern& pattern, KeyId key) {
  if (pattern.matches.size() <= key) {
    size_t more = keys_.size() - pattern.matches.size();
    if (match_bytes_ + more > kMaxMatchBytes) return pattern.regex->MatchesStart(keys_.Text(key));
    match_bytes_ += more;
    pattern.matches.resize(keys_.size(), 0);
  }
  uint8_t& known = pattern.matches[key];
  if (known == 0) known = pattern.regex->MatchesStart(keys_.Text(key)) ? 2 : 1;
  return known == 2;
}

ExpandError DictBuilder::BadPattern(const Item& item, std::string_view why) const {
  return {"bad-pattern", fmt::format("bad pattern '{}': {}", keys_.Text(item.key), why),
          item.value.origin.ToSpan()};
}

bool DictBuilder::ApplyPattern(const Item& item, const SpecialKeys& special) {
  Pattern& pattern = PatternOf(item);
  if (!pattern.regex) {
    error_ = BadPattern(item, pattern.error);
    return false;
  }
  const Value* value = ValueOf(item, special);
  if (value == nullptr) return false;
  auto apply = [&](KeyId key) {
    if (item.kind == ItemKind::kDelete) return Erase(key), true;
    return CountMade(value->text.size(), item) && ApplyToKey(item, key, value);
  };
  if (pattern.literal && !has_suffixed_)
    return Find(item.key) == nullptr || IsReserved(item.key) || apply(item.key);
  std::vector<KeyId> matching;
  bool can_judge = true;
  table_.ForEachSorted([&](KeyId key, const Value*) {
    if (IsReserved(key)) return;
    can_judge &= pattern.regex->CanJudge(keys_.Text(key));
    if (PatternMatches(pattern, key)) matching.push_back(key);
  });
  if (!can_judge) {
    error_ = BadPattern(item, Regex::kCannotJudge);
    return false;
  }
  return std::all_of(matching.begin(), matching.end(), apply);
}

void DictBuilder::AppendMember(KeyId key, const Value& value, JsonBuffer* out) {
  if (value.rendered_key == key) return out->Raw(value.rendered);
  size_t begin = out->text().size();
  out->String(keys_.Text(key));
  out->Raw(':');
  out->String(value.text);
  out->Raw(',');
  // Lasting values come again; they remember the first key they are for.
  if (!value.lasting || value.rendered_key != kNone || keys_.IsMade(key)) return;
  value.rendered = lasting_.Copy(out->text().substr(begin));
  value.rendered_key = key;
}

void DictBuilder::Params(std::vector<Param>* out) const {
  out->clear();
  table_.ForEachSorted([&](KeyId key, const Value* value) {
    if (!IsSpecial(key)) out->push_back({keys_.Text(key), value->text, value->origin.ToSpan()});
  });
}

void DictBuilder::FillSpecial(Dict* head) {
  replaced_.clear();
  for (KeyId key = 0; key <= kDependKey; ++key) {
    const Value* value = IsSpecial(key) ? Find(key) : nullptr;
    if (value == nullptr) continue;
    if (key == kNameKey)
      head->name = value->text;
    else if (key == kShortnameKey)
      head->shortname = value->text;
    else
      replaced_.push_back({keys_.Text(key), value->text, value->origin.ToSpan()});
  }
  head->replaced = replaced_;
}

void DictBuilder::AppendJson(const Dict& head, JsonBuffer* out) {
  static const Value kSpecial;
  for (KeyId key = 0; key <= kDependKey; ++key)
    if (IsSpecial(key)) table_.Set(key, &kSpecial);
  out->Raw('{');
  table_.ForEachSorted([&](KeyId key, const Value* value) {
    if (value == &kSpecial)
      AppendSpecialMember(head, keys_.Text(key), out);
    else
      AppendMember(key, *value, out);
  });
  out->RemoveLast();
  out->Raw("}\n");
}

}  // namespace kvmtest::language
