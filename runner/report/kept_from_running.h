#ifndef KVMTEST_REPORT_KEPT_FROM_RUNNING_H_
#define KVMTEST_REPORT_KEPT_FROM_RUNNING_H_

#include "report/model.h"

namespace kvmtest::report {

// ctest does not run a test that is disabled, nor one of which what it requires came to no good end
// (fixtures): then what the test came to before is its past, and no longer its result. Such tests
// become kNotRun, with the reason in `text`, and so do those that require the latter.
void MarkKeptFromRunning(HostTests* host);

}  // namespace kvmtest::report

#endif  // KVMTEST_REPORT_KEPT_FROM_RUNNING_H_
