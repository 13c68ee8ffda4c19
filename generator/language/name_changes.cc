#include "language/name_changes.h"

namespace kvmtest::language {

NameChangeId NameChanges::Add(const NameChange& change) {
  auto [it, is_new] = known_.try_emplace(change, static_cast<NameChangeId>(changes_.size()));
  if (!is_new) return it->second;
  changes_.push_back(change);
  has_texts_ |= !change.IsLabel();
  if (change.how == NameChange::How::kPrependLabel && !change.text.empty() &&
      change.text.find('.') == change.text.npos)
    of_label_[change.text].push_back(it->second);
  else
    odd_.push_back(it->second);
  return it->second;
}

std::span<const NameChangeId> NameChanges::OfLabel(std::string_view label) const {
  auto it = of_label_.find(label);
  return it == of_label_.end() ? std::span<const NameChangeId>() : it->second;
}

}  // namespace kvmtest::language
