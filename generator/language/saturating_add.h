// Numbers of dicts, which may be more than fit: UINT64_MAX stands for that many or more.
#ifndef KVMTEST_LANGUAGE_SATURATING_ADD_H_
#define KVMTEST_LANGUAGE_SATURATING_ADD_H_

#include <cstdint>

namespace kvmtest::language {

inline uint64_t SaturatingAdd(uint64_t a, uint64_t b) {
  return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_SATURATING_ADD_H_
