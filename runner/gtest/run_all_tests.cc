// A GoogleTest program's main may be KvmTest::gtest's, GoogleTest's own or the user's: what the
// runner is told is the same. A listener that is there before any main makes the sub-results and
// the verdict; and where main returns 0, as RUN_ALL_TESTS() of a program does that has skipped all
// of its tests or has run none, the program ends with the verdict's exit status instead.

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <utility>

#include "kvmtest/vm.h"

namespace kvmtest {

namespace {

constexpr int kSkipStatus = 77;

// For the verdict, which is one line.
std::string OneLine(std::string text) {
  for (char& c : text) {
    if (c == '\n') c = ' ';
  }
  return text.substr(0, 250);
}

// The first of a kind is what the verdict bears.
void Keep(std::string text, std::string* first) {
  if (first->empty()) *first = text.empty() ? "no reason given" : std::move(text);
}

// The last line is what the runner shows.
int Say(const std::string& line, int status) {
  std::fflush(stderr);
  std::printf("%s\n", line.c_str());
  std::fflush(stdout);
  return status;
}

// Why none of them is to be run.
std::string NothingToRun(const testing::UnitTest& tests) {
  int all = tests.total_test_count(), disabled = tests.disabled_test_count();
  std::string why = "there is no test to run: ";
  if (all == 0) return why + "the program has none";
  if (disabled == all) return why + "all " + std::to_string(all) + " are disabled";
  return why + "none of " + std::to_string(all) + " is selected (--gtest_filter, sharding)";
}

// What the runner is to be told, once all tests have ended. GoogleTest is gone when it is asked
// for.
struct Verdict {
  bool known = false;
  bool failed = false;
  int status = 0;
};
Verdict verdict;

// Each test is a sub-result; the verdict bears the first failure, or the first reason to skip.
class Listener : public testing::EmptyTestEventListener {
 public:
  // Not before: a death test may start the program again, where no event comes.
  void OnTestProgramStart(const testing::UnitTest&) override {
    subresults_.open(OutputDir() + "/subresults");
  }
  void OnTestStart(const testing::TestInfo&) override { in_test_ = true; }
  void OnTestEnd(const testing::TestInfo& test) override {
    const testing::TestResult& result = *test.result();
    std::string name = std::string(test.test_suite_name()) + "." + test.name();
    const char* status = result.Failed() ? "fail" : result.Skipped() ? "skip" : "pass";
    subresults_ << status << ' ' << name << '\n' << std::flush;
    in_test_ = false;
    ++ended_;
    passed_ += result.Passed() ? 1 : 0;
    std::string& first = result.Failed() ? failure_ : skip_;
    if (result.Passed() || !first.empty()) return;
    for (int i = 0; i < result.total_part_count(); ++i) {
      const testing::TestPartResult& part = result.GetTestPartResult(i);
      if (part.passed() || part.skipped() != result.Skipped()) continue;
      first = name + ": " + OneLine(part.message());
      return;
    }
    first = name;
  }
  // The fixtures of a suite, or of all tests, may fail or skip them without any test.
  void OnTestPartResult(const testing::TestPartResult& part) override {
    if (part.failed()) Keep(OneLine(part.message()), &failure_outside_);
    if (part.skipped() && !in_test_) Keep(OneLine(part.message()), &skip_outside_);
  }
  void OnTestProgramEnd(const testing::UnitTest& tests) override {
    verdict = {true, tests.Failed(), Judge(tests)};
  }

 private:
  int Judge(const testing::UnitTest& tests) const {
    if (tests.Failed()) return Say(failure_.empty() ? failure_outside_ : failure_, 1);
    if (tests.test_to_run_count() == 0) return Say(NothingToRun(tests), 1);
    // The set-up of all tests (testing::Environment) may skip them: then none of them is told of.
    if (ended_ == 0 && !skip_outside_.empty()) return Say(skip_outside_, kSkipStatus);
    if (ended_ == 0) return Say("no test was run", 1);
    if (passed_ > 0) return 0;
    return Say(skip_outside_.empty() ? skip_ : skip_outside_, kSkipStatus);
  }

  std::ofstream subresults_;
  bool in_test_ = false;
  int ended_ = 0;
  int passed_ = 0;
  std::string failure_;
  std::string failure_outside_;
  std::string skip_;
  std::string skip_outside_;  // why no test was run; empty: nobody has said so
};

// At the program's end, after main. A main that has returned something else has its reasons, and so
// has one that takes failures for a success.
void CorrectStatus(int status, void*) {
  if (status != 0 || !verdict.known || verdict.failed || verdict.status == 0) return;
  std::fflush(nullptr);
  _exit(verdict.status);
}

bool Register() {
  if (std::getenv("KVMTEST_CONTROL") == nullptr) return false;
  testing::UnitTest::GetInstance()->listeners().Append(new Listener);  // which owns it
#ifdef __GLIBC__
  on_exit(CorrectStatus, nullptr);
#else
  std::atexit([] { CorrectStatus(0, nullptr); });
#endif
  return true;
}

}  // namespace

int RunAllTests() {
  if (std::getenv("KVMTEST_CONTROL") == nullptr) {
    return Say("not run by kvmtest-run, which starts the VMs", kSkipStatus);
  }
  int status = RUN_ALL_TESTS();
  if (!verdict.known) return Say("no test was run", 1);  // --gtest_list_tests
  return status != 0 ? 1 : verdict.status;
}

}  // namespace kvmtest

// CMakeLists.txt has the linker ask for it: a program with a main of its own need not name anything
// else of this file.
extern "C" const bool kvmtest_gtest_is_registered = kvmtest::Register();
