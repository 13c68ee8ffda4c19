// Rules about where tests run, as `check` tells them; in a plan they are warnings.
#include "check_testing.h"

namespace kvmtest::plan {
namespace {

TEST_F(CheckTest, TestsWithoutHostOrQueue) {
  const Row rows[] = {
      {"variants:\n"
       "    - a:\n"
       "        type = boot\n"
       "    - b:\n"
       "        type = boot\n"
       "        hostname = h1\n",
       R"(main.cfg:3:9: error: 1 test names no host, as others do; any machine runs it [-Wno-host]
    3 |         type = boot
      |         ^~~~~~~~~~~
main.cfg:3:9: note: it is 'a'
1 test set, 2 hosts, 2 tests: 1 error
)"},
      {"variants:\n"
       "    - a:\n"
       "        type = boot\n"
       "    - b:\n"
       "        type = boot\n"
       "        queue = 1\n",
       R"(main.cfg:3:9: error: 1 test on host 'localhost' has no queue; the first that is free runs it [-Wno-queue]
    3 |         type = boot
      |         ^~~~~~~~~~~
1 test set, 1 host, 2 tests: 1 error
)"},
      {"hostname = localhost\n"
       "type = boot\n"
       "variants:\n"
       "    - a:\n"
       "    - b:\n"
       "        hostname =\n",
       R"(1 test set, 1 host, 2 tests: no slips
)"},
  };
  for (const Row& row : rows) EXPECT_EQ(Check(row.text), row.messages) << row.text;
}

TEST_F(CheckTest, RepeatedTests) {
  const Row rows[] = {
      {"variants:\n"
       "    - install:\n"
       "        type = boot\n"
       "    - boot: install\n"
       "        type = boot\n"
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
       "        only q1\n",
       R"(main.cfg: error: set 'all' runs 2 of its 2 tests on more than one queue or host [-Wrepeated-test]
main.cfg:3:9: note: 'all.install' runs on queue '1' of host 'h1', queue '2' of host 'h1', queue '1' of host 'h2'
1 test set, 2 hosts, 6 tests: 1 error
)"},
      {"may_repeat = yes\n"
       "variants:\n"
       "    - install:\n"
       "        type = boot\n"
       "    - boot: install\n"
       "        type = boot\n"
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
       "        only q1\n",
       R"(1 test set, 2 hosts, 6 tests: no slips
)"},
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
       "    - @all:\n"
       "        may_repeat = yes\n"
       "    - @one:\n"
       "        only h1\n",
       R"(main.cfg:18:8: error: set 'one' runs 1 of its 1 tests on more than one queue or host [-Wrepeated-test]
   18 |     - @one:
      |        ^~~
main.cfg:3:7: note: 'one.a' runs on queue '1' of host 'h1', queue '2' of host 'h1'
2 test sets, 2 hosts, 5 tests: 1 error
)"},
  };
  for (const Row& row : rows) EXPECT_EQ(Check(row.text), row.messages) << row.text;
}

TEST_F(CheckTest, Capacity) {
  const Row rows[] = {
      {"variants:\n"
       "    - small:\n"
       "        type = boot\n"
       "        used_cpus = 4\n"
       "        used_mem = 4096\n"
       "    - large:\n"
       "        type = boot\n"
       "        used_cpus = 5\n"
       "        used_mem = 4097\n"
       "variants:\n"
       "    - @h:\n"
       "        hostname = h\n"
       "        queue = 1\n"
       "        total_cpus = 4\n"
       "        total_mem = 4096\n",
       R"(main.cfg:9:9: error: 1 test uses 4097 MiB, but host 'h' has 4096 MiB [-Wover-capacity]
    9 |         used_mem = 4097
      |         ^~~~~~~~~~~~~~~
main.cfg:7:9: note: it is 'h.large'
main.cfg:8:9: error: 1 test uses 5 CPUs, but host 'h' has 4 CPUs [-Wover-capacity]
    8 |         used_cpus = 5
      |         ^~~~~~~~~~~~~
main.cfg:7:9: note: it is 'h.large'
1 test set, 1 host, 2 tests: 2 errors
)"},
      {"variants:\n"
       "    - a:\n"
       "        type = boot\n"
       "        used_mem = 4Q\n"
       "        total_mem = 8G\n",
       R"(main.cfg:4:9: error: used_mem is '4Q', not a number of MiB or a size such as 4G [-Wbad-capacity]
    4 |         used_mem = 4Q
      |         ^~~~~~~~~~~~~
main.cfg:3:9: note: it is 'a'
1 test set, 1 host, 1 test: 1 error
)"},
  };
  for (const Row& row : rows) EXPECT_EQ(Check(row.text), row.messages) << row.text;
}

TEST_F(CheckTest, DependenciesOnOtherQueues) {
  const Row rows[] = {
      {"variants:\n"
       "    - install:\n"
       "        type = boot\n"
       "    - boot: install\n"
       "        type = boot\n"
       "variants:\n"
       "    - @q1:\n"
       "        queue = 1\n"
       "    - @q2:\n"
       "        queue = 2\n"
       "variants:\n"
       "    - @nightly:\n"
       "        q1:\n"
       "            only install\n"
       "        q2:\n"
       "            only boot\n",
       R"(main.cfg:4:13: error: 1 test of set 'nightly' requires what runs on another queue of host 'localhost', which has another state directory [-Wdependency-other-queue]
    4 |     - boot: install
      |             ^~~~~~~
main.cfg:3:9: note: 'nightly.boot' on queue '2' requires 'nightly.install' on queue '1'
1 test set, 1 host, 2 tests: 1 error
)"},
  };
  for (const Row& row : rows) EXPECT_EQ(Check(row.text), row.messages) << row.text;
}

TEST_F(CheckTest, OverlapsOfIpsOnBridges) {
  const Row rows[] = {
      {"type = boot\n"
       "nics = n1\n"
       "nic_mode = tap\n"
       "bridge = br0\n"
       "mac_ranges = r\n"
       "range_size_r = 16\n"
       "base_ip_r = 10.0.0.1\n"
       "variants:\n"
       "    - a:\n"
       "        hostname = h1\n"
       "        queue = 1\n"
       "        base_mac_r = 52:54:00:00:00:00\n"
       "    - b:\n"
       "        hostname = h2\n"
       "        queue = 1\n"
       "        base_mac_r = 52:54:00:00:01:00\n",
       R"(main.cfg:7:1: error: range 'r' of queue '1' of host 'h2' overlaps range 'r' of queue '1' of host 'h1': both hold 10.0.0.1, on bridges of one name [-Wip-overlap]
    7 | base_ip_r = 10.0.0.1
      | ^~~~~~~~~~~~~~~~~~~~
main.cfg:7:1: note: range 'r' begins here
main.cfg: error: set 'all' runs 1 of its 1 tests on more than one queue or host [-Wrepeated-test]
main.cfg:1:1: note: 'all' runs on queue '1' of host 'h1', queue '1' of host 'h2'
1 test set, 2 hosts, 2 tests: 2 errors
)"},
      {"type = boot\n"
       "nics = n1 n2\n"
       "nic_mode_n2 = bridge\n"
       "netdst_n2 = br0\n"
       "mac_ranges = r\n"
       "range_size_r = 16\n"
       "base_ip_r = 10.0.0.1\n"
       "variants:\n"
       "    - a:\n"
       "        hostname = h1\n"
       "        queue = 1\n"
       "        base_mac_r = 52:54:00:00:00:00\n"
       "    - b:\n"
       "        hostname = h2\n"
       "        netdst_n2 = br1\n"
       "        queue = 1\n"
       "        base_mac_r = 52:54:00:00:01:00\n",
       R"(main.cfg: error: set 'all' runs 1 of its 1 tests on more than one queue or host [-Wrepeated-test]
main.cfg:1:1: note: 'all' runs on queue '1' of host 'h1', queue '1' of host 'h2'
1 test set, 2 hosts, 2 tests: 1 error
)"},
      {"type = boot\n"
       "nics = n1\n"
       "mac_ranges = r\n"
       "range_size_r = 16\n"
       "base_ip_r = 10.0.0.1\n"
       "variants:\n"
       "    - a:\n"
       "        hostname = h1\n"
       "        queue = 1\n"
       "        base_mac_r = 52:54:00:00:00:00\n"
       "    - b:\n"
       "        hostname = h2\n"
       "        queue = 1\n"
       "        base_mac_r = 52:54:00:00:01:00\n",
       R"(main.cfg: error: set 'all' runs 1 of its 1 tests on more than one queue or host [-Wrepeated-test]
main.cfg:1:1: note: 'all' runs on queue '1' of host 'h1', queue '1' of host 'h2'
1 test set, 2 hosts, 2 tests: 1 error
)"},
      {"type = boot\n"
       "nics = n1\n"
       "mac_ranges = r\n"
       "range_size_r = 16\n"
       "variants:\n"
       "    - a:\n"
       "        hostname = h1\n"
       "        queue = 1\n"
       "        base_mac_r = 52:54:00:00:00:00\n"
       "    - b:\n"
       "        hostname = h2\n"
       "        queue = 1\n"
       "        base_mac_r = 52:54:00:00:00:0f\n",
       R"(main.cfg:13:9: error: range 'r' of queue '1' of host 'h2' overlaps range 'r' of queue '1' of host 'h1': both hold 52:54:00:00:00:0f [-Woverlap]
   13 |         base_mac_r = 52:54:00:00:00:0f
      |         ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
main.cfg:9:9: note: range 'r' begins here
main.cfg: error: set 'all' runs 1 of its 1 tests on more than one queue or host [-Wrepeated-test]
main.cfg:1:1: note: 'all' runs on queue '1' of host 'h1', queue '1' of host 'h2'
1 test set, 2 hosts, 2 tests: 2 errors
)"},
  };
  for (const Row& row : rows) EXPECT_EQ(Check(row.text), row.messages) << row.text;
}

TEST_F(CheckTest, NamesThatClashWhereAllHostsAreShown) {
  const Row rows[] = {
      {"type = boot\n"
       "variants:\n"
       "    - x:\n"
       "variants:\n"
       "    - @a:\n"
       "        hostname = h1\n"
       "        queue = 1\n"
       "    - @b:\n"
       "        hostname = h1\n"
       "        queue = h3\n"
       "    - @c:\n"
       "        hostname = h2\n"
       "    - @d:\n"
       "        hostname = h3\n",
       R"(main.cfg:3:7: error: tests of two hosts have the name 'all.x@h3' where all hosts are shown [-Wname-clash]
    3 |     - x:
      |       ^
main.cfg:3:7: note: 'b.x' of host 'h1' is one
main.cfg:3:7: note: 'd.x' of host 'h3' is one
main.cfg: error: set 'all' runs 1 of its 1 tests on more than one queue or host [-Wrepeated-test]
main.cfg:3:7: note: 'all.x' runs on queue '1' of host 'h1', queue 'h3' of host 'h1', host 'h2' and 1 more
1 test set, 3 hosts, 4 tests: 2 errors
)"},
  };
  for (const Row& row : rows) EXPECT_EQ(Check(row.text), row.messages) << row.text;
}

// Errors are told of any set, since all of them count for who owns which addresses.
TEST_F(CheckTest, SlipsOfSetsNotAskedForAreNotTold) {
  const std::string text =
      "type = boot\n"
      "variants:\n"
      "    - a:\n"
      "    - b: a\n"
      "    - c: a.lost\n"
      "variants:\n"
      "    - @q1:\n"
      "        queue = 1\n"
      "        hostname = h\n"
      "    - @q2:\n"
      "        queue = 2\n"
      "        hostname = h\n"
      "    - @no_queue:\n"
      "        hostname = h\n"
      "    - @no_host:\n"
      "variants:\n"
      "    - @nightly:\n"
      "        only q1\n"
      "        only a\n"
      "    - @weekly:\n"
      "        q1:\n"
      "            no b\n"
      "        q2:\n"
      "            no a\n"
      "    - @lonely:\n"
      "        only b\n"
      "        only q1\n"
      "    - @placeless:\n"
      "        only a, c\n"
      "        only no_queue, no_host\n";
  options_.sets = {"nightly"};
  EXPECT_EQ(Check(text), "1 test set, 2 hosts, 1 test: no slips\n");
  options_.sets = {"weekly", "lonely", "placeless"};
  EXPECT_EQ(
      Check(text),
      R"(main.cfg:3:7: error: 5 tests name no host, as others do; any machine runs them [-Wno-host]
    3 |     - a:
      |       ^
main.cfg:3:7: note: the first is 'weekly.no_host.a'
main.cfg:3:7: error: 5 tests on host 'h' have no queue; the first that is free runs them [-Wno-queue]
    3 |     - a:
      |       ^
main.cfg:20:8: error: set 'weekly' runs 3 of its 3 tests on more than one queue or host [-Wrepeated-test]
   20 |     - @weekly:
      |        ^~~~~~
main.cfg:3:7: note: 'weekly.a' runs on queue '1' of host 'h', host 'h', host 'localhost'
main.cfg:28:8: error: set 'placeless' runs 2 of its 2 tests on more than one queue or host [-Wrepeated-test]
   28 |     - @placeless:
      |        ^~~~~~~~~
main.cfg:3:7: note: 'placeless.a' runs on host 'h', host 'localhost'
main.cfg:5:10: error: 4 tests of set 'weekly' require 'a.lost', but no variant is named 'lost'; it is taken as met [-Wdependency-label]
    5 |     - c: a.lost
      |          ^~~~~~
main.cfg:5:7: note: the first is 'weekly.q1.c'
main.cfg:4:10: error: a test of set 'lonely' requires 'a', which the set does not select there; it is taken as met [-Wdependency-not-selected]
    4 |     - b: a
      |          ^
main.cfg:4:7: note: it is 'lonely.q1.b'
main.cfg:5:10: error: 2 tests of set 'placeless' require 'a.lost', but no variant is named 'lost'; it is taken as met [-Wdependency-label]
    5 |     - c: a.lost
      |          ^~~~~~
main.cfg:5:7: note: the first is 'placeless.no_queue.c'
main.cfg:4:10: error: 1 test of set 'weekly' requires what runs on another queue of host 'h', which has another state directory [-Wdependency-other-queue]
    4 |     - b: a
      |          ^
main.cfg:3:7: note: 'weekly.q2.b' on queue '2' requires 'weekly.q1.a' on queue '1'
3 test sets, 2 hosts, 15 tests: 8 errors
)");
}

}  // namespace
}  // namespace kvmtest::plan
