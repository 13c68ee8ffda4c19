// What happens to the names of dicts of the 2009 dialect, told by numbers: each text that is put to
// them, in each way, once.
#ifndef KVMTEST_LANGUAGE_NAME_CHANGES_H_
#define KVMTEST_LANGUAGE_NAME_CHANGES_H_

#include <cstdint>
#include <map>
#include <span>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace kvmtest::language {

struct NameChange {
  // Labels are parted by a dot from a name that is not empty, texts are not.
  enum class How : uint8_t { kPrependLabel, kAppendLabel, kSet, kPrepend, kAppend };
  How how = How::kSet;
  std::string_view text;

  bool IsLabel() const { return how == How::kPrependLabel || how == How::kAppendLabel; }
  auto operator<=>(const NameChange&) const = default;
};

using NameChangeId = uint32_t;

class NameChanges {
 public:
  // The text must outlive this.
  NameChangeId Add(const NameChange& change);

  std::span<const NameChange> all() const { return changes_; }
  // A label that is none of a filter's own is like any other to the filter, but for these.
  std::span<const NameChangeId> odd() const { return odd_; }
  std::span<const NameChangeId> OfLabel(std::string_view label) const;
  bool has_texts() const { return has_texts_; }

 private:
  std::vector<NameChange> changes_;
  std::map<NameChange, NameChangeId> known_;
  std::vector<NameChangeId> odd_;
  std::unordered_map<std::string_view, std::vector<NameChangeId>> of_label_;
  bool has_texts_ = false;
};

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_NAME_CHANGES_H_
