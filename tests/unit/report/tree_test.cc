// From a build tree on the disk to the model.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "host/files.h"
#include "host/process.h"
#include "report/build_tree.h"
#include "report/cmake_words.h"
#include "report/evidence.h"
#include "report/history.h"
#include "report/make_report.h"
#include "report/page.h"

namespace kvmtest::report {
namespace {

namespace fs = std::filesystem;
using std::string_literals::operator""s;

class Tree : public testing::Test {
 protected:
  Tree() {
    char name[] = "/tmp/kvmtest-report-XXXXXX";
    directory_ = ::mkdtemp(name);
  }
  ~Tree() override { host::RemoveTree(directory_); }

  void Write(const std::string& path, const std::string& text) {
    std::string whole = directory_ + "/" + path;
    ASSERT_TRUE(host::MakeDirectories(fs::path(whole).parent_path()));
    ASSERT_TRUE(host::WriteFile(whole, text));
  }

  // A call "g" with hosts h and other, whose tests are a, b and c.
  void WriteCall() {
    Write("kvmtest/calls.txt", "g\n");
    Write("kvmtest/g/current.cmake",
          fmt::format("# x\nset(KVMTEST_GENERATION [=[{}/kvmtest/g/gen-1]=])\n", directory_));
    for (std::string host : {"h", "other"}) {
      std::string text = fmt::format(
          R"({{"schema":1,"name":"g","generation":"1","host":"{0}","results_dir":"{1}/kvmtest/g/results/{0}",)"
          R"("queues":[{{"name":"1"}},{{"name":"2"}}],"params":{{"mem":"128","type":"boot"}}}})",
          host, directory_);
      for (std::string test : {"a", "b", "c"}) {
        text += fmt::format(
            "\n{{\"test\":\"{0}\",\"name\":\"n.{0}\",\"shortname\":\"x.{0}\",\"set\":\"s\","
            "\"queues\":[1,0],"
            "\"origin\":\"t.cfg:3\",\"params\":{{\"own\":\"{0}\"}},\"unset\":[\"mem\"]}}",
            test);
      }
      Write("kvmtest/g/gen-1/" + host + "/tests.jsonl", text + "\n");
    }
  }
  void WriteResult(const std::string& test, const std::string& json) {
    Write("kvmtest/g/results/h/" + test + "/result.json", json);
  }

  Model Read() {
    auto read = ReadBuildTree(directory_);
    EXPECT_TRUE(std::holds_alternative<Model>(read)) << std::get<std::string>(read);
    return std::get<Model>(read);
  }
  std::string Error() {
    auto read = ReadBuildTree(directory_);
    return std::holds_alternative<std::string>(read) ? std::get<std::string>(read) : "no error";
  }

