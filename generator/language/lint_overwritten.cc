// Statements apply in the order of their nodes' numbers, which is that of the text, whatever the
// path. A value is lost if it is set again before a `${key}` or a suffix comes by.
#include "language/lint_overwritten.h"

#include <fmt/format.h>

#include <algorithm>
#include <compare>
#include <optional>

#include "language/dict_builder.h"
#include "language/lint.h"

namespace kvmtest::language {

namespace {

constexpr size_t kMaxLookedAt = 1'000'000;  // uses; some hundredths of a second

class OverwrittenLint {
 public:
  OverwrittenLint(const LintTree& lint, Diagnostics* diagnostics)
      : lint_(lint),
        config_(lint.config),
        tree_(config_.tree),
        choices_(lint.choices),
        owner_(lint.owner),
        diagnostics_(*diagnostics) {}

  void Run() {
    for (NodeId id = 0; id < tree_.nodes.size(); ++id) {
      std::span<const Item> content = tree_.nodes[id].content;
      for (uint32_t i = 0; i < content.size(); ++i)
        if (content[i].kind == ItemKind::kCondition)
          Judge(tree_.conditions[content[i].id], {id, i});
    }
    if (found_.empty()) return;
    for (NodeId id = found_[0].at.node; id < tree_.nodes.size(); ++id) {
      std::span<const Item> content = tree_.nodes[id].content;
      for (uint32_t i = 0; i < content.size(); ++i) CollectUses(content[i], {id, i});
    }
    for (const Overwritten& found : found_)
      if (!IsUsed(found)) Report(found);
  }

 private:
  // A statement of a node; what is inside a condition stands where the condition does.
  struct Position {
    NodeId node = 0;
    uint32_t index = 0;
    auto operator<=>(const Position&) const = default;
  };

  struct Overwritten {
    const Item* item;
    Position at;
    std::vector<VariantId> variants;  // that set it again ...
    std::vector<Position> again;      // ... there
  };

  void Judge(const Condition& condition, Position at) {
    if (std::none_of(condition.content.begin(), condition.content.end(),
                     [](const Item& item) { return SetsKey(item.kind); }))
      return;
    std::vector<VariantId> later = lint_.LaterVariants(tree_.filters[condition.filter], at.node);
    if (later.empty()) return;
    for (const Item& item : condition.content) {
      if (!SetsKey(item.kind)) continue;
      Overwritten found{&item, at, later, {}};
      for (VariantId variant : later)
        if (std::optional<Position> again = Setting(variant, item.key))
          found.again.push_back(*again);
        else
          break;
      if (found.again.size() == later.size()) found_.push_back(std::move(found));
    }
  }

  // What sets the key in the variant's own text, whatever it was before.
  std::optional<Position> Setting(VariantId variant, KeyId key) const {
    for (NodeId node : config_.own_nodes[variant]) {
      std::span<const Item> content = tree_.nodes[node].content;
      for (uint32_t i = 0; i < content.size(); ++i)
        if (content[i].kind == ItemKind::kSet && content[i].key == key && !content[i].substitutes)
          return Position{node, i};
    }
    return std::nullopt;
  }

  // What may look at values: a suffix at all of them.
  struct Use {
    Position at;
    const Item* item;
  };

  void CollectUses(const Item& item, Position at) {
    if (IsCondition(item.kind))
      for (const Item& inner : tree_.conditions[item.id].content) CollectUses(inner, at);
    else if (item.kind == ItemKind::kSuffix || item.substitutes)
      uses_.push_back({at, &item});
  }

  // True as well where that would take long to find out.
  bool IsUsed(const Overwritten& found) {
    auto first = std::lower_bound(uses_.begin(), uses_.end(), found.at,
                                  [](const Use& use, Position at) { return use.at < at; });
    for (size_t i = 0; i < found.variants.size(); ++i) {
      for (auto use = first; use != uses_.end() && use->at < found.again[i]; ++use) {
        if (++looked_at_ > kMaxLookedAt) return true;
        if (use->item != found.item && MeetsUse(found, *use, found.variants[i])) return true;
      }
    }
    return false;
  }

  bool MeetsUse(const Overwritten& found, const Use& use, VariantId variant) const {
    VariantId owner = owner_[use.at.node];
    return choices_.Together(owner, variant) && choices_.Together(owner, owner_[found.at.node]) &&
           MayUse(*use.item, found.item->key);
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

  const Item& ItemAt(Position at) const { return tree_.nodes[at.node].content[at.index]; }

  void Report(const Overwritten& found) {
    diagnostics_.Report(
        {.severity = Severity::kWarning,
         .code = "overwritten",
         .span = found.item->value.origin.ToSpan(),
         .message = fmt::format("this is lost: '{}' sets '{}' again, further down",
                                config_.variants[found.variants[0]].text,
                                tree_.keys.Text(found.item->key)),
         .notes = {{ItemAt(found.again[0]).value.origin.ToSpan(), "set again here"}},
         .hint = "a condition's statements act where they stand; move it behind "
                 "the block"});
  }

  const LintTree& lint_;
  const ConfigImpl& config_;
  const Tree& tree_;
  const Choices& choices_;
  std::span<const VariantId> owner_;
  Diagnostics& diagnostics_;
  std::vector<Overwritten> found_;
  std::vector<Use> uses_;
  size_t looked_at_ = 0;
};

}  // namespace

void LintOverwritten(const LintTree& lint, Diagnostics* diagnostics) {
  OverwrittenLint(lint, diagnostics).Run();
}

}  // namespace kvmtest::language
