// Tests by the labels of their names: what a dependency asks for.
#ifndef KVMTEST_PLAN_LABEL_INDEX_H_
#define KVMTEST_PLAN_LABEL_INDEX_H_

#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace kvmtest::plan {

using Labels = std::vector<std::string_view>;

Labels SplitLabels(std::string_view name);

// "(os=lin)" -> "lin": a dependency may name a label without its variable.
std::string_view BareLabel(std::string_view label);

// Are the wanted labels in the name, side by side?
bool HasLabels(const Labels& name, const Labels& wanted);

// The labels' texts must outlive it.
class LabelIndex {
 public:
  void Add(uint32_t test, const Labels& labels);
  // Candidates for all of `wanted`: those that have its rarest label.
  const std::vector<uint32_t>& Candidates(const Labels& wanted) const;

 private:
  std::unordered_map<std::string_view, std::vector<uint32_t>> tests_;
};

}  // namespace kvmtest::plan

#endif  // KVMTEST_PLAN_LABEL_INDEX_H_
