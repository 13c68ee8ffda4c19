// Every text once. The tests of a large tree have kilobytes of params each, nearly all of them
// alike; as numbers of a pool a hundred thousand tests fit in memory and compare quickly.
#ifndef KVMTEST_PLAN_STRING_POOL_H_
#define KVMTEST_PLAN_STRING_POOL_H_

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace kvmtest::plan {

using TextId = uint32_t;

class StringPool {
 public:
  StringPool() = default;
  StringPool(StringPool&&) = default;
  StringPool& operator=(StringPool&&) = default;

  TextId Intern(std::string_view text) {
    auto found = ids_.find(text);
    if (found != ids_.end()) return found->second;
    // A deque never moves its elements, so the map may hold views of them.
    const std::string& kept = texts_.emplace_back(text);
    auto id = static_cast<TextId>(texts_.size() - 1);
    ids_.emplace(kept, id);
    return id;
  }

  // Of a text that may not be there.
  std::optional<TextId> Find(std::string_view text) const {
    auto found = ids_.find(text);
    return found == ids_.end() ? std::nullopt : std::optional(found->second);
  }

  std::string_view Text(TextId id) const { return texts_[id]; }
  size_t size() const { return texts_.size(); }

 private:
  std::deque<std::string> texts_;
  std::unordered_map<std::string_view, TextId> ids_;
};

}  // namespace kvmtest::plan

#endif  // KVMTEST_PLAN_STRING_POOL_H_
