// Every code that a warning may have, the language's and the plan's.
#ifndef KVMTEST_PLAN_WARNING_CODES_H_
#define KVMTEST_PLAN_WARNING_CODES_H_

#include <string>
#include <vector>

namespace kvmtest::plan {

// In alphabetical order. tests/unit/language/quoted_messages.py holds it to what tests quote.
const std::vector<std::string>& WarningCodes();
// Of the plan's rules that nobody may leave out, since what breaks them would be no safe plan.
const std::vector<std::string>& FatalCodes();

}  // namespace kvmtest::plan

#endif  // KVMTEST_PLAN_WARNING_CODES_H_
