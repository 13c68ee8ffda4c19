#include "language/emptied_variants.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <span>
#include <string_view>
#include <vector>

#include "language/config_impl.h"
#include "language/expand_2009.h"
#include "language/name_classes_2009.h"
#include "language/nothing_selected.h"
#include "language/prepared_tree.h"
#include "language/regex.h"
#include "language/removed_paths.h"

namespace kvmtest::language {

namespace {

bool HasFilter(const ConfigImpl& config, std::span<const Item> content) {
  return std::any_of(content.begin(), content.end(), [&](const Item& item) {
    if (IsCondition(item.kind)) return HasFilter(config, config.tree.conditions[item.id].content);
    return item.kind == ItemKind::kOnly || item.kind == ItemKind::kNo;
  });
}

bool HasFilter(const Block2009& body) {
  return std::any_of(body.begin(), body.end(), [](const Statement2009& statement) {
    return statement.kind == Kind2009::kOnly || statement.kind == Kind2009::kNo ||
           (statement.kind == Kind2009::kException && HasFilter(statement.body));
  });
}

BlockId LastBlock(const ConfigImpl& config) {
  for (BlockId id = static_cast<BlockId>(config.blocks.size()); id-- > 0;) {
    const Block& block = config.blocks[id];
    if (block.parent != kNone || block.variants.empty()) continue;
    if (!config.variants[block.variants[0]].subvariant) return id;
  }
  return kNone;
}

// Those of the last block that have filters of their own.
std::vector<VariantId> SelectingVariants(const ConfigImpl& config, BlockId block) {
  std::vector<VariantId> selecting;
  if (config.dialect == Dialect::k2009) {
    for (const Statement2009& statement : config.program.body)
      if (statement.kind == Kind2009::kVariants && statement.block == block)
        for (const Variant2009& variant : statement.variants)
          if (HasFilter(variant.body)) selecting.push_back(variant.id);
    return selecting;
  }
  for (VariantId variant : config.blocks[block].variants)
    for (NodeId node : config.own_nodes[variant])
      if (HasFilter(config, config.tree.nodes[node].content)) {
        selecting.push_back(variant);
        break;
      }
  return selecting;
}

// Does a filter outside of all variants name some in the block, so that it selects among them?
class SelectsIn {
 public:
  SelectsIn(const ConfigImpl& config, BlockId block) : config_(config) {
    for (const Variant& variant : config.variants) {
      BlockId outer = variant.block;
      while (config.blocks[outer].parent != kNone)
        outer = config.variants[config.blocks[outer].parent].block;
      if (outer != block) continue;
      names_.insert(variant.text);
      for (const LabelText& label : variant.labels) names_.insert(label.name);
    }
  }

  bool Any() const {
    if (config_.dialect == Dialect::k2009) return Any(config_.program.body);
    const std::vector<VariantId> owners = config_.Owners();
    for (NodeId node = 0; node < config_.tree.nodes.size(); ++node)
      if (owners[node] == kNone && Any(config_.tree.nodes[node].content)) return true;
    return false;
  }

 private:
  bool Any(std::span<const Item> content) const {
    return std::any_of(content.begin(), content.end(), [this](const Item& item) {
      if (IsCondition(item.kind)) return Any(config_.tree.conditions[item.id].content);
      if (item.kind != ItemKind::kOnly && item.kind != ItemKind::kNo) return false;
      for (const Alternative& alternative : config_.tree.filters[item.id].alternatives)
        for (const Adjacency& part : alternative.blocks)
          for (AtomId atom : part.atoms)
            if (names_.contains(config_.tree.labels.Text(atom))) return true;
      return false;
    });
  }

  // An expression may mean more than it says, but mostly it says what it means.
  bool Any(const Block2009& body) const {
    return std::any_of(body.begin(), body.end(), [this](const Statement2009& statement) {
      if (statement.kind == Kind2009::kException) return Any(statement.body);
      if (statement.kind != Kind2009::kOnly && statement.kind != Kind2009::kNo) return false;
      return std::any_of(statement.words.begin(), statement.words.end(),
                         [this](const Word2009& word) { return Names(word.text); });
    });
  }

