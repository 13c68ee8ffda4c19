// Texts as small numbers. The texts must outlive the interner (they point into sources
// or into an arena).
#ifndef KVMTEST_LANGUAGE_INTERNER_H_
#define KVMTEST_LANGUAGE_INTERNER_H_

#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

namespace kvmtest::language {

// A quick hash for short texts; not for hostile input sizes (tables are bounded by it).
inline uint64_t HashText(std::string_view text) {
  uint64_t hash = 0x9E3779B97F4A7C15ull ^ (text.size() * 0xff51afd7ed558ccdull);
  const char* at = text.data();
  size_t left = text.size();
  while (left >= 8) {
    uint64_t word;
    std::memcpy(&word, at, 8);
    hash = (hash ^ word) * 0xff51afd7ed558ccdull;
    hash ^= hash >> 32;
    at += 8;
    left -= 8;
  }
  if (left > 0) {
    uint64_t word = 0;
    std::memcpy(&word, at, left);
    hash = (hash ^ word) * 0xc4ceb9fe1a85ec53ull;
    hash ^= hash >> 32;
  }
  return hash ^ (hash >> 29);
}

class Interner {
 public:
  static constexpr uint32_t kAbsent = UINT32_MAX;

  Interner() : slots_(1024, kAbsent) {}

  // The number of `text`; a new text gets the next one. `text` itself is kept.
  uint32_t Intern(std::string_view text) {
    uint64_t hash = HashText(text);
    uint32_t* slot = Find(text, hash);
    if (*slot != kAbsent) return *slot;
    uint32_t id = static_cast<uint32_t>(texts_.size());
    *slot = id;
    texts_.push_back(text);
    hashes_.push_back(static_cast<uint32_t>(hash));
    if (texts_.size() * 2 > slots_.size()) Rehash();
    return id;
  }

  uint32_t Lookup(std::string_view text) const {
    return *const_cast<Interner*>(this)->Find(text, HashText(text));
  }

  std::string_view Text(uint32_t id) const { return texts_[id]; }
  size_t size() const { return texts_.size(); }
  const std::vector<std::string_view>& texts() const { return texts_; }

  // Replaces the kept view by an equal one that lives longer.
  void Rebase(uint32_t id, std::string_view same_text) { texts_[id] = same_text; }

 private:
  uint32_t* Find(std::string_view text, uint64_t hash) {
    size_t mask = slots_.size() - 1;
    for (size_t i = hash & mask;; i = (i + 1) & mask) {
      uint32_t id = slots_[i];
      if (id == kAbsent) return &slots_[i];
      if (hashes_[id] == static_cast<uint32_t>(hash) && texts_[id] == text) return &slots_[i];
    }
  }

  void Rehash() {
    std::vector<uint32_t> slots(slots_.size() * 2, kAbsent);
    size_t mask = slots.size() - 1;
    for (uint32_t id = 0; id < texts_.size(); ++id) {
      size_t i = HashText(texts_[id]) & mask;
      while (slots[i] != kAbsent) i = (i + 1) & mask;
      slots[i] = id;
    }
    slots_ = std::move(slots);
  }

  std::vector<uint32_t> slots_;
  std::vector<std::string_view> texts_;
  std::vector<uint32_t> hashes_;
};

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_INTERNER_H_
