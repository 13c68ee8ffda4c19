// Known failures, the attempts of a repeated test, and whether somebody watches.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "host/files.h"
#include "job/attempts.h"
#include "job/known_failures.h"
#include "job/watched.h"

namespace kvmtest::job {
namespace {

TEST(KnownFailures, BadLines) {
  struct Row {
    const char* line;
    const char* error;  // after "k:1:"
  };
  constexpr Row kRows[] = {
      {"a | b | c",
       "1: error: 3 fields, expected 4: TEST REGEX | VERDICT REGEX | TRACKER | "
       "YYYY-MM-DD"},
      {"  a|b",
       "3: error: 1 fields, expected 4: TEST REGEX | VERDICT REGEX | TRACKER | YYYY-MM-DD"},
      {"( | b | c | 2027-01-01", "1: error: '(' is no regular expression: missing ): ("},
      {"a |  | c | 2027-01-01", "5: error: an empty regular expression"},
      {"a | b |  | 2027-01-01",
       "9: error: no tracker: expected where the failure is being worked on"},
      {"a | b | c | soon", "13: error: 'soon' is no date, expected YYYY-MM-DD"},
      {"a | b | c | 2027-02-30", "13: error: '2027-02-30' is no date, expected YYYY-MM-DD"},
  };
  for (const Row& row : kRows) {
    KnownFailures known = ParseKnownFailures("k", row.line);
    EXPECT_EQ(known.errors, std::vector<std::string>{std::string("k:1:") + row.error}) << row.line;
    EXPECT_TRUE(known.entries.empty()) << row.line;
  }
}

TEST(KnownFailures, WhatTheyMakeOfAVerdict) {
  KnownFailures known =
      ParseKnownFailures("k",
                         "# comment\n\n"
                         "boot.* | guest-panic|oops | https://bugs/1 | 2026-12-31\r\n"
                         "old | guest-panic | https://bugs/2 | 2026-01-31\n");
  ASSERT_EQ(known.errors, std::vector<std::string>());
  ASSERT_EQ(known.entries.size(), 2u);
  const Verdict panic{Status::kFail, "guest-panic", "vm1: x", ""};
  const Verdict other{Status::kTimeout, "boot-timeout", "vm1: y", ""};
  const Verdict pass{Status::kPass, "boot", "booted", ""};
  const Verdict broken{Status::kError, "harness-error", "guest-panic", ""};
  struct Row {
    const char* test;
    Verdict verdict;
    const char* today;
    int exit_code;
    const char* line;
    const char* note;
  };
  const Row kRows[] = {
      {"boot.a", panic, "2026-12-31", 77, "XFAIL guest-panic: vm1: x [known: https://bugs/1]",
       "known failure k:3 (https://bugs/1) until 2026-12-31"},
      {"boot.a", panic, "2027-01-01", 1,
       "FAIL guest-panic: vm1: x [known until 2026-12-31: https://bugs/1]",
       "known failure k:3 (https://bugs/1) has expired on 2026-12-31"},
      {"boot.a", other, "2026-12-01", 124, "FAIL boot-timeout: vm1: y",
       "known failure k:3 (https://bugs/1) is another one: /guest-panic|oops/"},
      {"boot.a", pass, "2026-12-01", 0,
       "PASS boot: booted [a known failure no longer happens: https://bugs/1]",
       "known failure k:3 (https://bugs/1) no longer happens: /guest-panic|oops/"},
      {"old", panic, "2026-11-26", 1,
       "FAIL guest-panic: vm1: x [known until 2026-01-31: https://bugs/2]",
       "known failure k:4 (https://bugs/2) has expired on 2026-01-31"},
      {"reboot", panic, "2026-11-26", 1, "FAIL guest-panic: vm1: x", ""},
      {"boot.a", broken, "2026-11-26", 3, "ERROR harness-error: guest-panic", ""},
  };
  for (const Row& row : kRows) {
    std::vector<std::string> notes;
    Verdict verdict = Judge(known, row.test, row.verdict, row.today, &notes);
    EXPECT_EQ(verdict.Line(), row.line);
    EXPECT_EQ(ExitCode(verdict.status), row.exit_code) << row.line;
    EXPECT_EQ(notes,
              *row.note != '\0' ? std::vector<std::string>{row.note} : std::vector<std::string>{});
  }
}

TEST(Attempts, EachKeepsItsOwnUpToABound) {
  std::string directory = testing::TempDir() + "attempts_test";
  host::RemoveTree(directory);
  ASSERT_TRUE(host::MakeDirectories(directory));
  constexpr int kRuns = kMostAttempts + 3;
  for (int i = 1; i <= kRuns; ++i) {
    ASSERT_EQ(BeginAttempt(directory, "run"), i);
    host::WriteFile(directory + "/test.lock", "");
    host::WriteFile(directory + "/console-vm1.log", std::to_string(i));
    host::WriteFile(directory + "/result.json",
                    R"({"run": "run", "attempt": )" + std::to_string(i) + "}");
  }
  std::vector<std::string> names = host::ListDirectory(directory);
  EXPECT_EQ(names.size(), 3u + kMostAttempts);
  std::string oldest = directory + "/attempt-" + std::to_string(kRuns - kMostAttempts);
  EXPECT_EQ(host::ReadFile(oldest + "/console-vm1.log"), std::to_string(kRuns - kMostAttempts));
  EXPECT_EQ(host::ListDirectory(oldest),
            (std::vector<std::string>{"console-vm1.log", "result.json"}));
  EXPECT_EQ(host::ReadFile(directory + "/console-vm1.log"), std::to_string(kRuns));
  host::WriteFile(directory + "/screen-vm1.png", "x");
  // No file of another run is taken for one of this.
  EXPECT_EQ(BeginAttempt(directory, "another run"), 1);
  EXPECT_EQ(host::ListDirectory(directory), (std::vector<std::string>{"result.json", "test.lock"}));
}

TEST(Watched, VerboseCtest) {
  EXPECT_TRUE(IsVerbose({"ctest", "-R", "x", "-V"}));
  EXPECT_TRUE(IsVerbose({"/usr/bin/ctest", "--extra-verbose"}));
  EXPECT_FALSE(IsVerbose({"ctest", "-R", "V", "--output-on-failure"}));
  EXPECT_FALSE(IsVerbose({}));
}

}  // namespace
}  // namespace kvmtest::job
