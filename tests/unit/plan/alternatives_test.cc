// Plans are the same whether all alternatives are made or only those that the planner chooses.
#include <fmt/format.h>

#include <random>
#include <string>

#include "build_testing.h"

namespace kvmtest::plan {
namespace {

// All alternatives are made in a plan of fewer than `very_many` dicts.
Built BuildFrom(uint64_t very_many, const std::string& text, uint64_t max_dicts = 0,
                const Costs& costs = {}) {
  return Build(text, {.max_dicts = max_dicts, .very_many = very_many, .costs = costs});
}

std::string Json(const Built& built) {
  return built.plan ? WriteJson(*built.plan) : "";
}

class Writer {
 public:
  explicit Writer(uint32_t seed) : random_(seed) {}

  std::string Text() {
    Add("# dialect: modern\n");
    joint_ = Once(2);
    Add("nics = nic1\nbase_mac_r0 = 52:54:00:01:00:00\nrange_size_r0 = 64\n");
    if (Once(3)) Add("mem = 700\n");
    Tests();
    if (Once(2)) Block({"ide", "scsi"}, {"drive = a", "drive = b"});
    Queues();
    Hosts();
    Sets();
    return std::move(text_);
  }

 private:
  uint32_t Below(uint32_t n) { return static_cast<uint32_t>(random_() % n); }
  bool Once(uint32_t n) { return Below(n) == 0; }
  void Add(const std::string& line) { text_ += line; }

  void Block(const std::vector<std::string>& names, const std::vector<std::string>& params) {
    Add("variants:\n");
    for (size_t i = 0; i < names.size(); ++i)
      Add(fmt::format("    - {}:\n        {}\n", names[i], params[i]));
  }

  void Tests() {
    Add("variants:\n");
    const uint32_t count = 2 + Below(6);
    for (uint32_t i = 0; i < count; ++i) {
      const std::string required = i > 0 && Once(3) ? fmt::format(" t{}", Below(i)) : "";
      Add(fmt::format("    - t{}:{}\n        type = {}\n", i, required,
                      Once(2) ? "boot" : "other"));
      if (Once(4)) Add(fmt::format("        used_mem = {}\n", 256 << Below(4)));
      if (Once(6)) Add("        skip = yes\n");
      // Hosts and queues may change what a test is like.
      if (Once(5)) Add("        h1:\n            more = 300\n");
      if (Once(5)) Add("        q1:\n            env = other\n");
    }
  }

  void Queues() {
    queues_ = Below(4);
    if (queues_ == 0) return;
    Add("variants:\n");
    for (uint32_t i = 0; i < queues_; ++i) {
      Add(fmt::format("    - @q{0}:\n        queue = {0}\n        env = env{0}\n", i));
      if (Once(3)) Add(fmt::format("        no t{}\n", Below(3)));
      if (Once(4)) Add("        mac_ranges = r0\n");
      if (joint_ && Once(6)) Add(fmt::format("        {}\n", Statement()));
      Joint();
    }
  }

  // What the planner reads, set where tests and places meet.
  void Joint() {
    if (!joint_ || !Once(3)) return;
    Add(fmt::format("        {}t{}:\n            {}\n", Once(4) ? "!" : "", Below(4), Statement()));
  }

  std::string Statement() {
    constexpr const char* kStatements[] = {
        "queue = 1", "hostname = h0", "env = other", "type = other", "used_mem = 700",
        "used_cpus = 2", "mem = 900", "image_name = i", "nics = nic1 n2", "test_timeout = 5",
        "labels = slow", "skip = yes", "total_mem = 900", "mac_ranges = r0", "used_.* ?= 5",
        "vms = vm1 vm2", "queue = ${type}", "some = thing", "total_cpus = 2",
        "used_mem = ${other}\n        other = 9",
        // Limits change a value wherever it comes from.
        "used_mem_min = 900", "used_mem_max = 300", "used_mem_fixed = 500", "used_cpus_fixed = 2",
        "mem_min = 900", "mem_fixed = 800", "skip_fixed = yes", "nics_fixed = n1 n2",
        "queue_fixed = 1", "hostname_fixed = h0", "type_fixed = other", "env_fixed = other",
        "test_timeout_max = 5", "total_mem_max = 900", "labels_fixed = slow"};
    return kStatements[Below(std::size(kStatements))];
  }

