// Test sets, hosts and queues: input text on the left, what `plan` prints (or the diagnostics) on
// the right.
#include "build_testing.h"

namespace kvmtest::plan {
namespace {

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
  auto whole = BuildMain(text);
  options_.sets = {"weekly"};
  auto weekly = BuildMain(text);
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
  EXPECT_EQ(
      Messages(Sample()),
      R"(main.cfg: error: no test set named 'nigthly', only 'nightly', 'weekly' [-Wunknown-set]
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
  auto plan = BuildMain(kTests);
  ASSERT_TRUE(plan);
  EXPECT_FALSE(plan->tests[0].pooled);
  EXPECT_EQ(plan->hosts[0].queues, std::vector<std::string>{"1"});
}

TEST_F(BuildTest, AutomaticAddressesDependOnTheCallOnly) {
  auto first = BuildMain(kTests);
  auto again = BuildMain(std::string(kTests) + "variants:\n    - fast:\n    - slow:\n");
  EXPECT_EQ(first->queues[0].blocks, again->queues[0].blocks);
  options_.name = "other";
  auto other = BuildMain(kTests);
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
main.cfg: warning: set 'all' runs 1 of its 1 tests on more than one queue or host [-Wrepeated-test]
main.cfg:4:7: note: 'all' runs on queue '1' of host 'localhost', queue '2' of host 'localhost', host 'localhost'
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

}  // namespace
}  // namespace kvmtest::plan
