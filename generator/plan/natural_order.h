// "queue2" before "queue10": runs of digits compare as numbers, everything else byte by byte.
#ifndef KVMTEST_PLAN_NATURAL_ORDER_H_
#define KVMTEST_PLAN_NATURAL_ORDER_H_

#include <string_view>

namespace kvmtest::plan {

// Total: texts that differ only in leading zeros are told apart by their bytes.
bool NaturalLess(std::string_view a, std::string_view b);

}  // namespace kvmtest::plan

#endif  // KVMTEST_PLAN_NATURAL_ORDER_H_
