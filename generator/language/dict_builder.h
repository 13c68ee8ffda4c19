// Builds one dict: operators are applied one after another to a table of keys, as the
// reference applies them to a Python dict. Values are pointers into the tree until an
// operator has to make new text, which then lives until the next Begin().
#ifndef KVMTEST_LANGUAGE_DICT_BUILDER_H_
#define KVMTEST_LANGUAGE_DICT_BUILDER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "language/arena.h"
#include "language/expand.h"
#include "language/key_space.h"
#include "language/regex.h"
#include "language/tree.h"

namespace kvmtest::language {

// What `${name}` and its like need: the keys that are not in the table.
class SpecialKeys {
 public:
  virtual ~SpecialKeys() = default;
  // Python's str() of the reserved key's value, or false if it has none yet.
  virtual bool Text(KeyId reserved, std::string* out) const = 0;
};

// An error while expanding, and where.
struct ExpandError {
  std::string code;
  std::string message;
  Span span;
};

class DictBuilder {
 public:
  DictBuilder(const Interner& keys, Dialect dialect);

  // Starts an empty dict.
  void Begin();
  // Applies an operator item; false with error() set.
  bool Apply(const Item& item, const SpecialKeys& special);
  // `_min`, `_max` and `_fixed` at the leaf; false with error() set.
  bool ApplyLimits(const SpecialKeys& special);
  // Suffixed keys become plain ones; the last step.
  void Flatten();
  // For dicts filled by Set: some key may be suffixed.
  void MarkSuffixed() { has_suffixed_ = true; }

  const ExpandError& error() const { return error_; }
  const Value* Find(KeyId key) const { return IsSet(key) ? slots_[key].value : nullptr; }
  void Set(KeyId key, const Value* value);
  KeySpace& keys() { return keys_; }

  struct Entry {
    KeyId key;
    const Value* value;
  };
  // All keys in the order of a Python dict.
  std::vector<Entry> Ordered() const;

  // Appends the params sorted by key, reserved keys left out.
  void Params(bool rendered, std::vector<Param>* out);

 private:
  struct Slot {
    const Value* value = nullptr;
    uint32_t dict = 0;   // the dict in which it is set
    uint32_t order = 0;  // when it was inserted
  };
  struct Pattern {
    std::unique_ptr<Regex> regex;
    bool literal = false;
    std::string error;
    std::vector<uint8_t> matches;  // by key: 0 unknown, 1 no, 2 yes
  };

  bool IsSet(KeyId key) const { return key < slots_.size() && slots_[key].dict == dict_; }
  bool IsReserved(KeyId key) const;
  void Erase(KeyId key);
  const Value* NewValue(std::string_view text, const Item& item);
  // The value that adding makes of `old` (null: none yet), remembered where both last.
  const Value* Add(const Value* old, const Value* added, bool append, const Item& item);
  const Value* Concatenate(std::string_view a, std::string_view b, const Item& item, bool lasting);

  bool ApplyPattern(const Item& item, const SpecialKeys& special);
  void ApplyToKey(const Item& item, KeyId key, const Value* value);
  void ApplySuffix(const Item& item);
  Pattern& PatternOf(const Item& item);
  bool PatternMatches(Pattern& pattern, KeyId key);

  std::string_view Substitute(std::string_view value, const SpecialKeys& special);
  bool LookupForSubstitution(std::string_view name, const SpecialKeys& special, std::string* out);
  // Keys and values after flattening, in Python's order.
  struct FlatEntry {
    KeyId key;
    KeyId from;
    const Value* value;
  };
  std::vector<FlatEntry> Flattened() const;

  bool Limit(KeyId key, std::string_view suffix, const SpecialKeys& special,
             std::vector<Entry>* result);
  bool IsLimitKey(KeyId key);
  void Render(const Value& value, KeyId key);
  void RankKeys();

  Dialect dialect_;
  KeySpace keys_;
  std::vector<Slot> slots_;
  std::vector<KeyId> present_;  // keys set in this dict, in no order
  uint32_t dict_ = 0;
  uint32_t order_ = 0;
  bool has_suffixed_ = false;      // in this dict
  std::vector<KeyId> limit_keys_;  // of this dict, set or erased
  std::vector<uint8_t> is_limit_;  // by key: 0 unknown, 1 no, 2 yes
  std::unordered_map<KeyId, Pattern> patterns_;
  std::vector<uint32_t> rank_;  // by key
  std::vector<KeyId> by_rank_;
  std::vector<uint64_t> rank_bits_;
  Arena text_;     // of this dict
  Arena lasting_;  // renderings of lasting values, and sums of them
  // (old value, added value) -> sum. The same sums come again in most dicts.
  struct SumHash {
    size_t operator()(const std::pair<const Value*, const Value*>& key) const {
      auto mix = [](const Value* value) { return reinterpret_cast<uintptr_t>(value) >> 4; };
      return (mix(key.first) * 0x9E3779B97F4A7C15ull) ^ (mix(key.second) * 0xff51afd7ed558ccdull);
    }
  };
  std::unordered_map<std::pair<const Value*, const Value*>, const Value*, SumHash> sums_;
  size_t sum_bytes_ = 0;
  ExpandError error_;
};

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_DICT_BUILDER_H_
