// Nothing selected, expected times, digests, JSON.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "build_testing.h"

namespace kvmtest::plan {
namespace {

TEST_F(BuildTest, NothingIsNeverSilent) {
  const Row rows[] = {
      {"variants:\n    - a:\n    - b:\nonly a\nonly b\n",
       R"(main.cfg: error: nothing is selected: there is no test to run [-Wnothing-selected]
main.cfg:4:1: note: without 'only a', 1 dict would be left
main.cfg:5:1: note: without 'only b', 1 dict would be left
)"},
      {"# nothing\n",
       R"(main.cfg: error: there are neither variants nor params, so there is no test to run [-Wempty-config]
)"},
      {"# dialect: 2009\n\n",
       R"(main.cfg: error: there are neither variants nor params, so there is no test to run [-Wempty-config]
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
            R"(main.cfg: error: nothing is selected: there is no test to run [-Wnothing-selected]
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
main.cfg: error: nothing is selected: there is no test to run [-Wnothing-selected]
note: only of the test sets 'empty'
)");
}

// ---- what programs read ----

TEST_F(BuildTest, ExpectsWhatWasMeasuredElseWhatIsAlike) {
  options_.costs = {{"nightly.linux.install", 200'000},
                    {"nightly.windows.boot", 45'000},
                    {"weekly.linux.install", 260'000}};
  auto plan = BuildMain(Sample());
  std::string times;
  for (const plan::Test& test : plan->tests)
    if (plan->sets[test.set].name == "nightly")
      times += fmt::format("{} {}{}\n", test.name, test.is_guessed ? "~" : "", test.expected);
  // An install that nobody has measured takes as long as half of the others.
  EXPECT_EQ(times,
            "nightly.linux.install 200000\nnightly.linux.boot ~45000\n"
            "nightly.windows.install ~260000\nnightly.windows.boot 45000\n");
}

// The file of another configuration.
TEST_F(BuildTest, CostsOfWhichNoneIsUsedAreTold) {
  options_.costs = {{"nightly.boot", 1000}, {"linux.boot", 2000}};
  EXPECT_EQ(Messages("variants:\n    - linux:\n"),
            "main.cfg: warning: none of the costs (2 lines) names a test, so all times are guessed "
            "[-Wunused-costs]\nhint: a test's name there is 'all.linux'\n");
  options_.costs = {{"nightly.boot", 1000}, {"all.linux", 2000}};
  EXPECT_EQ(Messages("variants:\n    - linux:\n"), "");
}

TEST_F(BuildTest, Json) {
  auto plan = BuildMain(Sample());
  auto document = nlohmann::json::parse(WriteJson(*plan));
  EXPECT_EQ(document["plan"], plan->digest);
  EXPECT_EQ(document["sets"], nlohmann::json({"nightly", "weekly"}));
  EXPECT_EQ(document["tests"].size(), plan->tests.size());
  EXPECT_EQ(document["hosts"][0]["plan"], plan->hosts[0].digest);
  document["hosts"][0].erase("plan");
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
  EXPECT_EQ(BuildMain(Sample())->digest, BuildMain(Sample())->digest);
  EXPECT_NE(BuildMain(Sample())->digest, BuildMain(Sample() + "mem = 5\n")->digest);
}

// So nothing of a host is made anew when another gets a test, or there is one more.
TEST_F(BuildTest, AHostsDigestSaysNothingOfOtherHosts) {
  auto text = [](const std::string& more, const std::string& hostb) {
    return "type = boot\nvariants:\n    - one:\n    - two:\n    - three:\nvariants:\n" + more +
           "    - hostb:\n        hostname = hostb\n        " + hostb +
           "\n    - hostz:\n        hostname = hostz\n        no three\n"
           "variants:\n    - nightly:\n";
  };
  const auto before = BuildMain(text("", "only one"));
  const auto test = BuildMain(text("", "only one two"));
  const auto host = BuildMain(text("    - hosta:\n        hostname = hosta\n", "only one"));
  ASSERT_EQ(before->hosts.size(), 2u);
  ASSERT_EQ(host->hosts.size(), 3u);
  EXPECT_EQ(test->hosts[1].digest, before->hosts[1].digest);
  EXPECT_EQ(test->hosts[1].whole_digest, before->hosts[1].whole_digest);
  EXPECT_NE(test->hosts[0].digest, before->hosts[0].digest);
  EXPECT_NE(test->digest, before->digest);
  EXPECT_EQ(host->hosts[1].digest, before->hosts[0].digest);
  EXPECT_EQ(host->hosts[2].digest, before->hosts[1].digest);
  EXPECT_NE(host->digest, before->digest);
}

// Hosts keep their files where they like; what they run is the same.
TEST_F(BuildTest, PlanIsTheSameWhereverFilesAre) {
  strings_ = {"images_base_dir = /home/a"};
  const auto here = BuildMain(Sample());
  EXPECT_EQ(BuildMain(Sample())->whole_digest, here->whole_digest);
  const auto shifted = BuildMain("# a line\n" + Sample());
  EXPECT_EQ(shifted->digest, here->digest);
  EXPECT_NE(shifted->whole_digest, here->whole_digest);
  strings_ = {"images_base_dir = /home/b"};
  const auto there = BuildMain(Sample());
  EXPECT_EQ(there->digest, here->digest);
  EXPECT_NE(there->whole_digest, here->whole_digest);
  // Nor does it matter whether a machine says it at all.
  strings_ = {};
  EXPECT_EQ(BuildMain(Sample())->digest, here->digest);
  // What tests are like does.
  strings_ = {"images_base_dir = /home/a", "mem = 64"};
  const auto small = BuildMain(Sample());
  EXPECT_NE(small->digest, here->digest);
  strings_ = {"images_base_dir = /home/a", "mem = 128"};
  EXPECT_NE(BuildMain(Sample())->digest, small->digest);
  strings_ = {"images_base_dir = /home/a\ntype = shutdown"};
  EXPECT_NE(BuildMain(Sample())->digest, here->digest);
  strings_ = {"images_base_dir = images"};
  EXPECT_NE(BuildMain(Sample())->digest, here->digest);
  strings_ = {"images_base_dir = /home/a", "only nightly"};
  EXPECT_NE(BuildMain(Sample())->digest, here->digest);
  strings_ = {};
  EXPECT_NE(BuildMain(Sample() + "images_base_dir = /home/a\n")->digest,
            BuildMain(Sample() + "images_base_dir = /home/b\n")->digest);
}

// A command says what a test does, whatever it begins with.
TEST_F(BuildTest, OnlyPathsArePlacesOfFiles) {
  const std::string digest = BuildMain(Sample())->digest;
  for (const char* text : {"kernel = /home/me/linux-6.1/vmlinux", "qemu_binary = /opt/q+e@2/qemu",
                           "bios = /\xc3\xa9/x"}) {
    strings_ = {text};
    EXPECT_EQ(BuildMain(Sample())->digest, digest) << text;
  }
  for (const char* text :
       {"pre_command = /bin/rm x", "qemu_binary = /usr/bin/q -cpu host", "kernel = /boot/a\tb",
        "image = /a,cache=none", "hook = /bin/a;/bin/b", "hook = /bin/a|/bin/b", "hook = /bin/$x",
        "post_command = /bin/true", "guest_prepare_cmd = /bin/true", "kernel_params = /init",
        "kernel_append = /x", "qmp_script = /x", "init = /bin/a", "some = /a:/b", "some = ./x"}) {
    strings_ = {text};
    EXPECT_NE(BuildMain(Sample())->digest, digest) << text;
  }
}

TEST_F(BuildTest, CostsMakeAnotherPlan) {
  const std::string text = Sample() + "assign = auto\n";
  const auto guessed = BuildMain(text);
  ASSERT_TRUE(guessed) << messages_;
  options_.costs = {{guessed->tests[0].cost_name, 500'000}};
  EXPECT_NE(BuildMain(text)->digest, guessed->digest);
}

}  // namespace
}  // namespace kvmtest::plan
