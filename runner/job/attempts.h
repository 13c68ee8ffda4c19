#ifndef KVMTEST_JOB_ATTEMPTS_H_
#define KVMTEST_JOB_ATTEMPTS_H_

#include <string>

namespace kvmtest::job {

// Under `ctest --repeat` a test runs several times; what an attempt left must outlive the next
// one. So whoever begins moves what the last attempt of the same run of ctest has left in the
// test's directory (which is held by its lock) to attempt-N in there, but for result.json, of
// which a copy goes there: other tests look for it. The newest kMostAttempts are kept. A new run
// of ctest begins anew.
constexpr int kMostAttempts = 100;

// The number of the attempt that begins: 1 for the first.
int BeginAttempt(const std::string& directory, const std::string& run);

}  // namespace kvmtest::job

#endif  // KVMTEST_JOB_ATTEMPTS_H_
