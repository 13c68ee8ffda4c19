// What tests require.
#include "build_testing.h"

namespace kvmtest::plan {
namespace {

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
       R"(main.cfg:3:13: error: a test of set 'all' requires 'instal', but no variant is named 'instal' [-Wunknown-dependency]
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
      {"variants:\n    - a: b\n    - b: a\n",
       R"(main.cfg:2:10: error: 'all.a' requires itself [-Wdependency-cycle]
    2 |     - a: b
      |          ^
main.cfg:2:10: note: 'all.a' requires 'all.b'
main.cfg:3:10: note: 'all.b' requires 'all.a'
)"},
      // On each queue, or in each variant, it is the same cycle.
      {"variants:\n    - a: b\n    - b: a\nvariants:\n    - @q1:\n        queue = 1\n"
       "    - @q2:\n        queue = 2\nvariants:\n    - @s:\n        may_repeat = yes\n",
       R"(main.cfg:2:10: error: 's.a@1' requires itself [-Wdependency-cycle]
    2 |     - a: b
      |          ^
main.cfg:2:10: note: 's.a@1' requires 's.b@1'
main.cfg:3:10: note: 's.b@1' requires 's.a@1'
)"},
      {"variants:\n    - a:\n    - c: c\n",
       R"(main.cfg:3:10: error: 'all.c' requires itself [-Wdependency-cycle]
    3 |     - c: c
      |          ^
)"},
  };
  for (const Row& row : rows) EXPECT_EQ(Messages(row.text), row.messages) << row.text;
}

// ---- nothing ----

}  // namespace
}  // namespace kvmtest::plan
