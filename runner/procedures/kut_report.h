#ifndef KVMTEST_PROCEDURES_KUT_REPORT_H_
#define KVMTEST_PROCEDURES_KUT_REPORT_H_

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "host/process.h"
#include "procedures/procedure.h"

// What a kvm-unit-test tells of itself: lines on its console, and its exit status.
namespace kvmtest::procedures {

struct UnitTestReport {
  static constexpr size_t kMostParts = 1000;

  std::vector<SubResult> parts;          // the first of them
  std::map<std::string, size_t> counts;  // by status, of all
  std::string summary;                   // what follows the last "SUMMARY: "; may be empty

  size_t Count(const std::string& status) const;
  size_t Total() const;
  // "3 of 7 failed, 1 skipped", or the test's own summary.
  std::string Text() const;
};

// Lines such as "PASS: name"; the others are the test's own business.
UnitTestReport ReadUnitTestReport(std::string_view console);

// What qemu's exit status means together with the report and with what qemu wrote to stderr.
// isa-debug-exit makes 2 * value + 1 of the value that the guest writes: 0 passed, 77 of the
// status skipped, all else failed; and 0 of qemu says that the guest did not end that way.
vm::Trouble JudgeUnitTest(const std::string& vm, const host::ExitStatus& exit,
                          const UnitTestReport& report, const std::string& qemu_stderr);

// The first line of what qemu wrote to stderr that is no warning; empty if there is none.
std::string FirstComplaint(const std::string& qemu_stderr);

}  // namespace kvmtest::procedures

#endif  // KVMTEST_PROCEDURES_KUT_REPORT_H_
