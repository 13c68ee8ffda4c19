#ifndef KVMTEST_REPORT_MAKE_REPORT_H_
#define KVMTEST_REPORT_MAKE_REPORT_H_

#include <string>

namespace kvmtest::report {

struct ReportOptions {
  std::string build_dir;
  std::string output;
  // As the last step of a ctest run, which must not fail for the page's sake: makes no page, and
  // says nothing of it, where nothing has run since the page was made, and its status is always 0.
  bool after_ctest = false;
};

// Reads the build tree and writes the page aside, then in its place. Returns the exit status.
int MakeReport(const ReportOptions& options);

}  // namespace kvmtest::report

#endif  // KVMTEST_REPORT_MAKE_REPORT_H_
