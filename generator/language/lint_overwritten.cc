// Statements apply in the order of their nodes' numbers, which is that of the text, whatever the
// path. A value is lost if it is set again before a `${key}` or a suffix comes by.
#include "language/lint_overwritten.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "language/dict_builder.h"
#include "language/lint.h"

namespace kvmtest::language {

namespace {

class OverwrittenLint {
 public:
  OverwrittenLint(const ConfigImpl& config, const Choices& choices, const LabelOffers& offers,
                  std::span<const VariantId> owner, Diagnostics* diagnostics)
      : config_(config),
        tree_(config.tree),
        choices_(choices),
        offers_(offers),
        owner_(owner),
        diagnostics_(*diagnostics) {}

  void Run() {
    for (NodeId id = 0; id < tree_.nodes.size(); ++id)
      for (const Item& item : tree_.nodes[id].content)
        if (item.kind == ItemKind::kCondition) Judge(tree_.conditions[item.id], id);
    if (found_.empty()) return;
    for (NodeId id = 0; id < tree_.nodes.size(); ++id) CollectUses(tree_.nodes[id].content, id);
    for (const Overwritten& found : found_)
      if (!IsUsed(found)) Report(found);
  }

 private:
  struct Overwritten {
    const Item* item;
    NodeId node;
    std::vector<VariantId> variants;  // that set it again ...
    std::vector<const Item*> again;   // ... by these
  };

  void Judge(const Condition& condition, NodeId node) {
    if (std::none_of(condition.content.begin(), condition.content.end(),
                     [](const Item& item) { return SetsKey(item.kind); }))
      return;
    std::vector<VariantId> later = LaterVariants(tree_.filters[condition.filter], node);
    if (later.empty()) return;
    for (const Item& item : condition.content) {
      if (!SetsKey(item.kind)) continue;
      Overwritten found{&item, node, later, {}};
      for (VariantId variant : later) {
        found.again.push_back(Setting(variant, item.key));
        if (found.again.back() == nullptr) break;
      }
      if (found.again.back() == nullptr) continue;
      position_[&item] = 0;
      for (const Item* again : found.again) position_[again] = 0;
      found_.push_back(std::move(found));
    }
  }

  // The variants with one of the filter's labels that go with the node, if all of them stand behind
  // it.
  std::vector<VariantId> LaterVariants(const Filter& filter, NodeId node) const {
    std::vector<VariantId> later;
    if (!filter.simple) return later;
    for (AtomId atom : filter.any) {
      for (const LabelOffers::Offer& offer : offers_.Of(atom)) {
        if (!choices_.Together(offer.variant, owner_[node])) continue;
        if (config_.own_nodes[offer.variant][0] <= node) return {};
        later.push_back(offer.variant);
      }
    }
    return later;
  }

  // What sets the key in the variant's own text, whatever it was before.
  const Item* Setting(VariantId variant, KeyId key) const {
    for (NodeId node : config_.own_nodes[variant])
      for (const Item& item : tree_.nodes[node].content)
        if (item.kind == ItemKind::kSet && item.key == key && !item.substitutes) return &item;
    return nullptr;
  }

  // What may look at values: a suffix at all of them.
  struct Use {
    size_t position;
    NodeId node;
    const Item* item;
  };

  void CollectUses(std::span<const Item> content, NodeId node) {
    for (const Item& item : content) {
      ++count_;
      if (auto known = position_.find(&item); known != position_.end()) known->second = count_;
      if (IsCondition(item.kind))
        CollectUses(tree_.conditions[item.id].content, node);
      else if (item.kind == ItemKind::kSuffix || item.substitutes)
        uses_.push_back({count_, node, &item});
    }
  }

  bool IsUsed(const Overwritten& found) const {
    const size_t begin = position_.at(found.item);
    auto first = std::upper_bound(uses_.begin(), uses_.end(), begin,
                                  [](size_t at, const Use& use) { return at < use.position; });
    for (size_t i = 0; i < found.variants.size(); ++i) {
      const size_t end = position_.at(found.again[i]);
      for (auto use = first; use != uses_.end() && use->position < end; ++use)
        if (choices_.Together(owner_[use->node], found.variants[i]) &&
            choices_.Together(owner_[use->node], owner_[found.node]) &&
            MayUse(*use->item, found.item->key))
          return true;
    }
    return false;
  }

  // With suffixes, what a key's namesakes become depends on its value.
  bool MayUse(const Item& item, KeyId key) const {
    if (item.kind == ItemKind::kSuffix) return true;
    std::string_view text = tree_.keys.Text(key);
    std::vector<std::string_view> names = SubstitutedKeys(item.value.text);
    return std::any_of(names.begin(), names.end(), [&](std::string_view name) {
      return tree_.has_suffixes ? name.starts_with(text) : name == text;
    });
  }

  void Report(const Overwritten& found) {
    diagnostics_.Report({.severity = Severity::kWarning,
                         .code = "overwritten",
                         .span = found.item->value.origin.ToSpan(),
                         .message = fmt::format("this is lost: '{}' sets '{}' again, further down",
                                                config_.variants[found.variants[0]].text,
                                                tree_.keys.Text(found.item->key)),
                         .notes = {{found.again[0]->value.origin.ToSpan(), "set again here"}},
                         .hint = "a condition's statements act where they stand; move it behind "
                                 "the block"});
  }

  const ConfigImpl& config_;
  const Tree& tree_;
  const Choices& choices_;
  const LabelOffers& offers_;
  std::span<const VariantId> owner_;
  Diagnostics& diagnostics_;
  std::vector<Overwritten> found_;
  size_t count_ = 0;
  std::unordered_map<const Item*, size_t> position_;  // in the text, of statements in found_
  std::vector<Use> uses_;
};

}  // namespace

void LintOverwritten(const ConfigImpl& config, const Choices& choices, const LabelOffers& offers,
                     std::span<const VariantId> owner, Diagnostics* diagnostics) {
  OverwrittenLint(config, choices, offers, owner, diagnostics).Run();
}

}  // namespace kvmtest::language
