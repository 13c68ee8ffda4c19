// Builds one dict: operators are applied one after another to a table of keys, as the
// reference applies them to a Python dict. Values are pointers into the tree until an
// operator has to make new text, which then lives until the next Begin().
#ifndef KVMTEST_LANGUAGE_DICT_BUILDER_H_
#define KVMTEST_LANGUAGE_DICT_BUILDER_H_

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "language/arena.h"
#include "language/bounds.h"
#include "language/expand.h"
#include "language/expand_error.h"
#include "language/json_string.h"
#include "language/key_space.h"
#include "language/param_table.h"
#include "language/regex.h"
#include "language/reserved_keys.h"
#include "language/trap_log.h"
#include "language/tree.h"

namespace kvmtest::language {

// What `${name}` and its like need: the keys that are not in the table.
class SpecialKeys {
 public:
  virtual ~SpecialKeys() = default;
  // Python's str() of the reserved key's value, or false if it has none yet.
  virtual bool Text(KeyId reserved, std::string* out) const = 0;
};

// For the 2009 dialect, which puts nothing into values.
class NoSpecialKeys : public SpecialKeys {
 public:
  bool Text(KeyId, std::string*) const override { return false; }
};

// The names in `${name}`, from left to right: what a value puts in as long as all are set.
std::vector<std::string_view> SubstitutedKeys(std::string_view value);

class DictBuilder {
 public:
  // `ordered`: Ordered() will be asked for, or a suffix applied.
  DictBuilder(const Interner& keys, Dialect dialect, bool ordered, const Bounds& bounds);

  // Starts an empty dict.
  void Begin();
  // Where no dict made so far is looked at again: frees what their keys take, if that is much.
  void ForgetMadeKeys();
  // Applies an operator item; false with error() set.
  bool Apply(const Item& item, const SpecialKeys& special);
  // `_min`, `_max` and `_fixed` at the leaf; false with error() set.
  bool ApplyLimits(const SpecialKeys& special);
  // Suffixed keys become plain ones; the last step.
  void Flatten();
  // For dicts filled by Set: some key may be suffixed.
  void MarkSuffixed() { has_suffixed_ = true; }

  const ExpandError& error() const { return error_; }
  const Value* Find(KeyId key) const { return table_.Find(key); }
  void Set(KeyId key, const Value* value) {
    if (table_.Set(key, value) && IsLimit(key)) limit_keys_.push_back(key);
  }
  // For content that is applied again and again: whether an item only sets a key, and such items
  // as they are set at once.
  bool IsPlain(const Item& item) const {
    return item.kind == ItemKind::kSet && !item.substitutes && !IsReserved(item.key) &&
           !IsLimit(item.key);
  }
  ParamTable::Slot SlotOf(KeyId key) const { return table_.SlotOf(key); }
  void SetAll(std::span<const ParamTable::Assignment> sets) { table_.SetAll(sets); }
  KeySpace& keys() { return keys_; }
  // Where to note silent traps; null: nowhere.
  void set_traps(TrapLog* traps) { traps_ = traps; }

  using Entry = ParamTable::Entry;
  // All keys in the order of a Python dict.
  std::vector<Entry> Ordered() const { return table_.Ordered(); }

  // Keys and values as they were without suffixes, in Python's order.
  struct FlatEntry {
    KeyId key;   // kNone: a text that is no key yet, that of `from` flattened
    KeyId from;  // whose value it has
    const Value* value;
  };
  std::vector<FlatEntry> Flattened() const;
  // Is it one of the text's keys that end in `_min`, `_max` or `_fixed`?
  bool IsLimit(KeyId key) const { return key < is_limit_.size() && is_limit_[key]; }

  // The params sorted by key, reserved keys left out.
  void Params(std::vector<Param>* out) const;
  // Puts what was set of the language's own keys into `head`, where it lives until the next call.
  void FillSpecial(Dict* head);
  // Appends the dict as WriteCanonicalJson has it. Its params are the builder's, all else is as
  // `head` has it.
  void AppendJson(const Dict& head, JsonBuffer* out);

 private:
  struct Pattern {
    std::unique_ptr<Regex> regex;
    bool literal = false;
    std::string error;
    std::vector<uint8_t> matches;  // by key: 0 unknown, 1 no, 2 yes
  };

