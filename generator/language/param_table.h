// The params of the dict that is being built: a value per key. Slots lie in the order of
// the keys' texts, so that setting one is a store and writing them sorted a walk.
#ifndef KVMTEST_LANGUAGE_PARAM_TABLE_H_
#define KVMTEST_LANGUAGE_PARAM_TABLE_H_

#include <algorithm>
#include <bit>
#include <cstdint>
#include <span>
#include <vector>

#include "language/key_space.h"
#include "language/tree.h"

namespace kvmtest::language {

class ParamTable {
 public:
  using Slot = uint32_t;
  struct Entry {
    KeyId key;
    const Value* value;
  };
  struct Assignment {
    Slot slot;
    const Value* value;
  };

  // `ordered`: Ordered() will be asked for.
  ParamTable(const KeySpace& keys, bool ordered);

  void Clear();
  // After the key space has forgotten the keys it made: so does this, which must be clear.
  void ForgetMade();
  const Value* Find(KeyId key) const {
    return key < slot_of_.size() ? values_[slot_of_[key]] : nullptr;
  }
  // True if the key was not set before.
  bool Set(KeyId key, const Value* value) {
    if (key >= slot_of_.size()) Grow();
    return SetSlot(slot_of_[key], value);
  }
  void Erase(KeyId key);

  // Of a key of the text.
  Slot SlotOf(KeyId key) const { return slot_of_[key]; }
  void SetAll(std::span<const Assignment> sets) {
    if (ordered_) {
      for (const Assignment& set : sets) SetSlot(set.slot, set.value);
      return;
    }
    for (const Assignment& set : sets) {
      values_[set.slot] = set.value;
      present_[set.slot >> 6] |= uint64_t{1} << (set.slot & 63);
    }
  }

  // In the order of a Python dict, which is that of insertion.
  std::vector<Entry> Ordered() const;
  // Calls use(key, value) for all, sorted by the keys' texts.
  template <typename Use>
  void ForEachSorted(const Use& use) const {
    std::vector<KeyId> made = MadeKeysSorted();
    auto next = made.begin();
    ForEachSlot(sorted_ / 64, [&](Slot slot) {
      for (; next != made.end() && keys_.Text(*next) < keys_.Text(key_of_[slot]); ++next)
        use(*next, Find(*next));
      use(key_of_[slot], values_[slot]);
    });
    for (; next != made.end(); ++next) use(*next, Find(*next));
  }

 private:
  bool SetSlot(Slot slot, const Value* value) {
    bool is_new = values_[slot] == nullptr;
    values_[slot] = value;
    if (!is_new) return false;
    present_[slot >> 6] |= uint64_t{1} << (slot & 63);
    if (ordered_) order_[slot] = ++inserted_;
    return true;
  }
  // All slots set whose bits are in the first `words` words.
  template <typename Use>
  void ForEachSlot(size_t words, const Use& use) const {
    for (size_t word = 0; word < words; ++word)
      for (uint64_t bits = present_[word]; bits != 0; bits &= bits - 1)
        use(static_cast<Slot>(word * 64 + static_cast<size_t>(std::countr_zero(bits))));
  }
  // Slots for the keys made since.
  void Grow();
  std::vector<KeyId> MadeKeysSorted() const;

  const KeySpace& keys_;
  bool ordered_;
  Slot sorted_ = 0;                   // slots for the text's keys, whole words; then made keys'
  std::vector<Slot> slot_of_;         // by key
  std::vector<KeyId> key_of_;         // by slot
  std::vector<const Value*> values_;  // by slot; null: not set
  std::vector<uint64_t> present_;     // by slot, a bit each
  std::vector<uint32_t> order_;       // by slot, if ordered_
  uint32_t inserted_ = 0;
};

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_PARAM_TABLE_H_
