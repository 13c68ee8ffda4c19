// Guest x test x device: a table per guest, with the rows of the one and the columns of the other
// of the two axes that are left.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "report/html.h"
#include "report/page.h"

namespace kvmtest::report {

namespace {

// A page is that wide.
constexpr size_t kMostColumns = 40;
// Of more guests only those are open of which somebody should look at something.
constexpr size_t kMostOpenTables = 6;

using Cell = std::pair<std::string, std::string>;  // test, device
using Names = std::set<std::string, NaturalLess>;

struct Table {
  Names tests;
  Names devices;
  std::map<Cell, std::string> cells;
  std::map<Cell, std::string> idle_cells;  // of tests that have not run
  std::map<Outcome, size_t> counts;
};

std::string NameOr(const std::string& name, const char* otherwise) {
  return name.empty() ? otherwise : Html(name);
}

std::string Header(const Names& columns, const char* corner) {
  std::string html = fmt::format("<thead><tr><th>{}</th>", corner);
  // Upright names are narrow.
  const char* css = columns.size() > 8 ? " class=\"upright\"" : "";
  for (const std::string& column : columns) {
    html += fmt::format("<th{}><span>{}</span></th>", css, NameOr(column, "-"));
  }
  return html + "</tr></thead>\n";
}

// Several tests where several sets or hosts have it; one that has not run says something only where
// no other did.
std::string CellHtml(const Table& table, const Cell& place) {
  auto found = table.cells.find(place);
  if (found != table.cells.end()) return found->second;
  found = table.idle_cells.find(place);
  return found == table.idle_cells.end() ? "" : found->second;
}

bool IsAnyBad(const Table& table) {
  return std::any_of(table.counts.begin(), table.counts.end(),
                     [](const auto& count) { return RowOf(count.first).is_bad; });
}

std::string ShowTable(const Table& table) {
  // Tests across, as long as that is no wider than a page or than it would be high.
  bool tests_across =
      table.tests.size() <= kMostColumns || table.tests.size() <= table.devices.size();
  const auto& columns = tests_across ? table.tests : table.devices;
  const auto& rows = tests_across ? table.devices : table.tests;
  std::string html = "<div class=\"wide\"><table class=\"matrix\">" +
                     Header(columns, tests_across ? "device" : "test") + "<tbody>\n";
  for (const std::string& row : rows) {
    html += fmt::format("<tr><th>{}</th>", NameOr(row, "-"));
    for (const std::string& column : columns) {
      html +=
          "<td>" + CellHtml(table, tests_across ? Cell(column, row) : Cell(row, column)) + "</td>";
    }
    html += "</tr>\n";
  }
  return html + "</tbody></table></div>\n";
}

}  // namespace

std::string ShowMatrix(const std::vector<Entry>& entries) {
  std::map<std::string, Table, NaturalLess> tables;
  for (const Entry& entry : entries) {
    const Axes& axes = entry.test->axes;
    Table& table = tables[axes.guest];
    table.tests.insert(axes.test);
    table.devices.insert(axes.device);
    bool is_idle = entry.test->last.outcome == Outcome::kNotRun;
    (is_idle ? table.idle_cells : table.cells)[{axes.test, axes.device}] += BadgeLink(entry);
    ++table.counts[entry.test->last.outcome];
  }
  std::string html =
      "<section id=\"matrix\"><h2>Guest &#215; device &#215; test</h2>\n<p class=\"key\">";
  std::set<Outcome> seen;
  for (const Entry& entry : entries) seen.insert(entry.test->last.outcome);
  for (Outcome outcome : seen) {
    html += fmt::format("<span>{} {}</span> ", Badge(outcome), RowOf(outcome).title);
  }
  html += "</p>\n<div class=\"matrices\">\n";
  for (const auto& [guest, table] : tables) {
    bool is_open = tables.size() <= kMostOpenTables || IsAnyBad(table);
    html +=
        fmt::format("<details class=\"guest\"{}><summary><b>{}</b> {}</summary>\n{}</details>\n",
                    is_open ? " open" : "", NameOr(guest, "any guest"), CountsText(table.counts),
                    ShowTable(table));
  }
  return html + "</div></section>\n";
}

}  // namespace kvmtest::report
