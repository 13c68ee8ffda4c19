#ifndef KVMTEST_JOB_WATCHED_H_
#define KVMTEST_JOB_WATCHED_H_

#include <string>
#include <vector>

namespace kvmtest::job {

// Whether somebody watches the test as it runs and wants to see the consoles meanwhile.
// KVMTEST_LIVE = 1 or 0 says so. Else it is whether the ctest that runs us was told to be verbose:
// it passes a test's output on as it comes then, but tells the test nothing of it, so its command
// line is looked at (3.25 to 4.4; `verbosity` in a test preset cannot be seen there).
bool IsWatched();

// Whether these are the words of a verbose ctest. Pure.
bool IsVerbose(const std::vector<std::string>& ctest_argv);

}  // namespace kvmtest::job

#endif  // KVMTEST_JOB_WATCHED_H_
