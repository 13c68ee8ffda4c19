#include "language/key_space.h"

namespace kvmtest::language {

namespace {

constexpr size_t kOverhead = 128;  // of a key in tables

}  // namespace

KeyId KeySpace::Lookup(std::string_view text) const {
  uint32_t id = keys_.Lookup(text);
  if (id != Interner::kAbsent) return id;
  id = made_.Lookup(text);
  return id == Interner::kAbsent ? kNone : static_cast<KeyId>(keys_.size()) + id;
}

KeyId KeySpace::Intern(std::string_view text) {
  KeyId known = Lookup(text);
  if (known != kNone) return known;
  made_bytes_ += text.size() + kOverhead;
  return static_cast<KeyId>(keys_.size()) + made_.Intern(arena_.Copy(text));
}

void KeySpace::ForgetMade() {
  suffixed_.clear();
  made_ = Interner();
  arena_ = Arena();
  made_bytes_ = 0;
}

KeyId KeySpace::WithSuffix(KeyId key, std::string_view suffix) {
  Suffixed suffixed;
  if (const Suffixed* old = AsSuffixed(key)) {
    suffixed = *old;
  } else {
    suffixed.base = key;
    suffixed.applied = Text(key);
  }
  suffixed.suffixes.push_back(suffix);
  suffixed.applied += suffix;
  suffixed.flattened =
      keys_.size() > suffixed.base ? keys_.Text(suffixed.base) : Text(suffixed.base);
  // No text of a configuration holds a line feed, so this spelling is nobody's key.
  std::string spelling(suffixed.flattened);
  for (std::string_view part : suffixed.suffixes) (spelling += '\n') += part;
  for (auto it = suffixed.suffixes.rbegin(); it != suffixed.suffixes.rend(); ++it)
    suffixed.flattened += *it;
  KeyId id = Intern(spelling);
  size_t bytes = suffixed.applied.size() + suffixed.flattened.size() +
                 suffixed.suffixes.size() * sizeof(std::string_view) + kOverhead;
  if (suffixed_.try_emplace(id, std::move(suffixed)).second) made_bytes_ += bytes;
  return id;
}

}  // namespace kvmtest::language
