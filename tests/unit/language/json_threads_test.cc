// Lines made on several threads: the same as on one, whatever happens on the way.
#include "language/json_threads.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "language/config_impl.h"
#include "language/path_walker.h"
#include "language_testing.h"

namespace kvmtest::language {
namespace {

// 20 * 20 * 20 dicts with values of several kinds, among them a condition's and a pattern's.
std::string Product(const std::string& more = "") {
  std::string text = "base = x\n";
  for (char block : {'a', 'b', 'c'}) {
    text += "variants:\n";
    for (int i = 0; i < 20; ++i)
      text += fmt::format("  - {0}{1}:\n      k_{0} = {1}\n      base += {0}\n", block, i);
  }
  return text + "a3..b4: base = changed\nk_.* ?+= \"!\"\nsum = ${k_a}${k_b}${base}\n" + more;
}

struct Outcome {
  std::string lines;
  std::string error;
};

Outcome RunThreads(const std::string& text, unsigned jobs, size_t stop_after = SIZE_MAX) {
  Parsed parsed(text);
  PreparedTree prepared(parsed.config->impl().tree);
  PathJson own(prepared);
  Outcome outcome;
  JsonThreads threads(prepared, jobs, &own, [&](std::string_view lines) {
    EXPECT_TRUE(lines.ends_with('\n'));
    outcome.lines += lines;
    return outcome.lines.size() < stop_after;
  });
  PathWalker(prepared).Walk([&](std::span<const NodeId> path) { return threads.Add(path); });
  threads.Finish();
  outcome.error = threads.error().message;
  return outcome;
}

TEST(JsonThreads, AnyNumberOfThreadsGivesTheSameBytes) {
  std::string serial = Parsed(Product()).Dicts();
  ASSERT_EQ(std::count(serial.begin(), serial.end(), '\n'), 8000);
  for (unsigned jobs : {1u, 2u, 3u, 8u}) {
    Outcome outcome = RunThreads(Product(), jobs);
    EXPECT_TRUE(outcome.lines == serial) << jobs;
    EXPECT_EQ(outcome.error, "");
  }
}

// The dicts before the first that fails are delivered, and none behind it.
TEST(JsonThreads, TheFirstErrorInOrderCounts) {
  std::string text = Product("c7..b1: m = word\nc9: m = other\nm_max = 5\n");
  for (unsigned jobs : {1u, 4u}) {
    Outcome outcome = RunThreads(text, jobs);
    EXPECT_EQ(outcome.error, "'m_max' limits 'm', but '5' and 'word' are not both numbers");
    EXPECT_EQ(std::count(outcome.lines.begin(), outcome.lines.end(), '\n'), 7 * 400 + 20) << jobs;
  }
}

TEST(JsonThreads, ASinkMayStop) {
  for (unsigned jobs : {1u, 4u}) {
    Outcome outcome = RunThreads(Product(), jobs, 1);
    EXPECT_GT(outcome.lines.size(), 0u);
    EXPECT_LT(std::count(outcome.lines.begin(), outcome.lines.end(), '\n'), 8000);
    EXPECT_EQ(outcome.error, "");
  }
}

TEST(JsonThreads, FewAndNoPaths) {
  EXPECT_EQ(RunThreads("x = 1\n", 4).lines, Parsed("x = 1\n").Dicts());
  EXPECT_EQ(RunThreads("variants:\n  - a:\nonly b\n", 4).lines, "");
}

// ExpandJson starts threads only behind so many bytes: here they come in between.
TEST(JsonThreads, ExpandJsonUsesThemForLongOutput) {
  Parsed parsed(Product(fmt::format("long = {}\n", std::string(20000, 'x'))));
  auto digest = [&](unsigned jobs) {
    size_t bytes = 0, hash = 0;
    EXPECT_TRUE(ExpandJson(
        *parsed.config, {.jobs = jobs},
        [&](std::string_view lines) {
          while (!lines.empty()) {
            std::string_view line = lines.substr(0, lines.find('\n') + 1);
            lines.remove_prefix(line.size());
            bytes += line.size();
            hash = hash * 31 + std::hash<std::string_view>()(line);
          }
          return true;
        },
        parsed.diagnostics));
    return std::pair(bytes, hash);
  };
  EXPECT_GT(digest(1).first, size_t{100} << 20);
  EXPECT_EQ(digest(1), digest(4));
}

}  // namespace
}  // namespace kvmtest::language