  std::string directory_;
};

TEST_F(Tree, ErrorsSayWhatIsMissing) {
  EXPECT_EQ(std::get<std::string>(ReadBuildTree("/no/such")), "no directory /no/such");
  EXPECT_EQ(Error(), "no tests of kvmtest in " + directory_ +
                         ": expected a build tree whose project calls kvm_discover_tests() (no " +
                         directory_ + "/kvmtest/calls.txt)");
  Write("kvmtest/calls.txt", "g\n");
  EXPECT_EQ(Error(), "no tests in " + directory_ + ": has it been built?");
  WriteCall();
  EXPECT_EQ(Error(), "no results in " + directory_ + ": has ctest run?");
  Write("kvmtest/g/gen-1/h/tests.jsonl", "{\"schema\":1}\n");
  EXPECT_EQ(Error(),
            directory_ + "/kvmtest/g/gen-1/h/tests.jsonl: these are no descriptions of tests");
}

TEST_F(Tree, OneThatWasMovedSaysWhereItWas) {
  WriteCall();
  WriteResult("a", R"({"status":"pass","run":"r","started":1000,"ended":1001})");
  std::string built = directory_;
  directory_ += "-moved";
  for (bool is_copy : {true, false}) {
    if (is_copy) {
      fs::copy(built, directory_, fs::copy_options::recursive);
    } else {
      host::RemoveTree(built);
    }
    EXPECT_EQ(Error(), fmt::format("no tests in {}: it is the build tree {}, moved or copied: make "
                                   "the report there, or make the tests anew here",
                                   directory_, built));
  }
  // By another name it is the same.
  host::RemoveTree(directory_);
  WriteCall();
  WriteResult("a", R"({"status":"pass","run":"r","started":1000,"ended":1001})");
  fs::create_directory_symlink(directory_, directory_ + "/link");
  EXPECT_TRUE(std::holds_alternative<Model>(ReadBuildTree(directory_ + "/link")));
}

TEST_F(Tree, ReadsDescriptionsAndResults) {
  WriteCall();
  WriteResult("a", R"({"status":"fail","class":"guest-panic","text":"vm1: oh","run":"r","queue":"2",
      "started":1000,"waited":0.5,"ended":1010.25,"generation":"0","accel":"tcg","attempt":1,
      "measurements":{"boot_seconds":3.5,"odd":"x"}})");
  Write("kvmtest/g/results/h/a/console-vm1.log", "one\r\ntwo\r\n\r\n");
  Write("kvmtest/g/results/h/gone/result.json", "{}");
  Model model = Read();
  ASSERT_EQ(model.hosts.size(), 1u);
  EXPECT_EQ(model.silent_hosts, std::vector<std::string>{"other (3 tests)"});
  EXPECT_EQ(model.forgotten, 1u);
  const HostTests& host = model.hosts[0];
  EXPECT_EQ(host.host, "h");
  EXPECT_EQ(host.common_params.at("mem"), "128");
  ASSERT_EQ(host.tests.size(), 3u);
  const report::Test& a = host.tests[0];
  EXPECT_EQ(a.last.outcome, Outcome::kFail);
  EXPECT_EQ(a.kind, "guest-panic");
  EXPECT_EQ(a.last.waited, 0.5);
  EXPECT_EQ(a.last.ended, 1010.25);
  EXPECT_TRUE(a.of_other_generation);
  EXPECT_EQ(a.measurements, (std::map<std::string, double>{{"boot_seconds", 3.5}}));
  EXPECT_EQ(a.queues, (std::vector<std::string>{"2", "1"}));
  EXPECT_EQ(a.unset, std::vector<std::string>{"mem"});
  ASSERT_EQ(a.consoles.size(), 1u);
  EXPECT_EQ(a.consoles[0].text, "one\ntwo");
  EXPECT_EQ(a.axes.test, "a");
  EXPECT_EQ(host.tests[1].last.outcome, Outcome::kNotRun);
  ASSERT_EQ(model.runs.size(), 1u);
  EXPECT_EQ(model.runs[0].ended, 1010.25);
}

TEST_F(Tree, TestsThatAreDisabledKeepTheirPastOnly) {
  WriteCall();
  for (const char* test : {"a", "b", "c"}) {
    WriteResult(test, R"({"status":"fail","run":"r","started":1000,"ended":1003})");
    AppendHistory(directory_ + "/kvmtest/g/results/h", "r", "fail", 1000, 3, test);
  }
  std::string path = "kvmtest/g/gen-1/h/tests.jsonl";
  std::string text = host::ReadFile(directory_ + "/" + path).value();
  auto replace = [&text](const std::string& from, const std::string& to) {
    text.replace(text.find(from), from.size(), to);
  };
  replace("\"mem\":\"128\"", "\"mem\":\"128\",\"skip\":\"yes\"");
  replace("\"unset\":[\"mem\"]", "\"unset\":[\"skip\"]");
  replace("\"own\":\"b\"", "\"skip\":\"no\"");
  Write(path, text);
  Model model = Read();
  const std::vector<report::Test>& tests = model.hosts[0].tests;
  EXPECT_EQ(tests[0].last.outcome, Outcome::kFail);
  EXPECT_EQ(tests[1].last.outcome, Outcome::kFail);
  EXPECT_EQ(tests[2].last.outcome, Outcome::kNotRun);
  EXPECT_EQ(tests[2].text, "disabled: the configuration says skip = yes");
  std::string page = MakePage(model);
  EXPECT_NE(page.find("\nearlier    Failed, 1970-01-01 00:16:40 UTC, 3.00 s\n"), std::string::npos);
}

TEST_F(Tree, TellsRunningFromInterruptedFromDamaged) {
  WriteCall();
  WriteResult(
      "a", fmt::format(R"({{"status":"running","run":"r","started":1000,"pid":{},"pid_start":{}}})",
                       ::getpid(), host::ProcessStartTime(::getpid()).value()));
  WriteResult("b", R"({"status":"running","run":"r","started":1000,"pid":1,"pid_start":77})");
  WriteResult("c", "{\"status\": \"pa");
  const Model model = Read();
  const HostTests& host = model.hosts[0];
  EXPECT_EQ(host.tests[0].last.outcome, Outcome::kRunning);
  EXPECT_EQ(host.tests[1].last.outcome, Outcome::kInterrupted);
  EXPECT_EQ(host.tests[2].last.outcome, Outcome::kDamaged);
  for (const char* odd : {"[]", "", "\xff", "{}", R"({"status":7,"started":"x","pid":[]})",
                          R"({"status":"passed","attempt":-1e99,"measurements":3})"}) {
    WriteResult("c", odd);
    EXPECT_EQ(Read().hosts[0].tests[2].last.outcome, Outcome::kDamaged) << odd;
  }
}

TEST_F(Tree, AKilledRunnersQueueIsKnownWhereThereIsButOne) {
  WriteCall();
  std::string path = "kvmtest/g/gen-1/h/tests.jsonl";
  std::string text = host::ReadFile(directory_ + "/" + path).value();
  text.replace(text.find("[1,0]"), 5, "[1]");
  Write(path, text);
  const char* killed = R"({"status":"running","run":"r","started":1000,"pid":1,"pid_start":77})";
  WriteResult("a", killed);
  WriteResult("b", killed);
  WriteResult("c", R"({"status":"skip","run":"r","started":1000,"ended":1001})");
  Model model = Read();
  EXPECT_EQ(model.hosts[0].tests[0].last.queue, "2");
  EXPECT_EQ(model.hosts[0].tests[1].last.queue, "");
  EXPECT_EQ(model.hosts[0].tests[2].last.queue, "");
}

TEST_F(Tree, KeepsAttemptsOfTheSameRun) {
  WriteCall();
  WriteResult("a", R"({"status":"pass","run":"r","started":1010,"ended":1020,"attempt":3})");
  for (auto [number, run] : {std::pair(1, "q"), std::pair(2, "r")}) {
    Write(fmt::format("kvmtest/g/results/h/a/attempt-{}/result.json", number),
          fmt::format(R"({{"status":"fail","run":"{}","started":1000,"ended":1001,"attempt":{}}})",
                      run, number));
  }
  Model model = Read();
  ASSERT_EQ(model.hosts[0].tests[0].attempts.size(), 1u);
  EXPECT_EQ(model.hosts[0].tests[0].attempts[0].number, 2);
}

TEST_F(Tree, FollowsNoLinksAndWaitsForNobody) {
  Write("secret", "of the host");
  Write("d/console-vm1.log", "x");
  fs::create_symlink(directory_ + "/secret", directory_ + "/d/console-vm2.log");
  ASSERT_EQ(::mkfifo((directory_ + "/d/console-vm3.log").c_str(), 0600), 0);
  report::Test test;
  test.directory = directory_ + "/d";
  Write("d/result.json", R"({"status":"fail"})");
  ReadResultOf("1", &test);
  ASSERT_EQ(test.consoles.size(), 1u);
  EXPECT_EQ(test.consoles[0].name, "console-vm1.log");
}

TEST_F(Tree, TailsAreBoundedAndPrintable) {
  Write("f", "first\nsecond\nthird\n\n");
  TextTail tail = ReadTail(directory_, "f", 1000, 2);
  EXPECT_EQ(tail.text, "second\nthird");
  EXPECT_TRUE(tail.is_cut);
  EXPECT_EQ(ReadTail(directory_, "f", 12, 10).text, "third");
  EXPECT_FALSE(ReadTail(directory_, "f", 1000, 10).is_cut);
  Write("f", std::string(5000, 'x') + "\0\x1b[1m\xff"s);
  EXPECT_EQ(ReadTail(directory_, "f", 10, 10).text, "xxxx?");
  EXPECT_EQ(ReadTail(directory_, "none", 10, 10).text, "");
}

TEST_F(Tree, PicturesArePngOfSomeSize) {
  std::string png = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\2\xd0\0\0\1\x90rest"s;
  Write("screen-vm1.png", png);
  auto picture = ReadPicture(directory_, "screen-vm1.png");
  ASSERT_TRUE(picture);
  EXPECT_EQ(picture->width, 720u);
  EXPECT_EQ(picture->height, 400u);
  for (const std::string& bad :
       {""s, "GIF89a"s, png.substr(0, 20), "<svg onload=alert(1)>"s + std::string(40, ' '),
        png + std::string(kMostOfAPicture, 'x'),
        "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\xff\0\0\0\0\0\1\x90rest"s}) {
    Write("screen-vm1.png", bad);
    EXPECT_FALSE(ReadPicture(directory_, "screen-vm1.png")) << bad.substr(0, 30);
  }
}

TEST_F(Tree, HistoryOfManyWritersIsWhole) {
  std::vector<std::thread> writers;
  for (int writer = 0; writer < 4; ++writer) {
    writers.emplace_back([this, writer] {
      for (int i = 0; i < 200; ++i) {
        AppendHistory(directory_, "run-" + std::to_string(writer), "pass", 1000 + i, 0.5, "test");
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(ReadHistory(directory_).size(), 800u);
}

TEST_F(Tree, HistoryIsBoundedAndForgivesDamage) {
  constexpr size_t kMost = 2000;
  for (int i = 0; i < 200; ++i) {
    ASSERT_TRUE(AppendHistory(directory_, "run", "fail", i, 1, "\"quoted\"\n\xff", kMost));
  }
  for (const char* file : {"/history.jsonl", "/history.old.jsonl"}) {
    EXPECT_LT(host::RegularFileSize(directory_ + file).value(), kMost + 200);
  }
  std::vector<HistoryLine> lines = ReadHistory(directory_);
  ASSERT_FALSE(lines.empty());
  EXPECT_EQ(lines.back().started, 199);
  for (size_t i = 1; i < lines.size(); ++i) EXPECT_EQ(lines[i].started, lines[i - 1].started + 1);
  size_t count = lines.size();
  host::AppendToFile(
      directory_ + "/history.jsonl",
      "[\"r\",\"pass\",1\n[]\n\xff\n[\"r\",\"odd\",1,2,\"t\"]\n{}\n\n[\"r\",\"pass\",1,2,\"t\"]");
  EXPECT_EQ(ReadHistory(directory_).size(), count + 1);
}

TEST_F(Tree, PastIsOneResultARun) {
  WriteCall();
  std::string results = directory_ + "/kvmtest/g/results/h";
  WriteResult("a", R"({"status":"pass","run":"r3","started":3000,"ended":3001})");
  AppendHistory(results, "r1", "fail", 1000, 1, "a");
  AppendHistory(results, "r1", "pass", 1001.5, 2, "a");
  AppendHistory(results, "r2", "fail", 2000, 3, "a");
  Model model = Read();
  const std::vector<PastResult>& past = model.hosts[0].tests[0].past;
  ASSERT_EQ(past.size(), 3u);
  EXPECT_EQ(past[0].outcome, Outcome::kPass);
  EXPECT_EQ(past[0].attempts, 2u);
  EXPECT_TRUE(past[0].is_now_this_now_that);
  EXPECT_EQ(past[0].started, 1000);
  EXPECT_EQ(past[0].seconds, 3.5);
  EXPECT_EQ(past[1].outcome, Outcome::kFail);
  EXPECT_EQ(past[1].attempts, 1u);
  EXPECT_FALSE(past[1].is_now_this_now_that);
  EXPECT_EQ(past[2].run, "r3");
  ASSERT_EQ(model.runs.size(), 3u);
  EXPECT_EQ(model.runs[0].started, 1000);
  EXPECT_EQ(model.runs[0].ended, 1003.5);
}

TEST_F(Tree, AfterCtestOnlyWhenTestsHaveRun) {
  WriteCall();
  std::string page = directory_ + "/report.html";
  ReportOptions options{directory_, page, /*after_ctest=*/true};
  EXPECT_EQ(MakeReport(options), 0);
  EXPECT_FALSE(host::IsRegularFile(page));
  WriteResult("a", R"({"status":"pass","run":"r","started":1000,"ended":1001})");
  AppendHistory(directory_ + "/kvmtest/g/results/h", "r", "pass", 1000, 1, "a");
  EXPECT_EQ(MakeReport(options), 0);
  EXPECT_TRUE(host::IsRegularFile(page));
  EXPECT_FALSE(HasNewerResults(directory_, page));
  host::WriteFile(page, "");
  ::usleep(20000);
  AppendHistory(directory_ + "/kvmtest/g/results/h", "r2", "pass", 1000, 1, "a");
  EXPECT_TRUE(HasNewerResults(directory_, page));
}

TEST(CmakeWords, BracketArguments) {
  EXPECT_EQ(BracketArguments("a [==[x]=]y]==] [[\nline]] [ [=[open"),
            (std::vector<std::string>{"x]=]y", "line"}));
  EXPECT_EQ(SetArguments("\nset(a [[1]] [[2)]])\nset(ab [[3]])", "a"),
            (std::vector<std::string>{"1", "2)"}));
  EXPECT_EQ(SetArguments("\nset(a)", "b"), std::vector<std::string>{});
}

TEST(CmakeWords, ExplainCommand) {
  std::string script = R"(
set(kvmtest_generator [==[/g]==])
function(kvmtest_generate)
  execute_process(
    COMMAND "${kvmtest_generator}" ctest "--name=${kvmtest_name}"
      [==[--dialect=2009]==]
      [==[--queues=3]==]
      [==[--set-param=smp=2]==]
      --
      [==[/a b.cfg]==]
      [==[mem = 1]==]
    WORKING_DIRECTORY "${kvmtest_root}"
)";
  EXPECT_EQ(ExplainCommand(script),
            (std::vector<std::string>{"/g", "explain", "--dialect=2009", "--set-param=smp=2",
                                      "/a b.cfg", "mem = 1"}));
  EXPECT_EQ(ExplainCommand(""), std::vector<std::string>{});
}

}  // namespace
}  // namespace kvmtest::report
