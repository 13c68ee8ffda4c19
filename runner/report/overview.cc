// The top of the page: what of, how many came to what, and that by host and test set.
#include <fmt/format.h>

#include <map>
#include <set>
#include <utility>

#include "report/html.h"
#include "report/page.h"

namespace kvmtest::report {

namespace {

using Counts = std::map<Outcome, size_t>;

std::string Tiles(const Counts& counts, size_t all) {
  std::string html = fmt::format(
      "<nav class=\"tiles\"><a class=\"tile\" href=\"#tests\"><strong>{}"
      "</strong><span>tests</span></a>",
      all);
  for (const auto& [outcome, count] : counts) {
    const OutcomeRow& row = RowOf(outcome);
    html +=
        fmt::format("<a class=\"tile\" href=\"#g-{}\"><strong>{}</strong><span>{} {}</span></a>",
                    row.name, count, Badge(outcome), row.title);
  }
  return html + "</nav>\n";
}

std::string SetTable(const std::vector<Entry>& entries, const Counts& all) {
  std::map<std::pair<std::string, std::string>, Counts> rows;
  for (const Entry& entry : entries) {
    ++rows[{entry.host->host, entry.host->call + ": " + entry.test->set}][entry.test->last.outcome];
  }
  std::string html =
      "<div class=\"wide\"><table class=\"counts\"><thead><tr><th>Host</th><th>Set</th>";
  for (const auto& [outcome, count] : all) {
    html += fmt::format("<th>{} {}</th>", Badge(outcome), RowOf(outcome).title);
  }
  html += "</tr></thead><tbody>\n";
  for (const auto& [key, counts] : rows) {
    html += fmt::format("<tr><td>{}</td><td>{}</td>", Html(key.first), Html(key.second));
    for (const auto& [outcome, ignored] : all) {
      auto found = counts.find(outcome);
      html += found == counts.end() ? "<td></td>" : fmt::format("<td>{}</td>", found->second);
    }
    html += "</tr>\n";
  }
  return html + "</tbody></table></div>\n";
}

// What else somebody should know to read the rest rightly.
std::string Notes(const Model& model, const std::vector<Entry>& entries) {
  std::string html;
  size_t other = 0;
  std::set<std::string> accels;
  std::set<std::string> qemus;
  for (const Entry& entry : entries) {
    if (entry.test->of_other_generation) ++other;
    if (!entry.test->accel.empty()) accels.insert(entry.test->accel);
    if (!entry.test->qemu_version.empty()) qemus.insert(entry.test->qemu_version);
  }
  auto add = [&html](const std::string& text) { html += "<li>" + Html(text) + "</li>"; };
  for (const std::string& qemu : qemus) add("QEMU " + qemu);
  for (const std::string& accel : accels) add("accelerator " + accel);
  if (other > 0) {
    add(fmt::format("{} results are of an earlier generation of the configuration", other));
  }
  if (model.forgotten > 0) {
    add(fmt::format("{} results of tests that the configuration has no more are left out",
                    model.forgotten));
  }
  for (const std::string& host : model.silent_hosts) add("no results here of host " + host);
  return html.empty() ? "" : "<ul class=\"notes\">" + html + "</ul>\n";
}

std::string BrokenCalls(const Model& model) {
  std::string html;
  for (const BrokenCall& broken : model.broken_calls) {
    html += fmt::format(
        "<div class=\"broken\"><p>{} The tests of {} could not be made anew: "
        "what is here of them is of before.</p><pre>{}</pre></div>\n",
        Badge(Outcome::kError), Html(broken.call), Html(broken.why));
  }
  return html;
}

}  // namespace

std::string ShowOverview(const Model& model, const std::vector<Entry>& entries) {
  Counts counts;
  for (const Entry& entry : entries) ++counts[entry.test->last.outcome];
  std::string name = model.hosts.empty() ? "" : model.hosts.front().call;
  return fmt::format(
             "<header><h1>kvmtest <span>{}</span></h1><p>{}<br>made {}</p></header>\n"
             "<section id=\"overview\">\n",
             Html(name), Html(model.build_dir), ShowTime(model.made)) +
         BrokenCalls(model) + Tiles(counts, entries.size()) + SetTable(entries, counts) +
         Notes(model, entries) + "</section>\n";
}

}  // namespace kvmtest::report
