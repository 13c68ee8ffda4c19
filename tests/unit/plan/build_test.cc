// Configurations to plans: input text on the left, what `plan` prints (or the diagnostics) on the
// right.
#include "plan/build.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "plan/table.h"

namespace kvmtest::plan {
namespace {

class BuildTest : public ::testing::Test {
 protected:
  // The plan of main.cfg, for a closer look.
  std::optional<Plan> Build(const std::string& text) {
    language::MemoryReader reader;
    reader.Add("main.cfg", text);
    language::Diagnostics diagnostics;
    language::Input input;
    input.path = "main.cfg";
    input.strings = strings_;
    auto config = language::ParseConfig(reader, input, diagnostics);
    options_.narrowed = !strings_.empty();
    auto plan = BuildPlan(*config, options_, diagnostics);
    messages_ = diagnostics.Render(config->sources());
    return plan;
  }

  // The diagnostics, then the table.
  std::string Dump(const std::string& text) {
    auto plan = Build(text);
    return messages_ + (plan ? WriteTable(*plan) : "");
  }

  std::string Messages(const std::string& text) {
    Build(text);
    return messages_;
  }

  BuildOptions options_;
  std::vector<std::string> strings_;
  std::string messages_;
};

// Two queues on one host, one on another; tests, guests and sets.
constexpr const char* kTests = R"(
vms = vm1
nics = nic1
variants:
    - install:
        type = install
    - boot: install
        type = boot
variants:
    - linux:
    - windows:
)";

constexpr const char* kHosts = R"(
base_mac_r0 = 52:54:00:10:00:00
range_size_r0 = 16
base_mac_r1 = 52:54:00:10:01:00
base_ip_r1 = 10.20.1.1
range_size_r1 = 16
base_mac_r2 = 52:54:00:10:02:00
range_size_r2 = 16
variants:
    - @queue1:
        queue = 1
        env = env
    - @queue2:
        queue = 2
        env = env2
variants:
    - @hosta:
        hostname = hosta
        queue1:
            mac_ranges = r0
        queue2:
            mac_ranges = r1
    - @hostb:
        hostname = hostb
        only queue1
        mac_ranges = r2
)";

constexpr const char* kSets = R"(
variants:
    - @nightly:
        hosta:
            only linux
            only queue1
        hostb:
            only windows
    - @weekly:
)";

std::string Sample() {
  return std::string(kTests) + kHosts + kSets;
}

TEST_F(BuildTest, PlacesTestsOfAllSets) {
  EXPECT_EQ(
      Dump(Sample()),
      R"(main.cfg:46:8: warning: set 'weekly' runs 4 of its 4 tests on more than one queue or host [-Wrepeated-test]
   46 |     - @weekly:
      |        ^~~~~~
main.cfg:6:9: note: 'weekly.linux.install' runs on queue '1' of host 'hosta', queue '2' of host 'hosta', queue '1' of host 'hostb'
2 test sets, 2 hosts, 3 queues, 16 tests

host hosta
  queue 1  state env   r0 52:54:00:10:00:00..52:54:00:10:00:0f (16)
  queue 2  state env2  r1 52:54:00:10:01:00..52:54:00:10:01:0f 10.20.1.1..10.20.1.16 (16)
host hostb
  queue 1  state env  r2 52:54:00:10:02:00..52:54:00:10:02:0f (16)

set      host   queue  tests  time
nightly  hosta  1      2      ~1 min 30 s
nightly  hostb  1      2      ~1 min 30 s
weekly   hosta  1      4      ~3 min
weekly   hosta  2      4      ~3 min
weekly   hostb  1      4      ~3 min
nightly ends after ~1 min 30 s
weekly ends after ~3 min

nightly on hosta, queue 1
  1  ~1 min  nightly.linux.install
  2  ~30 s   nightly.linux.boot  after nightly.linux.install

nightly on hostb, queue 1
  1  ~1 min  nightly.windows.install
  2  ~30 s   nightly.windows.boot  after nightly.windows.install

weekly on hosta, queue 1
  1  ~1 min  weekly.linux.install@1
  2  ~30 s   weekly.linux.boot@1  after weekly.linux.install@1
  3  ~1 min  weekly.windows.install@1
  4  ~30 s   weekly.windows.boot@1  after weekly.windows.install@1

weekly on hosta, queue 2
  5  ~1 min  weekly.linux.install@2
  6  ~30 s   weekly.linux.boot@2  after weekly.linux.install@2
  7  ~1 min  weekly.windows.install@2
  8  ~30 s   weekly.windows.boot@2  after weekly.windows.install@2

weekly on hostb, queue 1
  1  ~1 min  weekly.linux.install
  2  ~30 s   weekly.linux.boot  after weekly.linux.install
  3  ~1 min  weekly.windows.install
  4  ~30 s   weekly.windows.boot  after weekly.windows.install

nightly on hosta ends after ~1 min 30 s
  queue 1  |1--------------------------------------|2------------------
  queue 2
           0                             45 s                1 min 30 s

nightly on hostb ends after ~1 min 30 s
  queue 1  |1--------------------------------------|2------------------
           0                             45 s                1 min 30 s

weekly on hosta ends after ~3 min
  queue 1  |1------------------|3------------------|2--------|4--------
  queue 2  |5------------------|7------------------|6--------|8--------
           0                             1 min 30 s               3 min

weekly on hostb ends after ~3 min
  queue 1  |1------------------|3------------------|2--------|4--------
           0                             1 min 30 s               3 min
)");
}

