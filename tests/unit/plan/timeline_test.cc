// Expected times, and when tests run.
#include "plan/timeline.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "plan/schedule.h"

namespace kvmtest::plan {
namespace {

struct Listed {
  uint64_t work = 0;
  std::vector<uint32_t> lanes = {};
  std::vector<uint32_t> required = {};
  uint64_t cpus = 0;
  uint64_t memory = 0;
};

// "0-5@0 5-8@0": begin, end and lane of each.
std::string Runs(Site site, const std::vector<Listed>& listed,
                 StartRule rule = StartRule::kOnFreeLane) {
  std::vector<Task> tasks;
  for (const Listed& row : listed) {
    tasks.push_back({.work = row.work,
                     .cpus = row.cpus,
                     .memory = row.memory,
                     .admitted = static_cast<uint32_t>(site.admitted.size()),
                     .required = row.required});
    site.admitted.push_back(row.lanes);
  }
  std::string text;
  for (const Run& run : Simulate(site, tasks, rule)) {
    const std::string begin = run.begin == UINT64_MAX ? "never" : std::to_string(run.begin);
    const std::string end = run.end == UINT64_MAX ? "" : fmt::format("-{}@{}", run.end, run.lane);
    text += fmt::format("{}{}{}", text.empty() ? "" : " ", begin, end);
  }
  return text;
}

// A machine with so many lanes.
Site Lanes(size_t lanes, const Machine& machine = {}) {
  return {.machines = {machine}, .machine_of = std::vector<uint32_t>(lanes, 0)};
}

TEST(Timeline, StartsWhatComesFirstAndFindsItsLaneFree) {
  EXPECT_EQ(Runs(Lanes(1), {{5, {0}}, {3, {0}}}), "0-5@0 5-8@0");
  EXPECT_EQ(Runs(Lanes(2), {{5, {0}}, {3, {1}}}), "0-5@0 0-3@1");
  // Pooled: the first free lane.
  EXPECT_EQ(Runs(Lanes(2), {{5, {0, 1}}, {3, {0, 1}}, {4, {0, 1}}, {1, {0, 1}}}),
            "0-5@0 0-3@1 3-7@1 5-6@0");
  // A pinned one waits; what comes behind it does not.
  EXPECT_EQ(Runs(Lanes(2), {{5, {0, 1}}, {3, {0}}, {2, {1}}}), "0-5@0 5-8@0 0-2@1");
  EXPECT_EQ(Runs(Lanes(1), {{0, {0}}, {2, {0}}}), "0-0@0 0-2@0");
  EXPECT_EQ(Runs(Lanes(1), {}), "");
}

TEST(Timeline, WaitsForWhatIsRequired) {
  EXPECT_EQ(Runs(Lanes(2), {{2, {0}, {1}}, {3, {1}}}), "3-5@0 0-3@1");
  EXPECT_EQ(Runs(Lanes(2), {{2, {0}, {1, 2}}, {3, {1}}, {4, {0}}}), "4-6@0 0-3@1 0-4@0");
  EXPECT_EQ(Runs(Lanes(1), {{2, {0}, {0}}, {3, {0}}}), "never 0-3@0");
}

TEST(Timeline, SharesWhatTheMachineHas) {
  const Site site = Lanes(3, {.cpus = 4, .memory = 1000});
  EXPECT_EQ(Runs(site, {{5, {0}, {}, 2}, {5, {1}, {}, 2}, {5, {2}, {}, 1}}), "0-5@0 0-5@1 5-10@2");
  EXPECT_EQ(Runs(site, {{5, {0}, {}, 1, 600}, {5, {1}, {}, 1, 600}, {1, {2}, {}, 1, 400}}),
            "0-5@0 5-10@1 0-1@2");
  // What asks for more than there is takes all.
  EXPECT_EQ(Runs(site, {{5, {0}, {}, 8}, {5, {1}, {}, 1}}), "0-5@0 5-10@1");
}

TEST(Timeline, GoesWhereLeastIsInUse) {
  const Site site{.machines = {{.cpus = 2}, {.cpus = 4}}, .machine_of = {0, 0, 1, 1}};
  const std::vector<uint32_t> any = {0, 1, 2, 3};
  EXPECT_EQ(Runs(site, {{5, any, {}, 1}, {5, any, {}, 2}, {5, any, {}, 1}}), "0-5@2 0-5@3 0-5@0");
  // There is room on the other machine as soon as what waits may start at all.
  EXPECT_EQ(Runs(site, {{5, {2}, {}, 1}, {3, {0, 2}, {0}, 1}}), "0-5@2 5-8@2");
}

// ctest knows how many places a host has, and who has booked a queue for himself.
TEST(Timeline, PlacesGoToWhoHasNoLaneYet) {
  const auto rule = StartRule::kOnFreePlace;
  // The second cannot run, but has the place that the third would need.
  const std::vector<Listed> rows = {{5, {0, 1}}, {3, {0, 1}}, {4, {0, 1}}, {2, {2}}};
  EXPECT_EQ(Runs(Lanes(3), rows), "0-5@0 0-3@1 3-7@1 0-2@2");
  EXPECT_EQ(Runs(Lanes(3), rows, rule), "0-5@0 0-3@1 3-7@1 3-5@2");
  // A queue that is booked is not waited for.
  EXPECT_EQ(Runs(Lanes(2), {{5, {0}}, {3, {0}}, {2, {1}}}, rule), "0-5@0 5-8@0 0-2@1");
  // One that a pooled test has taken is.
  EXPECT_EQ(Runs(Lanes(2), {{5, {0, 1}}, {3, {0}}, {2, {1}}}, rule), "0-5@0 5-8@0 5-7@1");
}

// The third would wait inside for the queues of the first two; the gate keeps it outside.
TEST(Timeline, GatesLetInAsManyAsHaveALane) {
  Site site = Lanes(3);
  const std::vector<Listed> rows = {
      {5, {0, 1}}, {4, {0, 1}}, {3, {0, 1}}, {2, {0, 1, 2}}, {1, {2}}};
  EXPECT_EQ(Runs(site, rows, StartRule::kOnFreePlace), "0-5@0 0-4@1 4-7@1 4-6@2 6-7@2");
  site.gates = {{0, 1}};
  EXPECT_EQ(Runs(site, rows, StartRule::kOnFreePlace), "0-5@0 0-4@1 4-7@1 0-2@2 2-3@2");
}

// Two end at once: where ctest has seen but the first of them, the third has not yet the memory
// that it needs, and the fourth takes what there is.
TEST(Timeline, CtestSeesOneEndAfterTheOther) {
  const Site site = Lanes(3, {.memory = 1000});
  const std::vector<Listed> rows = {{2, {0, 1, 2}, {}, 0, 500},
                                    {2, {0, 1, 2}, {}, 0, 500},
                                    {3, {0, 1, 2}, {}, 0, 700},
                                    {4, {0, 1, 2}, {}, 0, 400}};
  EXPECT_EQ(Runs(site, rows), "0-2@0 0-2@1 2-5@0 5-9@0");
  EXPECT_EQ(Runs(site, rows, StartRule::kOnFreePlace), "0-2@0 0-2@1 6-9@0 2-6@0");
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