  void Hosts() {
    hosts_ = 1 + Below(4);
    Add("variants:\n");
    for (uint32_t i = 0; i < hosts_; ++i) {
      Add(fmt::format("    - @h{0}:\n        hostname = h{0}\n", i));
      if (Once(3)) Add(fmt::format("        {} t{}\n", Once(2) ? "only" : "no", Below(3)));
      if (queues_ > 1 && Once(3)) Add(fmt::format("        no q{}\n", Below(queues_)));
      if (Once(3)) Add(fmt::format("        total_mem = {}\n", 1024 << Below(3)));
      if (joint_ && Once(6)) Add(fmt::format("        {}\n", Statement()));
      Joint();
    }
    if (joint_ && Once(4)) Add(fmt::format("h0..t{}:\n    {}\n", Below(3), "queue = 1"));
  }

  void Sets() {
    Add("variants:\n");
    for (const char* assign : {"auto", "pool", "manual"}) {
      if (Once(4)) continue;
      Add(fmt::format("    - @{0}_set:\n        assign = {0}\n", assign));
      if (Once(3)) Add(fmt::format("        no t{}\n", Below(3)));
      if (Once(5)) Add(fmt::format("        only h{}\n", Below(hosts_)));
      Joint();
    }
    Add("    - @last:\n        assign = auto\n");
  }

