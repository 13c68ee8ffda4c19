#include "language/dict_builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "language/reserved_keys.h"

namespace kvmtest::language {

namespace {

constexpr size_t kMaxSumBytes = size_t{8} << 20;  // remembered; their renderings as much again

}  // namespace

DictBuilder::DictBuilder(const Interner& keys, Dialect dialect)
    : dialect_(dialect), keys_(keys), slots_(keys.size()) {
  RankKeys();
}

void DictBuilder::Begin() {
  ++dict_;
  order_ = 0;
  present_.clear();
  limit_keys_.clear();
  has_suffixed_ = false;
  text_.Reset();
}

bool DictBuilder::IsReserved(KeyId key) const {
  return dialect_ == Dialect::kModern && key < kReservedKeys;
}

bool DictBuilder::IsLimitKey(KeyId key) {
  if (dialect_ != Dialect::kModern || keys_.AsSuffixed(key) != nullptr) return false;
  std::string_view text = keys_.Text(key);
  return text.ends_with("_max") || text.ends_with("_min") || text.ends_with("_fixed");
}

void DictBuilder::Set(KeyId key, const Value* value) {
  if (key >= slots_.size()) slots_.resize(keys_.size());
  Slot& slot = slots_[key];
  slot.value = value;
  if (slot.dict == dict_) return;
  slot.dict = dict_;
  slot.order = ++order_;
  present_.push_back(key);
  if (is_limit_.size() <= key) is_limit_.resize(keys_.size(), 0);
  if (is_limit_[key] == 0) is_limit_[key] = IsLimitKey(key) ? 2 : 1;
  if (is_limit_[key] == 2) limit_keys_.push_back(key);
}

void DictBuilder::Erase(KeyId key) {
  slots_[key].dict = 0;
  auto it = std::find(present_.begin(), present_.end(), key);
  *it = present_.back();
  present_.pop_back();
}

const Value* DictBuilder::NewValue(std::string_view text, const Item& item) {
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
  auto sum = [&](bool lasting) {
    return append ? Concatenate(before, added->text, item, lasting)
                  : Concatenate(added->text, before, item, lasting);
  };
  bool lasting = added->lasting && (old == nullptr || old->lasting);
  if (!lasting) return sum(false);
  // An item only appends or only prepends, so its value says which.
  auto it = sums_.find({old, added});
  if (it != sums_.end()) return it->second;
  if (sum_bytes_ >= kMaxSumBytes) return sum(false);
  sum_bytes_ += before.size() + added->text.size() + sizeof(Value) + 64;
  return sums_[{old, added}] = sum(true);
}

bool DictBuilder::Apply(const Item& item, const SpecialKeys& special) {
  switch (item.kind) {
    case ItemKind::kSet:
    case ItemKind::kAppend:
    case ItemKind::kPrepend:
    case ItemKind::kLazySet: {
      if (IsReserved(item.key) || (item.kind == ItemKind::kLazySet && IsSet(item.key))) return true;
      const Value* value = &item.value;
      if (item.substitutes && dialect_ == Dialect::kModern)
        value = NewValue(Substitute(value->text, special), item);
      ApplyToKey(item, item.key, value);
      return true;
    }
    case ItemKind::kSuffix:
      ApplySuffix(item);
      return true;
    default:
      return ApplyPattern(item, special);
  }
}

void DictBuilder::ApplyToKey(const Item& item, KeyId key, const Value* value) {
  bool append = item.kind == ItemKind::kAppend || item.kind == ItemKind::kRegexAppend;
  bool prepend = item.kind == ItemKind::kPrepend || item.kind == ItemKind::kRegexPrepend;
  if (append || prepend) value = Add(Find(key), value, append, item);
  Set(key, value);
}

namespace {

bool IsLiteral(std::string_view pattern) {
  return std::all_of(pattern.begin(), pattern.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  });
}

}  // namespace

