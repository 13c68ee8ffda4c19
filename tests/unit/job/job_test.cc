#include <gtest/gtest.h>
#include <stdlib.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "host/files.h"
#include "host/lock.h"
#include "job/allotment.h"
#include "job/description.h"
#include "job/names.h"
#include "job/queue.h"
#include "job/result.h"

namespace kvmtest::job {
namespace {

TEST(Names, EscapeIsInjective) {
  EXPECT_EQ(Escape("hostname1"), "hostname1");
  EXPECT_EQ(Escape("a_b.C"), "a_5fb_2e_43");
  EXPECT_EQ(Escape("\xc3\xa9"), "_c3_a9");
}

TEST(Names, LongResultDirectoriesAreCut) {
  std::string a = std::string(300, 'a') + "1";
  std::string b = std::string(300, 'a') + "2";
  EXPECT_EQ(ResultDirectoryName("n.t"), "n_2et");
  EXPECT_EQ(ResultDirectoryName(a).size(), 200u);
  EXPECT_NE(ResultDirectoryName(a), ResultDirectoryName(b));
}

TEST(Queue, LeftoversIncludeTemporaries) {
  std::string directory = testing::TempDir() + "kvmtest-queue-XXXXXX";
  ASSERT_NE(::mkdtemp(directory.data()), nullptr);
  std::string run = directory + "/run-1-0123abcd", cache = directory + "/cache";
  std::string left = cache + "/x.json.kvmtest-0123abcd.tmp";
  ASSERT_TRUE(host::MakeDirectories(run) && host::MakeDirectories(cache) &&
              host::WriteFile(left, "{") && host::WriteFile(cache + "/x.json.12.tmp", ""));
  std::string holder;
  bool broken = false;
  auto lock = host::Lock::TryAcquire(directory + "/a", "a", &holder, &broken);
  auto state_lock = host::Lock::TryAcquire(directory + "/b", "b", &holder, &broken);
  ASSERT_TRUE(lock && state_lock);
  HeldQueue queue{0, std::move(*lock), std::move(*state_lock), run, ""};
  RememberTemporaries(queue, cache);
  RememberTemporaries(queue, directory + "/none");
  EXPECT_EQ(RemoveLeftovers(directory),
            (std::vector<std::string>{"removed " + left + ", left by a run that was killed",
                                      "removed " + run + ", left by a run that was killed"}));
  EXPECT_EQ(host::ListDirectory(cache), std::vector<std::string>{"x.json.12.tmp"});
  host::RemoveTree(directory);
}

constexpr char kHeader[] =
    R"({"schema":1,"name":"n","generation":"g","plan":"p","host":"h","results_dir":"/r",)"
    R"("pool":{"resource":"kvmp__h"},"queues":[{"name":"1","resource":"kvmq__h__1",)"
    R"("lock":"/l/kvmq__h__1","state_dir":"/s/1","ranges":[{"name":"r0","resource":"kvmr__h__1__r0",)"
    R"("base_mac":"52:54:00:00:00:00","base_ip":"10.20.0.0","size":256,"offset":64,"count":4}]},)"
    R"({"name":"2","resource":"kvmq__h__2","lock":"/l/kvmq__h__2","state_dir":"/s/2","ranges":[]}],)"
    R"("params":{"mem":"512","vms":"vm1","skip":"no"}})";
constexpr char kRecord[] =
    R"({"test":"n.t","name":"long.t","shortname":"t","set":"s","queues":[0],"labels":["s","x"],)"
    R"("timeout":90,"requires":["n.u"],"origin":"a.cfg:3","params":{"mem":"1024","type":"boot"},)"
    R"("unset":["skip"]})";

class DescriptionTest : public testing::Test {
 protected:
  DescriptionTest() : directory_(testing::TempDir() + "kvmtest-job-XXXXXX") {
    EXPECT_NE(::mkdtemp(directory_.data()), nullptr);
  }
  ~DescriptionTest() override { host::RemoveTree(directory_); }

  std::variant<Description, std::string> Read(const std::string& header, const std::string& record,
                                              const std::string& test = "n.t") {
    std::string path = directory_ + "/tests.jsonl";
    EXPECT_TRUE(host::WriteFile(path, header + "\n" + record + "\n"));
    auto read = ReadDescription({path, header.size() + 1}, test);
    // The place, so that rows can be compared.
    if (auto* error = std::get_if<std::string>(&read)) {
      if (error->rfind(path, 0) == 0) error->replace(0, path.size(), "F");
      size_t at = error->find("@" + std::to_string(header.size() + 1) + ":");
      if (at != std::string::npos) error->replace(at, error->find(':', at) - at, "@R");
    }
    return read;
  }