TEST_F(BuildTest, AStringSelectsASetWithoutAWarningAboutTheOthers) {
  strings_ = {"only nightly"};
  EXPECT_EQ(Dump(Sample()), R"(1 test set, 2 hosts, 2 queues, 4 tests

host hosta
  queue 1  state env  r0 52:54:00:10:00:00..52:54:00:10:00:0f (16)
host hostb
  queue 1  state env  r2 52:54:00:10:02:00..52:54:00:10:02:0f (16)

set      host   queue  tests  time
nightly  hosta  1      2      ~1 min 30 s
nightly  hostb  1      2      ~1 min 30 s
nightly ends after ~1 min 30 s

nightly on hosta, queue 1
  1  ~1 min  nightly.linux.install
  2  ~30 s   nightly.linux.boot  after nightly.linux.install

nightly on hostb, queue 1
  1  ~1 min  nightly.windows.install
  2  ~30 s   nightly.windows.boot  after nightly.windows.install

nightly on hosta ends after ~1 min 30 s
  queue 1  |1--------------------------------------|2------------------
           0                             45 s                1 min 30 s

nightly on hostb ends after ~1 min 30 s
  queue 1  |1--------------------------------------|2------------------
           0                             45 s                1 min 30 s
)");
}

TEST_F(BuildTest, AnOptionSelectsSetsAndKeepsAddresses) {
  std::string text = Sample();
  auto whole = Build(text);
  options_.sets = {"weekly"};
  auto weekly = Build(text);
  ASSERT_TRUE(whole && weekly);
  EXPECT_EQ(weekly->sets.size(), 1u);
  for (const auto& test : weekly->tests) EXPECT_EQ(test.set, 0u);
  for (size_t i = 0; i < whole->queues.size(); ++i) {
    EXPECT_EQ(whole->queues[i].blocks, weekly->queues[i].blocks);
  }
  EXPECT_NE(whole->digest, weekly->digest);
}

TEST_F(BuildTest, AnUnknownSetIsAnError) {
  options_.sets = {"nigthly"};
  EXPECT_EQ(Messages(Sample()),
            R"(main.cfg: error: no test set named 'nigthly', only 'nightly', 'weekly'
hint: did you mean 'nightly'?
)");
}

TEST_F(BuildTest, ConfigurationWithoutHosts) {
  options_.machine_queues = 2;
  EXPECT_EQ(Dump(kTests), R"(1 test set, 1 host, 2 queues, 4 tests

host localhost (any machine)
  queue 1  state env1  auto 02:8a:15:eb:00:00..02:8a:15:eb:00:ff (256)
  queue 2  state env2  auto 02:8a:15:eb:01:00..02:8a:15:eb:01:ff (256)

set  host       queue  tests  time
all  localhost  any    4      ~3 min
all ends after ~1 min 30 s

all on localhost, any queue
  1  ~1 min  all.linux.install
  2  ~30 s   all.linux.boot  after all.linux.install
  3  ~1 min  all.windows.install
  4  ~30 s   all.windows.boot  after all.windows.install

all on localhost ends after ~1 min 30 s
  queue 1  |1--------------------------------------|2------------------
  queue 2  |3--------------------------------------|4------------------
           0                             45 s                1 min 30 s
)");
}

TEST_F(BuildTest, OneQueueIsNoPool) {
  auto plan = Build(kTests);
  ASSERT_TRUE(plan);
  EXPECT_FALSE(plan->tests[0].pooled);
  EXPECT_EQ(plan->hosts[0].queues, std::vector<std::string>{"1"});
}

