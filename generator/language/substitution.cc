// `${key}` in values of the modern dialect.
#include <fmt/format.h>

#include <algorithm>

#include "language/dict_builder.h"

namespace kvmtest::language {

namespace {

// Finds the first `${name}` from `pos` on: where it begins and where its '}' is. The name is at
// least one character long, so `${}x}` asks for `}x`.
bool FindReference(std::string_view value, size_t pos, size_t* begin, size_t* end) {
  *begin = value.find("${", pos);
  if (*begin == value.npos || *begin + 3 > value.size()) return false;
  *end = value.find('}', *begin + 3);
  return *end != value.npos;
}

}  // namespace

std::vector<std::string_view> SubstitutedKeys(std::string_view value) {
  std::vector<std::string_view> names;
  for (size_t pos = 0, begin, end; FindReference(value, pos, &begin, &end); pos = end + 1)
    names.push_back(value.substr(begin + 2, end - begin - 2));
  return names;
}

// Replaces `${key}` from left to right, in the text as it stands (what is put in is
// not looked at again). The first key that is not set ends it: the rest stays as it is.
size_t DictBuilder::FindPieces(const Item& item, const SpecialKeys& special) {
  std::string_view value = item.value.text;
  pieces_.clear();
  special_texts_.clear();
  size_t size = value.size();
  size_t done = 0;
  for (size_t begin, end; FindReference(value, done, &begin, &end);) {
    std::string_view name = value.substr(begin + 2, end - begin - 2);
    std::string_view replacement;
    if (!LookupForSubstitution(item, name, special, &replacement)) {
      if (traps_ != nullptr) NoteUndefined(item, begin, end);
      break;
    }
    if (traps_ != nullptr && traps_->pedantic())
      substitutions_.push_back({&item, keys_.Lookup(name), std::string(replacement)});
    pieces_.push_back(value.substr(done, begin - done));
    pieces_.push_back(replacement);
    done = end + 1;
    size = size - (done - begin) + replacement.size();
  }
  if (done > 0) pieces_.push_back(value.substr(done));
  return size;
}

bool DictBuilder::Substitute(const Item& item, const SpecialKeys& special, size_t added_to,
                             std::string_view* result) {
  *result = item.value.text;
  const size_t size = FindPieces(item, special);
  if (!pieces_.empty() && !MayMake(size + added_to, item)) return false;
  if (HasMadeMuch()) {
    if (!CollectMade(item)) return false;
    FindPieces(item, special);  // they have moved
  }
  if (pieces_.empty()) return true;
  if (!CountMade(size, item)) return false;
  char* at = text_.AllocateText(size);
  *result = {at, size};
  for (std::string_view piece : pieces_) at = std::copy(piece.begin(), piece.end(), at);
  return true;
}

// What is not set may well be meant for a shell; but then nothing behind it is put in either.
// begin, end: of what is not set.
void DictBuilder::NoteUndefined(const Item& item, size_t begin, size_t end) {
  // Of several keys of a value the first is told.
  Place where = {.line = static_cast<uint32_t>(begin)};
  TrapLog::Trap* trap = traps_->Meet(item.value.origin, TrapLog::Kind::kUndefinedKey, where);
  if (trap == nullptr) return;
  std::string_view value = item.value.text;
  trap->word = value.substr(begin, end + 1 - begin);
  trap->message = fmt::format("'{}' is not set here", trap->word);
  if (FindReference(value, end + 1, &begin, &end))
    trap->message += ", so nothing behind it is replaced either";
}

// What a statement puts into a new value of the very key is meant to be the old one.
bool DictBuilder::SetsItself(const Item& item, KeyId key) {
  if (item.kind <= ItemKind::kLazySet) return item.key == key;
  Pattern& pattern = PatternOf(item);
  return pattern.regex && PatternMatches(pattern, key);
}

void DictBuilder::NoteStale() {
  for (const Substituted& done : substitutions_) {
    const Value* now = done.key != kNone ? Find(done.key) : nullptr;
    if (now == nullptr || now->text == done.text || SetsItself(*done.item, done.key)) continue;
    TrapLog::Trap* trap =
        traps_->Meet(done.item->value.origin, TrapLog::Kind::kStaleValue, now->origin);
    if (trap == nullptr) continue;
    trap->word = fmt::format("${{{}}}", keys_.Text(done.key));
    trap->message =
        fmt::format("'{}' is replaced by the value so far, which is changed later", trap->word);
    trap->note = fmt::format("'{}' is changed here", keys_.Text(done.key));
  }
}

void DictBuilder::NoteList(const Item& item, KeyId key) {
  TrapLog::Trap* trap = traps_->Meet(item.value.origin, TrapLog::Kind::kListAsText);
  if (trap == nullptr) return;
  trap->word = fmt::format("${{{}}}", keys_.Text(key));
  trap->message = fmt::format("'{}' is not one text: it is written as Python writes {}", trap->word,
                              key == kDepKey ? "lists" : "dicts");
}

bool DictBuilder::LookupForSubstitution(const Item& item, std::string_view name,
                                        const SpecialKeys& special, std::string_view* out) {
  KeyId key = keys_.Lookup(name);
  if (has_suffixed_) {
    for (const FlatEntry& entry : Flattened()) {
      if (entry.key == kNone ? keys_.AsSuffixed(entry.from)->flattened == name : entry.key == key) {
        *out = entry.value->text;
        return true;
      }
    }
  } else if (const Value* value = key != kNone ? Find(key) : nullptr) {
    *out = value->text;
    return true;
  }
  if (key >= kReservedKeys) return false;
  auto [it, is_new] = special_texts_.try_emplace(key);
  if (is_new && !special.Text(key, &it->second)) return false;
  *out = it->second;
  if (traps_ != nullptr && key >= kDepKey) NoteList(item, key);
  return true;
}

}  // namespace kvmtest::language
