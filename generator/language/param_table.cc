#include "language/param_table.h"

namespace kvmtest::language {

ParamTable::ParamTable(const KeySpace& keys, bool ordered) : keys_(keys), ordered_(ordered) {
  std::vector<KeyId> sorted(keys.size());
  for (KeyId key = 0; key < sorted.size(); ++key) sorted[key] = key;
  std::sort(sorted.begin(), sorted.end(),
            [&keys](KeyId a, KeyId b) { return keys.Text(a) < keys.Text(b); });
  key_of_ = sorted;
  slot_of_.resize(sorted.size());
  for (Slot slot = 0; slot < sorted.size(); ++slot) slot_of_[key_of_[slot]] = slot;
  key_of_.resize((sorted.size() + 63) / 64 * 64, kNone);
  sorted_ = static_cast<Slot>(key_of_.size());
  Grow();
}

void ParamTable::Grow() {
  for (KeyId key = static_cast<KeyId>(slot_of_.size()); key < keys_.size(); ++key) {
    slot_of_.push_back(static_cast<Slot>(key_of_.size()));
    key_of_.push_back(key);
  }
  values_.resize(key_of_.size());
  present_.resize(key_of_.size() / 64 + 1);
  if (ordered_) order_.resize(key_of_.size());
}

void ParamTable::Clear() {
  ForEachSlot(present_.size(), [this](Slot slot) { values_[slot] = nullptr; });
  std::fill(present_.begin(), present_.end(), 0);
  inserted_ = 0;
}

void ParamTable::ForgetMade() {
  slot_of_.resize(keys_.size());
  key_of_.resize(sorted_);
  Grow();
}

void ParamTable::Erase(KeyId key) {
  Slot slot = slot_of_[key];
  values_[slot] = nullptr;
  present_[slot >> 6] &= ~(uint64_t{1} << (slot & 63));
}

std::vector<ParamTable::Entry> ParamTable::Ordered() const {
  std::vector<Slot> slots;
  ForEachSlot(present_.size(), [&](Slot slot) { slots.push_back(slot); });
  std::sort(slots.begin(), slots.end(), [this](Slot a, Slot b) { return order_[a] < order_[b]; });
  std::vector<Entry> entries;
  entries.reserve(slots.size());
  for (Slot slot : slots) entries.push_back({key_of_[slot], values_[slot]});
  return entries;
}

std::vector<KeyId> ParamTable::MadeKeysSorted() const {
  std::vector<KeyId> made;
  for (Slot slot = sorted_; slot < key_of_.size(); ++slot)
    if (values_[slot] != nullptr) made.push_back(key_of_[slot]);
  std::sort(made.begin(), made.end(),
            [this](KeyId a, KeyId b) { return keys_.Text(a) < keys_.Text(b); });
  return made;
}

}  // namespace kvmtest::language
