// From the model to the page, with words of people who want to get at its reader.
#include "report/page.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <string>
#include <vector>

#include "report/embedded.h"
#include "report/html.h"

namespace kvmtest::report {
namespace {

using std::string_literals::operator""s;

TEST(Html, TakesNothingForMarkup) {
  EXPECT_EQ(Html("</script><img src=x onerror='a'>&\""),
            "&lt;/script&gt;&lt;img src=x onerror=&#39;a&#39;&gt;&amp;&quot;");
  EXPECT_EQ(Html("a\0b\x1b[31mred\x1b[0m\r\xff\xc3"s), "abred??");
  EXPECT_EQ(Html("gr\xc3\xbc\xc3\x9f\n\t"), "gr\xc3\xbc\xc3\x9f\n\t");
}

TEST(Html, TurnsNobodysWords) {
  for (const char* control : {"\u061c", "\u200e", "\u200f", "\u202a", "\u202b", "\u202c", "\u202d",
                              "\u202e", "\u2066", "\u2067", "\u2068", "\u2069"}) {
    std::string html = Html(std::string("a") + control + "b");
    EXPECT_EQ(html.find(control), std::string::npos) << html;
    EXPECT_EQ(html.size(), 16u) << html;
  }
  EXPECT_EQ(Html("a\u202eb\u2069"), "a&lt;U+202E&gt;b&lt;U+2069&gt;");
  // Those beside them, and words that are written from right to left.
  for (const char* text : {"\u061b", "\u200d", "\u2027", "\u202f", "\u2065", "\u05d0\u0628"}) {
    EXPECT_EQ(Html(text), text);
  }
}

TEST(Html, Base64) {
  EXPECT_EQ(Base64(""), "");
  EXPECT_EQ(Base64("f"), "Zg==");
  EXPECT_EQ(Base64("fo"), "Zm8=");
  EXPECT_EQ(Base64("foo"), "Zm9v");
  EXPECT_EQ(Base64("\xff\xfe\xfd\x00"s), "//79AA==");
  // Of the empty text.
  EXPECT_EQ(PolicySource("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
}

TEST(Html, TimesAndNames) {
  EXPECT_EQ(ShowLength(0.123), "0.12 s");
  EXPECT_EQ(ShowLength(59.96), "60.0 s");
  EXPECT_EQ(ShowLength(185), "3 min 05 s");
  EXPECT_EQ(ShowLength(7800), "2 h 10 min");
  EXPECT_EQ(ShowLength(-1), "0.00 s");
  EXPECT_EQ(ShowTime(0), "?");
  EXPECT_EQ(ShowTime(1795762717.8), "2026-11-27 06:58:37 UTC");
  EXPECT_EQ(WholeName("a.b+c"), "^a\\.b\\+c$");
}

TEST(Html, NamesInThePeoplesOrder) {
  std::vector<std::string> names = {"q10", "q9",  "q",   "10",   "2",
                                    "q9b", "q09", "q9a", "q1x2", "q1x10"};
  std::sort(names.begin(), names.end(), NaturalLess());
  EXPECT_EQ(names, (std::vector<std::string>{"2", "10", "q", "q1x2", "q1x10", "q09", "q9", "q9a",
                                             "q9b", "q10"}));
  EXPECT_FALSE(NaturalLess()("q9", "q9"));
}

// As little as a test may have.
report::Test Named(const std::string& name, Outcome outcome) {
  report::Test test;
  test.test = name;
  test.shortname = name;
  test.set = "nightly";
  test.last.outcome = outcome;
  if (outcome != Outcome::kNotRun) {
    test.last.run = "r1";
    test.last.queue = "1";
    test.last.started = 1000;
    test.last.ended = 1003;
    test.past.push_back({"r1", outcome, 1000, 3});
  }
  return test;
}

Model With(std::vector<report::Test> tests) {
  Model model;
  model.build_dir = "/build";
  HostTests host;
  host.call = "guests";
  host.host = "h";
  host.tests = std::move(tests);
  model.hosts.push_back(std::move(host));
  model.runs.push_back({"r1", {"h"}, 1000, 1003, {{Outcome::kPass, 1}}});
  return model;
}

// The page without what the room itself brings along.
std::string Shown(const Model& model) {
  std::string page = MakePage(model);
  for (const Embedded* ours : {&kPageStyle, &kPageScript}) {
    size_t at = page.find(ours->text);
    EXPECT_NE(at, std::string::npos);
    page.erase(at, ours->text.size());
    EXPECT_EQ(page.find(ours->text), std::string::npos);
  }
  return page;
}

size_t Count(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

void ExpectText(const std::string& page, const std::string& part) {
  EXPECT_NE(page.find(part), std::string::npos) << "expected " << part << " in\n" << page;
}

// Tags that are opened are closed, in order: so nobody's words have closed one of ours.
void ExpectBalanced(const std::string& page) {
  const std::string kVoid[] = {"meta", "br", "img", "input", "!DOCTYPE"};
  std::vector<std::string> open;
  for (size_t at = page.find('<'); at != std::string::npos; at = page.find('<', at + 1)) {
    size_t end = page.find_first_of(" >/", at + 2);
    std::string name = page.substr(at + 1, end - at - 1);
    size_t close = page.find('>', at);
    ASSERT_NE(close, std::string::npos);
    if (name[0] == '/') {
      ASSERT_FALSE(open.empty()) << name;
      ASSERT_EQ(open.back(), name.substr(1)) << page.substr(at > 200 ? at - 200 : 0, 260);
      open.pop_back();
    } else if (page[close - 1] != '/' &&
               std::find(std::begin(kVoid), std::end(kVoid), name) == std::end(kVoid)) {
      open.push_back(name);
    }
  }
  EXPECT_TRUE(open.empty()) << open.back();
}

TEST(Page, HostileWordsStayWords) {
  const std::string kEvil =
      "</script><script>alert(1)</script><!--\"'><b onmouseover=x>\0\xff\x1b]0;t\x07 &lt;\u202e"s;
  report::Test test = Named(kEvil, Outcome::kFail);
  test.name = test.set = test.origin = test.kind = test.text = test.last.queue = kEvil;
  test.directory = test.accel = test.qemu_version = kEvil;
  test.axes = {kEvil, kEvil, kEvil};
  test.params = {{kEvil, kEvil}};
  test.unset = {kEvil};
  test.measurements = {{kEvil, 1}};
  test.consoles = {{"console-" + kEvil, kEvil, true}};
  test.verdict_text = {"verdict.txt", kEvil, true};
  test.pictures = {{kEvil, 1, 1, kEvil}};
  test.has_repro = true;
  test.attempts = {test.last};
  test.past.push_back({kEvil, Outcome::kPass, 1, 1});
  Model model = With({test});
  model.build_dir = kEvil;
  model.silent_hosts = {kEvil};
  model.hosts[0].call = model.hosts[0].host = model.hosts[0].results_dir = kEvil;
  model.hosts[0].common_params = {{kEvil, kEvil}};
  model.hosts[0].explain = {kEvil};
  model.runs[0].hosts = {kEvil};
  std::string page = Shown(model);
  EXPECT_EQ(Count(page, "<script"), 1u);
  EXPECT_EQ(Count(page, "</script"), 1u);
  EXPECT_EQ(Count(page, "<b onmouseover"), 0u);
  EXPECT_EQ(Count(page, "<!--"), 0u);
  EXPECT_EQ(page.find('\0'), std::string::npos);
  EXPECT_EQ(page.find('\x1b'), std::string::npos);
  EXPECT_EQ(page.find('\xff'), std::string::npos);
  EXPECT_EQ(page.find("\u202e"), std::string::npos);
  EXPECT_GT(Count(page, "&lt;/script&gt;&lt;script&gt;alert(1)"), 15u);
  ExpectBalanced(page);
}

TEST(Page, AllowsItsOwnScriptOnly) {
  std::string page = MakePage(With({Named("a", Outcome::kPass)}));
  ExpectText(page, "default-src 'none'; style-src 'sha256-");
  ExpectText(page, "script-src 'sha256-");
  for (const char* forbidden :
       {"unsafe", "http:", "https:", "style=\"", "@import", "url(", " onclick"}) {
    EXPECT_EQ(page.find(forbidden), std::string::npos) << forbidden;
  }
}

TEST(Page, ShowsEveryOutcome) {
  std::vector<report::Test> tests;
  for (int i = 0; i < kOutcomes; ++i) {
    tests.push_back(Named(std::string("t-") + OutcomeRowAt(i).name, OutcomeRowAt(i).outcome));
  }
  std::string page = Shown(With(tests));
  ExpectBalanced(page);
  for (int i = 0; i < kOutcomes; ++i) {
    const OutcomeRow& row = OutcomeRowAt(i);
    EXPECT_EQ(OutcomeNamed(row.name), row.outcome);
    ExpectText(page, std::string("id=\"g-") + row.name + "\"");
    ExpectText(page, std::string("<span class=\"n\">t-") + row.name + "</span>");
    EXPECT_NE(kPageStyle.text.find(std::string(".o.") + row.name), std::string::npos) << row.name;
    EXPECT_NE(kPageStyle.text.find(std::string("rect.") + row.name), std::string::npos) << row.name;
  }
  // What somebody should look at is open.
  EXPECT_EQ(Count(page, "data-h=\"h\" open>"), 6u);
}

TEST(Page, TellsHowToRunATestAgain) {
  report::Test test = Named("g.nightly.a b", Outcome::kFail);
  test.name = "nightly.h.a b";
  test.directory = "/r/a";
  test.has_repro = true;
  test.origin = "kvm_tests.cfg:24";
  Model model = With({test});
  model.hosts[0].explain = {"/bin/kvmtest-generate", "explain", "/my cfg", "mem = 1"};
  std::string page = Shown(model);
  ExpectText(page,
             "KVMTEST_HOST=h ctest --test-dir /build -R &#39;^g\\.nightly\\.a b$&#39; -V</code>");
  ExpectText(page, ">/r/a/repro.sh</code>");
  ExpectText(page, "<dt>defined in</dt><dd>kvm_tests.cfg:24</dd>");
  ExpectText(page,
             "/bin/kvmtest-generate explain &#39;/my cfg&#39; &#39;mem = 1&#39; --test "
             "&#39;nightly.h.a b&#39; --param KEY</pre>");
}

TEST(Page, TellsTheConfigurationOfAMultiConfigTree) {
  Model model = With({Named("g.a", Outcome::kFail)});
  model.hosts[0].configuration = "Debug";
  ExpectText(Shown(model), "KVMTEST_HOST=h ctest --test-dir /build -C Debug -R ");
}

TEST(Page, TellsWhereParamsComeFrom) {
  report::Test test = Named("g.a", Outcome::kFail);
  test.params = {{"mem", "4"}, {"smp", "2"}};
  test.unset = {"nics"};
  test.param_places = {{"mem", "a.cfg:3"}, {"type", "<b>.cfg:1"}};
  Model model = With({test});
  model.hosts[0].common_params = {{"type", "boot"}, {"nics", ""}, {"smp", "1"}};
  ExpectText(Shown(model),
             "<pre>mem = 4    # a.cfg:3\nsmp = 2\nnics is not set\n\n"
             "common ones of the host:\ntype = boot    # &lt;b&gt;.cfg:1\n\nmore of one: ");
}

TEST(Page, NamesAllHostsOfARun) {
  Model model = With({Named("g.a", Outcome::kFail)});
  model.runs[0].hosts = {"a", "b"};
  ExpectText(Shown(model), "<td>a, b</td>");
  model.runs[0].hosts = {"a", "b", "c", "d", "e", "f"};
  ExpectText(Shown(model), "<td>a, b, c, d and 2 more</td>");
}

TEST(Page, TellsWhatHasChanged) {
  auto with_past = [](const std::string& name, std::vector<Outcome> past) {
    report::Test test = Named(name, past.back());
    test.past.clear();
    for (size_t i = 0; i < past.size(); ++i) {
      test.past.push_back({"r" + std::to_string(i), past[i], 1000, 1});
    }
    return test;
  };
  constexpr Outcome kP = Outcome::kPass, kF = Outcome::kFail, kS = Outcome::kSkip;
  std::string page = Shown(With(
      {with_past("broken", {kP, kP, kS, kF}), with_past("mended", {kF, kP}),
       with_past("flaky", {kP, kF, kP, kF}), with_past("same", {kP, kP}), with_past("new", {kF})}));
  std::string trends = page.substr(page.find("id=\"trends\""));
  trends.erase(trends.find("</section>"));
  ExpectText(trends,
             "Failing since the last run <i>1</i></h3><ul>\n<li><a class=\"o fail\" href=\"#t0\"");
  ExpectText(trends, "Passing again <i>1</i></h3><ul>\n<li><a class=\"o pass\" href=\"#t1\"");
  ExpectText(trends, "Now this, now that <i>1</i></h3><ul>\n<li><a class=\"o fail\" href=\"#t2\"");
  EXPECT_EQ(Count(trends, "<li>"), 3u);
}

TEST(Page, TellsNoChangesOfDisabledTests) {
  constexpr Outcome kP = Outcome::kPass, kF = Outcome::kFail;
  std::vector<report::Test> tests;
  for (const std::vector<Outcome>& past : {std::vector{kP, kF}, {kF, kP}, {kP, kF, kP}}) {
    report::Test test = Named("disabled", Outcome::kNotRun);
    test.is_disabled = true;
    for (Outcome outcome : past) test.past.push_back({"r", outcome, 1000, 1});
    tests.push_back(test);
  }
  EXPECT_EQ(Count(Shown(With(tests)), "class=\"changes\""), 0u);
  for (report::Test& test : tests) test.is_disabled = false;
  EXPECT_EQ(Count(Shown(With(tests)), "class=\"changes\""), 1u);
}

TEST(Page, TellsOfAttemptsInOneRun) {
  report::Test test = Named("repeated", Outcome::kPass);
  test.past = {{"r0", Outcome::kPass, 1000, 1}, {"r1", Outcome::kPass, 2000, 1, 3, true}};
  report::Test steady = Named("steady", Outcome::kPass);
  steady.past = {{"r0", Outcome::kPass, 1000, 1}, {"r1", Outcome::kPass, 2000, 1, 3, false}};
  std::string page = Shown(With({test, steady}));
  ExpectText(page, "Now this, now that <i>1</i></h3><ul>\n<li><a class=\"o pass\" href=\"#t0\"");
  ExpectText(page, ">repeated</a> <i>Passed at attempt 3</i></li>");
  ExpectText(page, "\nruns       PP3\n");
  ExpectText(page, "\nruns       PP\n");
  EXPECT_EQ(Count(page, "at attempt"), 1u);
  test.last.outcome = Outcome::kFail;
  ExpectText(Shown(With({test})), "<b class=\"o pass\" title=\"Passed at attempt 3, 1970-");
}

TEST(Page, OfManyFailuresTheLaterOnesAreShort) {
  report::Test test = Named("many", Outcome::kFail);
  std::string console = "line 0";
  for (int i = 1; i < 60; ++i) console += "\nline " + std::to_string(i);
  test.consoles = {{"console-vm1.log", console, false}};
  test.params = {{"mem", "4"}};
  std::vector<report::Test> tests(102, test);
  tests[101].pictures = {{"screen-vm1.png", 1, 1, "png"}};
  std::string page = Shown(With(tests));
  auto body = [&page](const std::string& begin) {
    size_t at = page.find("<" + begin);
    EXPECT_NE(at, std::string::npos) << begin;
    return page.substr(at, page.find("</details>\n<", at) - at);
  };
  ExpectText(body("div class=\"b\" id=\"t99\""), "<pre>line 0\nline 1\n");
  std::string later = body("pre class=\"b\" id=\"t100\"");
  ExpectText(later, "\nconsole-vm1.log, its end:\nline 48\n");
  ExpectText(later, "line 59\n\nparams: 1 of its own, ");
  ExpectText(later, "\nmem = 4\n");
  ExpectText(body("div class=\"b\" id=\"t101\""), "data:image/png");
  ExpectBalanced(page);
}

TEST(Page, IsBounded) {
  std::vector<report::Test> tests;
  for (int i = 0; i < 3000; ++i) {
    report::Test test = Named("t" + std::to_string(i), Outcome::kPass);
    test.consoles = {{"console-vm1.log", std::string(4000, 'x'), true}};
    tests.push_back(test);
  }
  std::string page = MakePage(With(tests));
  EXPECT_LT(page.size(), 10u << 20);
  ExpectText(page, ">t2999<");
  EXPECT_EQ(Count(page, "From here on without consoles, screens and params: "), 1u);
}

TEST(Page, SaysWhereOneLineEachBegins) {
  std::vector<report::Test> tests;
  for (Outcome outcome : {Outcome::kFail, Outcome::kPass, Outcome::kPass}) {
    report::Test test = Named("long", outcome);
    test.text = std::string(7 << 20, 'x');
    tests.push_back(test);
  }
  std::string page = MakePage(With(tests));
  EXPECT_EQ(Count(page, "From here on"), 1u);
  size_t group = page.find("id=\"g-pass\"");
  EXPECT_EQ(page.find("<p class=\"hint\">From here on one line each: "), page.find("<p ", group));
  EXPECT_EQ(Count(page, "<p class=\"t\""), 2u);
}

TEST(Page, PicturesHaveABoundOfTheirOwn) {
  report::Test failed = Named("failed", Outcome::kFail);
  failed.directory = "/r/failed";
  failed.consoles = {{"console-vm1.log", "a console", true}};
  failed.pictures = {{"screen-vm1.png", 1280, 800, std::string(420 << 10, 'x')}};
  std::vector<report::Test> tests(30, failed);
  tests.push_back(Named("passed", Outcome::kPass));
  std::string page = MakePage(With(tests));
  EXPECT_LT(page.size(), 13u << 20);
  EXPECT_EQ(Count(page, "<pre>a console</pre>"), 30u);
  EXPECT_EQ(Count(page, ">params: "), 30u);
  EXPECT_EQ(Count(page, "\nparams: "), 1u);
  EXPECT_EQ(Count(page, "data:image/png"), 21u);
  EXPECT_EQ(Count(page, ">The last screen is in /r/failed/screen-vm1.png: "), 9u);
  EXPECT_EQ(Count(page, "From here on"), 0u);
}

}  // namespace
}  // namespace kvmtest::report
