// Sets of elements that belong together.
#ifndef KVMTEST_PLAN_COMPONENTS_H_
#define KVMTEST_PLAN_COMPONENTS_H_

#include <algorithm>
#include <cstdint>
#include <map>
#include <numeric>
#include <vector>

namespace kvmtest::plan {

class Components {
 public:
  explicit Components(size_t size) : parent_(size) { std::iota(parent_.begin(), parent_.end(), 0); }

  void Unite(uint32_t a, uint32_t b) { parent_[std::max(Of(a), Of(b))] = std::min(Of(a), Of(b)); }

  // The elements of each, ascending; by their first ones.
  std::vector<std::vector<uint32_t>> All() {
    std::map<uint32_t, std::vector<uint32_t>> all;
    for (uint32_t i = 0; i < parent_.size(); ++i) all[Of(i)].push_back(i);
    std::vector<std::vector<uint32_t>> lists;
    lists.reserve(all.size());
    for (auto& [_, list] : all) lists.push_back(std::move(list));
    return lists;
  }

 private:
  uint32_t Of(uint32_t element) {
    while (parent_[element] != element) {
      parent_[element] = parent_[parent_[element]];
      element = parent_[element];
    }
    return element;
  }

  std::vector<uint32_t> parent_;
};

}  // namespace kvmtest::plan

#endif  // KVMTEST_PLAN_COMPONENTS_H_
