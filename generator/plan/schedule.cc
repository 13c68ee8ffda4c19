#include "plan/schedule.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "plan/best_order.h"
#include "plan/host_run.h"

namespace kvmtest::plan {
namespace {

constexpr size_t kColumns = 60;

void Fill(const Plan& plan, Schedule* schedule) {
  const HostRun host = HostRunOf(plan, schedule->tests);
  std::vector<double> costs;
  for (uint32_t test : schedule->tests) costs.push_back(static_cast<double>(plan.tests[test].cost));
  schedule->runs =
      RunsInOrder(host.site, host.tasks, StartOrder(host.tasks, costs), StartRule::kOnFreePlace);
  for (const Run& run : schedule->runs) schedule->end = std::max(schedule->end, run.end);
}

size_t ColumnOf(uint64_t time, uint64_t end) {
  return static_cast<size_t>(static_cast<double>(time) / static_cast<double>(end) * kColumns);
}

// "0          30 s           1 min"
std::string ScaleText(uint64_t end) {
  std::string text(kColumns, ' ');
  text[0] = '0';
  const std::string half = DurationText(end / 2), all = DurationText(end);
  text.replace(kColumns / 2, half.size(), half);
  text.replace(kColumns - all.size(), all.size(), all);
  return text;
}

}  // namespace

std::vector<Schedule> SchedulesOf(const Plan& plan) {
  std::map<std::pair<uint32_t, uint32_t>, Schedule> schedules;
  for (uint32_t i = 0; i < plan.tests.size(); ++i) {
    const Test& test = plan.tests[i];
    if (test.disabled) continue;
    Schedule& schedule = schedules[{test.set, test.host}];
    schedule.set = test.set;
    schedule.host = test.host;
    schedule.tests.push_back(i);
    schedule.is_guessed |= test.is_guessed;
  }
  std::vector<Schedule> all;
  for (auto& [_, schedule] : schedules) {
    Fill(plan, &schedule);
    all.push_back(std::move(schedule));
  }
  return all;
}

std::string DurationText(uint64_t milliseconds) {
  if (milliseconds < 10'000 && milliseconds % 1000 != 0)
    return fmt::format("{:.2g} s", static_cast<double>(milliseconds) / 1000);
  const uint64_t seconds = (milliseconds + 500) / 1000;
  if (seconds < 60) return fmt::format("{} s", seconds);
  if (seconds < 3600) {
    return seconds % 60 == 0 ? fmt::format("{} min", seconds / 60)
                             : fmt::format("{} min {:02} s", seconds / 60, seconds % 60);
  }
  const uint64_t minutes = (seconds + 30) / 60;
  return fmt::format("{} h {:02} min", minutes / 60, minutes % 60);
}

std::string TimelineText(const Plan& plan, const Schedule& schedule) {
  const std::vector<std::string>& queues = plan.hosts[schedule.host].queues;
  std::vector<std::string> lines(queues.size(), std::string(kColumns, ' '));
  const uint64_t end = std::max<uint64_t>(schedule.end, 1);
  for (size_t i = 0; i < schedule.runs.size(); ++i) {
    const Run& run = schedule.runs[i];
    std::string& line = lines[run.lane];
    const size_t first = std::min(ColumnOf(run.begin, end), kColumns - 1);
    const size_t behind = std::max(ColumnOf(run.end, end), first + 1);
    line.replace(first, behind - first, "|" + std::string(behind - first - 1, '-'));
    const std::string number = std::to_string(i + 1);
    if (number.size() < behind - first) line.replace(first + 1, number.size(), number);
  }
  size_t width = 0;
  for (const std::string& queue : queues) width = std::max(width, queue.size());
  std::string text;
  for (size_t i = 0; i < queues.size(); ++i) {
    const std::string line = fmt::format("  queue {:<{}}  {}", queues[i], width, lines[i]);
    text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return text + fmt::format("        {:<{}}  {}\n", "", width, ScaleText(end));
}

}  // namespace kvmtest::plan
