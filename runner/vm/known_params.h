#ifndef KVMTEST_VM_KNOWN_PARAMS_H_
#define KVMTEST_VM_KNOWN_PARAMS_H_

#include <string_view>

namespace kvmtest::vm {

// Params that are no surprise although this test's procedure does not read them: the
// planner's, descriptive ones, and those of KVM-Autotest that say what here is always so.
bool IsKnownParam(std::string_view key);

}  // namespace kvmtest::vm

#endif  // KVMTEST_VM_KNOWN_PARAMS_H_
