#include "vm/failure.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "host/clock.h"

namespace kvmtest::vm {
namespace {

using host::Clock;

// A step's limit of 5 s, as a param sets it, in a test that has so much time left.
host::Until FiveSeconds(int left) {
  return host::Within(5, "x_timeout", Clock::now() + std::chrono::seconds(left));
}

std::string Shown(const Failure& failure) {
  return failure.kind + ": " + failure.text;
}

TEST(Late, NamesTheLimitOnce) {
  const host::Until until = FiveSeconds(100);
  EXPECT_EQ(Shown(Late({kDataMismatch, "no data", ""}, until)),
            "data-mismatch: no data within 5 s (x_timeout)");
  EXPECT_EQ(Shown(Late({kBootTimeout, "not up in " + until.Text(), ""}, until)),
            "boot-timeout: not up in 5 s (x_timeout)");
  EXPECT_EQ(Shown(Late(Late({kDataMismatch, "no data", ""}, until), until)),
            "data-mismatch: no data within 5 s (x_timeout)");
}

TEST(Late, TheDeadlineIsNobodysFault) {
  const host::Until until = FiveSeconds(0);
  const std::string limit = " within 0 s (then the time of the whole test was up: timeout)";
  EXPECT_EQ(Shown(Late({kDataMismatch, "no data", ""}, until)), "test-timeout: no data" + limit);
  EXPECT_EQ(Shown(Late({kQemuError, "no answer", ""}, until)), "test-timeout: no answer" + limit);
  // These are of what was late, whoever set the limit.
  EXPECT_EQ(Shown(Late({kBootTimeout, "not up", ""}, until)), "boot-timeout: not up" + limit);
}

TEST(Late, LeavesAloneWhatHasNoLimitToName) {
  EXPECT_EQ(Shown(Late({kQemuError, "no answer", ""}, host::Until(Clock::now()))),
            "qemu-error: no answer");
  EXPECT_EQ(Shown(Late({"late", "", ""}, FiveSeconds(0))), "late: ");
}

}  // namespace
}  // namespace kvmtest::vm
