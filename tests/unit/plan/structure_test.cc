// Which labels say where a test runs, and which say what it is: a test has the same name wherever
// it runs, and other tests have others.
#include "check_testing.h"

namespace kvmtest::plan {
namespace {

class StructureTest : public CheckTest {
 protected:
  // "set.name on host/queue" of each test, in order.
  std::string Names(const std::string& text) {
    language::MemoryReader reader;
    reader.Add("main.cfg", text);
    language::Diagnostics diagnostics;
    auto config = language::ParseConfig(reader, {.path = "main.cfg"}, diagnostics);
    auto plan = BuildPlan(*config, options_, diagnostics);
    if (!plan) return diagnostics.Render(config->sources());
    std::string names;
    for (const plan::Test& test : plan->tests) {
      names += test.name + " on " + plan->hosts[test.host].name + "/" +
               plan->queues[test.queues.front()].queue + "\n";
    }
    return names;
  }
};

constexpr const char* kPinnedTests =
    "variants:\n"
    "    - boot:\n"
    "        type = boot\n"
    "        hostname = h1\n"
    "    - reboot:\n"
    "        type = reboot\n"
    "        hostname = h2\n";

constexpr const char* kOnePinnedTest =
    "hostname = h1\n"
    "type = boot\n"
    "variants:\n"
    "    - a:\n"
    "    - b:\n"
    "    - c:\n"
    "        hostname = h2\n";

constexpr const char* kPinnedPartsOfATest =
    "hostname = h1\n"
    "variants:\n"
    "    - boot:\n"
    "        type = boot\n"
    "    - migrate:\n"
    "        type = boot\n"
    "        variants:\n"
    "            - from:\n"
    "                hostname = h2\n"
    "            - to:\n"
    "                hostname = h3\n";

constexpr const char* kPinnedPartsOfASet =
    "type = boot\n"
    "variants:\n"
    "    - a:\n"
    "variants:\n"
    "    - @h1:\n"
    "        hostname = h1\n"
    "variants:\n"
    "    - @nightly:\n"
    "        variants:\n"
    "            - small:\n"
    "                queue = 1\n"
    "            - large:\n"
    "                queue = 2\n";

constexpr const char* kQueuesInsideHosts =
    "type = boot\n"
    "variants:\n"
    "    - a:\n"
    "variants:\n"
    "    - @h1:\n"
    "        hostname = h1\n"
    "        variants:\n"
    "            - @q1:\n"
    "                queue = 1\n"
    "            - @q2:\n"
    "                queue = 2\n"
    "    - @h2:\n"
    "        hostname = h2\n"
    "variants:\n"
    "    - @nightly:\n"
    "        may_repeat = yes\n";

constexpr const char* kAHostThatForgotItsName =
    "type = boot\n"
    "variants:\n"
    "    - a:\n"
    "variants:\n"
    "    - @h1:\n"
    "        hostname = h1\n"
    "    - @h2:\n"
    "variants:\n"
    "    - @nightly:\n"
    "        only h1\n";

constexpr const char* kAPinnedSet =
    "hostname = h1\n"
    "type = boot\n"
    "variants:\n"
    "    - a:\n"
    "    - b:\n"
    "variants:\n"
    "    - @q1:\n"
    "        queue = 1\n"
    "variants:\n"
    "    - @nightly:\n"
    "        only a\n"
    "    - @weekly:\n"
    "        only b\n"
    "    - @elsewhere:\n"
    "        hostname = h2\n";

constexpr const char* kOnePinnedTestAndImages =
    "hostname = h1\n"
    "type = boot\n"
    "variants:\n"
    "    - a:\n"
    "    - b:\n"
    "    - c:\n"
    "        hostname = h2\n"
    "variants:\n"
    "    - raw:\n"
    "    - qcow2:\n";

TEST_F(StructureTest, NamesAreWithoutThePlace) {
  const Row rows[] = {
      {kPinnedTests, "all.boot on h1/1\nall.reboot on h2/1\n"},
      {kOnePinnedTest, "all.a on h1/1\nall.b on h1/1\nall.c on h2/1\n"},
      {kPinnedPartsOfATest, "all.boot on h1/1\nall.migrate.from on h2/1\nall.migrate.to on h3/1\n"},
      {kPinnedPartsOfASet, "nightly.small.a on h1/1\nnightly.large.a on h1/2\n"},
      {kQueuesInsideHosts, "nightly.a@1 on h1/1\nnightly.a@2 on h1/2\nnightly.a on h2/1\n"},
      {kAPinnedSet,
       "nightly.a on h1/1\nweekly.b on h1/1\nelsewhere.a on h2/1\nelsewhere.b on h2/1\n"},
      {kOnePinnedTestAndImages,
       "all.raw.a on h1/1\nall.raw.b on h1/1\nall.raw.c on h2/1\n"
       "all.qcow2.a on h1/1\nall.qcow2.b on h1/1\nall.qcow2.c on h2/1\n"},
      {kAHostThatForgotItsName, "nightly.a on h1/1\n"},
  };
  for (const Row& row : rows) EXPECT_EQ(Names(row.text), row.messages) << row.text;
}

TEST_F(StructureTest, TestsWithPlacesOfTheirOwnAreNotRepeated) {
  const Row rows[] = {
      {kPinnedTests, "1 test set, 2 hosts, 2 tests: no slips\n"},
      {kOnePinnedTest, "1 test set, 2 hosts, 3 tests: no slips\n"},
      {kPinnedPartsOfATest, "1 test set, 3 hosts, 3 tests: no slips\n"},
      {kPinnedPartsOfASet, "1 test set, 1 host, 2 tests: no slips\n"},
      {kQueuesInsideHosts, "1 test set, 2 hosts, 3 tests: no slips\n"},
      {kAPinnedSet, "3 test sets, 2 hosts, 4 tests: no slips\n"},
      {kOnePinnedTestAndImages, "1 test set, 2 hosts, 6 tests: no slips\n"},
  };
  for (const Row& row : rows) EXPECT_EQ(Check(row.text), row.messages) << row.text;
}

// A variant of a test that assigns its host is no host.
TEST_F(StructureTest, ATestThatNoSetRunsIsNoIdleHost) {
  EXPECT_EQ(Check("hostname = h1\n"
                  "variants:\n"
                  "    - boot:\n"
                  "        type = boot\n"
                  "    - reboot:\n"
                  "        type = reboot\n"
                  "        hostname = h2\n"
                  "variants:\n"
                  "    - @q1:\n"
                  "        queue = 1\n"
                  "variants:\n"
                  "    - @nightly:\n"
                  "        only boot\n"),
            R"(main.cfg:5:7: error: no set runs the test of variant 'reboot' [-Wunselected]
    5 |     - reboot:
      |       ^~~~~~
1 test set, 1 host, 1 test: 1 error
)");
}

}  // namespace
}  // namespace kvmtest::plan
