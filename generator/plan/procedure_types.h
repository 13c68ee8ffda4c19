// The values of `type` for which the runner has a procedure. tests/unit/procedures holds them to
// the runner's own table.
#ifndef KVMTEST_PLAN_PROCEDURE_TYPES_H_
#define KVMTEST_PLAN_PROCEDURE_TYPES_H_

#include <string_view>

namespace kvmtest::plan {

inline constexpr std::string_view kProcedureTypes[] = {
    "boot",      //
    "reboot",    //
    "shutdown",  //
};

}  // namespace kvmtest::plan

#endif  // KVMTEST_PLAN_PROCEDURE_TYPES_H_
