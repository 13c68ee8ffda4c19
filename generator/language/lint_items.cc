#include "language/lint_items.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <unordered_map>

#include "language/lint.h"
#include "language/regex.h"
#include "language/reserved_keys.h"

namespace kvmtest::language {

namespace {

constexpr size_t kMaxMatched = 100'000;  // keys with patterns, some hundredths of a second

// What every text that the pattern matches begins with, or less.
std::string_view LiteralPrefix(std::string_view pattern) {
  if (pattern.find('|') != pattern.npos) return {};
  size_t end = 0;
  while (end < pattern.size() && IsPlainCharacter(pattern[end])) ++end;
  // What repeats may be missing.
  if (end > 0 && end < pattern.size() &&
      std::string_view("*?{").find(pattern[end]) != std::string_view::npos)
    --end;
  return pattern.substr(0, end);
}

class ItemLint {
 public:
  ItemLint(const LintTree& lint, Diagnostics* diagnostics)
      : lint_(lint),
        config_(lint.config),
        tree_(config_.tree),
        choices_(lint.choices),
        owner_(lint.owner),
        diagnostics_(*diagnostics),
        is_set_(tree_.keys.size(), false) {}

  void Run() {
    for (NodeId id = 0; id < tree_.nodes.size(); ++id) {
      node_ = id;
      Content(tree_.nodes[id].content, false);
    }
    // A suffix makes keys that no statement spells.
    if (tree_.has_suffixes) return;
    for (const Item* item : by_pattern_)
      if (!MayMatch(item->key))
        Warn(item->value.origin, "no-such-key",
             fmt::format("no statement sets a key that '{}' matches, so this changes nothing",
                         tree_.keys.Text(item->key)),
             {}, /*pedantic=*/false);
    for (const Item* item : by_key_)
      if (!is_set_[item->key])
        Warn(item->value.origin, "no-such-key",
             fmt::format("no statement sets '{}', so this changes nothing",
                         tree_.keys.Text(item->key)),
             {}, /*pedantic=*/item->kind == ItemKind::kDelete);
  }

 private:
  void Content(std::span<const Item> content, bool in_condition) {
    for (const Item& item : content) {
      if (SetsKey(item.kind)) {
        is_set_[item.key] = true;
      } else if (item.kind <= ItemKind::kDelete) {
        (IsLiteralPattern(tree_.keys.Text(item.key)) ? by_key_ : by_pattern_).push_back(&item);
      } else if (item.kind == ItemKind::kSuffix) {
        if (diagnostics_.pedantic()) Suffix(item);
      } else if (item.kind == ItemKind::kOnly || item.kind == ItemKind::kNo) {
        // In a variant, or under a condition, that is an idiom.
        if (diagnostics_.pedantic() && !in_condition && owner_[node_] == kNone) LaterLabels(item);
      } else if (item.kind != ItemKind::kJoin) {
        const Condition& condition = tree_.conditions[item.id];
        Content(condition.content, true);
      }
    }
  }

  // Does the pattern match a key that some statement sets? True as well where nobody knows.
  bool MayMatch(KeyId id) {
    auto [known, is_new] = matches_.try_emplace(id, true);
    if (!is_new) return known->second;
    const std::string pattern(tree_.keys.Text(id));
    const std::string_view prefix = LiteralPrefix(pattern);
    std::unique_ptr<Regex> regex;
    std::string error;
    for (KeyId key = kReservedKeys; key < is_set_.size(); ++key) {
      std::string_view text = tree_.keys.Text(key);
      if (!is_set_[key] || !text.starts_with(prefix)) continue;
      if (!regex) regex = Regex::Compile(pattern + "$", false, &error);
      if (!regex || ++matched_ > kMaxMatched || !regex->CanJudge(text)) return true;
      if (regex->MatchesStart(text)) return true;
    }
    // A bad pattern is an error when it is met.
    if (!regex) regex = Regex::Compile(pattern + "$", false, &error);
    return known->second = regex == nullptr;
  }

  void LaterLabels(const Item& item) {
    std::vector<VariantId> later = lint_.LaterVariants(tree_.filters[item.id], node_);
    if (later.empty()) return;
    Diagnostic diagnostic{.severity = Severity::kWarning,
                          .code = "later-labels",
                          .span = item.value.origin.ToSpan(),
                          .message =
                              "this filter names only variants of later blocks; it sees "
                              "the whole name"};
    diagnostic.notes = {{config_.variants[later[0]].span,
                         fmt::format("'{}' is defined here", config_.variants[later[0]].text)}};
    diagnostic.pedantic = true;
    diagnostics_.Report(std::move(diagnostic));
  }

  void Suffix(const Item& item) {
    std::string_view suffix = tree_.keys.Text(item.key);
    if (owner_[node_] == kNone) return;
    if (const Item* first = FirstAssignmentBefore(owner_[node_]))
      Warn(item.value.origin, "suffix-all",
           fmt::format("'{}' is added to every key set so far, not only to this block's", suffix),
           {{first->value.origin.ToSpan(),
             fmt::format("'{}' is set here", tree_.keys.Text(first->key))}},
           /*pedantic=*/true);
    for (VariantId outer = choices_.Parent(owner_[node_]); outer != kNone;
         outer = choices_.Parent(outer)) {
      const Item* other = SuffixOf(outer);
      if (other == nullptr) continue;
      Warn(item.value.origin, "suffix-order",
           fmt::format("keys end in '{}{}', the last suffix first, but patterns see '{}{}'",
                       tree_.keys.Text(other->key), suffix, suffix, tree_.keys.Text(other->key)),
           {{other->value.origin.ToSpan(), "the suffix around it"}}, /*pedantic=*/true);
    }
  }

  // The first text before the variant's that sets a key, on some way to it.
  const Item* FirstAssignmentBefore(VariantId variant) const {
    for (NodeId id = 0; id < config_.own_nodes[variant][0]; ++id) {
      if (!choices_.Together(owner_[id], variant)) continue;
      for (const Item& item : tree_.nodes[id].content)
        if (SetsKey(item.kind)) return &item;
    }
    return nullptr;
  }

  const Item* SuffixOf(VariantId variant) const {
    for (NodeId node : config_.own_nodes[variant])
      for (const Item& item : tree_.nodes[node].content)
        if (item.kind == ItemKind::kSuffix) return &item;
    return nullptr;
  }

  void Warn(const Place& place, const char* code, std::string message, std::vector<Note> notes,
            bool pedantic) {
    diagnostics_.Report({.severity = Severity::kWarning,
                         .code = code,
                         .span = place.ToSpan(),
                         .message = std::move(message),
                         .notes = std::move(notes),
                         .pedantic = pedantic});
  }

  const LintTree& lint_;
  const ConfigImpl& config_;
  const Tree& tree_;
  const Choices& choices_;
  std::span<const VariantId> owner_;
  Diagnostics& diagnostics_;
  NodeId node_ = 0;                  // being looked at
  std::vector<bool> is_set_;         // by key
  std::vector<const Item*> by_key_;  // patterns that are the key itself
  std::vector<const Item*> by_pattern_;
  std::unordered_map<KeyId, bool> matches_;
  size_t matched_ = 0;
};

}  // namespace

void LintItems(const LintTree& lint, Diagnostics* diagnostics) {
  ItemLint(lint, diagnostics).Run();
}

}  // namespace kvmtest::language
