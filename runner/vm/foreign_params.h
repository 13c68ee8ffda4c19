#ifndef KVMTEST_VM_FOREIGN_PARAMS_H_
#define KVMTEST_VM_FOREIGN_PARAMS_H_

#include <string_view>

namespace kvmtest::vm {

// A param of KVM-Autotest's that the runner does not obey: why, or what to use instead.
struct ForeignParam {
  std::string_view name;
  std::string_view instead;
  // What the param asks for is not done. Otherwise it is so anyway, or makes no difference.
  bool missed = false;
};

// Null for other params. KEY_OBJECT is KEY.
const ForeignParam* FindForeignParam(std::string_view key);

}  // namespace kvmtest::vm

#endif  // KVMTEST_VM_FOREIGN_PARAMS_H_
