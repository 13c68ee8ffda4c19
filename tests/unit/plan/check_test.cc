// What `check` finds beyond what every plan tells: a configuration on the left, every slip of it on
// the right. Rules about hosts and queues are in placement_test.cc, errors that stop a plan in
// build_test.cc.
#include "check_testing.h"

namespace kvmtest::plan {
namespace {

TEST_F(CheckTest, TestsThatNoSetRuns) {
  const Row rows[] = {
      {"type = boot\n"
       "variants:\n"
       "    - a:\n"
       "    - b:\n"
       "    - c:\n"
       "        variants:\n"
       "            - x:\n"
       "            - y:\n"
       "variants:\n"
       "    - @q:\n"
       "        queue = 1\n"
       "variants:\n"
       "    - @nightly:\n"
       "        only a\n"
       "    - @weekly:\n"
       "        no c\n",
       R"(main.cfg:5:7: error: no set runs the 2 tests of variant 'c' [-Wunselected]
    5 |     - c:
      |       ^
2 test sets, 1 host, 3 tests: 1 error
)"},
      {"type = boot\n"
       "variants:\n"
       "    - a:\n"
       "    - b:\n"
       "variants:\n"
       "    - raw:\n"
       "    - qcow2:\n"
       "variants:\n"
       "    - @q:\n"
       "        queue = 1\n"
       "variants:\n"
       "    - @nightly:\n"
       "        a:\n"
       "            only raw\n"
       "        b:\n"
       "            only qcow2\n",
       R"(main.cfg:11:1: error: no set runs 2 of 4 tests [-Wunselected]
   11 | variants:
      | ^~~~~~~~
main.cfg:1:1: note: 'raw.b' is one
main.cfg:1:1: note: 'qcow2.a' is one
1 test set, 1 host, 2 tests: 1 error
)"},
      {"type = boot\n"
       "variants:\n"
       "    - a:\n"
       "    - b:\n"
       "variants:\n"
       "    - @q:\n"
       "        queue = 1\n"
       "variants:\n"
       "    - @nightly:\n"
       "        variants:\n"
       "            - fast:\n"
       "                only a\n"
       "            - slow:\n"
       "                only b\n",
       R"(1 test set, 1 host, 2 tests: no slips
)"},
      {"# dialect: 2009\n"
       "type = boot\n"
       "variants:\n"
       "    - a:\n"
       "    - b:\n"
       "variants:\n"
       "    - @q:\n"
       "        queue = 1\n"
       "variants:\n"
       "    - @nightly:\n"
       "        only a\n",
       R"(main.cfg:5:7: error: no set runs the test of variant 'b' [-Wunselected]
    5 |     - b:
      |       ^
1 test set, 1 host, 1 test: 1 error
)"},
      {"type = boot\n"
       "variants:\n"
       "    - a:\n"
       "    - b:\n",
       R"(1 test set, 1 host, 2 tests: no slips
)"},
  };
  for (const Row& row : rows) EXPECT_EQ(Check(row.text), row.messages) << row.text;
}

TEST_F(CheckTest, HostsAndQueuesWithoutTests) {
  const Row rows[] = {
      {"type = boot\n"
       "variants:\n"
       "    - a:\n"
       "variants:\n"
       "    - @q1:\n"
       "        queue = 1\n"
       "    - @q2:\n"
       "        queue = 2\n"
       "variants:\n"
       "    - @h1:\n"
       "        hostname = h1\n"
       "    - @h2:\n"
       "        hostname = h2\n"
       "        only q1\n"
       "variants:\n"
       "    - @nightly:\n"
       "        only q1\n"
       "        only h1\n",
       R"(main.cfg:7:8: error: no set runs a test on queue 'q2' [-Widle-queue]
    7 |     - @q2:
      |        ^~
main.cfg:12:8: error: no set runs a test on host 'h2' [-Widle-host]
   12 |     - @h2:
      |        ^~
1 test set, 1 host, 1 test: 2 errors
)"},
      {"type = boot\n"
       "variants:\n"
       "    - a:\n"
       "    - b:\n"
       "variants:\n"
       "    - @q1:\n"
       "        queue = 1\n"
       "    - @q2:\n"
       "        queue = 2\n"
       "variants:\n"
       "    - @h1:\n"
       "        hostname = h1\n"
       "    - @h2:\n"
       "        hostname = h2\n"
       "variants:\n"
       "    - @nightly:\n"
       "        h1..q1:\n"
       "            only a\n"
       "        h1..q2:\n"
       "            only b\n"
       "        h2:\n"
       "            only q1\n"
       "        may_repeat = yes\n",
       R"(main.cfg:9:9: error: no set runs a test on queue '2' of host 'h2' [-Widle-queue]
    9 |         queue = 2
      |         ^~~~~~~~~
1 test set, 2 hosts, 4 tests: 1 error
)"},
  };
  for (const Row& row : rows) EXPECT_EQ(Check(row.text), row.messages) << row.text;
}

TEST_F(CheckTest, NamesOfSetsThatAreNoMore) {
  const Row rows[] = {
      {"type = boot\n"
       "variants:\n"
       "    - a:\n"
       "        no gone\n"
       "    - b:\n"
       "variants:\n"
       "    - @q:\n"
       "        queue = 1\n"
       "variants:\n"
       "    - @nightly:\n"
       "        no lost\n"
       "        a.b:\n"
       "            x = 1\n"
       "        no gone\n",
       R"(main.cfg:4:12: error: no variant is named 'gone', so this 'no' removes nothing [-Wunknown-label]
    4 |         no gone
      |            ^~~~
main.cfg:14:12: note: used here, too
main.cfg:11:12: error: no variant is named 'lost', so this 'no' removes nothing [-Wunknown-label]
   11 |         no lost
      |            ^~~~
main.cfg:12:9: error: no name has 'a.b', so this condition never holds [-Wunknown-sequence]
   12 |         a.b:
      |         ^~~
1 test set, 1 host, 2 tests: 3 errors
)"},
      {"type = boot\n"
       "variants:\n"
       "    - a:\n"
       "        no gone\n"
       "    - b:\n"
       "variants:\n"
       "    - @q:\n"
       "        queue = 1\n"
       "variants:\n"
       "    - @nightly:\n",
       R"(main.cfg:4:12: warning: no variant is named 'gone', so this 'no' removes nothing [-Wunknown-label]
    4 |         no gone
      |            ^~~~
1 test set, 1 host, 2 tests: 1 warning
)"},
  };
  for (const Row& row : rows) EXPECT_EQ(Check(row.text), row.messages) << row.text;
}

TEST_F(CheckTest, TypesWithoutProcedure) {
  const Row rows[] = {
      {"variants:\n"
       "    - a:\n"
       "        type = steps\n"
       "    - b:\n"
       "        type = boot\n"
       "    - c:\n"
       "        type = steps\n"
       "    - d:\n",
       R"(main.cfg:3:9: warning: 3 tests are skipped, for the runner has no procedure for the type: 'steps' (2), no type (1) [-Wno-procedure]
    3 |         type = steps
      |         ^~~~~~~~~~~~
1 test set, 1 host, 4 tests: 1 warning
)"},
      {"variants:\n"
       "    - a:\n"
       "        type = steps\n"
       "        test_dirs = /own\n",
       "1 test set, 1 host, 1 test: no slips\n"},
      {"variants:\n"
       "    - t0:\n"
       "        type = t0\n"
       "    - t1:\n"
       "        type = t1\n"
       "    - t2:\n"
       "        type = t2\n"
       "    - t3:\n"
       "        type = t3\n"
       "    - t4:\n"
       "        type = t4\n"
       "    - t5:\n"
       "        type = t5\n"
       "    - t6:\n"
       "        type = t6\n"
       "    - t7:\n"
       "        type = t7\n"
       "    - t8:\n"
       "        type = t8\n"
       "    - t9:\n"
       "        type = t9\n"
       "    - t10:\n"
       "        type = t10\n"
       "    - t11:\n"
       "        type = t11\n",
       R"(main.cfg:3:9: warning: 12 tests are skipped, for the runner has no procedure for the type: 't0' (1), 't1' (1), 't10' (1), 't11' (1), 't2' (1), 't3' (1), 't4' (1), 't5' (1), 't6' (1), 't7' (1) and 2 others [-Wno-procedure]
    3 |         type = t0
      |         ^~~~~~~~~
1 test set, 1 host, 12 tests: 1 warning
)"},
  };
  for (const Row& row : rows) EXPECT_EQ(Check(row.text), row.messages) << row.text;
}

TEST_F(CheckTest, RepeatsAreSeenBesideAVariantWithoutQueue) {
  const std::string said = Check(
      "type = boot\nvariants:\n    - a:\nvariants:\n"
      "    - @q1:\n        queue = 1\n        env = e1\n    - @q2:\n        env = e2\n"
      "variants:\n    - @h:\n        hostname = h\nvariants:\n    - @nightly:\n");
  EXPECT_NE(said.find("set 'nightly' runs 1 of its 1 tests on more than one queue or host"),
            std::string::npos)
      << said;
}

TEST_F(CheckTest, GoesOnBehindErrors) {
  const Row rows[] = {
      {"mac_ranges = r\n"
       "base_mac_r = oops\n"
       "nics = n1\n"
       "test_timeout = 5m\n"
       "variants:\n"
       "    - a: nothing\n"
       "        type = boot\n"
       "        env = x\n"
       "    - b: a\n"
       "        env = x\n"
       "        type = boot\n"
       "variants:\n"
       "    - @q1:\n"
       "        queue = 1\n"
       "    - @q2:\n"
       "        queue = 2\n",
       R"(main.cfg:2:1: error: 'oops' is not a MAC address such as 52:54:00:10:00:00 [-Wbad-range]
    2 | base_mac_r = oops
      | ^~~~~~~~~~~~~~~~~
main.cfg:4:1: error: test_timeout is '5m', not a number of seconds [-Wbad-timeout]
    4 | test_timeout = 5m
      | ^~~~~~~~~~~~~~~~~
main.cfg:8:9: error: queue '2' of host 'localhost' uses the state directory 'x' of queue '1' of host 'localhost', which may run at the same time [-Wshared-state]
    8 |         env = x
      |         ^~~~~~~
main.cfg:8:9: note: queue '1' of host 'localhost' has it from here
hint: give each queue an 'env' of its own
main.cfg: error: set 'all' runs 2 of its 2 tests on more than one queue or host [-Wrepeated-test]
main.cfg:7:9: note: 'all.a' runs on queue '1' of host 'localhost', queue '2' of host 'localhost'
main.cfg:6:10: error: 2 tests of set 'all' require 'nothing', but no variant is named 'nothing' [-Wunknown-dependency]
    6 |     - a: nothing
      |          ^~~~~~~
main.cfg:7:9: note: the first is 'q1.a'
1 test set, 1 host, 4 tests: 5 errors
)"},
      // Those of planned sets beside errors of others.
      {"variants:\n"
       "    - a:\n"
       "    - b: a\n"
       "    - c:\n"
       "        test_timeout = soon\n"
       "type = boot\n"
       "variants:\n"
       "    - @q1:\n"
       "        queue = 1\n"
       "    - @q2:\n"
       "        queue = 2\n"
       "variants:\n"
       "    - @h:\n"
       "        hostname = h\n"
       "variants:\n"
       "    - @s:\n"
       "        assign = auto\n"
       "        q1:\n"
       "            no b\n"
       "        q2:\n"
       "            only b\n",
       R"(main.cfg:5:9: error: test_timeout is 'soon', not a number of seconds [-Wbad-timeout]
    5 |         test_timeout = soon
      |         ^~~~~~~~~~~~~~~~~~~
main.cfg:2:7: error: 'a' and one of set 's' that require each other are on no queue together [-Wapart]
    2 |     - a:
      |       ^
main.cfg:3:7: note: 'b' is one of them
hint: let the filters of some queue admit all of them
1 test set, 1 host, 3 tests: 2 errors
)"},
      // Tests of one name in one place are not one test in several.
      {"queue = 1\n"
       "variants:\n"
       "    - a:\n"
       "        type = boot\n"
       "    - a:\n"
       "        type = boot\n",
       R"(main.cfg:6:9: error: 2 tests of host 'localhost' have the name 'all.a' [-Wname-clash]
    6 |         type = boot
      |         ^~~~~~~~~~~
main.cfg:4:9: note: 'a' is one
main.cfg:6:9: note: 'a' is another
1 test set, 1 host, 2 tests: 1 error
)"},
      {"type = boot\n"
       "variants:\n"
       "    - a: b\n"
       "    - b: a\n"
       "    - c: d\n"
       "    - d: e\n"
       "    - e: c b\n",
       R"(main.cfg:3:10: error: 'all.a' requires itself [-Wdependency-cycle]
    3 |     - a: b
      |          ^
main.cfg:3:10: note: 'all.a' requires 'all.b'
main.cfg:4:10: note: 'all.b' requires 'all.a'
main.cfg:5:10: error: 'all.c' requires itself [-Wdependency-cycle]
    5 |     - c: d
      |          ^
main.cfg:5:10: note: 'all.c' requires 'all.d'
main.cfg:6:10: note: 'all.d' requires 'all.e'
main.cfg:7:10: note: 'all.e' requires 'all.c'
1 test set, 1 host, 5 tests: 2 errors
)"},
      {"type = boot\n"
       "variants:\n"
       "    - a\n"
       "    - b:\n"
       "        only c d=\n",
       R"(main.cfg:3:8: error: expected ':' after the variant's name, found the end of the line
    3 |     - a
      |        ^
main.cfg:5:17: error: expected ',' or '.', found '='
    5 |         only c d=
      |                 ^
2 errors; nobody looked at the plan, which needs a configuration that can be read
)"},
      {"type = boot\n"
       "variants:\n"
       "    - a:\n"
       "        only b\n",
       R"(main.cfg:4:14: warning: no variant is named 'b', so this 'only' removes everything [-Wunknown-label]
    4 |         only b
      |              ^
main.cfg: error: nothing is selected: there is no test to run [-Wnothing-selected]
main.cfg:4:9: note: without 'only b', 1 dict would be left
1 error, 1 warning; there was no plan to check
)"},
  };
  for (const Row& row : rows) EXPECT_EQ(Check(row.text), row.messages) << row.text;
}

constexpr const char* kTwoSets =
    "type = boot\nvariants:\n    - a:\n    - b:\nvariants:\n    - @q1:\n        queue = 1\n"
    "    - @q2:\n        queue = 2\nvariants:\n    - @nightly:\n        only a\n        only q1\n"
    "    - @weekly:\n        only b\n        only q1\n";

TEST_F(CheckTest, StringsMayLeaveAnythingOut) {
  EXPECT_EQ(Check(kTwoSets), R"(main.cfg:8:8: error: no set runs a test on queue 'q2' [-Widle-queue]
    8 |     - @q2:
      |        ^~
2 test sets, 1 host, 2 tests: 1 error
)");
  strings_ = {"only nightly"};
  EXPECT_EQ(Check(kTwoSets), "1 test set, 1 host, 1 test: no slips\n");
}

TEST_F(CheckTest, AnOptionDoesNotNarrowWhatIsSelected) {
  options_.sets = {"nightly"};
  EXPECT_EQ(Check(kTwoSets), R"(main.cfg:8:8: error: no set runs a test on queue 'q2' [-Widle-queue]
    8 |     - @q2:
      |        ^~
1 test set, 1 host, 1 test: 1 error
)");
}

TEST_F(CheckTest, SaysWhatItDidNotLookFor) {
  options_.max_dicts = 7;
  EXPECT_EQ(Check(kTwoSets), R"(main.cfg:8:8: error: no set runs a test on queue 'q2' [-Widle-queue]
    8 |     - @q2:
      |        ^~
main.cfg: note: without the filters of the test sets there are more than 7 dicts, so nobody looked for tests that no set runs
2 test sets, 1 host, 2 tests: 1 error
)");
}

TEST_F(CheckTest, FiltersInFilesThatASetIncludes) {
  files_ = {{"nightly.cfg", "no lost\n"}};
  EXPECT_EQ(
      Check("type = boot\nvariants:\n    - a:\nvariants:\n    - @q:\n        queue = 1\n"
            "variants:\n    - @nightly:\n        include nightly.cfg\n"),
      R"(nightly.cfg:1:4: error: no variant is named 'lost', so this 'no' removes nothing [-Wunknown-label]
    1 | no lost
      |    ^~~~
main.cfg:9: note: included from here
1 test set, 1 host, 1 test: 1 error
)");
}

}  // namespace
}  // namespace kvmtest::plan
