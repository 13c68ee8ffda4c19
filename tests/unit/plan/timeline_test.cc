// Expected times, and when tests run.
#include "plan/timeline.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "plan/schedule.h"

namespace kvmtest::plan {
namespace {

// "0-5@0 5-8@0": begin, end and lane of each.
std::string Runs(const std::vector<Task>& tasks, uint32_t lanes, const Machine& machine = {}) {
  std::string text;
  for (const Run& run : Simulate(tasks, lanes, machine)) {
    const std::string begin = run.begin == UINT64_MAX ? "never" : std::to_string(run.begin);
    const std::string end = run.end == UINT64_MAX ? "" : fmt::format("-{}@{}", run.end, run.lane);
    text += fmt::format("{}{}{}", text.empty() ? "" : " ", begin, end);
  }
  return text;
}

TEST(Timeline, StartsWhatComesFirstAndFindsItsLaneFree) {
  EXPECT_EQ(Runs({{.work = 5, .lanes = {0}}, {.work = 3, .lanes = {0}}}, 1), "0-5@0 5-8@0");
  EXPECT_EQ(Runs({{.work = 5, .lanes = {0}}, {.work = 3, .lanes = {1}}}, 2), "0-5@0 0-3@1");
  // Pooled: the first free lane.
  EXPECT_EQ(Runs({{.work = 5, .lanes = {0, 1}},
                  {.work = 3, .lanes = {0, 1}},
                  {.work = 4, .lanes = {0, 1}},
                  {.work = 1, .lanes = {0, 1}}},
                 2),
            "0-5@0 0-3@1 3-7@1 5-6@0");
  // A pinned one waits; what comes behind it does not.
  EXPECT_EQ(
      Runs({{.work = 5, .lanes = {0, 1}}, {.work = 3, .lanes = {0}}, {.work = 2, .lanes = {1}}}, 2),
      "0-5@0 5-8@0 0-2@1");
  EXPECT_EQ(Runs({{.work = 0, .lanes = {0}}, {.work = 2, .lanes = {0}}}, 1), "0-0@0 0-2@0");
  EXPECT_EQ(Runs({}, 1), "");
}

TEST(Timeline, WaitsForWhatIsRequired) {
  EXPECT_EQ(Runs({{.work = 2, .lanes = {0}, .required = {1}}, {.work = 3, .lanes = {1}}}, 2),
            "3-5@0 0-3@1");
  EXPECT_EQ(Runs({{.work = 2, .lanes = {0}, .required = {1, 2}},
                  {.work = 3, .lanes = {1}},
                  {.work = 4, .lanes = {0}}},
                 2),
            "4-6@0 0-3@1 0-4@0");
  EXPECT_EQ(Runs({{.work = 2, .lanes = {0}, .required = {0}}, {.work = 3, .lanes = {0}}}, 1),
            "never 0-3@0");
}

TEST(Timeline, SharesWhatTheMachineHas) {
  const Machine machine{.cpus = 4, .memory = 1000};
  const auto task = [](uint64_t work, uint64_t cpus, uint64_t memory, uint32_t lane) {
    return Task{.work = work, .cpus = cpus, .memory = memory, .lanes = {lane}, .required = {}};
  };
  EXPECT_EQ(Runs({task(5, 2, 0, 0), task(5, 2, 0, 1), task(5, 1, 0, 2)}, 3, machine),
            "0-5@0 0-5@1 5-10@2");
  EXPECT_EQ(Runs({task(5, 1, 600, 0), task(5, 1, 600, 1), task(1, 1, 400, 2)}, 3, machine),
            "0-5@0 5-10@1 0-1@2");
  // What asks for more than there is runs alone.
  EXPECT_EQ(Runs({task(5, 8, 0, 0), task(5, 1, 0, 1)}, 2, machine), "0-5@0 5-10@1");
}

TEST(Schedule, TimesAreWrittenForPeople) {
  struct Row {
    uint64_t milliseconds;
    const char* text;
  };
  for (const Row& t :
       {Row{0, "0 s"}, Row{250, "0.25 s"}, Row{2500, "2.5 s"}, Row{3000, "3 s"},
        Row{12'345, "12 s"}, Row{59'999, "1 min"}, Row{60'000, "1 min"}, Row{90'400, "1 min 30 s"},
        Row{605'000, "10 min 05 s"}, Row{3'599'900, "1 h 00 min"}, Row{3'600'000, "1 h 00 min"},
        Row{90'061'000, "25 h 01 min"}})
    EXPECT_EQ(DurationText(t.milliseconds), t.text) << t.milliseconds;
}

}  // namespace
}  // namespace kvmtest::plan