TEST_F(BuildTest, AutomaticAddressesDependOnTheCallOnly) {
  auto first = Build(kTests);
  auto again = Build(std::string(kTests) + "variants:\n    - fast:\n    - slow:\n");
  EXPECT_EQ(first->queues[0].blocks, again->queues[0].blocks);
  options_.name = "other";
  auto other = Build(kTests);
  EXPECT_NE(first->queues[0].blocks[0].base_mac, other->queues[0].blocks[0].base_mac);
  EXPECT_EQ(first->queues[0].blocks[0].base_mac >> 40, 0x02u) << "locally administered";
}

TEST_F(BuildTest, SetsByParam) {
  EXPECT_EQ(Dump(R"(
variants:
    - a:
        test_set = quick
    - b:
)"),
            R"(2 test sets, 1 host, 1 queue, 2 tests

host localhost (any machine)
  queue 1  state env1  auto 02:8a:15:eb:00:00..02:8a:15:eb:00:ff (256)

set    host       queue  tests  time
quick  localhost  1      1      ~1 min
all    localhost  1      1      ~1 min
quick ends after ~1 min
all ends after ~1 min

quick on localhost, queue 1
  1  ~1 min  quick.a

all on localhost, queue 1
  1  ~1 min  all.b

quick on localhost ends after ~1 min
  queue 1  |1----------------------------------------------------------
           0                             30 s                     1 min

all on localhost ends after ~1 min
  queue 1  |1----------------------------------------------------------
           0                             30 s                     1 min
)");
}

TEST_F(BuildTest, NamedHostWithoutQueuesHasOne) {
  EXPECT_EQ(Dump("hostname = box\nvariants:\n    - a:\n    - b: a\n"),
            R"(1 test set, 1 host, 1 queue, 2 tests

host box
  queue 1  state env1  auto 02:c6:32:b5:00:00..02:c6:32:b5:00:ff (256)

set  host  queue  tests  time
all  box   1      2      ~2 min
all ends after ~2 min

all on box, queue 1
  1  ~1 min  all.a
  2  ~1 min  all.b  after all.a

all on box ends after ~2 min
  queue 1  |1----------------------------|2----------------------------
           0                             1 min                    2 min
)");
}

TEST_F(BuildTest, TestsWithoutQueueTakeAnyNamedOne) {
  EXPECT_EQ(
      Dump(R"(
hostname = localhost
variants:
    - a:
        queue = 1
        env = e1
    - b:
        queue = 2
        env = e2
    - c:
)"),
      R"(main.cfg:10:7: warning: 1 test on host 'localhost' has no queue; the first that is free runs it [-Wno-queue]
   10 |     - c:
      |       ^
1 test set, 1 host, 2 queues, 3 tests

host localhost (any machine)
  queue 1  state e1  auto 02:8a:15:eb:00:00..02:8a:15:eb:00:ff (256)
  queue 2  state e2  auto 02:8a:15:eb:01:00..02:8a:15:eb:01:ff (256)

set  host       queue  tests  time
all  localhost  1      1      ~1 min
all  localhost  2      1      ~1 min
all  localhost  any    1      ~1 min
all ends after ~2 min

all on localhost, queue 1
  1  ~1 min  all.a

all on localhost, queue 2
  2  ~1 min  all.b

all on localhost, any queue
  3  ~1 min  all.c

all on localhost ends after ~2 min
  queue 1  |1----------------------------|3----------------------------
  queue 2  |2----------------------------
           0                             1 min                    2 min
)");
}