DictBuilder::Pattern& DictBuilder::PatternOf(const Item& item) {
  auto [it, is_new] = patterns_.try_emplace(item.key);
  Pattern& pattern = it->second;
  if (!is_new) return pattern;
  std::string text(keys_.Text(item.key));
  pattern.literal = IsLiteral(text);
  bool modern = dialect_ == Dialect::kModern;
  pattern.regex = Regex::Compile(modern ? text + "$" : "^(" + text + ")$", !modern, &pattern.error);
  return pattern;
}

bool DictBuilder::PatternMatches(Pattern& pattern, KeyId key) {
  if (pattern.matches.size() <= key) pattern.matches.resize(keys_.size(), 0);
  uint8_t& known = pattern.matches[key];
  if (known == 0) known = pattern.regex->MatchesStart(keys_.Text(key)) ? 2 : 1;
  return known == 2;
}

bool DictBuilder::ApplyPattern(const Item& item, const SpecialKeys& special) {
  Pattern& pattern = PatternOf(item);
  if (!pattern.regex) {
    error_ = {"bad-pattern",
              fmt::format("bad pattern '{}': {}", keys_.Text(item.key), pattern.error),
              item.value.origin.ToSpan()};
    return false;
  }
  const Value* value = &item.value;
  if (item.substitutes && dialect_ == Dialect::kModern)
    value = NewValue(Substitute(value->text, special), item);
  auto apply = [&](KeyId key) {
    if (item.kind == ItemKind::kDelete)
      Erase(key);
    else
      ApplyToKey(item, key, value);
  };
  if (pattern.literal && !has_suffixed_) {
    if (IsSet(item.key) && !IsReserved(item.key)) apply(item.key);
    return true;
  }
  std::vector<KeyId> matching;
  for (KeyId key : present_)
    if (!IsReserved(key) && PatternMatches(pattern, key)) matching.push_back(key);
  for (KeyId key : matching) apply(key);
  return true;
}

std::vector<DictBuilder::Entry> DictBuilder::Ordered() const {
  std::vector<KeyId> keys = present_;
  std::sort(keys.begin(), keys.end(),
            [this](KeyId a, KeyId b) { return slots_[a].order < slots_[b].order; });
  std::vector<Entry> out;
  for (KeyId key : keys) out.push_back({key, slots_[key].value});
  return out;
}

void DictBuilder::RankKeys() {
  size_t size = keys_.size();
  by_rank_.resize(size);
  for (KeyId key = 0; key < size; ++key) by_rank_[key] = key;
  std::sort(by_rank_.begin(), by_rank_.end(),
            [this](KeyId a, KeyId b) { return keys_.Text(a) < keys_.Text(b); });
  rank_.resize(size);
  for (uint32_t rank = 0; rank < size; ++rank) rank_[by_rank_[rank]] = rank;
  rank_bits_.assign(size / 64 + 1, 0);
}

void DictBuilder::Render(const Value& value, KeyId key) {
  std::string text;
  AppendJsonString(keys_.Text(key), &text);
  text += ':';
  AppendJsonString(value.text, &text);
  text += ',';
  value.rendered = lasting_.Copy(text);
  value.rendered_key = key;
}

void DictBuilder::Params(bool rendered, std::vector<Param>* out) {
  if (rank_.size() < keys_.size()) RankKeys();
  for (KeyId key : present_) rank_bits_[rank_[key] >> 6] |= uint64_t{1} << (rank_[key] & 63);
  for (size_t word = 0; word < rank_bits_.size(); ++word) {
    for (uint64_t bits = rank_bits_[word]; bits != 0; bits &= bits - 1) {
      KeyId key = by_rank_[word * 64 + static_cast<size_t>(std::countr_zero(bits))];
      if (key < kReservedKeys && (IsReserved(key) || key < kDepKey)) continue;
      if (dialect_ == Dialect::k2009 && key == kDependKey) continue;
      const Value& value = *slots_[key].value;
      Param param{keys_.Text(key), value.text, value.origin.ToSpan(), {}};
      if (rendered) {
        // Lasting values come again; they know the key they are for.
        if (value.lasting && value.rendered_key == kNone) Render(value, key);
        if (value.rendered_key == key) param.rendered = value.rendered;
      }
      out->push_back(param);
    }
    rank_bits_[word] = 0;
  }
}

}  // namespace kvmtest::language
