// How the last runs went, and which tests came to something else than before.
#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

#include "report/html.h"
#include "report/page.h"
#include "report/svg.h"

namespace kvmtest::report {

namespace {

constexpr size_t kMostRuns = 12;     // shown
constexpr size_t kMostChanged = 15;  // tests listed of each kind
constexpr size_t kFlakyRuns = 10;    // looked at
constexpr double kBarWidth = 380;

size_t Total(const Run& run) {
  size_t total = 0;
  for (const auto& [outcome, count] : run.counts) total += count;
  return total;
}

std::string RunBar(const Run& run, size_t most) {
  std::string svg = BeginDrawing(kBarWidth, 14, Html(CountsText(run.counts)));
  double at = 0;
  for (const auto& [outcome, count] : run.counts) {
    double width = kBarWidth * static_cast<double>(count) / static_cast<double>(most);
    // A single failure among thousands is to be seen.
    if (RowOf(outcome).is_bad) width = std::max(width, 3.0);
    svg += Rect(at, 1, std::max(width - 0.5, 0.5), 12, RowOf(outcome).name);
    at += width;
  }
  return svg + "</svg>";
}

std::string HostsText(const Run& run) {
  constexpr size_t kMostHosts = 4;
  std::string text;
  size_t count = 0;
  for (const std::string& host : run.hosts) {
    if (++count > kMostHosts) break;
    text += (text.empty() ? "" : ", ") + host;
  }
  size_t left = run.hosts.size() - std::min(run.hosts.size(), kMostHosts);
  return left == 0 ? text : fmt::format("{} and {} more", text, left);
}

std::string RunTable(const Model& model) {
  size_t first = model.runs.size() - std::min(model.runs.size(), kMostRuns);
  size_t most = 1;
  for (size_t i = first; i < model.runs.size(); ++i) most = std::max(most, Total(model.runs[i]));
  std::string html =
      "<div class=\"wide\"><table class=\"runs\"><thead><tr><th>Run "
      "began</th><th>Host</th><th>Length</th><th>Tests</th>"
      "<th></th><th></th></tr></thead><tbody>\n";
  for (size_t i = model.runs.size(); i-- > first;) {
    const Run& run = model.runs[i];
    html += fmt::format("<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>",
                        ShowTime(run.started), Html(HostsText(run)),
                        ShowLength(run.ended - run.started), Total(run), RunBar(run, most));
    for (const auto& [outcome, count] : run.counts) {
      html += fmt::format("{}&#8239;{} ", Badge(outcome), count);
    }
    html += "</td></tr>\n";
  }
  return html + "</tbody></table></div>\n";
}

// What says whether a test works: skips and runs that were cut off say nothing.
std::vector<Outcome> Verdicts(const Test& test) {
  std::vector<Outcome> verdicts;
  for (const PastResult& past : test.past) {
    if (past.outcome == Outcome::kPass || RowOf(past.outcome).is_bad) {
      if (past.outcome != Outcome::kInterrupted) verdicts.push_back(past.outcome);
    }
  }
  return verdicts;
}

enum class Change { kNone, kBroken, kMended, kFlaky };

// Also of the attempts of one run (ctest --repeat until-pass), of which the last is its verdict.
bool HasMixedAttempts(const Test& test) {
  const auto last = static_cast<std::ptrdiff_t>(std::min(test.past.size(), kFlakyRuns));
  return std::any_of(test.past.end() - last, test.past.end(),
                     [](const PastResult& past) { return past.is_now_this_now_that; });
}

// One that is not run any more stays as it was, run for run: that is no news.
Change ChangeOf(const Test& test) {
  if (test.is_disabled) return Change::kNone;
  if (HasMixedAttempts(test)) return Change::kFlaky;
  std::vector<Outcome> verdicts = Verdicts(test);
  if (verdicts.size() < 2) return Change::kNone;
  size_t changes = 0;
  size_t first = verdicts.size() - std::min(verdicts.size(), kFlakyRuns);
  for (size_t i = first + 1; i < verdicts.size(); ++i) {
    if ((verdicts[i] == Outcome::kPass) != (verdicts[i - 1] == Outcome::kPass)) ++changes;
  }
  if (changes >= 2) return Change::kFlaky;
  bool passes = verdicts.back() == Outcome::kPass;
  bool passed = verdicts[verdicts.size() - 2] == Outcome::kPass;
  if (passes == passed) return Change::kNone;
  return passes ? Change::kMended : Change::kBroken;
}

// What the badge does not tell of the last run.
std::string AttemptsNote(const Test& test) {
  if (test.past.empty() || !test.past.back().is_now_this_now_that) return "";
  return fmt::format(" <i>{}</i>", PastText(test.past.back()));
}

std::string Changed(const std::vector<Entry>& entries, Change change, const char* title) {
  std::string html;
  size_t count = 0;
  for (const Entry& entry : entries) {
    if (ChangeOf(*entry.test) != change) continue;
    if (++count > kMostChanged) continue;
    html += fmt::format("<li>{} <a href=\"#t{}\">{}</a>{}</li>\n", BadgeLink(entry), entry.id,
                        Html(entry.test->test), AttemptsNote(*entry.test));
  }
  if (count == 0) return "";
  if (count > kMostChanged) html += fmt::format("<li>and {} more</li>\n", count - kMostChanged);
  return fmt::format("<div><h3>{} <i>{}</i></h3><ul>\n{}</ul></div>\n", title, count, html);
}

}  // namespace

std::string ShowTrends(const Model& model, const std::vector<Entry>& entries) {
  std::string changes = Changed(entries, Change::kBroken, "Failing since the last run") +
                        Changed(entries, Change::kMended, "Passing again") +
                        Changed(entries, Change::kFlaky, "Now this, now that");
  if (!changes.empty()) changes = "<div class=\"changes\">\n" + changes + "</div>\n";
  return "<section id=\"trends\"><h2>Runs</h2>\n" + RunTable(model) + changes + "</section>\n";
}

}  // namespace kvmtest::report
