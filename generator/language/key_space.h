// The keys of one expansion: those of the text, and those made while expanding: by a
// suffix (a base and the suffixes in the order applied, which is a key of its own), by
// flattening such keys, or by `_min` and its like.
#ifndef KVMTEST_LANGUAGE_KEY_SPACE_H_
#define KVMTEST_LANGUAGE_KEY_SPACE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "language/arena.h"
#include "language/interner.h"
#include "language/tree.h"

namespace kvmtest::language {

class KeySpace {
 public:
  struct Suffixed {
    KeyId base;
    std::vector<std::string_view> suffixes;  // in the order applied
    std::string applied;                     // base + suffixes, what patterns see
    std::string flattened;                   // base + suffixes last first
  };

  explicit KeySpace(const Interner& keys) : keys_(keys) {}

  size_t size() const { return keys_.size() + made_.size(); }
  bool IsMade(KeyId key) const { return key >= keys_.size(); }
  // Bytes that the keys made so far take, more or less.
  size_t made_bytes() const { return made_bytes_; }
  void ForgetMade();
  // The text of a plain key; of a suffixed one what patterns see.
  std::string_view Text(KeyId key) const {
    if (key < keys_.size()) return keys_.Text(key);
    auto it = suffixed_.find(key);
    return it == suffixed_.end() ? made_.Text(key - static_cast<KeyId>(keys_.size()))
                                 : it->second.applied;
  }
  // kNone if there is no such key.
  KeyId Lookup(std::string_view text) const;
  KeyId Intern(std::string_view text);
  KeyId WithSuffix(KeyId key, std::string_view suffix);
  // Null for plain keys.
  const Suffixed* AsSuffixed(KeyId key) const {
    if (key < keys_.size() || suffixed_.empty()) return nullptr;
    auto it = suffixed_.find(key);
    return it == suffixed_.end() ? nullptr : &it->second;
  }

 private:
  const Interner& keys_;
  Interner made_;
  std::unordered_map<KeyId, Suffixed> suffixed_;
  Arena arena_;
  size_t made_bytes_ = 0;
};

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_KEY_SPACE_H_