  bool IsReserved(KeyId key) const { return dialect_ == Dialect::kModern && key < kReservedKeys; }
  // Is it the language's own in the result?
  bool IsSpecial(KeyId key) const {
    return IsReserved(key) || key < kDepKey || (dialect_ == Dialect::k2009 && key == kDependKey);
  }
  void Erase(KeyId key);
  // The item's value with its `${key}`s replaced, which is then added to `old`, if there is one;
  // null with error_ set.
  const Value* ValueOf(const Item& item, const SpecialKeys& special, const Value* old = nullptr);
  // The value that adding makes of `old` (null: none yet), remembered where both last. Null with
  // error_ set.
  const Value* Add(const Value* old, const Value* added, bool append, const Item& item);
  const Value* Concatenate(std::string_view a, std::string_view b, const Item& item, bool lasting);

  // May much of what was made have been replaced since?
  bool HasMadeMuch() const { return made_ > kept_ + bounds_.made_bytes; }
  // Frees what was made for this dict and has been replaced. False with error_ set if too much is
  // left.
  bool CollectMade(const Item& item);
  // May a value be so long? If not, error_ is set, before memory is taken.
  bool MayMake(size_t size, const Item& item);
  // Counts `size` bytes that `item` makes; false with error_ set if they are too many.
  bool CountMade(size_t size, const Item& item);

  bool ApplyPattern(const Item& item, const SpecialKeys& special);
  bool ApplyToKey(const Item& item, KeyId key, const Value* value);
  bool ApplySuffix(const Item& item);
  ExpandError BadPattern(const Item& item, std::string_view why) const;
  Pattern& PatternOf(const Item& item);
  bool PatternMatches(Pattern& pattern, KeyId key);

  // The value, which is then added to one of so many bytes. False with error_ set.
  bool Substitute(const Item& item, const SpecialKeys& special, size_t added_to,
                  std::string_view* out);
  // What it consists of, into pieces_ (nothing: the item's value as it is), and how long it is.
  size_t FindPieces(const Item& item, const SpecialKeys& special);
  void NoteUndefined(const Item& item, size_t begin, size_t end);
  bool SetsItself(const Item& item, KeyId key);
  void NoteStale();
  void NoteCollisions(std::span<const FlatEntry> flat);
  bool LookupForSubstitution(const Item& item, std::string_view name, const SpecialKeys& special,
                             std::string_view* out);
  void NoteList(const Item& item, KeyId key);

  bool Limit(KeyId key, std::string_view suffix, const SpecialKeys& special,
             std::vector<Entry>* result);
  void AppendMember(KeyId key, const Value& value, JsonBuffer* out);

  Dialect dialect_;
  Bounds bounds_;
  KeySpace keys_;
  ParamTable table_;
  bool has_suffixed_ = false;      // in this dict
  std::vector<KeyId> limit_keys_;  // set in this dict, in order
  std::vector<bool> is_limit_;     // by key of the text
  std::unordered_map<KeyId, Pattern> patterns_;
  size_t match_bytes_ = 0;
  TrapLog* traps_ = nullptr;
  // What substitutions of this dict put in, for pedantic logs.
  struct Substituted {
    const Item* item;
    KeyId key;
    std::string text;
  };
  std::vector<Substituted> substitutions_;
  // Of the value at hand, and what they may point to.
  std::vector<std::string_view> pieces_;
  std::map<KeyId, std::string> special_texts_;
  Arena text_;       // of this dict
  size_t made_ = 0;  // bytes of values in text_, those that were replaced since among them
  size_t kept_ = 0;  // of them at the last collection
  Arena lasting_;    // renderings of lasting values, and sums of them
  // (old value, added value) -> sum. The same sums come again in most dicts.
  struct SumHash {
    size_t operator()(const std::pair<const Value*, const Value*>& key) const {
      auto mix = [](const Value* value) { return reinterpret_cast<uintptr_t>(value) >> 4; };
      return (mix(key.first) * 0x9E3779B97F4A7C15ull) ^ (mix(key.second) * 0xff51afd7ed558ccdull);
    }
  };
  std::unordered_map<std::pair<const Value*, const Value*>, const Value*, SumHash> sums_;
  size_t sum_bytes_ = 0;
  std::vector<Param> replaced_;
  ExpandError error_;
};

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_DICT_BUILDER_H_