  std::mt19937 random_;
  std::string text_;
  uint32_t queues_ = 0;
  uint32_t hosts_ = 0;
  bool joint_ = false;
};

TEST(Alternatives, DoNotChangeThePlan) {
  size_t plans = 0;
  for (uint32_t seed = 1; seed <= 1000; ++seed) {
    const std::string text = Writer(seed).Text();
    // Some tests are measured, the others guessed.
    const Costs costs = {{"auto_set.ide.t0", seed * 1000}, {"pool_set.t1", 90'000},
                         {"last.t0", seed * 700},          {"last.t2", 20'000},
                         {"manual_set.ide.t1", 5'000},     {"last.scsi.t1", 1'000'000}};
    const Built all = BuildFrom(UINT64_MAX, text, 0, costs);
    const Built chosen = BuildFrom(0, text, 0, costs);
    ASSERT_EQ(Json(all), Json(chosen)) << "seed " << seed << "\n"
                                       << text << all.messages << "---\n"
                                       << chosen.messages;
    plans += all.plan ? 1 : 0;
  }
  EXPECT_GT(plans, 500u);
}

std::string Large(size_t tests, size_t hosts) {
  std::string text = "variants:\n";
  for (size_t i = 0; i < tests; ++i) text += fmt::format("    - t{}:\n", i);
  text += "variants:\n";
  for (size_t i = 0; i < hosts; ++i)
    text += fmt::format("    - @h{0}:\n        hostname = h{0}\n", i);
  return text + "variants:\n    - @nightly:\n        assign = auto\n";
}

// A limit of dicts is one of those that are made: 300 tests and 100 hosts are 30,000 alternatives.
TEST(Alternatives, CountLittleAgainstTheLimit) {
  const std::string text = Large(300, 100);
  auto first_line = [](const Built& built) {
    return built.messages.substr(0, built.messages.find('\n'));
  };
  EXPECT_EQ(first_line(BuildFrom(1000, text, 1000)), "");
  EXPECT_EQ(first_line(BuildFrom(UINT64_MAX, text, 1000)),
            "error: 30000 dicts are more than 1000 (see --max-dicts)");
  EXPECT_EQ(first_line(BuildFrom(1000, text, 200)),
            "error: 30000 dicts are more than 200 (see --max-dicts)");
  // A hundred for one.
  EXPECT_EQ(first_line(BuildFrom(1000, Large(300, 500), 1000)),
            "error: 150000 dicts are more than 1000 (see --max-dicts)");
}

// Only some hosts say how much memory they have, and not the one that is looked at first.
TEST(Alternatives, CountMemoryWhereverATestMayRun) {
  for (const char* assign : {"auto", "pool"}) {
    const std::string text = fmt::format(
        "mem = 700\nvariants:\n    - t0:\n    - t1:\n    - t2:\n    - t3:\n    - t4:\n    - "
        "t5:\nvariants:\n"
        "    - @q0:\n        queue = 0\n        env = e0\n    - @q1:\n        queue = 1\n"
        "        env = e1\nvariants:\n    - @h0:\n        hostname = h0\n    - @h1:\n"
        "        hostname = h1\n        total_mem = 1024\nvariants:\n    - @s:\n        assign = "
        "{}\n",
        assign);
    const Built all = BuildFrom(UINT64_MAX, text);
    EXPECT_EQ(Json(BuildFrom(0, text)), Json(all));
    // Two at once on one host, and one after the other on the other.
    size_t on_small = 0;
    for (const plan::Test& test : all.plan->tests)
      on_small += all.plan->hosts[test.host].name == "h1";
    EXPECT_EQ(on_small, 2u) << assign;
  }
}

// A host's condition puts half of the tests elsewhere than the first dict would tell.
TEST(Alternatives, NoTestIsLost) {
  for (const char* condition :
       {"queue = q2\n            env = e2", "hostname = h0", "type = shutdown2", "used_mem = 9"}) {
    for (const char* assign : {"auto", "pool"}) {
      std::string text = "variants:\n    - boot:\n    - shut:\nvariants:\n";
      for (size_t i = 0; i < 9; ++i) text += fmt::format("    - t{}:\n", i);
      text += "variants:\n";
      for (size_t i = 1; i < 3; ++i)
        text += fmt::format("    - @q{0}:\n        queue = q{0}\n        env = e{0}\n", i);
      text += "variants:\n";
      for (size_t i = 0; i < 4; ++i)
        text += fmt::format("    - @h{0}:\n        hostname = h{0}\n", i);
      text += fmt::format("        shut:\n            {}\n", condition);  // of the last
      text += fmt::format("variants:\n    - @s:\n        assign = {}\n", assign);
      const Built built = BuildFrom(0, text);
      ASSERT_TRUE(built.plan) << built.messages;
      EXPECT_EQ(built.plan->tests.size(), 18u) << text;
      EXPECT_EQ(Json(built), Json(BuildFrom(UINT64_MAX, text)));
    }
  }
}

// Each place is seen with the tests that rules about its addresses look for.
TEST(Alternatives, TellWhatIsWrongWithPlaces) {
  std::string text =
      "vms = vm1\nnics = n\nvariants:\n    - single:\n    - pair:\n        vms = vm1 vm2\n"
      "    - tap:\n        nic_mode = tap\n        bridge = br0\n";
  std::string hosts;
  for (size_t i = 0; i < 12; ++i) {
    text.insert(0, fmt::format("base_mac_r{0} = 52:54:00:00:{0:02}:10\nrange_size_r{0} = {1}\n"
                               "base_ip_r{0} = 10.0.0.{2}\n",
                               i, 1 + i % 2, 10 + i / 2));
    hosts += fmt::format("    - @h{0}:\n        hostname = h{0}\n        mac_ranges = r{0}\n", i);
  }
  text += "variants:\n    - @q:\n        queue = q\nvariants:\n" + hosts +
          "variants:\n    - @s:\n        assign = auto\n";
  const std::string messages = BuildFrom(UINT64_MAX, text).messages;
  EXPECT_NE(messages.find("[-Wip-overlap]"), std::string::npos) << messages;
  EXPECT_NE(messages.find("but a test of it has 2 NICs"), std::string::npos) << messages;
  EXPECT_EQ(BuildFrom(0, text).messages, messages);
}

// What is wrong with tests is told all the same.
TEST(Alternatives, TellWhatIsWrong) {
  EXPECT_EQ(BuildFrom(0, "test_timeout = soon\n" + Large(2, 2)).messages,
            BuildFrom(UINT64_MAX, "test_timeout = soon\n" + Large(2, 2)).messages);
}

}  // namespace
}  // namespace kvmtest::plan
