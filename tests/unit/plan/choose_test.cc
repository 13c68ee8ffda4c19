// `assign = auto` and `assign = pool`: who is chosen, and what is left of the others.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>

#include "build_testing.h"

namespace kvmtest::plan {
namespace {

// "nightly.a hosta 1" a line, by name; of pooled tests all queues.
std::string Places(const Built& built) {
  if (!built.plan) return built.messages;
  std::map<std::string, std::string> lines;
  for (const plan::Test& test : built.plan->tests) {
    std::string& line = lines[test.name + test.full_name];
    line = test.name + " " + built.plan->hosts[test.host].name;
    for (uint32_t queue : test.queues) line += " " + built.plan->queues[queue].queue;
    if (test.pooled) line += " pooled";
  }
  std::string text = built.messages;
  for (const auto& [_, line] : lines) text += line + "\n";
  return text;
}

constexpr const char* kHosts =
    "variants:\n    - @q1:\n        queue = 1\n    - @q2:\n        queue = 2\n"
    "variants:\n    - @hosta:\n        hostname = hosta\n"
    "    - @hostb:\n        hostname = hostb\n        only q1\n";

std::string Set(const std::string& assign) {
  return "variants:\n    - @nightly:\n        assign = " + assign + "\n";
}

std::string Tests(const std::string& more) {
  return "variants:\n" + more;
}

TEST(Choose, EachTestRunsOnceWhereItIsAdmitted) {
  const std::string text = Tests("    - a:\n    - b:\n    - c:\n    - d:\n    - e:\n    - f:\n") +
                           kHosts + "hostb:\n    only a, b\nq2:\n    no a, b, c\n";
  const Costs costs = {{"nightly.a", 30'000}, {"nightly.b", 30'000}, {"nightly.c", 30'000},
                       {"nightly.d", 10'000}, {"nightly.e", 10'000}, {"nightly.f", 10'000}};
  const Built built = Build(text + Set("auto"), {.costs = costs});
  ASSERT_TRUE(built.plan) << built.messages;
  EXPECT_EQ(built.messages, "");
  std::map<std::string, uint64_t> load;
  std::map<std::string, int> times;
  for (const plan::Test& test : built.plan->tests) {
    ASSERT_EQ(test.queues.size(), 1u);
    const QueueSetup& queue = built.plan->queues[test.queues[0]];
    load[built.plan->hosts[queue.host].name + queue.queue] += test.expected;
    ++times[test.name];
  }
  EXPECT_EQ(times.size(), 6u);
  for (const auto& [name, count] : times) EXPECT_EQ(count, 1) << name;
  // Nothing ends sooner: a, b and c are only admitted by two of the queues.
  uint64_t end = 0;
  for (const auto& [queue, work] : load) end = std::max(end, work);
  EXPECT_EQ(end, 60'000u);
}

TEST(Choose, TestsThatRequireEachOtherStayTogether) {
  const std::string text = Tests("    - install:\n    - boot: install\n    - migrate: install\n") +
                           Tests("    - lin:\n    - win:\n    - bsd:\n") + kHosts + Set("auto");
  const Built built = Build(text);
  ASSERT_TRUE(built.plan) << built.messages;
  EXPECT_EQ(built.messages, "");
  EXPECT_EQ(built.plan->tests.size(), 9u);
  std::map<std::string, std::string> queue_of;
  for (const plan::Test& test : built.plan->tests) {
    const std::string guest = test.name.substr(0, test.name.find('.', 8));
    const QueueSetup& queue = built.plan->queues[test.queues[0]];
    const std::string place = fmt::format("{} {}", queue.host, queue.queue);
    EXPECT_EQ(queue_of.try_emplace(guest, place).first->second, place) << test.name;
  }
  // Three guests on three queues.
  EXPECT_EQ(queue_of.size(), 3u);
  EXPECT_EQ(std::count_if(built.plan->tests.begin(), built.plan->tests.end(),
                          [](const plan::Test& test) { return !test.required.empty(); }),
            6);
}

TEST(Choose, SaysWhatNoQueueAdmitsTogether) {
  const std::string text = Tests("    - install:\n    - boot: install\n") +
                           "variants:\n    - @q1:\n        queue = 1\n        only install\n"
                           "    - @q2:\n        queue = 2\n        only boot\n"
                           "variants:\n    - @hosta:\n        hostname = hosta\n" +
                           Set("auto");
  EXPECT_EQ(Places(Build(text)),
            "main.cfg:2:7: warning: 'install' and one of set 'nightly' that require each other are "
            "on no queue "
            "together [-Wapart]\n"
            "    2 |     - install:\n"
            "      |       ^~~~~~~\n"
            "main.cfg:3:7: note: 'boot' is one of them\n"
            "hint: let the filters of some queue admit all of them\n"
            "nightly.boot hosta 2\n"
            "nightly.install hosta 1\n");
}

TEST(Choose, KeepsTogetherWhatSomeQueueAdmits) {
  const std::string text =
      Tests(
          "    - install:\n        only q1\n    - boot: install\n    - migrate: boot\n"
          "    - far: install\n        only q2\n") +
      kHosts + Set("auto");
  const Built built = Build(text);
  ASSERT_TRUE(built.plan) << built.messages;
  std::map<std::string, std::string> place;
  for (const plan::Test& test : built.plan->tests) {
    const QueueSetup& queue = built.plan->queues[test.queues[0]];
    place[test.name] = built.plan->hosts[queue.host].name + " " + queue.queue;
  }
  EXPECT_EQ(place["nightly.boot"], place["nightly.install"]);
  EXPECT_EQ(place["nightly.migrate"], place["nightly.install"]);
  EXPECT_EQ(place["nightly.far"], "hosta 2");
}

TEST(Choose, APoolTakesAnyQueueOfTheHostThatAdmitsTheTest) {
  const std::string text = Tests("    - a:\n    - b:\n") + kHosts +
                           "hostb:\n    only b\nhosta:\n    only a\n    q2:\n        k = 2\n";
  const Built built = Build(text + Set("pool"));
  EXPECT_EQ(Places(built), "nightly.a hosta 1 2 pooled\nnightly.b hostb 1\n");
  ASSERT_TRUE(built.plan);
  const plan::Test& a = built.plan->tests[0];
  std::string params;
  for (const std::vector<Param>& own : a.queue_params) {
    for (Param param : own)
      params += fmt::format("{}={} ", built.plan->texts.Text(param.key),
                            built.plan->texts.Text(param.value));
    params += "\n";
  }
  EXPECT_EQ(params, "queue=1 \nk=2 queue=2 \n");
  for (Param param : built.plan->runs.List(a.params))
    EXPECT_NE(built.plan->texts.Text(param.key), "queue");
}

// Which queue it will be is not known when ctest reserves.
TEST(Choose, APoolReservesWhatDoesForAllOfItsQueues) {
  const std::string text =
      Tests("    - a:\n") +
      "variants:\n"
      "    - @q1:\n        queue = 1\n        used_mem = 900\n        used_cpus = 1\n"
      "        test_timeout = 5\n        labels = fast all\n"
      "    - @q2:\n        queue = 2\n        used_mem = 100\n        used_cpus = 4\n"
      "        test_timeout = 300\n        labels = all slow\n"
      "    - @q3:\n        queue = 3\n        used_mem = 950\n        skip = yes\n"
      "    - @q4:\n        queue = 4\n        used_mem = 1001\n"
      "variants:\n    - @h:\n        hostname = h\n        total_mem = 1000\n";
  const Built built = Build(text + Set("pool"));
  EXPECT_EQ(Places(built), "nightly.a h 1 2 pooled\n");
  ASSERT_TRUE(built.plan);
  const plan::Test& test = built.plan->tests[0];
  EXPECT_EQ(test.memory, 900u);
  EXPECT_EQ(test.cpus, 4u);
  EXPECT_EQ(test.timeout, 300u);
  EXPECT_EQ(test.queue_timeouts, (std::vector<uint64_t>{5, 300}));
  EXPECT_EQ(test.labels, (std::vector<std::string>{"fast", "all", "slow"}));
  EXPECT_FALSE(test.disabled);
  const std::string pinned = Places(Build(text + Set("auto") + "        only q3, q2\n"));
  EXPECT_TRUE(pinned.ends_with("\nnightly.a h 2\n")) << pinned;
  // Where all places skip it, it is there and disabled.
  const Built skipped = Build(text + Set("pool") + "        skip = yes\n");
  ASSERT_TRUE(skipped.plan);
  ASSERT_EQ(skipped.plan->tests.size(), 1u);
  EXPECT_TRUE(skipped.plan->tests[0].disabled);
}

TEST(Choose, OneWayForAllTestsOfASet) {
  const std::string text = Tests("    - a:\n    - b:\n        assign = auto\n") + kHosts;
  EXPECT_EQ(Places(Build(text + "variants:\n    - @nightly:\n")),
            "main.cfg:4:9: error: some tests of set 'nightly' have another 'assign' than others "
            "[-Wbad-assign]\n"
            "    4 |         assign = auto\n"
            "      |         ^~~~~~~~~~~~~\n"
            "hint: set 'assign' in the variant of the test set\n");
  EXPECT_EQ(Places(Build(Tests("    - a:\n") + kHosts + Set("best"))),
            "main.cfg:16:9: error: assign is 'best', none of manual, auto, pool [-Wbad-assign]\n"
            "   16 |         assign = best\n"
            "      |         ^~~~~~~~~~~~~\n");
}

// Sets side by side on one host, each in its own way.
TEST(Choose, LeavesManualSetsAsTheyAre) {
  const std::string text = Tests("    - a:\n    - b:\n") + kHosts +
                           "variants:\n    - @nightly:\n        only hosta..q2\n"
                           "    - @weekly:\n        assign = pool\n        only hosta\n"
                           "    - @rest:\n        only hostb\n";
  EXPECT_EQ(Places(Build(text)),
            "nightly.a hosta 2\nnightly.b hosta 2\n"
            "rest.a hostb 1\nrest.b hostb 1\n"
            "weekly.a hosta 1 2 pooled\nweekly.b hosta 1 2 pooled\n");
}

TEST(Choose, WhatTakesLongestComesFirst) {
  const std::string text =
      Tests("    - install:\n    - boot: install\n    - long:\n    - short:\n") + kHosts +
      Set("pool") + "        only hosta\n";
  const Built built = Build(text, {.costs = {{"nightly.install", 20'000},
                                             {"nightly.boot", 30'500},
                                             {"nightly.long", 40'000},
                                             {"nightly.short", 1'000}}});
  ASSERT_TRUE(built.plan) << built.messages;
  std::map<std::string, uint64_t> costs;
  for (const plan::Test& test : built.plan->tests) costs[test.name] = test.cost;
  EXPECT_EQ(costs, (std::map<std::string, uint64_t>{{"nightly.boot", 30'504},
                                                    {"nightly.install", 50'504},
                                                    {"nightly.long", 50'503},
                                                    {"nightly.short", 10'504}}));
}

// Any queue runs a dependent, so what it finds must not depend on the queue.
TEST(Choose, ImagesOfAPoolAreTheSameForAllQueues) {
  const std::string text =
      Tests("    - install:\n    - boot: install\n    - other:\n") +
      "variants:\n    - @q1:\n        queue = 1\n        images_base_dir = one\n"
      "    - @q2:\n        queue = 2\n        images_base_dir = two\n"
      "variants:\n    - @hosta:\n        hostname = hosta\n";
  EXPECT_EQ(
      Build(text + Set("pool")).messages,
      R"(main.cfg:3:7: warning: 1 test of set 'nightly' requires what another queue of host 'hosta' may run, and 'images_base_dir' depends on the queue [-Wpool-images]
    3 |     - boot: install
      |       ^~~~
main.cfg:3:7: note: it is 'nightly.hosta.q1.boot'
hint: set 'images_base_dir' for all queues alike, or 'assign = auto', which keeps such tests on one queue
)");
  EXPECT_EQ(Build(text + Set("auto")).messages, "");
}

// They are two tests, not two places of one.
TEST(Choose, TestsOfOneNameAreAnError) {
  for (const char* assign : {"auto", "pool"}) {
    const std::string text =
        Tests("    - t:\n        type = boot\n    - t:\n        type = boot\n") + kHosts +
        Set(assign);
    const std::string messages =
        R"(main.cfg:5:9: error: 2 tests of host 'hosta' have the name 'nightly.hosta.q1.t' [-Wname-clash]
    5 |         type = boot
      |         ^~~~~~~~~~~
main.cfg:3:9: note: 'nightly.hosta.q1.t' is one
main.cfg:5:9: note: 'nightly.hosta.q1.t' is another
)";
    EXPECT_EQ(Build(text).messages, messages) << assign;
    EXPECT_EQ(Build(text, {.very_many = 0}).messages, messages) << assign;
  }
}

}  // namespace
}  // namespace kvmtest::plan
