// What an expansion may take before it ends with an error. A few lines can ask for more than any
// machine has; nothing that was written for tests comes near.
#ifndef KVMTEST_LANGUAGE_BOUNDS_H_
#define KVMTEST_LANGUAGE_BOUNDS_H_

#include <cstddef>

namespace kvmtest::language {

struct Bounds {
  // Of the values that operators make for one dict: `x = ${x}${x}` doubles with every line.
  size_t made_bytes = size_t{64} << 20;
};

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_BOUNDS_H_
