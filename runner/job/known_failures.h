#ifndef KVMTEST_JOB_KNOWN_FAILURES_H_
#define KVMTEST_JOB_KNOWN_FAILURES_H_

#include <string>
#include <string_view>
#include <vector>

#include "job/result.h"

namespace kvmtest::job {

// A line of a file of known failures:
//   TEST REGEX | VERDICT REGEX | TRACKER | YYYY-MM-DD
// The first must match the test's whole name, the second some part of the verdict line. The
// date is the last day on which the entry excuses a failure.
struct KnownFailure {
  int line = 0;
  std::string test;
  std::string verdict;
  std::string tracker;
  std::string expires;  // "2027-01-31": compares as text
};

struct KnownFailures {
  std::string path;
  std::vector<KnownFailure> entries;
  std::vector<std::string> errors;  // "file:line:column: error: ..."
};
// Blank lines and those that begin with '#' say nothing. Pure.
KnownFailures ParseKnownFailures(const std::string& path, std::string_view text);

// The verdict as the file has it, on this day. A failure that an entry expects becomes one of its
// own (a skip to ctest: it shows neither that the test's subject works nor that it does not).
// Notes say what the file's reader must know: entries that have expired or no longer happen.
Verdict Judge(const KnownFailures& known, const std::string& test, Verdict verdict,
              const std::string& today, std::vector<std::string>* notes);

// "2026-11-26", UTC.
std::string Today();

}  // namespace kvmtest::job

#endif  // KVMTEST_JOB_KNOWN_FAILURES_H_
