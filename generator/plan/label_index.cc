#include "plan/label_index.h"

#include <algorithm>

namespace kvmtest::plan {

Labels SplitLabels(std::string_view name) {
  Labels labels;
  while (!name.empty()) {
    size_t dot = std::min(name.find('.'), name.size());
    if (dot > 0) labels.push_back(name.substr(0, dot));
    name.remove_prefix(std::min(dot + 1, name.size()));
  }
  return labels;
}

std::string_view BareLabel(std::string_view label) {
  size_t equals = label.find('=');
  if (!label.starts_with('(') || !label.ends_with(')') || equals == std::string_view::npos) {
    return label;
  }
  return label.substr(equals + 1, label.size() - equals - 2);
}

bool HasLabels(const Labels& name, const Labels& wanted) {
  return std::search(name.begin(), name.end(), wanted.begin(), wanted.end(),
                     [](std::string_view label, std::string_view w) {
                       return w == label || w == BareLabel(label);
                     }) != name.end();
}

void LabelIndex::Add(uint32_t test, const Labels& labels) {
  for (std::string_view label : labels) {
    auto& tests = tests_[BareLabel(label)];
    if (tests.empty() || tests.back() != test) tests.push_back(test);
  }
}

const std::vector<uint32_t>& LabelIndex::Candidates(const Labels& wanted) const {
  static const std::vector<uint32_t> kNothing;
  const std::vector<uint32_t>* best = nullptr;
  for (std::string_view label : wanted) {
    auto found = tests_.find(BareLabel(label));
    if (found == tests_.end()) return kNothing;
    if (best == nullptr || found->second.size() < best->size()) best = &found->second;
  }
  return best == nullptr ? kNothing : *best;
}

}  // namespace kvmtest::plan
