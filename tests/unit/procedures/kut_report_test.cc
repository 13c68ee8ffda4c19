#include "procedures/kut_report.h"

#include <gtest/gtest.h>

#include <string>

namespace kvmtest::procedures {
namespace {

TEST(KutReport, Lines) {
  UnitTestReport report = ReadUnitTestReport(
      "SeaBIOS\r\n\rPASS: a\r\nFAIL: b: c\nINFO: PASS: none\nSKIP: d\nXFAIL: e\nXPASS: f\n"
      "SUMMARY: 5 tests, 2 unexpected failures\r\nPASS");
  std::string parts;
  for (const SubResult& part : report.parts) parts += part.status + "=" + part.name + ";";
  EXPECT_EQ(parts, "pass=a;fail=b: c;skip=d;xfail=e;xpass=f;");
  EXPECT_EQ(report.Total(), 5u);
  EXPECT_EQ(report.Text(), "5 tests, 2 unexpected failures");
  report.summary.clear();
  EXPECT_EQ(report.Text(), "2 of 5 failed, 1 skipped");
  EXPECT_EQ(ReadUnitTestReport("").Text(), "no sub-results");
}

TEST(KutReport, KeepsTheFirstAndCountsAll) {
  std::string console;
  for (size_t i = 0; i < UnitTestReport::kMostParts + 5; ++i) console += "PASS: x\n";
  UnitTestReport report = ReadUnitTestReport(console);
  EXPECT_EQ(report.parts.size(), UnitTestReport::kMostParts);
  EXPECT_EQ(report.Total(), UnitTestReport::kMostParts + 5);
}

TEST(KutReport, Verdicts) {
  struct Row {
    host::ExitStatus exit;
    const char* console;
    const char* qemu_stderr;
    const char* verdict;  // class: text
  };
  const Row kRows[] = {
      {{1, 0, 0}, "PASS: a\n", "", "passed"},
      {{1, 0, 0}, "PASS: a\n", "qemu: warning: TCG has no such feature\n", "passed"},
      {{1, 0, 0}, "PASS: a\n", "qemu: out of memory\n", "qemu-error: v: qemu: out of memory"},
      {{1, 0, 0},
       "FAIL: a\n",
       "",
       "unit-test-failed: v: ended as if it had passed, but: 1 of 1 failed"},
      {{3, 0, 0}, "FAIL: a\n", "", "unit-test-failed: v: 1 of 1 failed (exit status 3 of qemu)"},
      {{0, 0, 0},
       "PASS: a\n",
       "",
       "unit-test-failed: v: the guest went away without a result (0 of 1 failed)"},
      {{77, 0, 0}, "SKIP: why\n", "", "environment: v: the test skipped itself: why"},
      {{77, 0, 0},
       "FAIL: a\nSKIP: why\n",
       "",
       "unit-test-failed: v: ended as if it had been skipped, but: 1 of 2 failed, 1 skipped"},
      {{77, 0, 0}, "XFAIL: a\n", "", "environment: v: the test skipped itself: 0 of 1 failed"},
      {{77, 0, 0}, "", "", "environment: v: the test skipped itself: no sub-results"},
      {{127, 0, 0}, "", "", "unit-test-failed: v: the test aborted (no sub-results)"},
      {{0, 6, 0}, "", "", "qemu-crash: v: qemu died with signal 6 (Aborted)"},
  };
  for (const Row& row : kRows) {
    vm::Trouble trouble =
        JudgeUnitTest("v", row.exit, ReadUnitTestReport(row.console), row.qemu_stderr);
    EXPECT_EQ(trouble ? trouble->kind + ": " + trouble->text : "passed", row.verdict);
  }
}

}  // namespace
}  // namespace kvmtest::procedures
