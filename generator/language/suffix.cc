// `suffix S`, and what becomes of suffixed keys in the end.
#include <fmt/format.h>

#include <string_view>
#include <unordered_map>

#include "language/dict_builder.h"

namespace kvmtest::language {

// Renames every key set so far, in order; each moves to the end.
bool DictBuilder::ApplySuffix(const Item& item) {
  std::string_view suffix = keys_.Text(item.key);
  for (const Entry& entry : Ordered()) {
    if (IsReserved(entry.key)) continue;
    // An earlier step of this very loop may have given it another value.
    const Value* value = Find(entry.key);
    KeyId renamed = keys_.WithSuffix(entry.key, suffix);
    if (keys_.made_bytes() > bounds_.made_bytes) {
      error_ = {"too-long",
                fmt::format("the keys that suffixes make are longer than {} bytes together",
                            bounds_.made_bytes),
                item.value.origin.ToSpan()};
      return false;
    }
    Erase(entry.key);
    Set(renamed, value);
  }
  has_suffixed_ = true;
  return true;
}

std::vector<DictBuilder::FlatEntry> DictBuilder::Flattened() const {
  const std::vector<Entry> original = Ordered();
  // By base: the value of its first key, null once another has a different one.
  std::unordered_map<KeyId, const Value*> common;
  for (const Entry& entry : original) {
    const KeySpace::Suffixed* suffixed = keys_.AsSuffixed(entry.key);
    auto [it, is_first] =
        common.try_emplace(suffixed != nullptr ? suffixed->base : entry.key, entry.value);
    if (!is_first && it->second != nullptr && it->second->text != entry.value->text)
      it->second = nullptr;
  }
  // Plain keys stay where they are, suffixed ones move to the end.
  std::vector<FlatEntry> flat;
  std::unordered_map<std::string_view, size_t> index;  // by the key's text
  for (const Entry& entry : original) {
    if (keys_.AsSuffixed(entry.key) != nullptr) continue;
    index[keys_.Text(entry.key)] = flat.size();
    flat.push_back({entry.key, entry.key, entry.value});
  }
  for (const Entry& entry : original) {
    const KeySpace::Suffixed* suffixed = keys_.AsSuffixed(entry.key);
    if (suffixed == nullptr) continue;
    const Value* plain = Find(suffixed->base);
    if (plain != nullptr && plain->text == entry.value->text) continue;
    bool all_equal = common[suffixed->base] != nullptr;
    std::string_view text = all_equal ? keys_.Text(suffixed->base) : suffixed->flattened;
    auto [it, is_new] = index.try_emplace(text, flat.size());
    if (is_new)
      // kNone: a spelling that is no key yet.
      flat.push_back({keys_.Lookup(text), entry.key, entry.value});
    else
      flat[it->second] = {flat[it->second].key, entry.key, entry.value};
  }
  return flat;
}

// A plain key that got another's value was overwritten by a suffixed one.
void DictBuilder::NoteCollisions(std::span<const FlatEntry> flat) {
  for (const FlatEntry& entry : flat) {
    if (entry.key == entry.from || entry.key == kNone) continue;
    const Value* plain = Find(entry.key);
    if (plain == nullptr || plain->text == entry.value->text) continue;
    TrapLog::Trap* trap =
        traps_->Meet(entry.value->origin, TrapLog::Kind::kSuffixCollision, plain->origin);
    if (trap == nullptr) continue;
    trap->message = fmt::format("with its suffix this key is '{}', and the value of that is lost",
                                keys_.Text(entry.key));
    trap->note = fmt::format("'{}' is set here", keys_.Text(entry.key));
  }
}

void DictBuilder::Flatten() {
  if (!has_suffixed_) return;
  std::vector<FlatEntry> flat = Flattened();
  if (traps_ != nullptr) NoteCollisions(flat);
  table_.Clear();
  for (const FlatEntry& entry : flat)
    Set(entry.key != kNone ? entry.key : keys_.Intern(keys_.AsSuffixed(entry.from)->flattened),
        entry.value);
  has_suffixed_ = false;
}

}  // namespace kvmtest::language
