#include "language/label_book.h"

#include <fmt/format.h>

#include <algorithm>

#include "language/config_impl.h"

namespace kvmtest::language {

LabelBook::LabelBook(const Config& config) : config_(config) {
  for (VariantId id = 0; id < config.variants().size(); ++id) {
    for (const LabelText& label : config.variant(id).labels) {
      Add(label.Text(), id);
      // A variant of the 2009 dialect has one name, dots and all; its parts are looked for, too.
      for (const std::string& part : SplitName(label.name)) Add(part, id);
    }
  }
}

void LabelBook::Add(const std::string& label, VariantId variant) {
  std::vector<VariantId>& variants = variants_[label];
  if (variants.empty() || variants.back() != variant) variants.push_back(variant);
}

std::optional<std::string> LabelBook::Near(const std::string& label) const {
  // "(os=lin)" if only "lin" or "(guest=lin)" exists.
  if (label.starts_with('(') && label.ends_with(')')) {
    std::string bare = label.substr(label.find('=') + 1);
    bare.pop_back();
    auto it = variants_.find(bare);
    if (it != variants_.end()) return config_.variant(it->second[0]).labels[0].Text();
  }
  std::vector<std::string> texts;
  for (const auto& [text, variants] : variants_) texts.push_back(text);
  return DidYouMean(label, texts);
}

ExplainRemark LabelBook::Unknown(const std::string& label) const {
  ExplainRemark remark{fmt::format("no variant is named '{}'", label), {}};
  if (std::optional<std::string> near = Near(label)) {
    auto it = variants_.find(*near);
    Span span = it != variants_.end() ? config_.variant(it->second[0]).span : Span{};
    remark.notes.push_back({span, fmt::format("did you mean '{}'?", *near)});
  }
  return remark;
}

std::vector<VariantId> LabelBook::Ancestors(VariantId variant) const {
  std::vector<VariantId> ancestors;
  for (; variant != kNone; variant = config_.blocks()[config_.variant(variant).block].parent)
    ancestors.push_back(variant);
  return ancestors;
}

std::optional<std::pair<VariantId, VariantId>> LabelBook::Parting(VariantId a, VariantId b) const {
  const std::vector<VariantId> of_b = Ancestors(b);
  for (VariantId x : Ancestors(a))
    for (VariantId y : of_b)
      if (x != y && config_.variant(x).block == config_.variant(y).block) return {{x, y}};
  return std::nullopt;
}

Note LabelBook::PartingNote(const std::string& label, VariantId inner, VariantId outer) const {
  const Variant& variant = config_.variant(outer);
  return {variant.span, inner == outer
                            ? fmt::format("'{}' is one of its variants", label)
                            : fmt::format("'{}' stands in its variant '{}'", label, variant.text)};
}

std::optional<ExplainRemark> LabelBook::Exclusive(const std::string& a,
                                                  const std::string& b) const {
  constexpr size_t kMaxPairs = 100000;
  const std::vector<VariantId>& all_a = variants_.at(a);
  const std::vector<VariantId>& all_b = variants_.at(b);
  if (all_a.size() * all_b.size() > kMaxPairs) return std::nullopt;
  std::optional<ExplainRemark> remark;
  for (VariantId of_a : all_a) {
    for (VariantId of_b : all_b) {
      std::optional<std::pair<VariantId, VariantId>> parting = Parting(of_a, of_b);
      if (!parting) return std::nullopt;
      if (remark) continue;
      auto [x, y] = *parting;
      std::string_view block = config_.impl().tree.has_joins ? "only a join has two of this block"
                                                             : "no test has two of this block";
      remark = {fmt::format("'{}' and '{}' exclude each other", a, b),
                {{config_.blocks()[config_.variant(x).block].span, std::string(block)},
                 PartingNote(a, of_a, x),
                 PartingNote(b, of_b, y)}};
    }
  }
  return remark;
}

std::vector<std::string> SplitName(std::string_view name) {
  std::vector<std::string> labels;
  std::string label;
  int depth = 0;
  for (char c : name) {
    depth += c == '(' ? 1 : c == ')' ? -1 : 0;
    if (c != '.' || depth > 0) {
      label += c;
      continue;
    }
    if (!label.empty()) labels.push_back(std::move(label));
    label.clear();
  }
  if (!label.empty()) labels.push_back(std::move(label));
  return labels;
}

}  // namespace kvmtest::language
