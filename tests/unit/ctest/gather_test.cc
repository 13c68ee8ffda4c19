// Results of runs to costs, and what is refused.
#include "ctest/gather.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace kvmtest::ctest {
namespace {

std::string Outcome(const std::string& text) {
  auto result = ParseResult(text);
  if (auto* fault = std::get_if<std::string>(&result)) return *fault;
  const Result& good = std::get<Result>(result);
  return fmt::format("{} {} {} {} {}", good.test, good.host, good.plan, good.status,
                     good.milliseconds);
}

// A result.json as the runner writes it; `more`: members instead of, or beside these.
std::string ResultText(const std::string& more) {
  return R"({"schema":1,"test":"kvm.a","host":"h","plan":"p","run":"r","started":10.5,)" + more +
         "}";
}

TEST(ParseResult, TellsWhatIsNone) {
  EXPECT_EQ(Outcome(ResultText(R"("status":"pass","ended":12.75,"waited":0.25)")),
            "kvm.a h p pass 2000");
  EXPECT_EQ(Outcome(ResultText(R"("status":"pass","ended":12.75)")), "kvm.a h p pass 2250");
  EXPECT_EQ(Outcome(ResultText(R"("status":"running")")), "kvm.a h p running 0");
  EXPECT_EQ(Outcome(""), "it is no JSON, or not all of it");
  EXPECT_EQ(Outcome("\xff\xfe"), "it is no JSON, or not all of it");
  EXPECT_EQ(Outcome(R"({"schema":1,"test":"kvm.)"), "it is no JSON, or not all of it");
  EXPECT_EQ(Outcome(std::string(100'000, '[')), "it is no JSON, or not all of it");
  EXPECT_EQ(Outcome("[1]"), "it is no object");
  EXPECT_EQ(Outcome("{}"), "'schema' is missing");
  EXPECT_EQ(Outcome(R"({"schema":2})"), "schema 2: expected 1");
  EXPECT_EQ(Outcome(R"({"schema":1,"test":7})"), "'test' is no string");
  EXPECT_EQ(Outcome(R"({"schema":1,"test":"a\nb"})"), "'test' is no name");
  EXPECT_EQ(Outcome(ResultText(R"("status":"pass")")), "'ended' is missing");
  EXPECT_EQ(Outcome(ResultText(R"("status":"pass","ended":"soon")")), "'ended' is no number");
  for (const char* ended : {"10.4", "-1e300", "1e300", "40000000"}) {
    EXPECT_EQ(Outcome(ResultText(fmt::format(R"("status":"pass","ended":{})", ended))),
              "from 'started' to 'ended' is no time that a test takes");
  }
}

std::string Fault(const std::string& text) {
  CallPlan plan;
  return AddDescriptions(text, &plan).value_or("none");
}

TEST(AddDescriptions, ReadsTheTreatysSamples) {
  CallPlan plan;
  for (const char* host : {"hostname1", "hostname2", "localhost"}) {
    std::ifstream file(fmt::format("{}/generation/{}/tests.jsonl", KVMTEST_SAMPLES, host));
    std::ostringstream text;
    text << file.rdbuf();
    EXPECT_EQ(AddDescriptions(text.str(), &plan), std::nullopt);
  }
  EXPECT_EQ(plan.name, "kvm");
  EXPECT_EQ(plan.digests, (std::map<std::string, std::string>{{"hostname1", "1111111111111111"},
                                                              {"hostname2", "2222222222222222"},
                                                              {"localhost", "3333333333333333"}}));
  EXPECT_EQ(plan.assign.at("nightly"), "auto");
  EXPECT_FALSE(plan.assign.contains("weekly"));
  EXPECT_EQ(plan.tests.at("hostname1").size(), 3u);
  EXPECT_EQ(plan.tests.at("localhost").at("kvm.nightly.any").cost_name, "nightly.any");
  EXPECT_EQ(plan.tests.at("localhost").at("kvm.nightly.any").set, "nightly");
}

TEST(AddDescriptions, TellsWhatIsNone) {
  const std::string header = R"({"schema":1,"name":"kvm","plan":"p","host":"h","assign":{}})";
  EXPECT_EQ(Fault(header + "\n"), "none");
  EXPECT_EQ(Fault(""), "line 1: there is no line");
  EXPECT_EQ(Fault("{"), "line 1: it is no JSON, or not all of it");
  EXPECT_EQ(Fault(R"({"schema":1,"name":"kvm","plan":"p","host":"h"})"),
            "line 1: 'assign' is missing");
  EXPECT_EQ(Fault(R"({"schema":1,"name":"kvm","plan":"p","host":"h","assign":[]})"),
            "line 1: 'assign' is no object");
  EXPECT_EQ(Fault(R"({"schema":1,"name":"kvm","plan":"p","host":"h","assign":{"a":1}})"),
            "line 1: 'assign' holds what is no string");
  EXPECT_EQ(Fault(header + "\n{\"test\":\"a\"}\n"), "line 2: 'cost_name' is missing");
  EXPECT_EQ(Fault(header + "\n{\"te"), "line 2: it is no JSON, or not all of it");
}

// A tree whose plan has tests a, b, c of host x and d of host y; c and d are of a planned set.
FoundCall Tree(const std::string& directory) {
  FoundCall call;
  call.pointer = directory + "/current.cmake";
  call.plan = {"kvm", {{"x", "p"}, {"y", "p"}}, {{"night", "auto"}}};
  call.plan.tests["x"] = {{"kvm.a@1", {"week.a", "week"}},
                          {"kvm.a@2", {"week.a", "week"}},
                          {"kvm.c", {"night.c", "night"}}};
  call.plan.tests["y"] = {{"kvm.d", {"night.d", "night"}}};
  return call;
}

void Add(FoundCall* call, const std::string& test, const std::string& host, uint64_t milliseconds,
         const std::string& status = "pass", const std::string& plan = "p") {
  const std::string path = fmt::format("{}/{}", call->pointer[0], call->results.size());
  const auto started = static_cast<double>(call->results.size());
  call->results.push_back({path, test, host, plan, status, "run", started, milliseconds});
}

TEST(GatherCosts, TakesTheMedianOfWhatPassed) {
  FoundCall tree = Tree("s");
  Add(&tree, "kvm.a@1", "x", 1000);
  Add(&tree, "kvm.a@2", "x", 2000);
  Add(&tree, "kvm.c", "x", 0, "fail");
  FoundCall other = Tree("t");
  Add(&other, "kvm.d", "y", 4000);
  Gathered gathered = GatherCosts({tree, other});
  EXPECT_EQ(gathered.error, "");
  EXPECT_EQ(gathered.costs, (plan::Costs{{"night.d", 4000}, {"week.a", 1500}}));
  EXPECT_EQ(gathered.summary,
            "2 tests measured on 2 hosts: x, y\nresults left out: 1 of status 'fail'\n");
  Add(&other, "kvm.a@1", "x", 7000);
  gathered = GatherCosts({tree, other});
  EXPECT_EQ(gathered.costs.at("week.a"), 2000u);
}

TEST(GatherCosts, CountsAResultOnceWhereverItIs) {
  FoundCall tree = Tree("s");
  Add(&tree, "kvm.a@1", "x", 1000);
  Add(&tree, "kvm.a@2", "x", 2000);
  FoundCall copy = tree;
  copy.results[1].path = "t/1";
  copy.results.pop_back();
  EXPECT_EQ(GatherCosts({tree, copy}).costs.at("week.a"), 1500u);
}

TEST(GatherCosts, LeavesOutOtherPlansAndTellsWhatIsNotThere) {
  FoundCall tree = Tree("s");
  Add(&tree, "kvm.a@1", "x", 1000);
  Add(&tree, "kvm.a@2", "x", 2000, "pass", "older");
  Add(&tree, "kvm.gone", "x", 2000);
  const Gathered gathered = GatherCosts({tree});
  EXPECT_EQ(gathered.error, "");
  EXPECT_EQ(gathered.costs, (plan::Costs{{"week.a", 1000}}));
  EXPECT_EQ(gathered.summary,
            "1 test measured on 1 host: x\n"
            "without a result: 2 of their 3 tests\n"
            "hosts without results: y (1 test)\n"
            "results left out: 2 of other plans\n");
}

TEST(GatherCosts, NothingIsAnError) {
  FoundCall tree = Tree("s");
  Add(&tree, "kvm.c", "x", 0, "skip");
  const Gathered gathered = GatherCosts({tree});
  EXPECT_EQ(gathered.error, "error: no test of the current plan has passed: nothing to gather\n");
  EXPECT_EQ(gathered.summary,
            "0 tests measured on 1 host: x\n"
            "without a result: 2 of their 3 tests\n"
            "hosts without results: y (1 test)\n"
            "results left out: 1 of status 'skip'\n");
}

TEST(GatherCosts, RefusesOtherPlans) {
  FoundCall tree = Tree("s");
  Add(&tree, "kvm.a@1", "x", 1000);
  FoundCall other = Tree("t");
  const std::string hint =
      "hint: gather from hosts that ran the same configuration with the same costs; "
      "--earlier FILE keeps what was gathered before\n";
  other.plan.digests["x"] = "q";
  EXPECT_EQ(GatherCosts({tree, other}).error,
            "s/0: error: a result of host 'x', of plan p: expected results of one plan\n"
            "t/current.cmake: note: no result of host 'x' yet, of plan q\n" +
                hint);
  other.plan.digests = {{"x", "p"}};
  EXPECT_EQ(GatherCosts({tree, other}).error,
            "s/current.cmake: error: no result of host 'y' yet, of plan p: expected results of one "
            "plan\n"
            "t/current.cmake: note: no host 'y' in its plan\n" +
                hint);
  other.plan.name = "guests";
  EXPECT_EQ(GatherCosts({tree, other}).error,
            "s/current.cmake: error: tests of 'kvm', and others of 'guests': expected those of one "
            "kvm_discover_tests()\n"
            "t/current.cmake: note: here are the others\n"
            "hint: name the directories kvmtest/kvm or kvmtest/guests of the build trees\n");
}

TEST(GatherCosts, RefusesAPlannedTestOnTwoHosts) {
  FoundCall tree = Tree("s");
  Add(&tree, "kvm.c", "x", 1000);
  FoundCall other = Tree("t");
  Add(&other, "kvm.c", "y", 0, "fail");
  EXPECT_EQ(GatherCosts({tree, other}).error,
            "s/0: error: 'night.c' ran on hosts 'x' and 'y': expected one, as set 'night' has "
            "'assign = auto'\n"
            "t/0: note: the result of host 'y'\n"
            "hint: remove the one that was made by hand\n");
  // A manual set may do that.
  tree.results[0].test = other.results[0].test = "kvm.a@1";
  EXPECT_EQ(GatherCosts({tree, other}).error, "");
}

}  // namespace
}  // namespace kvmtest::ctest
