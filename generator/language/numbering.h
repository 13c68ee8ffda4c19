// Numbers for values, from 0 on, in the order in which they are met.
#ifndef KVMTEST_LANGUAGE_NUMBERING_H_
#define KVMTEST_LANGUAGE_NUMBERING_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

namespace kvmtest::language {

template <typename T>
class Numbering {
 public:
  // A value that is not known yet gets the next number.
  uint32_t Of(T value) {
    auto [it, is_new] = known_.try_emplace(std::move(value), static_cast<uint32_t>(values_.size()));
    if (is_new) values_.push_back(&it->first);
    return it->second;
  }
  const T& operator[](uint32_t number) const { return *values_[number]; }
  size_t size() const { return values_.size(); }

 private:
  std::map<T, uint32_t> known_;
  std::vector<const T*> values_;
};

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_NUMBERING_H_
