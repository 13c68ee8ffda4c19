#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

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

// Each test is a sub-result; the verdict bears the first failure, or the first reason to skip.
class Listener : public testing::EmptyTestEventListener {
 public:
  void OnTestEnd(const testing::TestInfo& test) override {
    const testing::TestResult& result = *test.result();
    std::string name = std::string(test.test_suite_name()) + "." + test.name();
    const char* status = result.Failed() ? "fail" : result.Skipped() ? "skip" : "pass";
    subresults_ << status << ' ' << name << '\n' << std::flush;
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
  // The fixtures of a suite may fail or skip it without any test.
  void OnTestPartResult(const testing::TestPartResult& part) override {
    if (part.failed() && outside_.empty()) outside_ = OneLine(part.message());
  }

  const std::string& failure() const { return failure_.empty() ? outside_ : failure_; }
  const std::string& skip() const { return skip_; }

 private:
  std::ofstream subresults_{OutputDir() + "/subresults"};
  std::string failure_;
  std::string outside_;
  std::string skip_;
};

// The last line is what the runner shows.
int Say(const std::string& line, int status) {
  std::fflush(stderr);
  std::printf("%s\n", line.c_str());
  std::fflush(stdout);
  return status;
}

}  // namespace

int RunAllTests() {
  if (std::getenv("KVMTEST_CONTROL") == nullptr) {
    return Say("not run by kvmtest-run, which starts the VMs", kSkipStatus);
  }
  auto* listener = new Listener;
  testing::UnitTest& tests = *testing::UnitTest::GetInstance();
  tests.listeners().Append(listener);  // which owns it
  int status = RUN_ALL_TESTS();
  if (status != 0 || tests.Failed()) return Say(listener->failure(), 1);
  if (tests.test_to_run_count() == 0) return Say("there is no test to run", 1);
  if (tests.successful_test_count() == 0 && tests.skipped_test_count() > 0) {
    return Say(listener->skip(), kSkipStatus);
  }
  return 0;
}

}  // namespace kvmtest
