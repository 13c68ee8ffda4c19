// Who owns which addresses and state, and what is unsafe.
#include "build_testing.h"

namespace kvmtest::plan {
namespace {

TEST_F(BuildTest, QueuesThatNameOneRangeShareItInBlocks) {
  EXPECT_EQ(
      Dump(R"(
mac_ranges = r0
base_mac_r0 = 00:00:00:00:00:00
base_ip_r0 = 10.20.0.0
range_size_r0 = 64
variants:
    - t:
variants:
    - @q2:
        queue = 2
    - @q10:
        queue = 10
variants:
    - @h1:
        hostname = h1
    - @h2:
        hostname = h2
        only q2
)"),
      R"(main.cfg:3:1: warning: range 'r0': 1 of 64 addresses is not handed out: 00:00:00:00:00:00 (qemu takes it for no address given), 10.20.0.0 (a network) [-Waddress-left-out]
    3 | base_mac_r0 = 00:00:00:00:00:00
      | ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
main.cfg: warning: set 'all' runs 1 of its 1 tests on more than one queue or host [-Wrepeated-test]
main.cfg:7:7: note: 'all.t' runs on queue '2' of host 'h1', queue '10' of host 'h1', queue '2' of host 'h2'
1 test set, 2 hosts, 3 queues, 3 tests

host h1
  queue 2   state queue-2   r0 00:00:00:00:00:01..00:00:00:00:00:14 10.20.0.1..10.20.0.20 (20)
  queue 10  state queue-10  r0 00:00:00:00:00:15..00:00:00:00:00:29 10.20.0.21..10.20.0.41 (21)
host h2
  queue 2  state queue-2  r0 00:00:00:00:00:2a..00:00:00:00:00:3e 10.20.0.42..10.20.0.62 (21)

set  host  queue  tests  time
all  h1    2      1      ~1 min
all  h1    10     1      ~1 min
all  h2    2      1      ~1 min
all ends after ~1 min

all on h1, queue 2
  1  ~1 min  all.t@2

all on h1, queue 10
  2  ~1 min  all.t@10

all on h2, queue 2
  1  ~1 min  all.t

all on h1 ends after ~1 min
  queue 2   |1----------------------------------------------------------
  queue 10  |2----------------------------------------------------------
            0                             30 s                     1 min

all on h2 ends after ~1 min
  queue 2  |1----------------------------------------------------------
           0                             30 s                     1 min
)");
}

TEST_F(BuildTest, AliasesOfKvmAutotest) {
  auto plan = BuildMain(R"(
queue = 1
address_ranges = r1 r2
address_range_base_mac_r1 = 52:54:00:20:00:00
address_range_base_ip_r1 = 10.1.0.1
address_range_size_r1 = 8
address_range_base_mac_r2 = 52:54:00:21:00:00
)");
  ASSERT_TRUE(plan) << messages_;
  EXPECT_EQ(plan->queues[0].blocks,
            (std::vector<MacBlock>{{"r1", 0x525400200000, ParseIp("10.1.0.1"), 8, 0, 8},
                                   {"r2", 0x525400210000, std::nullopt, 256, 0, 256}}));
}

TEST_F(BuildTest, UnsafeAddressesAreErrors) {
  const Row rows[] = {
      {"queue = 1\nmac_ranges = r0\n", R"(main.cfg:2:1: error: no range named 'r0' [-Wunknown-range]
    2 | mac_ranges = r0
      | ^~~~~~~~~~~~~~~
hint: define base_mac_r0 and range_size_r0
)"},
      {"queue = 1\nmac_ranges = r0\nbase_mac_r0 = 52:54\n",
       R"(main.cfg:3:1: error: '52:54' is not a MAC address such as 52:54:00:10:00:00 [-Wbad-range]
    3 | base_mac_r0 = 52:54
      | ^~~~~~~~~~~~~~~~~~~
)"},
      {"queue = 1\nmac_ranges = r0\nbase_mac_r0 = 52:54:00:00:00:00\nrange_size_r0 = many\n",
       R"(main.cfg:4:1: error: 'many' is not a number of addresses [-Wbad-range]
    4 | range_size_r0 = many
      | ^~~~~~~~~~~~~~~~~~~~
)"},
      {"queue = 1\nmac_ranges = r0\nbase_mac_r0 = 52:54:00:00:00:00\nbase_ip_r0 = 10.1\n",
       R"(main.cfg:4:1: error: '10.1' is not an IPv4 address such as 10.20.0.1 [-Wbad-range]
    4 | base_ip_r0 = 10.1
      | ^~~~~~~~~~~~~~~~~
)"},
      {"queue = 1\nmac_ranges = r0\nbase_mac_r0 = 01:00:5e:00:00:00\n",
       R"(main.cfg:3:1: error: range 'r0' holds group (multicast) addresses such as 01:00:5e:00:00:00, which no NIC may have [-Wbad-range]
    3 | base_mac_r0 = 01:00:5e:00:00:00
      | ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
)"},
      {"queue = 1\nmac_ranges = r0\nbase_mac_r0 = fe:ff:ff:ff:ff:ff\n",
       R"(main.cfg:3:1: error: range 'r0' holds group (multicast) addresses such as ff:00:00:00:00:00, which no NIC may have [-Wbad-range]
    3 | base_mac_r0 = fe:ff:ff:ff:ff:ff
      | ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
)"},
      {"queue = 1\nmac_ranges = r0 r0\nbase_mac_r0 = 52:54:00:00:00:00\n",
       R"(main.cfg:2:1: error: queue '1' of host 'localhost' names range 'r0' twice [-Wrange-twice]
    2 | mac_ranges = r0 r0
      | ^~~~~~~~~~~~~~~~~~
)"},
      {"queue = 1\nmac_ranges = r0 r1\nbase_mac_r0 = 52:54:00:00:00:00\n"
       "base_mac_r1 = 52:54:00:00:00:10\n",
       R"(main.cfg:4:1: error: range 'r1' of queue '1' of host 'localhost' overlaps range 'r0' of queue '1' of host 'localhost': both hold 52:54:00:00:00:10 [-Woverlap]
    4 | base_mac_r1 = 52:54:00:00:00:10
      | ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
main.cfg:3:1: note: range 'r0' begins here
)"},
      {"mac_ranges = r0\nrange_size_r0 = 16\nvariants:\n    - a:\n        queue = 1\n"
       "        base_mac_r0 = 52:54:00:00:00:00\n    - b:\n        queue = 2\n"
       "        base_mac_r0 = 52:54:00:00:00:0f\n",
       R"(main.cfg:9:9: error: range 'r0' of queue '2' of host 'localhost' overlaps range 'r0' of queue '1' of host 'localhost': both hold 52:54:00:00:00:0f [-Woverlap]
    9 |         base_mac_r0 = 52:54:00:00:00:0f
      |         ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
main.cfg:6:9: note: range 'r0' begins here
)"},
      {"mac_ranges = r0\nrange_size_r0 = 16\nqueue = 1\nvariants:\n    - a:\n"
       "        base_mac_r0 = 52:54:00:00:00:00\n    - b:\n"
       "        base_mac_r0 = 52:54:00:00:01:00\n",
       R"(main.cfg:8:9: error: queue '1' of host 'localhost' has two different ranges named 'r0' [-Wrange-redefined]
    8 |         base_mac_r0 = 52:54:00:00:01:00
      |         ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
main.cfg:6:9: note: the other is defined here
)"},
      {"mac_ranges = r0\nrange_size_r0 = 5\nbase_mac_r0 = 52:54:00:00:00:00\nvms = vm1 vm2\n"
       "nics = a b\nnics_vm2 = a\nvariants:\n    - @x:\n        queue = 1\n    - @y:\n"
       "        queue = 2\nvariants:\n    - small:\n        vms = vm2\n    - big:\n",
       R"(main.cfg:1:1: error: queue '1' of host 'localhost' has 2 addresses (its share of 'r0'), but a test of it has 3 NICs [-Wrange-too-small]
    1 | mac_ranges = r0
      | ^~~~~~~~~~~~~~~
main.cfg:8:8: note: it is 'big.x'
main.cfg:1:1: error: queue '2' of host 'localhost' has 2 addresses (its share of 'r0'), but a test of it has 3 NICs [-Wrange-too-small]
    1 | mac_ranges = r0
      | ^~~~~~~~~~~~~~~
main.cfg:10:8: note: it is 'big.y'
)"},
      {"mac_ranges = r0\nrange_size_r0 = 5\nbase_mac_r0 = 52:54:00:00:00:00\nnics = a\n"
       "variants:\n    - @x:\n        queue = 1\n    - @y:\n        queue = 2\nvariants:\n"
       "    - boot:\n    - many:\n        type = stress_boot\n        max_vms = 3\n",
       R"(main.cfg:1:1: error: queue '1' of host 'localhost' has 2 addresses (its share of 'r0'), but a test of it has 3 NICs [-Wrange-too-small]
    1 | mac_ranges = r0
      | ^~~~~~~~~~~~~~~
main.cfg:13:9: note: it is 'many.x'
main.cfg:1:1: error: queue '2' of host 'localhost' has 2 addresses (its share of 'r0'), but a test of it has 3 NICs [-Wrange-too-small]
    1 | mac_ranges = r0
      | ^~~~~~~~~~~~~~~
main.cfg:13:9: note: it is 'many.y'
)"},
  };
  for (const Row& row : rows) EXPECT_EQ(Messages(row.text), row.messages) << row.text;
}

TEST_F(BuildTest, SharedStateIsAnError) {
  const Row rows[] = {
      {"env = env\nvariants:\n    - a:\n        queue = 1\n    - b:\n        queue = 2\n",
       R"(main.cfg:1:1: error: queue '2' of host 'localhost' uses the state directory 'env' of queue '1' of host 'localhost', which may run at the same time [-Wshared-state]
    1 | env = env
      | ^~~~~~~~~
main.cfg:1:1: note: queue '1' of host 'localhost' has it from here
hint: give each queue an 'env' of its own
)"},
      {"variants:\n    - a:\n        queue = 1\n        env = x\n    - b:\n        queue = 2\n"
       "        env = x/y/\n",
       R"(main.cfg:7:9: error: queue '2' of host 'localhost' uses the state directory 'x' of queue '1' of host 'localhost', which may run at the same time [-Wshared-state]
    7 |         env = x/y/
      |         ^~~~~~~~~~
main.cfg:4:9: note: queue '1' of host 'localhost' has it from here
hint: give each queue an 'env' of its own
)"},
      {"variants:\n    - a:\n        queue = 1\n        env = ./x\n    - b:\n        queue = 2\n"
       "        env = y/../x\n",
       R"(main.cfg:7:9: error: queue '2' of host 'localhost' uses the state directory 'x' of queue '1' of host 'localhost', which may run at the same time [-Wshared-state]
    7 |         env = y/../x
      |         ^~~~~~~~~~~~
main.cfg:4:9: note: queue '1' of host 'localhost' has it from here
hint: give each queue an 'env' of its own
)"},
      {"queue = 1\nenv = ../x\n",
       R"(main.cfg:2:1: error: env is '../x', which does not lie in the host's state directory [-Wbad-env]
    2 | env = ../x
      | ^~~~~~~~~~
hint: use a relative path such as env1
)"},
      {"queue = 1\nenv = /var/x\n",
       R"(main.cfg:2:1: error: env is '/var/x', which does not lie in the host's state directory [-Wbad-env]
    2 | env = /var/x
      | ^~~~~~~~~~~~
hint: use a relative path such as env1
)"},
      {"env = env\nvariants:\n    - a:\n        hostname = h1\n        queue = 1\n    - b:\n"
       "        hostname = h2\n        queue = 2\n",
       R"(main.cfg: warning: set 'all' runs 1 of its 1 tests on more than one queue or host [-Wrepeated-test]
main.cfg:3:7: note: 'all' runs on queue '1' of host 'h1', queue '2' of host 'h2'
)"},
  };
  for (const Row& row : rows) EXPECT_EQ(Messages(row.text), row.messages) << row.text;
}

// ---- names ----

}  // namespace
}  // namespace kvmtest::plan
