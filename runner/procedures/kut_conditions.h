#ifndef KVMTEST_PROCEDURES_KUT_CONDITIONS_H_
#define KVMTEST_PROCEDURES_KUT_CONDITIONS_H_

#include <string>
#include <vector>

#include "procedures/procedure.h"

// What a kvm-unit-tests tree says of when and how its tests run.
namespace kvmtest::procedures {

// Why the test cannot run here, a skip; nothing if it can.
vm::Trouble CheckKutConditions(Context& context);

// The qemu options of kut_shell_params, which a shell must expand.
vm::Trouble ExpandKutShellParams(Context& context, std::vector<std::string>* words);

}  // namespace kvmtest::procedures

#endif  // KVMTEST_PROCEDURES_KUT_CONDITIONS_H_
