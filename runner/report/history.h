#ifndef KVMTEST_REPORT_HISTORY_H_
#define KVMTEST_REPORT_HISTORY_H_

#include <cstddef>
#include <string>
#include <vector>

#include "report/model.h"

namespace kvmtest::report {

// What tests came to in earlier runs: <results_dir>/history.jsonl, to which each runner appends a
// line when its test ends:
//
//   ["<run>","<status>",<started>,<seconds>,"<test>"]
//
// One write to a file opened for appending, so lines of runners that end at once do not mix. When
// it has grown beyond kMostHistory it becomes history.old.jsonl, whose predecessor goes: so the
// tree keeps between one and two times that, some 60,000 to 120,000 lines.
constexpr size_t kMostHistory = 8 << 20;

struct HistoryLine {
  std::string run;
  Outcome outcome = Outcome::kNotRun;
  double started = 0;
  double seconds = 0;
  std::string test;
};

// False, and errno, if it cannot be written.
bool AppendHistory(const std::string& results_dir, const std::string& run, const char* status,
                   double started, double seconds, const std::string& test,
                   size_t most = kMostHistory);
// Oldest first. Lines that are none (a runner killed while it wrote) are passed over.
std::vector<HistoryLine> ReadHistory(const std::string& results_dir);

// When it was last written to, in nanoseconds since 1970; 0 if there is none.
long long HistoryTime(const std::string& results_dir);

}  // namespace kvmtest::report

#endif  // KVMTEST_REPORT_HISTORY_H_
