// `suffix S`, and what becomes of suffixed keys in the end.
#include <algorithm>

#include "language/dict_builder.h"

namespace kvmtest::language {

// Renames every key set so far, in order; each moves to the end.
void DictBuilder::ApplySuffix(const Item& item) {
  std::string_view suffix = keys_.Text(item.key);
  for (const Entry& entry : Ordered()) {
    if (IsReserved(entry.key)) continue;
    // An earlier step of this very loop may have given it another value.
    const Value* value = Find(entry.key);
    KeyId renamed = keys_.WithSuffix(entry.key, suffix);
    Erase(entry.key);
    Set(renamed, value);
  }
  has_suffixed_ = true;
}

std::vector<DictBuilder::FlatEntry> DictBuilder::Flattened() const {
  const std::vector<Entry> original = Ordered();
  std::vector<FlatEntry> flat;
  flat.reserve(original.size());
  for (const Entry& entry : original) flat.push_back({entry.key, entry.key, entry.value});
  auto base_of = [this](KeyId key) {
    const KeySpace::Suffixed* suffixed = keys_.AsSuffixed(key);
    return suffixed != nullptr ? suffixed->base : key;
  };
  for (const Entry& entry : original) {
    const KeySpace::Suffixed* suffixed = keys_.AsSuffixed(entry.key);
    if (suffixed == nullptr) continue;
    const Value* plain = Find(suffixed->base);
    bool drop = plain != nullptr && plain->text == entry.value->text;
    bool all_equal = std::all_of(original.begin(), original.end(), [&](const Entry& other) {
      return base_of(other.key) != suffixed->base || other.value->text == entry.value->text;
    });
    auto mine = std::find_if(flat.begin(), flat.end(), [&](const FlatEntry& f) {
      return f.from == entry.key && f.key == entry.key;
    });
    const Value* value = mine->value;
    flat.erase(mine);
    if (drop) continue;
    // kNone: a spelling that may not be a key yet.
    KeyId target = all_equal ? suffixed->base : keys_.Lookup(suffixed->flattened);
    auto old = std::find_if(flat.begin(), flat.end(), [&](const FlatEntry& f) {
      if (target != kNone) return f.key == target;
      const KeySpace::Suffixed* other = f.key == kNone ? keys_.AsSuffixed(f.from) : nullptr;
      return other != nullptr && other->flattened == suffixed->flattened;
    });
    if (old != flat.end())
      old->value = value;
    else
      flat.push_back({target, entry.key, value});
  }
  return flat;
}

void DictBuilder::Flatten() {
  if (!has_suffixed_) return;
  std::vector<FlatEntry> flat = Flattened();
  table_.Clear();
  for (const FlatEntry& entry : flat)
    Set(entry.key != kNone ? entry.key : keys_.Intern(keys_.AsSuffixed(entry.from)->flattened),
        entry.value);
  has_suffixed_ = false;
}

}  // namespace kvmtest::language
