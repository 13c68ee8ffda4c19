#include "ctest/generation.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "golden.h"
#include "sample_plan.h"

namespace kvmtest::ctest {
namespace {

using nlohmann::json;

TEST(Generation, WritesTheSamples) {
  Generation generation = Render(SamplePlan(), SampleOptions());
  EXPECT_EQ(generation.errors, std::vector<std::string>{});
  std::map<std::string, std::string> files = generation.files;
  files["current.cmake"] = generation.pointer;
  EXPECT_EQ(generation.directory, "/b/kvmtest/kvm/gen-" + generation.digest);
  ExpectGolden(files, std::filesystem::path(KVMTEST_SAMPLES) / "generation");
}

// A record of tests.jsonl and the params it stands for, read as the treaty tells.
struct ReadTest {
  json record;
  std::map<std::string, std::string> params;
};

std::map<std::string, ReadTest> ReadBack(const std::string& text) {
  std::istringstream lines(text);
  std::string line;
  std::getline(lines, line);
  json header = json::parse(line);
  std::map<std::string, ReadTest> tests;
  while (std::getline(lines, line)) {
    ReadTest test{json::parse(line), header["params"]};
    for (const std::string key : test.record["unset"]) test.params.erase(key);
    for (const auto& [key, value] : test.record["params"].items()) test.params[key] = value;
    tests[test.record["test"]] = test;
  }
  return tests;
}

TEST(Generation, ParamsSurviveTheirWayThroughHeaderAndDifferences) {
  plan::Plan plan = SamplePlan();
  Generation generation = Render(plan, SampleOptions());
  size_t seen = 0;
  for (const char* host : {"hostname1", "hostname2", "localhost"}) {
    for (const auto& [name, read] :
         ReadBack(generation.files.at(std::string(host) + "/tests.jsonl"))) {
      for (const plan::Test& test : plan.tests) {
        if (plan.hosts[test.host].name != host || "kvm." + test.name != name) continue;
        std::map<std::string, std::string> expected;
        for (plan::Param param : plan.runs.List(test.params)) {
          expected.emplace(plan.texts.Text(param.key), plan.texts.Text(param.value));
        }
        EXPECT_EQ(read.params, expected) << name;
        EXPECT_EQ(read.record["origin"], test.origin);
        ++seen;
      }
    }
  }
  EXPECT_EQ(seen, plan.tests.size());
}

TEST(Generation, ScriptsNameTheOffsetsOfTheirRecords) {
  Generation generation = Render(SamplePlan(), SampleOptions());
  const std::string& records = generation.files.at("hostname1/tests.jsonl");
  const std::string& script = generation.files.at("hostname1/sets/nightly/1/CTestTestfile.cmake");
  size_t found = 0;
  const std::string mark = "--tests \"${KVMTEST_TESTS}@";
  for (size_t at = script.find(mark); at != std::string::npos; at = script.find(mark, at + 1)) {
    size_t offset = std::stoul(script.substr(at + mark.size()));
    json record = json::parse(records.substr(offset, records.find('\n', offset) - offset));
    EXPECT_NE(script.find("--test [=[" + record["test"].get<std::string>() + "]=]", at),
              std::string::npos);
    ++found;
  }
  EXPECT_EQ(found, 2u);
}

TEST(Generation, DigestFollowsEveryOption) {
  plan::Plan plan = SamplePlan();
  std::string digest = Render(plan, SampleOptions()).digest;
  EXPECT_EQ(digest, Render(SamplePlan(), SampleOptions()).digest);
  auto changed = [&](auto change) {
    Options options = SampleOptions();
    change(&options);
    return Render(plan, options).digest != digest;
  };
  EXPECT_TRUE(changed([](Options* o) { o->runner = "/x"; }));
  EXPECT_TRUE(changed([](Options* o) { o->runner_args = {"--accel=tcg"}; }));
  EXPECT_TRUE(changed([](Options* o) { o->launcher = {"env"}; }));
  EXPECT_TRUE(changed([](Options* o) { o->labels = {"slow"}; }));
  EXPECT_TRUE(changed([](Options* o) { o->test_prefix = ""; }));
  EXPECT_TRUE(changed([](Options* o) { o->state_dir = "/x"; }));
  EXPECT_TRUE(changed([](Options* o) { o->root = "/x"; }));
  EXPECT_TRUE(changed(
      [](Options* o) { o->merge_spec = "{\"version\":{\"major\":1,\"minor\":0},\"local\":[]}"; }));
  plan.whole_digest = "fedcba9876543210";
  EXPECT_NE(Render(plan, SampleOptions()).digest, digest);
}

TEST(Generation, LauncherAndRunnerArgsAreWrittenWordForWord) {
  Options options = SampleOptions();
  options.launcher = {"sh", "-c", "a;b", "", "\nx"};
  options.runner_args = {"", "]=]"};
  const Generation generation = Render(SamplePlan(), options);
  EXPECT_NE(generation.files.at("hostname2/sets/weekly/1/CTestTestfile.cmake")
                .find("add_test([=[kvm.weekly.ide.install]=] [=[sh]=] [=[-c]=] [=[a;b]=] [=[]=] "
                      "[=[\n\nx]=] [=[/usr/bin/kvmtest-run]=] [=[]=] [==[]=]]==] --tests "),
            std::string::npos)
      << generation.files.at("hostname2/sets/weekly/1/CTestTestfile.cmake");
}

// Nor of the generation that they are in, so that the next one may have the same files.
TEST(Generation, AHostsFilesSayNothingOfOtherHosts) {
  plan::Plan plan = SamplePlan();
  const Generation before = Render(plan, SampleOptions());
  plan.tests[3].timeout = 77;
  plan.tests[3].full_name = "other";
  plan.sets[1].assign = plan::AssignWay::kAuto;
  plan.hosts[1].whole_digest = plan.hosts[1].digest = "4444444444444444";
  plan.whole_digest = plan.digest = "5555555555555555";
  Options options = SampleOptions();
  options.merge_spec = "{\"version\":{\"major\":1,\"minor\":0},\"local\":[]}";
  const Generation after = Render(plan, options);
  EXPECT_NE(after.directory, before.directory);
  for (const auto& [name, text] : after.files) {
    if (name.starts_with("localhost/")) {
      EXPECT_EQ(text, before.files.at(name)) << name;
    }
    EXPECT_EQ(text.find(after.directory), std::string::npos) << name;
  }
  EXPECT_NE(after.files.at("hostname2/tests.jsonl"), before.files.at("hostname2/tests.jsonl"));
}

TEST(Generation, RefusesLabelsThatCMakeCannotCarry) {
  Options options = SampleOptions();
  options.labels = {"x\\"};
  EXPECT_EQ(Render(SamplePlan(), options).errors,
            std::vector<std::string>{"--label: error: the label 'x\\' cannot be a label: it holds "
                                     "'\\', which CMake's lists cannot carry\n"});
}

TEST(Generation, RefusesAProjectSpecThatClashesWithOurs) {
  Options options = SampleOptions();
  options.merge_spec_path = "gpu.json";
  options.merge_spec = "{\"version\":{\"major\":1,\"minor\":1},\"local\":[]}";
  EXPECT_EQ(Render(SamplePlan(), options).errors,
            std::vector<std::string>{"gpu.json: error: not a resource spec of version 1.0\n"});
  options.merge_spec =
      "{\"version\":{\"major\":1,\"minor\":0},\"local\":[{\"kvmq__hostname1__1\":[{\"id\":\"7\"}]}]"
      "}";
  EXPECT_EQ(Render(SamplePlan(), options).errors,
            std::vector<std::string>{
                "gpu.json: error: local[0].kvmq__hostname1__1: resources whose types begin with "
                "'kvm', a letter and '__' are kvmtest's own\n"});
}

}  // namespace
}  // namespace kvmtest::ctest
