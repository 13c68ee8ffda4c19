// A test: one line, and what unfolds below it.
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string_view>
#include <vector>

#include "host/process.h"
#include "report/html.h"
#include "report/page.h"

namespace kvmtest::report {

namespace {

constexpr size_t kMostPast = 20;              // runs shown
constexpr size_t kMostOfAParam = 2 << 10;     // of its value
constexpr size_t kMostPlainLines = 12;        // of a console
constexpr size_t kMostOfPictures = 12 << 20;  // of the page

std::string RowHtml(const char* name, const std::string& html) {
  return html.empty() ? "" : fmt::format("<dt>{}</dt><dd>{}</dd>\n", name, html);
}

std::string Command(const std::string& text) {
  return "<code class=\"cmd\">" + Html(text) + "</code>";
}

std::string WhenText(const Test& test) {
  const Attempt& last = test.last;
  if (last.started <= 0) return "";
  std::string text =
      fmt::format("{}, {}", ShowTime(last.started), ShowLength(last.ended - last.started));
  if (last.waited >= 0.01) text += ", of which waited " + ShowLength(last.waited);
  if (!last.queue.empty()) text += ", queue " + last.queue;
  if (last.number > 1) text += fmt::format(", attempt {}", last.number);
  if (test.of_other_generation) text += ", with an earlier generation of the configuration";
  return text;
}

// Of several attempts, the runs before the last.
std::string AttemptsHtml(const Test& test) {
  std::string html;
  for (const Attempt& attempt : test.attempts) {
    html +=
        fmt::format("{} {} ", Badge(attempt.outcome), ShowLength(attempt.ended - attempt.started));
  }
  return html;
}

// The last of its runs, oldest first.
std::vector<PastResult> LastRuns(const Test& test) {
  if (test.past.size() < 2) return {};
  return {test.past.end() - static_cast<long>(std::min(test.past.size(), kMostPast)),
          test.past.end()};
}

// What a test that is not run now came to when it was.
std::string EarlierText(const Test& test) {
  if (test.last.outcome != Outcome::kNotRun || test.past.empty()) return "";
  const PastResult& past = test.past.back();
  return fmt::format("{}, {}, {}", PastText(past), ShowTime(past.started),
                     ShowLength(past.seconds));
}

// "P", or "P2" of one that passed at the second attempt after one that did not.
std::string LetterOf(const PastResult& past) {
  std::string letter(1, RowOf(past.outcome).letter);
  return past.is_now_this_now_that ? letter + std::to_string(past.attempts) : letter;
}

std::string PastHtml(const Test& test) {
  std::string html;
  for (const PastResult& past : LastRuns(test)) {
    html += fmt::format("<b class=\"o {}\" title=\"{}, {}, {}\">{}</b>", RowOf(past.outcome).name,
                        PastText(past), ShowTime(past.started), ShowLength(past.seconds),
                        LetterOf(past));
  }
  return html;
}

std::string MeasurementsText(const Test& test) {
  std::string text;
  for (const auto& [name, value] : test.measurements) {
    text += fmt::format("{}{} = {:.6g}", text.empty() ? "" : ", ", name, value);
  }
  return text;
}

std::string AgainCommand(const Entry& entry, const Model& model) {
  const std::string& configuration = entry.host->configuration;
  return fmt::format("KVMTEST_HOST={} ctest --test-dir {}{} -R {} -V",
                     host::ShellQuote(entry.host->host), host::ShellQuote(model.build_dir),
                     configuration.empty() ? "" : " -C " + host::ShellQuote(configuration),
                     host::ShellQuote(WholeName(entry.test->test)));
}

std::string ReproCommand(const Test& test) {
  return test.has_repro ? host::ShellQuote(test.directory + "/repro.sh") : "";
}

std::string ExplainCommandOf(const Entry& entry) {
  std::string command = "kvmtest-generate explain CONFIG";
  if (!entry.host->explain.empty()) command = host::ShellQuote(entry.host->explain);
  return fmt::format("{} --test {} --param KEY", command, host::ShellQuote(entry.test->name));
}

std::string PicturesHtml(const Test& test, size_t* picture_bytes) {
  std::string html;
  for (const Picture& picture : test.pictures) {
    std::string data = Base64(picture.png);
    if (*picture_bytes + data.size() > kMostOfPictures) {
      html += fmt::format(
          "<p class=\"hint\">The last screen is in {}: the page would be too large.</p>\n",
          Html(test.directory + "/" + picture.name));
      continue;
    }
    *picture_bytes += data.size();
    html += fmt::format(
        "<figure><img src=\"data:image/png;base64,{}\" width=\"{}\" height=\"{}\" alt=\"last "
        "screen, "
        "{}\" loading=\"lazy\"><figcaption>{}</figcaption></figure>\n",
        data, picture.width, picture.height, Html(picture.name), Html(picture.name));
  }
  return html;
}

std::string TailHtml(const TextTail& tail) {
  if (tail.text.empty()) return "";
  return fmt::format("<h4>{}{}</h4><pre>{}</pre>\n", Html(tail.name),
                     tail.is_cut ? " <i>its end</i>" : "", Html(tail.text));
}

std::string VerdictTextHtml(const TextTail& tail) {
  if (tail.text.empty()) return "";
  return fmt::format(
      "<details class=\"more\"><summary>all that was said{}</summary><pre>{}</pre></details>\n",
      tail.is_cut ? " <i>its begin</i>" : "", Html(tail.text));
}

// As text, since tables of thousands of tests would be most of the page's elements.
std::string ParamLine(const std::string& name, const std::string& value,
                      const std::string& place = "") {
  bool is_cut = value.size() > kMostOfAParam;
  return fmt::format("{} = {}{}{}\n", Html(name), Html(value.substr(0, kMostOfAParam)),
                     is_cut ? " ..." : "", place.empty() ? "" : "    # " + Html(place));
}

std::string PlaceOf(const Test& test, const std::string& name) {
  auto found = test.param_places.find(name);
  return found == test.param_places.end() ? "" : found->second;
}

// The common params that the test has, with their places: of a test whose places are known.
std::string CommonParamsOf(const Entry& entry) {
  const Test& test = *entry.test;
  if (test.param_places.empty()) return "";
  std::set<std::string_view> others(test.unset.begin(), test.unset.end());
  for (const auto& [name, value] : test.params) others.insert(name);
  std::string lines;
  for (const auto& [name, value] : entry.host->common_params) {
    if (others.count(name) == 0) lines += ParamLine(name, value, PlaceOf(test, name));
  }
  return lines.empty() ? "" : "\ncommon ones of the host:\n" + lines;
}

std::string ParamsTitle(const Entry& entry) {
  bool has_places = !entry.test->param_places.empty();
  return fmt::format("params: {} of its own, {} common ones of the host{}",
                     entry.test->params.size(), entry.host->common_params.size(),
                     has_places ? ", and where they are assigned" : " (at the page's end)");
}

std::string ParamLines(const Entry& entry) {
  const Test& test = *entry.test;
  std::string lines;
  for (const auto& [name, value] : test.params) {
    lines += ParamLine(name, value, PlaceOf(test, name));
  }
  for (const std::string& name : test.unset) lines += Html(name) + " is not set\n";
  return fmt::format("{}{}\n{}: {}", lines, CommonParamsOf(entry),
                     test.param_places.empty() ? "where one comes from" : "more of one",
                     Html(ExplainCommandOf(entry)));
}

std::string ParamsHtml(const Entry& entry) {
  return fmt::format("<details class=\"more\"><summary>{}</summary>\n<pre>{}</pre></details>\n",
                     ParamsTitle(entry), ParamLines(entry));
}

std::string VerdictOf(const Test& test) {
  return test.kind.empty() ? test.text : test.kind + ": " + test.text;
}

std::string Body(const Entry& entry, const Model& model, Detail detail, size_t* picture_bytes) {
  const Test& test = *entry.test;
  std::string again = Command(AgainCommand(entry, model));
  if (test.has_repro) again += Command(ReproCommand(test));
  std::string html = "<dl>";
  html += RowHtml("verdict", Html(VerdictOf(test)));
  html += RowHtml("when", Html(WhenText(test)));
  html += RowHtml("attempts before", AttemptsHtml(test));
  html += RowHtml("runs", PastHtml(test));
  html += RowHtml("measured", Html(MeasurementsText(test)));
  html += RowHtml("defined in", Html(test.origin));
  html += RowHtml("again", again);
  html += RowHtml("files", Html(test.directory));
  html += "</dl>\n";
  if (detail == Detail::kFew) return html;
  html += PicturesHtml(test, picture_bytes);
  for (const TextTail& tail : test.consoles) html += TailHtml(tail);
  return html + VerdictTextHtml(test.verdict_text) + ParamsHtml(entry);
}

std::string LastLines(std::string_view text, size_t lines) {
  size_t begin = text.size();
  for (size_t seen = 0; begin > 0; --begin) {
    if (text[begin - 1] == '\n' && ++seen == lines) break;
  }
  return std::string(text.substr(begin));
}

// The same of a test at which nobody needs to look, or as at many others, as text in one element:
// of thousands of tests most are such, and elements are what takes a browser's time.
std::string PlainBody(const Entry& entry, const Model& model, Detail detail) {
  const Test& test = *entry.test;
  std::string runs;
  for (const PastResult& past : LastRuns(test)) runs += LetterOf(past);
  std::string text;
  auto add = [&text](const char* name, const std::string& value) {
    if (!value.empty()) text += fmt::format("{:<10} {}\n", name, value);
  };
  add("verdict", VerdictOf(test));
  add("when", WhenText(test));
  add("earlier", EarlierText(test));
  add("runs", runs);
  add("measured", MeasurementsText(test));
  add("defined in", test.origin);
  add("again", AgainCommand(entry, model));
  add("", ReproCommand(test));
  if (test.last.outcome != Outcome::kNotRun) add("files", test.directory);
  if (detail == Detail::kFew) return Html(text);
  for (const TextTail& tail : test.consoles) {
    std::string end = LastLines(tail.text, kMostPlainLines);
    bool is_cut = tail.is_cut || end.size() < tail.text.size();
    text += fmt::format("\n{}{}:\n{}\n", tail.name, is_cut ? ", its end" : "", end);
  }
  return fmt::format("{}\n{}:\n{}", Html(text), ParamsTitle(entry), ParamLines(entry));
}

bool IsPlain(const Test& test, Detail detail) {
  if (!test.attempts.empty()) return false;
  return test.last.outcome == Outcome::kPass || test.last.outcome == Outcome::kNotRun ||
         detail == Detail::kFew || (detail == Detail::kSome && test.pictures.empty());
}

}  // namespace

std::string ShowCommonParams(const Model& model) {
  std::string html;
  for (const HostTests& host : model.hosts) {
    std::string lines;
    for (const auto& [name, value] : host.common_params) lines += ParamLine(name, value);
    html += fmt::format(
        "<details class=\"more\"><summary>{}: params that most tests of {} share</summary>"
        "<pre>{}</pre></details>\n",
        Html(host.call), Html(host.host), lines);
  }
  return "<section id=\"common\"><h2>Common params</h2>\n" + html + "</section>\n";
}

std::string ShowTest(const Entry& entry, const Model& model, Detail detail, bool is_open,
                     size_t* picture_bytes) {
  const Test& test = *entry.test;
  const OutcomeRow& row = RowOf(test.last.outcome);
  std::string length =
      test.last.ended > test.last.started ? ShowLength(test.last.ended - test.last.started) : "";
  std::string line = fmt::format(
      "{}<span class=\"n\">{}</span><span class=\"v\">{}</span><span class=\"d\">{}</span>",
      Badge(test.last.outcome), Html(test.test), Html(VerdictOf(test).substr(0, 160)), length);
  std::string data = fmt::format("data-o=\"{}\" data-s=\"{}\" data-h=\"{}\"", row.name,
                                 Html(test.set), Html(entry.host->host));
  if (detail == Detail::kLine) {
    return fmt::format("<p class=\"t\" id=\"t{}\" {}>{}</p>\n", entry.id, data, line);
  }
  // The id is inside, so that a browser opens what is folded when a link leads there.
  bool is_plain = IsPlain(test, detail);
  return fmt::format(
      "<details class=\"t\" {}{}><summary>{}</summary><{} class=\"b\" id=\"t{}\">\n{}</{}>"
      "</details>\n",
      data, is_open ? " open" : "", line, is_plain ? "pre" : "div", entry.id,
      is_plain ? PlainBody(entry, model, detail) : Body(entry, model, detail, picture_bytes),
      is_plain ? "pre" : "div");
}

}  // namespace kvmtest::report