// ---- addresses ----

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
  auto plan = Build(R"(
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

struct Row {
  const char* text;
  const char* messages;
};

TEST_F(BuildTest, UnsafeAddressesAreErrors) {
  const Row rows[] = {
      {"queue = 1\nmac_ranges = r0\n", R"(main.cfg:2:1: error: no range named 'r0'
    2 | mac_ranges = r0
      | ^~~~~~~~~~~~~~~
hint: define base_mac_r0 and range_size_r0
)"},
      {"queue = 1\nmac_ranges = r0\nbase_mac_r0 = 52:54\n",
       R"(main.cfg:3:1: error: '52:54' is not a MAC address such as 52:54:00:10:00:00
    3 | base_mac_r0 = 52:54
      | ^~~~~~~~~~~~~~~~~~~
)"},
      {"queue = 1\nmac_ranges = r0\nbase_mac_r0 = 52:54:00:00:00:00\nrange_size_r0 = many\n",
       R"(main.cfg:4:1: error: 'many' is not a number of addresses
    4 | range_size_r0 = many
      | ^~~~~~~~~~~~~~~~~~~~
)"},
      {"queue = 1\nmac_ranges = r0\nbase_mac_r0 = 52:54:00:00:00:00\nbase_ip_r0 = 10.1\n",
       R"(main.cfg:4:1: error: '10.1' is not an IPv4 address such as 10.20.0.1
    4 | base_ip_r0 = 10.1
      | ^~~~~~~~~~~~~~~~~
)"},
      {"queue = 1\nmac_ranges = r0\nbase_mac_r0 = 01:00:5e:00:00:00\n",
       R"(main.cfg:3:1: error: range 'r0' holds group (multicast) addresses such as 01:00:5e:00:00:00, which no NIC may have
    3 | base_mac_r0 = 01:00:5e:00:00:00
      | ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
)"},
      {"queue = 1\nmac_ranges = r0\nbase_mac_r0 = fe:ff:ff:ff:ff:ff\n",
       R"(main.cfg:3:1: error: range 'r0' holds group (multicast) addresses such as ff:00:00:00:00:00, which no NIC may have
    3 | base_mac_r0 = fe:ff:ff:ff:ff:ff
      | ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
)"},
      {"queue = 1\nmac_ranges = r0 r0\nbase_mac_r0 = 52:54:00:00:00:00\n",
       R"(main.cfg:2:1: error: queue '1' of host 'localhost' names range 'r0' twice
    2 | mac_ranges = r0 r0
      | ^~~~~~~~~~~~~~~~~~
)"},
      {"queue = 1\nmac_ranges = r0 r1\nbase_mac_r0 = 52:54:00:00:00:00\n"
       "base_mac_r1 = 52:54:00:00:00:10\n",
       R"(main.cfg:4:1: error: range 'r1' of queue '1' of host 'localhost' overlaps range 'r0' of queue '1' of host 'localhost': both hold 52:54:00:00:00:10
    4 | base_mac_r1 = 52:54:00:00:00:10
      | ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
main.cfg:3:1: note: range 'r0' begins here
)"},
      {"mac_ranges = r0\nrange_size_r0 = 16\nvariants:\n    - a:\n        queue = 1\n"
       "        base_mac_r0 = 52:54:00:00:00:00\n    - b:\n        queue = 2\n"
       "        base_mac_r0 = 52:54:00:00:00:0f\n",
       R"(main.cfg:9:9: error: range 'r0' of queue '2' of host 'localhost' overlaps range 'r0' of queue '1' of host 'localhost': both hold 52:54:00:00:00:0f
    9 |         base_mac_r0 = 52:54:00:00:00:0f
      |         ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
main.cfg:6:9: note: range 'r0' begins here
)"},
      {"mac_ranges = r0\nrange_size_r0 = 16\nqueue = 1\nvariants:\n    - a:\n"
       "        base_mac_r0 = 52:54:00:00:00:00\n    - b:\n"
       "        base_mac_r0 = 52:54:00:00:01:00\n",
       R"(main.cfg:8:9: error: queue '1' of host 'localhost' has two different ranges named 'r0'
    8 |         base_mac_r0 = 52:54:00:00:01:00
      |         ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
main.cfg:6:9: note: the other is defined here
)"},
      {"mac_ranges = r0\nrange_size_r0 = 5\nbase_mac_r0 = 52:54:00:00:00:00\nvms = vm1 vm2\n"
       "nics = a b\nnics_vm2 = a\nvariants:\n    - @x:\n        queue = 1\n    - @y:\n"
       "        queue = 2\nvariants:\n    - small:\n        vms = vm2\n    - big:\n",
       R"(main.cfg:1:1: error: queue '1' of host 'localhost' has 2 addresses (its share of 'r0'), but a test of it has 3 NICs
    1 | mac_ranges = r0
      | ^~~~~~~~~~~~~~~
main.cfg:8:8: note: it is 'big.x'
main.cfg:1:1: error: queue '2' of host 'localhost' has 2 addresses (its share of 'r0'), but a test of it has 3 NICs
    1 | mac_ranges = r0
      | ^~~~~~~~~~~~~~~
main.cfg:10:8: note: it is 'big.y'
)"},
  };
  for (const Row& row : rows) EXPECT_EQ(Messages(row.text), row.messages) << row.text;
}

TEST_F(BuildTest, SharedStateIsAnError) {
  const Row rows[] = {
      {"env = env\nvariants:\n    - a:\n        queue = 1\n    - b:\n        queue = 2\n",
       R"(main.cfg:1:1: error: queue '2' of host 'localhost' uses the state directory 'env' of queue '1' of host 'localhost', which may run at the same time
    1 | env = env
      | ^~~~~~~~~
main.cfg:1:1: note: queue '1' of host 'localhost' has it from here
hint: give each queue an 'env' of its own
)"},
      {"variants:\n    - a:\n        queue = 1\n        env = x\n    - b:\n        queue = 2\n"
       "        env = x/y/\n",
       R"(main.cfg:7:9: error: queue '2' of host 'localhost' uses the state directory 'x' of queue '1' of host 'localhost', which may run at the same time
    7 |         env = x/y/
      |         ^~~~~~~~~~
main.cfg:4:9: note: queue '1' of host 'localhost' has it from here
hint: give each queue an 'env' of its own
)"},
      {"variants:\n    - a:\n        queue = 1\n        env = ./x\n    - b:\n        queue = 2\n"
       "        env = y/../x\n",
       R"(main.cfg:7:9: error: queue '2' of host 'localhost' uses the state directory 'x' of queue '1' of host 'localhost', which may run at the same time
    7 |         env = y/../x
      |         ^~~~~~~~~~~~
main.cfg:4:9: note: queue '1' of host 'localhost' has it from here
hint: give each queue an 'env' of its own
)"},
      {"queue = 1\nenv = ../x\n",
       R"(main.cfg:2:1: error: env is '../x', which does not lie in the host's state directory
    2 | env = ../x
      | ^~~~~~~~~~
hint: use a relative path such as env1
)"},
      {"queue = 1\nenv = /var/x\n",
       R"(main.cfg:2:1: error: env is '/var/x', which does not lie in the host's state directory
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

TEST_F(BuildTest, NamesKeepTheirLabelsWhereTheyAreNeeded) {
  // The queue stands in the variant of the guest: without its label the names would clash.
  EXPECT_EQ(Dump(R"(
variants:
    - boot:
variants:
    - f20:
        queue = 1
    - f21:
        queue = 1
    - f22:
        queue = 2
)"),
            R"(1 test set, 1 host, 2 queues, 3 tests

host localhost (any machine)
  queue 1  state queue-1  auto 02:8a:15:eb:00:00..02:8a:15:eb:00:ff (256)
  queue 2  state queue-2  auto 02:8a:15:eb:01:00..02:8a:15:eb:01:ff (256)

set  host       queue  tests  time
all  localhost  1      2      ~2 min
all  localhost  2      1      ~1 min
all ends after ~2 min

all on localhost, queue 1
  1  ~1 min  all.f20.boot
  2  ~1 min  all.f21.boot

all on localhost, queue 2
  3  ~1 min  all.f22.boot

all on localhost ends after ~2 min
  queue 1  |1----------------------------|2----------------------------
  queue 2  |3----------------------------
           0                             1 min                    2 min
)");
}

TEST_F(BuildTest, EqualNamesAreAnError) {
  EXPECT_EQ(
      Messages("queue = 1\nvariants:\n    - a:\n        type = x\n    - a:\n        type = y\n"),
      R"(main.cfg:6:9: error: 2 tests of host 'localhost' have the name 'all.a'
    6 |         type = y
      |         ^~~~~~~~
main.cfg:4:9: note: 'a' is one
main.cfg:6:9: note: 'a' is another
)");
}

TEST_F(BuildTest, WhatCannotBeALabelIsRefusedWhereItIsSet) {
  options_.label_fault = [](std::string_view text) -> std::optional<std::string> {
    if (text.find(';') == text.npos) return std::nullopt;
    return "it holds ';'";
  };
  const Row rows[] = {
      {"labels = a;b\nvariants:\n    - x:\n        labels = ok c;d\n    - y:\n",
       R"(main.cfg:4:9: error: the label 'c;d' cannot be a label: it holds ';'
    4 |         labels = ok c;d
      |         ^~~~~~~~~~~~~~~
main.cfg:1:1: error: the label 'a;b' cannot be a label: it holds ';'
    1 | labels = a;b
      | ^~~~~~~~~~~~
)"},
      {"hostname = h;1\nqueue = q;1\ntest_set = s;1\n",
       R"(main.cfg:3:1: error: the test set 's;1' cannot be a label: it holds ';'
    3 | test_set = s;1
      | ^~~~~~~~~~~~~~
main.cfg:1:1: error: the host 'h;1' cannot be a label: it holds ';'
    1 | hostname = h;1
      | ^~~~~~~~~~~~~~
main.cfg:2:1: error: the queue 'q;1' cannot be a label: it holds ';'
    2 | queue = q;1
      | ^~~~~~~~~~~
)"},
  };
  for (const Row& row : rows) EXPECT_EQ(Messages(row.text), row.messages) << row.text;
}

TEST_F(BuildTest, OddNamesSurviveOrAreRefused) {
  auto plan = Build("# dialect: 2009\nvariants:\n    - a b;c \"d\" $e:\n");
  ASSERT_TRUE(plan) << messages_;
  EXPECT_EQ(plan->tests[0].name, "all.a b;c \"d\" $e");
  EXPECT_EQ(Messages("# dialect: 2009\nvariants:\n    - a\x01:\n"),
            "main.cfg:3:7: error: the test 'a\x01"
            "' cannot be a name: it holds the control character 0x01\n"
            "    3 |     - a :\n"
            "      |       ^~\n");
  EXPECT_EQ(Messages("queue = \xff\n"),
            "main.cfg:1:9: error: byte 0xff is not UTF-8\n"
            "    1 | queue = \xff\n"
            "      |         ^\n");
}

// ---- params ----

TEST_F(BuildTest, ReadsTimeoutLabelsAndSkip) {
  auto plan = Build("test_timeout = 90\nlabels = smoke  slow\nskip = yes\n");
  ASSERT_TRUE(plan) << messages_;
  const auto& test = plan->tests[0];
  EXPECT_EQ(test.timeout, 90u);
  EXPECT_EQ(test.labels, (std::vector<std::string>{"smoke", "slow"}));
  EXPECT_TRUE(test.disabled);
  EXPECT_EQ(test.name, "all");
  EXPECT_EQ(test.origin, "main.cfg:1");
  EXPECT_EQ(Messages("test_timeout = 0\n"),
            R"(main.cfg:1:1: error: test_timeout is '0', not a number of seconds
    1 | test_timeout = 0
      | ^~~~~~~~~~~~~~~~
)");
  EXPECT_EQ(Messages("test_timeout = 5m\n"),
            R"(main.cfg:1:1: error: test_timeout is '5m', not a number of seconds
    1 | test_timeout = 5m
      | ^~~~~~~~~~~~~~~~~
)");
}

TEST_F(BuildTest, ParamsAreThoseOfTheDict) {
  auto plan = Build(R"(
a = 1
variants:
    - x:
        b = ${a}2
    - y:
        del a
        c = "  "
)");
  ASSERT_TRUE(plan) << messages_;
  std::string dump;
  for (const auto& test : plan->tests) {
    dump += test.name + ":";
    for (Param param : test.params) {
      dump += " ";
      dump += plan->texts.Text(param.key);
      dump += "='";
      dump += plan->texts.Text(param.value);
      dump += "'";
    }
    dump += "\n";
  }
  EXPECT_EQ(dump, "all.x: a='1' b='12'\nall.y: c='  '\n");
}

// ---- dependencies ----

TEST_F(BuildTest, RequiresDirectlyWhatIsNotRequiredAlready) {
  EXPECT_EQ(Dump(R"(
variants:
    - install:
    - setup: install
    - boot: install setup
    - test: install setup boot
)"),
            R"(1 test set, 1 host, 1 queue, 4 tests

host localhost (any machine)
  queue 1  state env1  auto 02:8a:15:eb:00:00..02:8a:15:eb:00:ff (256)

set  host       queue  tests  time
all  localhost  1      4      ~4 min
all ends after ~4 min

all on localhost, queue 1
  1  ~1 min  all.install
  2  ~1 min  all.setup  after all.install
  3  ~1 min  all.boot  after all.setup
  4  ~1 min  all.test  after all.boot

all on localhost ends after ~4 min
  queue 1  |1-------------|2-------------|3-------------|4-------------
           0                             2 min                    4 min
)");
}

TEST_F(BuildTest, RequiresAllThatMatch) {
  EXPECT_EQ(Dump(R"(
variants:
    - ide:
    - scsi:
variants:
    - install:
    - boot: install
variants os:
    - lin:
    - win:
)"),
            R"(1 test set, 1 host, 1 queue, 8 tests

host localhost (any machine)
  queue 1  state env1  auto 02:8a:15:eb:00:00..02:8a:15:eb:00:ff (256)

set  host       queue  tests  time
all  localhost  1      8      ~8 min
all ends after ~8 min

all on localhost, queue 1
  1  ~1 min  all.(os=lin).install.ide
  2  ~1 min  all.(os=lin).install.scsi
  3  ~1 min  all.(os=lin).boot.ide  after all.(os=lin).install.ide, all.(os=lin).install.scsi
  4  ~1 min  all.(os=lin).boot.scsi  after all.(os=lin).install.ide, all.(os=lin).install.scsi
  5  ~1 min  all.(os=win).install.ide
  6  ~1 min  all.(os=win).install.scsi
  7  ~1 min  all.(os=win).boot.ide  after all.(os=win).install.ide, all.(os=win).install.scsi
  8  ~1 min  all.(os=win).boot.scsi  after all.(os=win).install.ide, all.(os=win).install.scsi

all on localhost ends after ~8 min
  queue 1  |1-----|2------|5-----|6------|3-----|4------|7-----|8------
           0                             4 min                    8 min
)");
}

TEST_F(BuildTest, DependenciesThatAreNotThere) {
  const Row rows[] = {
      {"variants:\n    - install:\n    - boot: instal\n",
       R"(main.cfg:3:13: error: a test of set 'all' requires 'instal', but no variant is named 'instal'
    3 |     - boot: instal
      |             ^~~~~~
main.cfg:3:7: note: it is 'boot'
hint: did you mean 'install'?
)"},
      {"variants:\n    - install:\n    - boot: install\nonly boot\n",
       R"(main.cfg:3:13: warning: a test of set 'all' requires 'install', which the set does not select there; it is taken as met [-Wdependency-not-selected]
    3 |     - boot: install
      |             ^~~~~~~
main.cfg:3:7: note: it is 'boot'
)"},
      {"variants:\n    - install:\n    - boot: install\nvariants:\n    - x:\n    - y:\nonly boot\n",
       R"(main.cfg:3:13: warning: 2 tests of set 'all' require 'install', which the set does not select there; it is taken as met [-Wdependency-not-selected]
    3 |     - boot: install
      |             ^~~~~~~
main.cfg:3:7: note: the first is 'x.boot'
)"},
      {"variants:\n    - install:\n    - boot: install\nvariants:\n    - @h1:\n"
       "        hostname = h1\n        only install\n    - @h2:\n        hostname = h2\n"
       "        only boot\n",
       R"(main.cfg:3:13: warning: a test of set 'all' requires 'install', which the set runs on another host ('h1') only; it is taken as met [-Wdependency-elsewhere]
    3 |     - boot: install
      |             ^~~~~~~
main.cfg:3:7: note: it is 'h2.boot'
)"},
      {"variants:\n    - install:\n    - boot: install.cdrom\n",
       R"(main.cfg:3:13: warning: a test of set 'all' requires 'install.cdrom', but no variant is named 'cdrom'; it is taken as met [-Wdependency-label]
    3 |     - boot: install.cdrom
      |             ^~~~~~~~~~~~~
main.cfg:3:7: note: it is 'boot'
)"},
      {"variants:\n    - a: b\n    - b: a\n", R"(main.cfg:2:7: error: 'all.a' requires itself
    2 |     - a: b
      |       ^
main.cfg:2:7: note: 'all.a' requires 'all.b'
main.cfg:3:7: note: 'all.b' requires 'all.a'
)"},
  };
  for (const Row& row : rows) EXPECT_EQ(Messages(row.text), row.messages) << row.text;
}

// ---- nothing ----

TEST_F(BuildTest, NothingIsNeverSilent) {
  const Row rows[] = {
      {"variants:\n    - a:\n    - b:\nonly a\nonly b\n",
       R"(main.cfg: error: nothing is selected: there is no test to run
main.cfg:4:1: note: without 'only a', 1 dict would be left
main.cfg:5:1: note: without 'only b', 1 dict would be left
)"},
      {"# nothing\n",
       R"(main.cfg: error: there are neither variants nor params, so there is no test to run
)"},
      {"# dialect: 2009\n\n",
       R"(main.cfg: error: there are neither variants nor params, so there is no test to run
)"},
      {"mem = 512\n", ""},
      {"variants:\n    - a:\nvariants:\n    - @q:\n        queue = 1\nvariants:\n"
       "    - @full:\n    - @empty:\n        no a\n",
       R"(main.cfg:9:9: warning: this 'no' leaves nothing of variant 'empty' [-Wnothing-left]
    9 |         no a
      |         ^~~~
main.cfg:8:8: warning: set 'empty' selects no test [-Wempty-set]
    8 |     - @empty:
      |        ^~~~~
main.cfg:9:9: note: without 'no a', 1 dict would be left
)"},
  };
  for (const Row& row : rows) EXPECT_EQ(Messages(row.text), row.messages) << row.text;
}

TEST_F(BuildTest, NothingSelectedTellsWhatWasAskedFor) {
  strings_ = {"only a", "only b"};
  EXPECT_EQ(Messages("variants:\n    - a:\n    - b:\n"),
            R"(main.cfg: error: nothing is selected: there is no test to run
note: parsed after the file: 'only a', 'only b'
<string>:1:1: note: without 'only a', 1 dict would be left
<string>:1:1: note: without 'only b', 1 dict would be left
)");
  strings_.clear();
  options_.sets = {"empty"};
  EXPECT_EQ(Messages("variants:\n    - a:\nvariants:\n    - @q:\n        queue = 1\nvariants:\n"
                     "    - @full:\n    - @empty:\n        no a\n"),
            R"(main.cfg:9:9: warning: this 'no' leaves nothing of variant 'empty' [-Wnothing-left]
    9 |         no a
      |         ^~~~
main.cfg:8:8: warning: set 'empty' selects no test [-Wempty-set]
    8 |     - @empty:
      |        ^~~~~
main.cfg:9:9: note: without 'no a', 1 dict would be left
main.cfg: error: nothing is selected: there is no test to run
note: only of the test sets 'empty'
)");
}

// ---- what programs read ----

TEST_F(BuildTest, ExpectsWhatWasMeasuredElseWhatIsAlike) {
  options_.costs = {{"nightly.linux.install", 200'000},
                    {"nightly.windows.boot", 45'000},
                    {"weekly.linux.install", 260'000}};
  auto plan = Build(Sample());
  std::string times;
  for (const plan::Test& test : plan->tests)
    if (plan->sets[test.set].name == "nightly")
      times += fmt::format("{} {}{}\n", test.name, test.is_guessed ? "~" : "", test.expected);
  // An install that nobody has measured takes as long as half of the others.
  EXPECT_EQ(times,
            "nightly.linux.install 200000\nnightly.linux.boot ~45000\n"
            "nightly.windows.install ~260000\nnightly.windows.boot 45000\n");
}

TEST_F(BuildTest, Json) {
  auto plan = Build(Sample());
  auto document = nlohmann::json::parse(WriteJson(*plan));
  EXPECT_EQ(document["plan"], plan->digest);
  EXPECT_EQ(document["sets"], nlohmann::json({"nightly", "weekly"}));
  EXPECT_EQ(document["tests"].size(), plan->tests.size());
  EXPECT_EQ(
      document["hosts"][0].dump(),
      R"({"any_machine":false,"name":"hosta","queues":[{"name":"1","ranges":[{"base_mac":"52:54:00:10:00:00","count":16,"name":"r0","offset":0,"size":16}],"state_dir":"env"},{"name":"2","ranges":[{"base_ip":"10.20.1.1","base_mac":"52:54:00:10:01:00","count":16,"name":"r1","offset":0,"size":16}],"state_dir":"env2"}]})");
  EXPECT_EQ(
      document["tests"][1].dump(),
      R"({"cpus":0,"disabled":false,"expected":30.0,"guessed":true,"host":"hosta","labels":[],"memory":0,"name":"nightly.hosta.queue1.linux.boot","nics":1,"origin":"main.cfg:8","pooled":false,"queues":["1"],"requires":["nightly.linux.install"],"set":"nightly","test":"nightly.linux.boot","timeout":600})");
  EXPECT_EQ(
      document["schedules"][0].dump(),
      R"({"end":90.0,"guessed":true,"host":"hosta","runs":[{"begin":0.0,"end":60.0,"queue":"1","test":"nightly.linux.install"},{"begin":60.0,"end":90.0,"queue":"1","test":"nightly.linux.boot"}],"set":"nightly"})");
}

TEST_F(BuildTest, PlanIsAFunctionOfItsInput) {
  EXPECT_EQ(Build(Sample())->digest, Build(Sample())->digest);
  EXPECT_NE(Build(Sample())->digest, Build(Sample() + "mem = 5\n")->digest);
}

// Hosts keep their files where they like; what they run is the same.
TEST_F(BuildTest, PlanIsTheSameWhereverFilesAre) {
  strings_ = {"images_base_dir = /home/a"};
  const auto here = Build(Sample());
  EXPECT_EQ(Build(Sample())->whole_digest, here->whole_digest);
  const auto shifted = Build("# a line\n" + Sample());
  EXPECT_EQ(shifted->digest, here->digest);
  EXPECT_NE(shifted->whole_digest, here->whole_digest);
  strings_ = {"images_base_dir = /home/b"};
  const auto there = Build(Sample());
  EXPECT_EQ(there->digest, here->digest);
  EXPECT_NE(there->whole_digest, here->whole_digest);
  strings_ = {"images_base_dir = /home/a", "only nightly"};
  EXPECT_NE(Build(Sample())->digest, here->digest);
  strings_ = {};
  EXPECT_NE(Build(Sample() + "images_base_dir = /home/a\n")->digest,
            Build(Sample() + "images_base_dir = /home/b\n")->digest);
}

TEST_F(BuildTest, CostsMakeAnotherPlan) {
  const std::string text = Sample() + "assign = auto\n";
  const auto guessed = Build(text);
  ASSERT_TRUE(guessed) << messages_;
  options_.costs = {{guessed->tests[0].cost_name, 500'000}};
  EXPECT_NE(Build(text)->digest, guessed->digest);
}

}  // namespace
}  // namespace kvmtest::plan
