#ifndef KVMTEST_JOB_REQUIREMENTS_H_
#define KVMTEST_JOB_REQUIREMENTS_H_

#include <optional>
#include <string>

#include "job/description.h"

namespace kvmtest::job {

// Why the tests that this one requires are no ground to stand on; nothing if they are. What they
// did in this run of ctest decides, whatever another ctest makes of them meanwhile; without that,
// how they ended last, in this description's own generation: in another one the required test may
// have been another, or disabled since.
std::optional<std::string> CheckRequirements(const Description& description);

}  // namespace kvmtest::job

#endif  // KVMTEST_JOB_REQUIREMENTS_H_
