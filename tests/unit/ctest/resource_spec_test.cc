#include "ctest/resource_spec.h"

#include <gtest/gtest.h>

#include "sample_plan.h"

namespace kvmtest::ctest {
namespace {

TEST(ResourceSpec, OfAPlan) {
  ResourceSpec spec = SpecOf(SamplePlan());
  const Resources expected = {
      {"kvmp__hostname1", {{"0", 2}}},        {"kvmp__hostname2", {{"0", 1}}},
      {"kvmp__localhost", {{"0", 2}}},        {"kvmq__hostname1__1", {{"0", 1}}},
      {"kvmq__hostname1__q_2d2", {{"0", 1}}}, {"kvmq__hostname2__1", {{"0", 1}}},
      {"kvmq__localhost__1", {{"0", 1}}},     {"kvmq__localhost__2", {{"0", 1}}},
      {"kvmr__hostname1__1__r0", {{"1", 1}}}, {"kvmr__hostname1__q_2d2__r1", {{"128", 1}}},
      {"kvmr__hostname2__1__r2", {{"0", 1}}},
  };
  EXPECT_EQ(spec.resources, expected);
}

TEST(ResourceSpec, TextReadsBack) {
  ResourceSpec spec = SpecOf(SamplePlan());
  std::string error;
  auto read = ReadSpec(WriteSpec(spec), &error);
  ASSERT_TRUE(read) << error;
  EXPECT_EQ(read->resources, spec.resources);
  ASSERT_EQ(read->blocks.size(), spec.blocks.size());
  for (size_t i = 0; i < spec.blocks.size(); ++i) {
    EXPECT_EQ(read->blocks[i].block, spec.blocks[i].block);
    EXPECT_EQ(read->blocks[i].queue, spec.blocks[i].queue);
  }
  EXPECT_EQ(WriteSpec(*read), WriteSpec(spec));
}

TEST(ResourceSpec, RefusesWhatIsNoSpec) {
  std::string error;
  EXPECT_FALSE(ReadSpec("{\"version\":{\"major\":2,\"minor\":0},\"local\":[]}", &error));
  EXPECT_EQ(error, "not a resource spec of version 1.0");
  EXPECT_FALSE(ReadSpec("{\"version\":{\"major\":1,\"minor\":0},\"local\":[{},{}]}", &error));
  EXPECT_EQ(error, "'local' must be a list of at most one object");
  EXPECT_FALSE(ReadSpec("{", &error));
  EXPECT_FALSE(ReadSpec("[]", &error));
  EXPECT_FALSE(ReadSpec(
      "{\"version\":{\"major\":1,\"minor\":0},\"local\":[{\"gpus\":[{\"slots\":1}]}]}", &error));
}

// What CTest would refuse, and with it run nothing; what is ours.
TEST(ResourceSpec, TellsWhereAProjectsIsWrong) {
  const std::pair<const char*, const char*> rows[] = {
      {R"({"gpus":[{"id":"0"},{"id":"A-0"}]})",
       "local[0].gpus[1].id is \"A-0\", expected a string of 'a' to 'z', '0' to '9' and '_'"},
      {R"({"gpus":[{"id":""}]})",
       "local[0].gpus[0].id is \"\", expected a string of 'a' to 'z', '0' to '9' and '_'"},
      {R"({"gpus":[{"id":7}]})",
       "local[0].gpus[0].id is 7, expected a string of 'a' to 'z', '0' to '9' and '_'"},
      {R"({"gpus":[{"slots":7}]})", "local[0].gpus[0] has no 'id'"},
      {R"({"gpus":["0"]})", "local[0].gpus[0] is \"0\", expected an object with 'id' and 'slots'"},
      {R"({"gpus":{"id":"0"}})", "local[0].gpus is {\"id\":\"0\"}, expected a list of objects"},
      {R"({"gpus":[{"id":"0","slots":-1}]})",
       "local[0].gpus[0].slots is -1, expected a whole number from 0 to 4294967295"},
      {R"({"gpus":[{"id":"0","slots":4294967296}]})",
       "local[0].gpus[0].slots is 4294967296, expected a whole number from 0 to 4294967295"},
      {R"({"gpus":[{"id":"0","slots":1.5}]})",
       "local[0].gpus[0].slots is 1.5, expected a whole number from 0 to 4294967295"},
      {R"({"gpus":[{"id":"0","slots":"2"}]})",
       "local[0].gpus[0].slots is \"2\", expected a whole number from 0 to 4294967295"},
      {R"({"kvmp__host":[{"id":"0"}]})",
       "local[0].kvmp__host: resources whose types begin with 'kvm', a letter and '__' are "
       "kvmtest's own"},
      {"7", "local[0] is 7, expected an object"},
  };
  for (const auto& [socket, expected] : rows) {
    std::string error;
    const auto text = R"({"version":{"major":1,"minor":0},"local":[)" + std::string(socket) + "]}";
    EXPECT_FALSE(ReadProjectSpec(text, &error)) << socket;
    EXPECT_EQ(error, expected);
  }
  std::string error;
  EXPECT_FALSE(ReadProjectSpec("{\"local\":[]}", &error));
  EXPECT_EQ(error, "there is no 'version'");
  EXPECT_FALSE(ReadProjectSpec(R"({"version":{"major":1,"minor":0},"local":[{},{}]})", &error));
  EXPECT_EQ(error, "'local' must be a list of at most one object");
}

TEST(ResourceSpec, TakesOfAProjectsWhatCTestTakes) {
  std::string error;
  const auto spec = ReadProjectSpec(R"(// Ours.
{"version":{"major":1,"minor":0},"more":1,
 "local":[{"gpus":[{"id":"0","slots":3.0,"more":[]},{"id":"a_1"}],"GPUs":[{"id":"A-0"}],"0":7,"kvms":[]}]})",
                                    &error);
  ASSERT_TRUE(spec) << error;
  EXPECT_EQ(spec->resources, (Resources{{"gpus", {{"0", 3}, {"a_1", 1}}}}));
}

ResourceSpec Gpus(const std::string& slots) {
  std::string error;
  return *ReadSpec(
      "{\"version\":{\"major\":1,\"minor\":0},\"local\":[{\"gpus\":[{\"id\":\"0\","
      "\"slots\":" +
          slots + "}]}]}",
      &error);
}

TEST(ResourceSpec, MergesCallsAndTheProjectsOwn) {
  plan::Plan other;
  other.hosts = {{"hostname1", false, false, {"1", "3"}}};
  other.queues = {{0, "1", "env", {}}, {0, "3", "env3", {}}};
  std::vector<std::string> errors;
  ResourceSpec merged = MergeSpecs(
      {{"'a'", SpecOf(SamplePlan())}, {"'b'", SpecOf(other)}, {"gpu.json", Gpus("4")}}, &errors);
  EXPECT_EQ(errors, std::vector<std::string>{});
  EXPECT_EQ(merged.resources["kvmp__hostname1"], (std::map<std::string, uint64_t>{{"0", 3}}))
      << "queues 1, q-2 and 3";
  EXPECT_EQ(merged.resources["kvmp__hostname2"], (std::map<std::string, uint64_t>{{"0", 1}}));
  EXPECT_EQ(merged.resources["gpus"], (std::map<std::string, uint64_t>{{"0", 4}}));
}

TEST(ResourceSpec, ClashesOfCallsAreErrors) {
  plan::Plan other;
  other.hosts = {{"hostname1", false, false, {"3", "q-2"}}};
  other.queues = {{0, "3", "env2", {{"x", 0x525400100000 + 200, {}, 256, 0, 256}}},
                  {0, "q-2", "env2", {{"r1", 0x525400100100, {}, 256, 0, 256}}}};
  std::vector<std::string> errors;
  MergeSpecs({{"'a'", SpecOf(SamplePlan())},
              {"gpu.json", Gpus("4")},
              {"'b'", SpecOf(other)},
              {"own.json", Gpus("2")}},
             &errors);
  EXPECT_EQ(
      errors,
      (std::vector<std::string>{
          "range 'r1' of queue 'q-2' on host 'hostname1' is 128 addresses from "
          "52:54:00:10:01:80 in 'a' (kvm_tests.cfg:12) and 256 addresses from "
          "52:54:00:10:01:00 in 'b': expected the same part of it in all calls of a build "
          "tree\n"
          "hint: let all calls that share a range select the same queues of it, or give "
          "each call a range of its own",
          "queue 'q-2' of 'a' and queue '3' of 'b' share the state directory 'env2' on host "
          "'hostname1'",
          "gpu.json and own.json define the resource 'gpus' differently",
          "range 'r0' of queue '1' on host 'hostname1' in 'a' (kvm_tests.cfg:10) and range "
          "'x' of queue '3' on host 'hostname1' in 'b' both hold the address 52:54:00:10:00:c8",
          "range 'x' of queue '3' on host 'hostname1' in 'b' and range 'r1' of queue 'q-2' "
          "on host 'hostname1' in 'b' both hold the address 52:54:00:10:01:00",
          "range 'r1' of queue 'q-2' on host 'hostname1' in 'a' (kvm_tests.cfg:12) and range "
          "'x' of queue '3' on host 'hostname1' in 'b' both hold the address 52:54:00:10:01:80"}));
}

plan::Plan PlanOfTotals(uint64_t cpus, uint64_t memory, const std::string& queue) {
  plan::Plan plan;
  plan.hosts = {{"Host", false, false, {queue}}};
  plan.hosts[0].cpus = cpus;
  plan.hosts[0].memory = memory;
  plan.queues = {{0, queue, "env" + queue, {}}};
  return plan;
}

TEST(ResourceSpec, CallsShareTheTotalsOfAHost) {
  std::vector<std::string> errors;
  ResourceSpec merged = MergeSpecs({{"'a'", SpecOf(PlanOfTotals(4, 8192, "1"))},
                                    {"'b'", SpecOf(PlanOfTotals(4, 8192, "2"))},
                                    {"'c'", SpecOf(PlanOfTotals(0, 0, "3"))}},
                                   &errors);
  EXPECT_EQ(errors, std::vector<std::string>{});
  EXPECT_EQ(merged.resources["kvmc___48ost"], (std::map<std::string, uint64_t>{{"0", 4}}));
  EXPECT_EQ(merged.resources["kvmm___48ost"], (std::map<std::string, uint64_t>{{"0", 8192}}));
  EXPECT_EQ(merged.resources["kvmp___48ost"], (std::map<std::string, uint64_t>{{"0", 3}}));
}

TEST(ResourceSpec, DifferentTotalsOfAHostAreErrors) {
  std::vector<std::string> errors;
  MergeSpecs(
      {{"'a'", SpecOf(PlanOfTotals(4, 8192, "1"))}, {"'b'", SpecOf(PlanOfTotals(2, 4096, "2"))}},
      &errors);
  EXPECT_EQ(errors,
            (std::vector<std::string>{
                "total_cpus of host 'Host' is 4 in 'a' and 2 in 'b': expected the same in all "
                "calls of a build tree, since their tests share the host\n"
                "hint: set total_cpus in a file that the configurations of both include",
                "total_mem of host 'Host' is 8192 in 'a' and 4096 in 'b': expected the same in all "
                "calls of a build tree, since their tests share the host\n"
                "hint: set total_mem in a file that the configurations of both include"}));
}

}  // namespace
}  // namespace kvmtest::ctest
