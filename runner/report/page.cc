#include "report/page.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "report/embedded.h"
#include "report/html.h"

namespace kvmtest::report {

namespace {

// From this size of the page on, pictures apart, tests are shown with less, and with one line each.
constexpr size_t kFewFrom = 4 << 20;
constexpr size_t kLineFrom = 6 << 20;
// So many of the tests that somebody should look at are open from the start.
constexpr size_t kMostOpen = 10;
// Beyond so many of one outcome, of which somebody should look at all, one is as another.
constexpr size_t kSomeFrom = 100;

std::string Head(const Model& model) {
  std::string policy = fmt::format(
      "default-src 'none'; style-src '{}'; script-src '{}'; img-src data:; base-uri 'none'; "
      "form-action 'none'",
      PolicySource(kPageStyle.sha256), PolicySource(kPageScript.sha256));
  return fmt::format(R"(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="kvmtest-run report">
<title>kvmtest: {}</title>
<style>{}</style>
</head>
<body>
)",
                     policy, Html(model.build_dir), kPageStyle.text);
}

std::string Options(const char* id, const char* all, std::vector<std::string> values) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  std::string html = fmt::format("<select id=\"{}\"><option value=\"\">{}</option>", id, all);
  for (const std::string& value : values) {
    html += fmt::format("<option>{}</option>", Html(value));
  }
  return html + "</select>";
}

// Shown by the script, which reads it.
std::string Filters(const std::vector<Entry>& entries) {
  std::vector<std::string> sets;
  std::vector<std::string> hosts;
  std::map<Outcome, size_t> counts;
  for (const Entry& entry : entries) {
    sets.push_back(entry.test->set);
    hosts.push_back(entry.host->host);
    ++counts[entry.test->last.outcome];
  }
  std::string html =
      "<form id=\"filters\" hidden><input id=\"q\" type=\"search\" placeholder=\"words of the name "
      "or verdict\" aria-label=\"words of the name or verdict\">";
  for (const auto& [outcome, count] : counts) {
    const OutcomeRow& row = RowOf(outcome);
    html += fmt::format(
        "<label><input type=\"checkbox\" name=\"status\" value=\"{}\">{} {} <i>{}</i></label>",
        row.name, Badge(outcome), row.title, count);
  }
  return html + Options("set", "all sets", std::move(sets)) +
         Options("host", "all hosts", std::move(hosts)) +
         "<button type=\"reset\">all</button><output id=\"shown\"></output></form>\n";
}

// Before the first test that is shown with less.
std::string LessNote(Detail detail) {
  if (detail != Detail::kFew && detail != Detail::kLine) return "";
  return fmt::format(
      "<p class=\"hint\">From here on {}: the page would be too large. What the tests have left is "
      "in their directories.</p>\n",
      detail == Detail::kFew ? "without consoles, screens and params" : "one line each");
}

std::string Group(const Model& model, const std::vector<Entry>& entries, Outcome outcome,
                  size_t page_size, size_t* picture_bytes) {
  const OutcomeRow& row = RowOf(outcome);
  std::string html;
  size_t count = 0;
  Detail before = Detail::kAll;
  for (const Entry& entry : entries) {
    if (entry.test->last.outcome != outcome) continue;
    size_t size = page_size + html.size() - *picture_bytes;
    Detail detail = size > kLineFrom     ? Detail::kLine
                    : size > kFewFrom    ? Detail::kFew
                    : count >= kSomeFrom ? Detail::kSome
                                         : Detail::kAll;
    if (std::exchange(before, detail) != detail) html += LessNote(detail);
    html += ShowTest(entry, model, detail, row.is_bad && count < kMostOpen, picture_bytes);
    ++count;
  }
  if (count == 0) return "";
  return fmt::format(
      "<section class=\"group\" id=\"g-{}\"><h3>{} {} <i>{}</i></h3>\n{}</section>\n", row.name,
      Badge(outcome), row.title, count, html);
}

}  // namespace

std::vector<Entry> EntriesOf(const Model& model) {
  std::vector<Entry> entries;
  for (const HostTests& host : model.hosts) {
    for (const Test& test : host.tests) entries.push_back({&host, &test, entries.size()});
  }
  return entries;
}

std::string Badge(Outcome outcome) {
  const OutcomeRow& row = RowOf(outcome);
  return fmt::format("<b class=\"o {}\">{}</b>", row.name, row.letter);
}

std::string BadgeLink(const Entry& entry) {
  const OutcomeRow& row = RowOf(entry.test->last.outcome);
  std::string what = row.title;
  if (entry.test->last.outcome != Outcome::kPass && !entry.test->text.empty()) {
    what += ": " + entry.test->text.substr(0, 120);
  }
  return fmt::format("<a class=\"o {}\" href=\"#t{}\" title=\"{}&#10;{}\">{}</a>", row.name,
                     entry.id, Html(entry.test->test), Html(what), row.letter);
}

std::string PastText(const PastResult& past) {
  std::string text = RowOf(past.outcome).title;
  if (past.is_now_this_now_that) text += fmt::format(" at attempt {}", past.attempts);
  return text;
}

std::string CountsText(const std::map<Outcome, size_t>& counts) {
  std::string text;
  for (const auto& [outcome, count] : counts) {
    std::string title = RowOf(outcome).title;
    title[0] = static_cast<char>(title[0] - 'A' + 'a');
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, title);
  }
  return text;
}

std::string MakePage(const Model& model) {
  std::vector<Entry> entries = EntriesOf(model);
  std::string html = Head(model);
  html += ShowOverview(model, entries);
  html += ShowTrends(model, entries);
  html += ShowTimeline(entries);
  html += ShowMatrix(entries);
  html += "<section id=\"tests\"><h2>Tests</h2>\n" + Filters(entries);
  size_t picture_bytes = 0;
  for (int i = 0; i < kOutcomes; ++i) {
    html += Group(model, entries, OutcomeRowAt(i).outcome, html.size(), &picture_bytes);
  }
  html += fmt::format("</section>\n{}<script>{}</script>\n</body>\n</html>\n",
                      ShowCommonParams(model), kPageScript.text);
  return html;
}

}  // namespace kvmtest::report