  bool Names(std::string_view word) const {
    return std::any_of(names_.begin(), names_.end(),
                       [word](std::string_view name) { return HoldsLabel(word, name); });
  }

  static bool HoldsLabel(std::string_view word, std::string_view label) {
    for (size_t pos = word.find(label); pos != word.npos; pos = word.find(label, pos + 1)) {
      const size_t end = pos + label.size();
      const bool begins = pos == 0 || !IsPlainCharacter(word[pos - 1]);
      if (begins && (end == word.size() || !IsPlainCharacter(word[end]))) return true;
    }
    return false;
  }

  const ConfigImpl& config_;
  std::set<std::string_view> names_;
};

// True as well where that would take long to find out.
bool HasDict(const ConfigImpl& config, const PreparedTree& prepared, VariantId variant) {
  constexpr size_t kMaxWork = 500'000;
  RemovedPaths paths(prepared);
  for (NodeId node = 0; node < config.tree.nodes.size(); ++node) {
    VariantId other = config.tree.nodes[node].variant;
    if (other != kNone && other != variant &&
        config.variants[other].block == config.variants[variant].block)
      paths.Exclude(node);
  }
  paths.Allow(kMaxWork);
  return paths.ExistsAsIs() || paths.GaveUp();
}

// Those of the variants that have no dict.
std::vector<VariantId> Emptied(const ConfigImpl& config, std::vector<VariantId> variants) {
  if (config.dialect == Dialect::kModern) {
    const PreparedTree prepared(config.tree, {});
    std::erase_if(variants, [&](VariantId variant) { return HasDict(config, prepared, variant); });
    return variants;
  }
  constexpr size_t kMaxWork = 20'000'000;
  if (const auto classes = NameClasses2009::Find(config, kMaxWork)) {
    const auto entries = classes->Entries();
    std::erase_if(variants, [&](VariantId variant) { return entries.contains(variant); });
    return variants;
  }
  constexpr size_t kMaxRecords = 20'000;
  Runner2009 runner(config, {.steps = 2'000'000});
  size_t seen = 0;
  runner.Run([&](const Record2009& record) {
    for (const Record2009::Step& step : record.steps)
      if (step.variant != nullptr) std::erase(variants, step.variant->id);
    return !variants.empty() && ++seen < kMaxRecords;
  });
  if (runner.failed() || runner.too_many_records() || seen == kMaxRecords) variants.clear();
  return variants;
}

// Not an assignment.
bool MaySelect(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  return text.starts_with("only") || text.starts_with("no") || text.find(':') != text.npos ||
         text.find('\n') != text.npos;
}

}  // namespace

void WarnEmptiedVariants(const Config& config, Diagnostics& diagnostics) {
  // The reasons of all may take long to find.
  constexpr size_t kMostExplained = 3;
  const ConfigImpl& impl = config.impl();
  if (!diagnostics.warnings() || impl.defaults || impl.tree.has_joins) return;
  for (FileId id = 0; id < impl.sources.size(); ++id)
    if (impl.sources.IsString(id) && MaySelect(impl.sources.Text(id))) return;
  const BlockId block = LastBlock(impl);
  if (block == kNone || impl.blocks[block].variants.size() < 2) return;
  std::vector<VariantId> variants = SelectingVariants(impl, block);
  if (variants.empty() || SelectsIn(impl, block).Any()) return;
  size_t explained = 0;
  for (VariantId id : Emptied(impl, std::move(variants))) {
    const Variant& variant = impl.variants[id];
    std::vector<Note> notes;
    if (++explained <= kMostExplained) notes = WhyNothingIsSelected(config, id);
    diagnostics.Report({.severity = Severity::kWarning,
                        .code = "nothing-left",
                        .span = variant.span,
                        .message = fmt::format("variant '{}' selects nothing, where others of its "
                                               "block do",
                                               variant.text),
                        .notes = std::move(notes)});
  }
}

}  // namespace kvmtest::language
