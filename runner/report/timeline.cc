// Who ran when, on which queue: a drawing for each of the last runs of each host.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "report/html.h"
#include "report/page.h"
#include "report/svg.h"

namespace kvmtest::report {

namespace {

constexpr size_t kMostTimelines = 4;  // runs of a host
constexpr double kLabels = 92;        // width of the queues' names
constexpr double kLane = 24;
constexpr double kTop = 6;
constexpr double kAxis = 20;

struct Bar {
  const Entry* entry = nullptr;
  const Attempt* attempt = nullptr;
};

struct Chart {
  std::string run;
  std::string host;
  double begin = 0;
  double end = 0;
  std::map<std::string, std::vector<Bar>, NaturalLess> lanes;  // by queue
  std::map<Outcome, size_t> counts;
};

using ChartKey = std::pair<std::string, std::string>;  // host, run

void AddBar(const Entry& entry, const Attempt& attempt, std::map<ChartKey, Chart>* charts) {
  if (attempt.started <= 0) return;
  Chart& chart = (*charts)[{entry.host->host, attempt.run}];
  chart.run = attempt.run;
  chart.host = entry.host->host;
  chart.begin = chart.begin == 0 ? attempt.started : std::min(chart.begin, attempt.started);
  chart.end = std::max(chart.end, attempt.ended);
  chart.lanes[attempt.queue].push_back({&entry, &attempt});
  ++chart.counts[attempt.outcome];
}

// The axis has a mark at every so many seconds: such that there are about ten, at times that a
// person counts in.
double StepOf(double length) {
  for (double step :
       {0.01, 0.02, 0.05,  0.1,   0.2,   0.5,    1.0,    2.0,    5.0,    10.0,    20.0,
        30.0, 60.0, 120.0, 300.0, 600.0, 1200.0, 1800.0, 3600.0, 7200.0, 14400.0, 43200.0}) {
    if (length / step <= 12) return step;
  }
  return std::ceil(length / 12 / 86400) * 86400;
}

std::string MarkText(double seconds, double step) {
  if (step < 60) return fmt::format("{:g} s", seconds);
  if (step < 3600) return fmt::format("{:g} min", seconds / 60);
  return fmt::format("{:g} h", seconds / 3600);
}

std::string Axis(const Chart& chart, double scale, double bottom) {
  std::string svg;
  double length = chart.end - chart.begin;
  double step = StepOf(length);
  for (int i = 0; i * step <= length; ++i) {
    double x = kLabels + i * step * scale;
    svg += fmt::format("<path class=\"grid\" d=\"M{:.1f} {}V{:.1f}\"/>", x, kTop, bottom);
    svg += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\">{}</text>", x + 2, bottom + 13,
                       MarkText(i * step, step));
  }
  return svg;
}

// What is no pass is as high as the lane and has its letter, where there is room, or a notch: so
// it is seen without colours, too.
std::string DrawBar(const Chart& chart, const Bar& bar, double scale, double y) {
  const Attempt& attempt = *bar.attempt;
  const OutcomeRow& row = RowOf(attempt.outcome);
  double from = kLabels + (attempt.started - chart.begin) * scale;
  double begun =
      kLabels + (std::min(attempt.started + attempt.waited, attempt.ended) - chart.begin) * scale;
  double width = std::max(kLabels + (attempt.ended - chart.begin) * scale - begun, 1.2);
  bool is_pass = attempt.outcome == Outcome::kPass;
  std::string svg = fmt::format("<a href=\"#t{}\"><title>{}&#10;{}, {}", bar.entry->id,
                                Html(bar.entry->test->test), row.title,
                                ShowLength(attempt.ended - attempt.started));
  if (attempt.waited >= 0.01) svg += ", of which waited " + ShowLength(attempt.waited);
  svg += "</title>";
  if (begun - from >= 0.5) svg += Rect(from, y + kLane / 2 - 1.5, begun - from, 3, "wait");
  svg += is_pass ? Rect(begun, y + 5, width - 0.4, kLane - 10, row.name)
                 : Rect(begun, y + 2, width - 0.4, kLane - 4, row.name);
  if (width >= 11) {
    svg += fmt::format("<text class=\"in {}\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>", row.name,
                       begun + width / 2, y + kLane / 2 + 4, row.letter);
  }
  return svg + "</a>\n";
}

std::string Draw(const Chart& chart) {
  double bottom = kTop + kLane * static_cast<double>(chart.lanes.size());
  double scale = (kDrawingWidth - kLabels - 2) / std::max(chart.end - chart.begin, 0.01);
  std::string svg = BeginDrawing(kDrawingWidth, bottom + kAxis,
                                 fmt::format("tests of {} by queue and time", Html(chart.host)));
  svg += Axis(chart, scale, bottom);
  double y = kTop;
  for (const auto& [queue, bars] : chart.lanes) {
    svg += fmt::format("<text class=\"lane\" x=\"0\" y=\"{:.1f}\">{}</text>\n", y + kLane / 2 + 4,
                       queue.empty() ? "no queue" : "queue " + Html(queue.substr(0, 12)));
    for (const Bar& bar : bars) svg += DrawBar(chart, bar, scale, y);
    y += kLane;
  }
  return svg + "</svg>\n";
}

std::string Title(const Chart& chart) {
  return fmt::format("<b>{}</b> {}, {}: {}", Html(chart.host), ShowTime(chart.begin),
                     ShowLength(chart.end - chart.begin), CountsText(chart.counts));
}

}  // namespace

std::string ShowTimeline(const std::vector<Entry>& entries) {
  std::map<ChartKey, Chart> charts;
  for (const Entry& entry : entries) {
    for (const Attempt& attempt : entry.test->attempts) AddBar(entry, attempt, &charts);
    AddBar(entry, entry.test->last, &charts);
  }
  std::map<std::string, std::vector<const Chart*>> by_host;
  for (const auto& [key, chart] : charts) by_host[chart.host].push_back(&chart);
  std::string html =
      "<section id=\"timeline\"><h2>Timeline</h2>\n<p class=\"hint\">Each bar is a test, on the "
      "lane of its queue; a thin line before it is the wait for the queue. Of earlier runs there "
      "is "
      "what no later one has replaced.</p>\n";
  for (auto& [host, of_host] : by_host) {
    std::sort(of_host.begin(), of_host.end(),
              [](const Chart* a, const Chart* b) { return a->end > b->end; });
    for (size_t i = 0; i < std::min(of_host.size(), kMostTimelines); ++i) {
      html += fmt::format(
          "<details class=\"chart\"{}><summary>{}</summary>\n<div "
          "class=\"wide\">{}</div></details>\n",
          i == 0 ? " open" : "", Title(*of_host[i]), Draw(*of_host[i]));
    }
  }
  return html + "</section>\n";
}

}  // namespace kvmtest::report
