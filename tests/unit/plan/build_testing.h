// What the tests of plans share: a configuration in memory and its plan.
#ifndef KVMTEST_TESTS_UNIT_PLAN_BUILD_TESTING_H_
#define KVMTEST_TESTS_UNIT_PLAN_BUILD_TESTING_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "plan/build.h"
#include "plan/table.h"

namespace kvmtest::plan {

// What is read, and what is said of it.
struct Row {
  const char* text;
  const char* messages;
};

struct Built {
  std::optional<Plan> plan;
  std::string messages;
};

inline Built Build(const std::string& text, BuildOptions options = {},
                   const std::vector<std::string>& strings = {}) {
  language::MemoryReader reader;
  reader.Add("main.cfg", text);
  language::Diagnostics diagnostics;
  auto config =
      language::ParseConfig(reader, {.path = "main.cfg", .strings = strings}, diagnostics);
  options.narrowed = std::any_of(strings.begin(), strings.end(),
                                 [](const std::string& each) { return each.starts_with("only "); });
  Built built{BuildPlan(*config, options, diagnostics), ""};
  built.messages = diagnostics.Render(config->sources());
  return built;
}

class BuildTest : public ::testing::Test {
 protected:
  // The plan, for a closer look.
  std::optional<Plan> BuildMain(const std::string& text) {
    Built built = Build(text, options_, strings_);
    messages_ = built.messages;
    return std::move(built.plan);
  }

  // The diagnostics, then the table.
  std::string Dump(const std::string& text) {
    auto plan = BuildMain(text);
    return messages_ + (plan ? WriteTable(*plan) : "");
  }

  std::string Messages(const std::string& text) {
    BuildMain(text);
    return messages_;
  }

  BuildOptions options_;
  std::vector<std::string> strings_;
  std::string messages_;
};

inline constexpr const char* kTests = R"(
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

inline constexpr const char* kHosts = R"(
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

inline constexpr const char* kSets = R"(
variants:
    - @nightly:
        hosta:
            only linux
            only queue1
        hostb:
            only windows
    - @weekly:
)";

inline std::string Sample() {
  return std::string(kTests) + kHosts + kSets;
}

}  // namespace kvmtest::plan

#endif  // KVMTEST_TESTS_UNIT_PLAN_BUILD_TESTING_H_