  std::string directory_;
};

TEST_F(DescriptionTest, MergesHeaderAndRecord) {
  auto read = Read(kHeader, kRecord);
  ASSERT_TRUE(std::holds_alternative<Description>(read)) << std::get<std::string>(read);
  const Description& description = std::get<Description>(read);
  EXPECT_EQ(description.params,
            (vm::Params::Map{{"mem", "1024"}, {"type", "boot"}, {"vms", "vm1"}}));
  EXPECT_EQ(description.timeout, 90);
  EXPECT_EQ(description.requires_tests, std::vector<std::string>{"n.u"});
  ASSERT_EQ(description.queues.size(), 1u);
  EXPECT_EQ(description.queues[0].ranges[0].offset, 64u);
  EXPECT_EQ(description.generation, "g");
}

TEST_F(DescriptionTest, PooledTestsHaveQueuesAndTheirParams) {
  auto read =
      Read(kHeader, R"({"test":"n.t","queues":[0,1],"queue_params":[{"env":"a"},{"env":"b"}]})");
  const Description& description = std::get<Description>(read);
  ASSERT_EQ(description.queues.size(), 2u);
  EXPECT_EQ(description.queues[1].params.at("env"), "b");
  EXPECT_EQ(description.timeout, 600);
  EXPECT_EQ(description.queues[1].timeout, 600);
}

TEST_F(DescriptionTest, QueuesMayHaveTimeoutsOfTheirOwn) {
  auto read =
      Read(kHeader, R"({"test":"n.t","queues":[0,1],"timeout":300,"queue_timeouts":[5,300]})");
  ASSERT_TRUE(std::holds_alternative<Description>(read)) << std::get<std::string>(read);
  const Description& description = std::get<Description>(read);
  EXPECT_EQ(description.timeout, 300);
  EXPECT_EQ(description.queues[0].timeout, 5);
  EXPECT_EQ(description.queues[1].timeout, 300);
}

TEST_F(DescriptionTest, Errors) {
  struct Row {
    std::string header, record, error;
  };
  auto replaced = [](std::string text, const std::string& from, const std::string& to) {
    return text.replace(text.find(from), from.size(), to);
  };
  const Row kRows[] = {
      {replaced(kHeader, "\"schema\":1", "\"schema\":2"), kRecord,
       "F@0: schema 2: this kvmtest-run reads schema 1"},
      {replaced(kHeader, "\"host\"", "\"hose\""), kRecord, "F@0: 'host' is missing"},
      {"[]", kRecord, "F@0: the first line is no object"},
      {kHeader, "{\"test\":", "F@R: the line is no JSON"},
      {kHeader, replaced(kRecord, "[0]", "[2]"),
       "F@R: 'queues' names a queue that the first line does not have"},
      {kHeader, replaced(kRecord, "[0]", "[]"), "F@R: 'queues' is missing or empty"},
      {kHeader, replaced(kRecord, "\"1024\"", "1024"), "F@R: param 'mem' is no string"},
      {kHeader, replaced(kRecord, "90", "-1"), "F@R: 'timeout' is no number of seconds"},
      {kHeader, replaced(kRecord, "n.t", "n.x"), "F@R: this is the test 'n.x', not 'n.t'"},
      {replaced(kHeader, "/s/1", "s/1"), kRecord, "F@R: 'state_dir' is no absolute path"},
      {replaced(kHeader, "/l/kvmq__h__1", ""), kRecord, "F@R: 'lock' is no absolute path"},
  };
  for (const Row& row : kRows) {
    auto read = Read(row.header, row.record);
    ASSERT_TRUE(std::holds_alternative<std::string>(read)) << row.error;
    EXPECT_EQ(std::get<std::string>(read), row.error);
  }
}

// The sample that the generator's tests write: every record of it is read here.
TEST(Samples, EveryRecordOfTheTreatysSample) {
  size_t records = 0;
  for (const char* host : {"hostname1", "hostname2", "localhost"}) {
    std::string path = std::string(KVMTEST_SAMPLES) + "/generation/" + host + "/tests.jsonl";
    std::string text = host::ReadFile(path).value_or("");
    for (size_t at = text.find('\n') + 1; at != 0 && at < text.size();) {
      size_t begin = text.find("\"test\":\"", at) + 8;
      std::string test = text.substr(begin, text.find('"', begin) - begin);
      auto read = ReadDescription({path, at}, test);
      ASSERT_TRUE(std::holds_alternative<Description>(read)) << std::get<std::string>(read);
      EXPECT_EQ(std::get<Description>(read).host, host);
      EXPECT_FALSE(std::get<Description>(read).queues.empty());
      ++records;
      at = text.find('\n', at) + 1;
    }
  }
  EXPECT_GE(records, 5u);
}

TEST(Samples, FieldsArriveWhereTheyBelong) {
  std::string path = std::string(KVMTEST_SAMPLES) + "/generation/hostname1/tests.jsonl";
  std::string text = host::ReadFile(path).value_or("");
  size_t at = text.find("{\"test\":\"kvm.weekly.ide.install\"");
  auto read = ReadDescription({path, at}, "kvm.weekly.ide.install");
  ASSERT_TRUE(std::holds_alternative<Description>(read)) << std::get<std::string>(read);
  const Description& description = std::get<Description>(read);
  EXPECT_EQ(description.params,
            (vm::Params::Map{{"queue", "q-2"}, {"say", "\"hi\"\t\\"}, {"type", "steps"}}));
  EXPECT_EQ(description.queues[0].resource, "kvmq__hostname1__q_2d2");
  EXPECT_EQ(description.queues[0].ranges[0].offset, 128u);
  EXPECT_EQ(description.pool_resource, "kvmp__hostname1");
  EXPECT_EQ(description.timeout, 600);
}

TEST(Location, Table) {
  EXPECT_EQ(std::get<Location>(ParseLocation("/a@b/t@12")).path, "/a@b/t");
  EXPECT_EQ(std::get<Location>(ParseLocation("/a@b/t@12")).offset, 12u);
  for (const char* text : {"", "@1", "/a", "/a@", "/a@1x", "/a@-1"}) {
    EXPECT_TRUE(std::holds_alternative<std::string>(ParseLocation(text))) << text;
  }
}

using Variables = std::map<std::string, std::string>;

std::variant<std::optional<Allotment>, std::string> ReadFrom(const Variables& variables) {
  return ReadAllotment([&](const std::string& name) -> std::optional<std::string> {
    auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  });
}

const Variables kGroup = {
    {"CTEST_RESOURCE_GROUP_COUNT", "1"},
    {"CTEST_RESOURCE_GROUP_0", "kvmp__h,kvmq__h__1,kvmr__h__1__r0"},
    {"CTEST_RESOURCE_GROUP_0_KVMP__H", "id:0,slots:1"},
    {"CTEST_RESOURCE_GROUP_0_KVMQ__H__1", "id:0,slots:1"},
    {"CTEST_RESOURCE_GROUP_0_KVMR__H__1__R0", "id:64,slots:1"},
};

class AllotmentTest : public DescriptionTest {};

TEST_F(AllotmentTest, AgreesOrContradicts) {
  Description description = std::get<Description>(Read(kHeader, kRecord));
  struct Row {
    const char *variable, *value, *wrong;
  };
  for (const Row& row : {
           Row{"CTEST_RESOURCE_GROUP_COUNT", "1", ""},
           Row{"CTEST_RESOURCE_GROUP_0_KVMR__H__1__R0", "id:0,slots:1",
               "ctest allotted id:0,slots:1 of 'kvmr__h__1__r0', the description says "
               "id:64,slots:1"},
           Row{"CTEST_RESOURCE_GROUP_0_KVMQ__H__1", "id:0,slots:2",
               "ctest allotted id:0,slots:2 of 'kvmq__h__1', the description says id:0,slots:1"},
           Row{"CTEST_RESOURCE_GROUP_0", "kvmq__h__1,kvmr__h__1__r0",
               "ctest allotted no 'kvmp__h', which this test's description names"},
       }) {
    Variables variables = kGroup;
    variables[row.variable] = row.value;
    auto read = ReadFrom(variables);
    ASSERT_TRUE(std::holds_alternative<std::optional<Allotment>>(read));
    EXPECT_EQ(CheckAllotment(description, *std::get<std::optional<Allotment>>(read)), row.wrong);
  }
}

TEST_F(AllotmentTest, PooledTestsNeedOnlyThePool) {
  Description description =
      std::get<Description>(Read(kHeader, R"({"test":"n.t","queues":[0,1]})"));
  EXPECT_EQ(CheckAllotment(description, {{"kvmp__h", {{"0", 1}}}}), "");
  EXPECT_NE(CheckAllotment(description, {}), "");
}

TEST(Allotment, NoneAndBroken) {
  EXPECT_EQ(std::get<0>(ReadFrom({})), std::nullopt);
  EXPECT_EQ(std::get<0>(ReadFrom({{"CTEST_RESOURCE_GROUP_COUNT", "0"}})), std::nullopt);
  EXPECT_EQ(std::get<1>(ReadFrom({{"CTEST_RESOURCE_GROUP_COUNT", "x"}})),
            "CTEST_RESOURCE_GROUP_COUNT=x is no number");
  EXPECT_EQ(std::get<1>(ReadFrom({{"CTEST_RESOURCE_GROUP_COUNT", "1"}})),
            "CTEST_RESOURCE_GROUP_0 is missing although there are 1 groups");
  Variables variables = kGroup;
  variables["CTEST_RESOURCE_GROUP_0_KVMP__H"] = "0";
  EXPECT_EQ(std::get<1>(ReadFrom(variables)), "CTEST_RESOURCE_GROUP_0_KVMP__H=0 cannot be read");
}

std::string AddressesOf(std::vector<Range> ranges, size_t count) {
  QueueChoice queue;
  queue.ranges = std::move(ranges);
  auto found = Addresses(queue, count);
  if (auto* error = std::get_if<std::string>(&found)) return "error: " + *error;
  std::string text;
  for (const vm::Address& address : std::get<0>(found)) {
    text += (text.empty() ? "" : " ") + address.mac.substr(9) + "=" + address.ip;
  }
  return text;
}

TEST(AddressesTest, BlocksAndTheirGaps) {
  Range plain{"r0", "", "52:54:00:00:00:fe", "10.20.0.254", 256, 0, 4};
  // .255 and .0 are left out, with the MACs of their indexes.
  EXPECT_EQ(AddressesOf({plain}, 9), "00:00:fe=10.20.0.254 00:01:01=10.20.1.1");
  Range zero{"r0", "", "00:00:00:00:00:00", "", 256, 0, 3};
  EXPECT_EQ(AddressesOf({zero}, 9), "00:00:01= 00:00:02=");
  Range block{"r1", "", "52:54:00:00:00:00", "10.20.0.0", 256, 64, 2};
  EXPECT_EQ(AddressesOf({block}, 1), "00:00:40=10.20.0.64");
  EXPECT_EQ(AddressesOf({zero, block}, 3), "00:00:01= 00:00:02= 00:00:40=10.20.0.64");
  Range multicast{"r2", "", "01:00:5e:00:00:00", "", 256, 0, 3};
  EXPECT_EQ(AddressesOf({multicast}, 9), "");
  Range broken{"r3", "", "52:54:00", "", 256, 0, 3};
  EXPECT_EQ(AddressesOf({broken}, 9), "error: range r3: '52:54:00' is no MAC address");
}

TEST(Verdicts, LinesAndExitCodes) {
  EXPECT_EQ((Verdict{Status::kFail, "guest-panic", "a\nb", ""}).Line(), "FAIL guest-panic: a b");
  struct Row {
    const char* kind;
    bool late;
    Status status;
    int code;
  };
  for (const Row& row :
       {Row{"guest-panic", true, Status::kFail, 1}, Row{"boot-timeout", false, Status::kFail, 1},
        Row{"boot-timeout", true, Status::kTimeout, 124},
        Row{"environment", false, Status::kSkip, 77}, Row{"harness-error", true, Status::kError, 3},
        Row{"interrupted", false, Status::kError, 3}}) {
    Verdict verdict = VerdictOf({row.kind, "", ""}, row.late);
    EXPECT_EQ(verdict.status, row.status) << row.kind;
    EXPECT_EQ(ExitCode(verdict.status), row.code) << row.kind;
  }
}

TEST(Verdicts, ForCtest) {
  EXPECT_EQ(Measurement("text/string", "a<b", "x & <y>\n"),
            "<CTestMeasurement type=\"text/string\" name=\"a&lt;b\">x &amp; &lt;y&gt; "
            "</CTestMeasurement>\n");
  EXPECT_EQ(Details({Status::kFail, "k", "x & <y>", ""}),
            "<CTestDetails>k: x &  y </CTestDetails>\n");
  std::string details = Details({Status::kFail, "k", std::string(500, '\xc3'), ""});
  EXPECT_LT(details.size(), 270u);
  std::string accents;
  for (int i = 0; i < 300; ++i) accents += "\xc3\xa9";
  details = Details({Status::kFail, "k", accents, ""});
  EXPECT_EQ(details.substr(details.find("</") - 2, 2), "\xc3\xa9");
}

}  // namespace
}  // namespace kvmtest::job
