// Names, and what is read of single tests.
#include "build_testing.h"

namespace kvmtest::plan {
namespace {

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

// One slip, however many queues and hosts have it.
TEST_F(BuildTest, WhatIsWrongEverywhereIsToldOnce) {
  const std::string places =
      "variants:\n    - @q1:\n        queue = 1\n        env = e1\n    - @q2:\n        queue = 2\n"
      "        env = e2\nvariants:\n    - @hosta:\n        hostname = hosta\n    - @hostb:\n"
      "        hostname = hostb\n";
  auto count = [&](const std::string& text, const std::string& code) {
    const std::string messages = Messages(text);
    size_t found = 0;
    for (size_t at = 0; (at = messages.find("[-W" + code + "]", at)) != std::string::npos; ++at)
      ++found;
    return found;
  };
  EXPECT_EQ(count("variants:\n    - a:\n        type = x\n    - a:\n        type = y\n" + places,
                  "name-clash"),
            1u);
  EXPECT_EQ(count("base_mac_r0 = 52:54:00:00:00:00\nmac_ranges = r0 r0\n" + places, "range-twice"),
            1u);
  const std::string apart =
      "variants:\n    - a:\n    - b: a\n" + places +
      "variants:\n    - @s:\n        assign = auto\n"
      "        hosta:\n            only a\n        hostb:\n            only b\n";
  EXPECT_EQ(count(apart, "apart"), 1u);
  EXPECT_EQ(count(apart, "dependency-elsewhere"), 0u);
}

TEST_F(BuildTest, EqualNamesAreAnError) {
  EXPECT_EQ(
      Messages("queue = 1\nvariants:\n    - a:\n        type = x\n    - a:\n        type = y\n"),
      R"(main.cfg:6:9: error: 2 tests of host 'localhost' have the name 'all.a' [-Wname-clash]
    6 |         type = y
      |         ^~~~~~~~
main.cfg:4:9: note: 'a' is one
main.cfg:6:9: note: 'a' is another
)");
}

TEST_F(BuildTest, LabelsThatAreShownOtherwiseAreSlips) {
  options_.label_slip = [](std::string_view text) -> std::optional<std::string> {
    if (text.find('&') == text.npos) return std::nullopt;
    return "holds '&'";
  };
  const Row rows[] = {
      {"variants:\n    - x:\n        labels = ok c&d\n    - y:\n",
       R"(main.cfg:3:9: warning: the label 'c&d' holds '&' [-Wodd-label]
    3 |         labels = ok c&d
      |         ^~~~~~~~~~~~~~~
)"},
      {"queue = q&1\nlabels = a\n",
       R"(main.cfg:1:1: warning: the queue 'q&1' holds '&' [-Wodd-label]
    1 | queue = q&1
      | ^~~~~~~~~~~
)"},
  };
  for (const Row& row : rows) EXPECT_EQ(Messages(row.text), row.messages) << row.text;
}

TEST_F(BuildTest, LongNamesAreSlips) {
  options_.longest_name = 12;
  EXPECT_EQ(
      Messages("variants:\n    - eight_ch:\n    - nine_char:\n    - ten_charac:\n"),
      R"(main.cfg:3:7: warning: 2 tests have a name of more than 12 bytes, without what the call puts around it, which CDash cuts off: 'all.nine_char' [-Wodd-name]
    3 |     - nine_char:
      |       ^~~~~~~~~
)");
  EXPECT_EQ(
      Messages("variants:\n    - eight_ch:\n    - nine_char:\n"),
      R"(main.cfg:3:7: warning: a test has a name of more than 12 bytes, without what the call puts around it, which CDash cuts off: 'all.nine_char' [-Wodd-name]
    3 |     - nine_char:
      |       ^~~~~~~~~
)");
  EXPECT_EQ(Messages("variants:\n    - eight_ch:\n"), "");
}

TEST_F(BuildTest, WhatCannotBeALabelIsRefusedWhereItIsSet) {
  options_.label_fault = [](std::string_view text) -> std::optional<std::string> {
    if (text.find(';') == text.npos) return std::nullopt;
    return "it holds ';'";
  };
  const Row rows[] = {
      {"labels = a;b\nvariants:\n    - x:\n        labels = ok c;d\n    - y:\n",
       R"(main.cfg:4:9: error: the label 'c;d' cannot be a label: it holds ';' [-Wbad-label]
    4 |         labels = ok c;d
      |         ^~~~~~~~~~~~~~~
main.cfg:1:1: error: the label 'a;b' cannot be a label: it holds ';' [-Wbad-label]
    1 | labels = a;b
      | ^~~~~~~~~~~~
)"},
      {"hostname = h;1\nqueue = q;1\ntest_set = s;1\n",
       R"(main.cfg:3:1: error: the test set 's;1' cannot be a label: it holds ';' [-Wbad-label]
    3 | test_set = s;1
      | ^~~~~~~~~~~~~~
main.cfg:1:1: error: the host 'h;1' cannot be a label: it holds ';' [-Wbad-label]
    1 | hostname = h;1
      | ^~~~~~~~~~~~~~
main.cfg:2:1: error: the queue 'q;1' cannot be a label: it holds ';' [-Wbad-label]
    2 | queue = q;1
      | ^~~~~~~~~~~
)"},
  };
  for (const Row& row : rows) EXPECT_EQ(Messages(row.text), row.messages) << row.text;
}

TEST_F(BuildTest, OddNamesSurviveOrAreRefused) {
  auto plan = BuildMain("# dialect: 2009\nvariants:\n    - a b;c \"d\" $e:\n");
  ASSERT_TRUE(plan) << messages_;
  EXPECT_EQ(plan->tests[0].name, "all.a b;c \"d\" $e");
  EXPECT_EQ(Messages("# dialect: 2009\nvariants:\n    - a\x01:\n"),
            "main.cfg:3:7: error: the test 'a\x01"
            "' cannot be a name: it holds the control character 0x01 [-Wbad-name]\n"
            "    3 |     - a :\n"
            "      |       ^~\n");
  EXPECT_EQ(Messages("queue = \xff\n"),
            "main.cfg:1:9: error: byte 0xff is not UTF-8\n"
            "    1 | queue = \xff\n"
            "      |         ^\n");
}

TEST_F(BuildTest, OriginIsWhereTheTestIsTold) {
  auto origins = [&](const char* text) {
    std::vector<std::string> found;
    auto plan = BuildMain(text);
    if (!plan) return found;
    for (const auto& test : plan->tests) found.push_back(test.origin);
    return found;
  };
  using Origins = std::vector<std::string>;
  EXPECT_EQ(origins("type = boot\n"), (Origins{"main.cfg:1"}));
  EXPECT_EQ(
      origins(
          "variants:\n    - a:\n        type = boot\n    - b:\n        mem = 1\n        type = x\n"
          "variants:\n    - guest:\n"),
      (Origins{"main.cfg:3", "main.cfg:6"}));
  EXPECT_EQ(
      origins(
          "variants:\n    - boot:\n        type = boot\n        variants:\n            - small:\n"
          "            - big:\n    - b:\n        type = x\nvariants:\n    - guest:\n"),
      (Origins{"main.cfg:5", "main.cfg:6", "main.cfg:8"}));
  // Blocks before it are others.
  EXPECT_EQ(
      origins(
          "variants:\n    - virtio:\n        variants:\n            - q35:\n    - ide:\nvariants:\n"
          "    - boot:\n        type = boot\n        variants:\n            - small:\n            "
          "- big:\n"
          "    - b:\n        type = x\n"),
      (Origins{"main.cfg:10", "main.cfg:10", "main.cfg:11", "main.cfg:11", "main.cfg:13",
               "main.cfg:13"}));
  // Where all tests have their type from one line it tells none of them.
  EXPECT_EQ(origins("type = boot\nvariants:\n    - a:\n    - b:\n"),
            (Origins{"main.cfg:3", "main.cfg:4"}));
  EXPECT_EQ(origins("variants:\n    - a:\n    - b:\ntype = boot\n"),
            (Origins{"main.cfg:2", "main.cfg:3"}));
  // Nor does a variant that says where it runs.
  EXPECT_EQ(origins("type = boot\nvariants:\n    - a:\nvariants:\n    - q:\n        queue = 1\n"),
            (Origins{"main.cfg:3"}));
}

// ---- params ----

TEST_F(BuildTest, ReadsTimeoutLabelsAndSkip) {
  auto plan = BuildMain("test_timeout = 90\nlabels = smoke  slow\nskip = yes\n");
  ASSERT_TRUE(plan) << messages_;
  const auto& test = plan->tests[0];
  EXPECT_EQ(test.timeout, 90u);
  EXPECT_EQ(test.labels, (std::vector<std::string>{"smoke", "slow"}));
  EXPECT_TRUE(test.disabled);
  EXPECT_EQ(test.name, "all");
  EXPECT_EQ(test.origin, "main.cfg:1");
  EXPECT_EQ(Messages("test_timeout = 0\n"),
            R"(main.cfg:1:1: error: test_timeout is '0', not a number of seconds [-Wbad-timeout]
    1 | test_timeout = 0
      | ^~~~~~~~~~~~~~~~
)");
  EXPECT_EQ(Messages("test_timeout = 5m\n"),
            R"(main.cfg:1:1: error: test_timeout is '5m', not a number of seconds [-Wbad-timeout]
    1 | test_timeout = 5m
      | ^~~~~~~~~~~~~~~~~
)");
}

TEST_F(BuildTest, ParamsAreThoseOfTheDict) {
  auto plan = BuildMain(R"(
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
    for (Param param : plan->runs.List(test.params)) {
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

}  // namespace
}  // namespace kvmtest::plan
