#include "ctest/publish.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "ctest/stamp.h"
#include "golden.h"
#include "sample_plan.h"

namespace kvmtest::ctest {
namespace {

namespace fs = std::filesystem;

std::string RunCommand(const std::string& command) {
  FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  std::string output;
  char buffer[4096];
  while (size_t count = fread(buffer, 1, sizeof buffer, pipe)) output.append(buffer, count);
  pclose(pipe);
  return output;
}

class PublishTest : public ::testing::Test {
 protected:
  PublishTest() {
    std::string pattern = (fs::temp_directory_path() / "kvmtest-XXXXXX").string();
    root_ = mkdtemp(pattern.data());
    UseCall("kvm");
  }
  ~PublishTest() override { fs::remove_all(root_); }

  void UseCall(const std::string& name) {
    options_ = SampleOptions();
    options_.name = name;
    options_.test_prefix = name + ".";
    options_.output_dir = root_ + "/" + name;
    options_.state_dir = root_ + "/state";
    options_.root = root_;
    options_.runner = "/bin/true";
    fs::create_directories(options_.output_dir);
    place_ = FindPlace(options_.output_dir);
  }

  std::vector<std::string> PublishSample() {
    Generation generation = Render(plan_, options_);
    EXPECT_EQ(generation.errors, std::vector<std::string>{});
    findings_ = {};
    EXPECT_EQ(Publish(place_, generation, stamp_, &findings_).value_or(""), "");
    return findings_.errors;
  }

  std::set<std::string> Generations() {
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(options_.output_dir)) {
      std::string name = entry.path().filename().string();
      if (name.starts_with("gen-")) names.insert(name);
    }
    return names;
  }

  std::string root_;
  Options options_;
  Place place_;
  plan::Plan plan_ = SamplePlan();
  std::string stamp_ = WriteStamp({});
  Findings findings_;
};

TEST_F(PublishTest, FindsTheRootByTheListOfCalls) {
  EXPECT_EQ(place_.root, root_);
  EXPECT_EQ(place_.call, "kvm");
  std::ofstream(root_ + "/calls.txt") << "kvm/Debug\n";
  Place place = FindPlace(root_ + "/kvm/Debug/");
  EXPECT_EQ(place.root, root_);
  EXPECT_EQ(place.call, "kvm/Debug");
  EXPECT_EQ(place.output_dir, root_ + "/kvm/Debug");
}

TEST_F(PublishTest, MakesAGenerationCurrent) {
  EXPECT_EQ(PublishSample(), std::vector<std::string>{});
  std::string first = *CurrentGeneration(place_);
  EXPECT_TRUE(fs::exists(options_.output_dir + "/" + first + "/hostname1/tests.jsonl"));
  EXPECT_TRUE(fs::exists(root_ + "/resources.json"));
  plan_.whole_digest = "fedcba9876543210";
  PublishSample();
  EXPECT_NE(*CurrentGeneration(place_), first);
  EXPECT_EQ(Generations().size(), 2u);
}

TEST_F(PublishTest, LeavesFilesAloneThatWouldNotChange) {
  PublishSample();
  auto pointer = fs::last_write_time(options_.output_dir + "/current.cmake");
  auto spec = fs::last_write_time(root_ + "/resources.json");
  PublishSample();
  EXPECT_EQ(fs::last_write_time(options_.output_dir + "/current.cmake"), pointer);
  EXPECT_EQ(fs::last_write_time(root_ + "/resources.json"), spec);
}

TEST_F(PublishTest, FailureLeavesTheGenerationAndCarriesEverySet) {
  PublishSample();
  std::string current = *CurrentGeneration(place_);
  options_.labels = {"guests"};
  EXPECT_EQ(PublishFailure(place_, options_, {"monthly", "a;b"}, "sets.cfg:1:1: error: no\n"),
            std::nullopt);
  EXPECT_EQ(CurrentGeneration(place_), current);
  EXPECT_EQ(PublishedFailure(place_), "sets.cfg:1:1: error: no\n");
  std::ofstream(root_ + "/CTestTestfile.cmake")
      << "include(" << options_.output_dir << "/failed.cmake)\n";
  auto listed = nlohmann::json::parse(
      RunCommand(std::string(KVMTEST_CTEST_COMMAND) + " --show-only=json-v1 --test-dir " + root_));
  ASSERT_EQ(listed["tests"].size(), 1u);
  EXPECT_EQ(listed["tests"][0]["name"], "kvm.generate");
  for (const auto& property : listed["tests"][0]["properties"]) {
    if (property["name"] != "LABELS") continue;
    EXPECT_EQ(property["value"], nlohmann::json({"guests", "monthly", "nightly", "weekly"}));
  }
  std::string output = RunCommand(std::string(KVMTEST_CTEST_COMMAND) + " -V --test-dir " + root_);
  EXPECT_NE(output.find("FAIL generate: the configuration has errors"), std::string::npos);
  EXPECT_NE(output.find("sets.cfg:1:1: error: no"), std::string::npos);
  EXPECT_NE(output.find("1 tests failed out of 1"), std::string::npos) << output;
  PublishSample();
  EXPECT_EQ(PublishedFailure(place_), std::nullopt);
}

// What a call has of a host whose queue 9 has a state directory of that name.
plan::Plan PlanOfState(const std::string& directory) {
  plan::Plan plan;
  plan.hosts = {{"hostname1", false, false, {"9"}}};
  plan.queues = {{0, "9", directory, {}}};
  return plan;
}

TEST_F(PublishTest, NoClashHoldsForACallThatIsToBeMadeAnew) {
  std::ofstream(root_ + "/calls.txt") << "kvm\nother\n";
  std::ofstream(root_ + "/sets.cfg") << "first";
  DiskProbe probe;
  stamp_ = WriteStamp({"", false, {Observe(probe, root_ + "/sets.cfg").file}});
  PublishSample();
  const std::string kvm = StampPath(place_);
  UseCall("other");
  plan_ = PlanOfState("env");
  EXPECT_EQ(PublishSample().size(), 1u);
  std::ofstream(root_ + "/sets.cfg") << "second";
  EXPECT_EQ(PublishSample(), std::vector<std::string>{});
  EXPECT_TRUE(fs::exists(StampPath(place_)));
  EXPECT_FALSE(fs::exists(kvm)) << "made anew even if the edit is taken back";
  auto merged = nlohmann::json::parse(ReadWhole(root_ + "/resources.json"));
  EXPECT_TRUE(merged["local"][0].contains("kvmq__hostname1__1")) << "until then it may still run";
}

TEST_F(PublishTest, NoClashHoldsForACallThatFailedOrWasNeverStamped) {
  std::ofstream(root_ + "/calls.txt") << "kvm\nother\n";
  for (const std::string& stamp : {WriteStamp({"", true, {}}), std::string()}) {
    UseCall("kvm");
    plan_ = SamplePlan();
    stamp_ = stamp;
    PublishSample();
    UseCall("other");
    plan_ = PlanOfState("env");
    EXPECT_EQ(PublishSample(), std::vector<std::string>{}) << stamp;
  }
}

TEST_F(PublishTest, MergesTheCallsOfATree) {
  std::ofstream(root_ + "/calls.txt") << "kvm\nother\nunborn\n";
  PublishSample();
  UseCall("other");
  plan_ = plan::Plan();
  plan_.hosts = {{"hostname1", false, false, {"1", "9"}}};
  plan_.queues = {{0, "9", "env9", {}}};
  EXPECT_EQ(PublishSample(), std::vector<std::string>{});
  auto merged = nlohmann::json::parse(ReadWhole(root_ + "/resources.json"));
  EXPECT_EQ(merged["local"][0]["kvmp__hostname1"],
            nlohmann::json::parse("[{\"id\":\"0\",\"slots\":3}]"));
  EXPECT_TRUE(merged["local"][0].contains("kvmq__hostname2__1"));
  // An error changes nothing.
  std::string pointer = ReadWhole(options_.output_dir + "/current.cmake");
  plan_.queues = {{0, "9", "env", {}}};
  EXPECT_EQ(PublishSample(),
            std::vector<std::string>{"queue '9' of 'other' and queue '1' of 'kvm' share the state "
                                     "directory 'env' on host 'hostname1'"});
  EXPECT_EQ(ReadWhole(options_.output_dir + "/current.cmake"), pointer);
  EXPECT_EQ(Generations().size(), 1u);
}

// Killed before the pointer was written, say, when the variables are those of the new generation.
TEST_F(PublishTest, OneThatWasCutOffIsMadeAnewThoughItsEditIsTakenBack) {
  PublishSample();
  ASSERT_TRUE(fs::exists(StampPath(place_)));
  fs::remove(options_.output_dir + "/current.cmake");
  fs::create_directory(options_.output_dir + "/current.cmake");
  plan_.whole_digest = "2222222222222222";
  EXPECT_NE(Publish(place_, Render(plan_, options_), stamp_, &findings_), std::nullopt);
  EXPECT_FALSE(fs::exists(StampPath(place_)));
}

TEST_F(PublishTest, KeepsGenerationsThatAreHeldAndTheNewestTwo) {
  PublishSample();
  std::string held = *CurrentGeneration(place_);
  EXPECT_EQ(HoldForParent(place_), std::nullopt);
  for (const char* digest :
       {"2222222222222222", "3333333333333333", "4444444444444444", "5555555555555555"}) {
    plan_.whole_digest = digest;
    PublishSample();
    // The order of generations is that of their times.
    fs::last_write_time(options_.output_dir + "/" + *CurrentGeneration(place_),
                        fs::file_time_type::clock::now() + std::chrono::seconds(digest[0]));
  }
  fs::create_directories(options_.output_dir + "/.tmp-1");
  CollectGarbage(place_);
  EXPECT_EQ(Generations().size(), 3u);
  EXPECT_TRUE(Generations().contains(held)) << "its holder, our parent, lives";
  EXPECT_TRUE(Generations().contains(*CurrentGeneration(place_)));
  EXPECT_FALSE(fs::exists(options_.output_dir + "/.tmp-1"));
  // The same process number at another start time is another process.
  fs::path holders = options_.output_dir + "/" + held + "/holders";
  fs::path holder = fs::directory_iterator(holders)->path();
  std::string name = holder.filename().string();
  size_t dot = name.find('.');
  std::string other = name.substr(0, dot) + ".1" + name.substr(name.find('.', dot + 1));
  fs::rename(holder, holders / other);
  CollectGarbage(place_);
  EXPECT_EQ(Generations().size(), 2u);
}

// As long as it lives, no file of this process grows beyond so many bytes: much like a full disk.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &former_);
    rlimit limit = former_;
    limit.rlim_cur = bytes;
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &former_);
    signal(SIGXFSZ, SIG_DFL);
  }

 private:
  rlimit former_;
};

TEST_F(PublishTest, UnchangedFilesAreThoseOfTheFormerGeneration) {
  PublishSample();
  const std::string former = options_.output_dir + "/" + *CurrentGeneration(place_) + "/";
  // Of one host alone.
  plan_.tests[3].timeout = 77;
  plan_.hosts[1].whole_digest = "4444444444444444";
  plan_.whole_digest = "5555555555555555";
  fs::remove(former + "localhost/CTestTestfile.cmake");
  std::ofstream(former + "localhost/tests.jsonl") << "of the same size or not";
  PublishSample();
  const std::string latter = options_.output_dir + "/" + *CurrentGeneration(place_) + "/";
  ASSERT_NE(former, latter);
  size_t kept = 0;
  for (const auto& [name, text] : Render(plan_, options_).files) {
    EXPECT_EQ(ReadWhole(latter + name), text) << name;
    const bool same = fs::exists(former + name) && fs::equivalent(former + name, latter + name);
    kept += same ? 1 : 0;
    if (name.starts_with("hostname1/")) {
      EXPECT_TRUE(same) << name;
    }
    if (name == "hostname2/tests.jsonl" || name == "localhost/tests.jsonl" ||
        name == "localhost/CTestTestfile.cmake" || name == "resources.json") {
      EXPECT_FALSE(same) << name;
    }
  }
  EXPECT_GT(kept, 10u);
  // What is left when the former goes.
  fs::remove_all(former);
  for (const auto& [name, text] : Render(plan_, options_).files)
    EXPECT_EQ(ReadWhole(latter + name), text) << name;
}

TEST_F(PublishTest, LeavesNothingOfWhatCannotBeWrittenWhole) {
  PublishSample();
  const std::set<std::string> before = Generations();
  size_t failures = 0;
  // From the first file on to the last, which is the stamp.
  for (rlim_t limit = 0; limit < 6000; limit += 200) {
    plan_.whole_digest = fmt::format("{:016x}", limit);
    plan_.tests[0].timeout = 1000 + limit;
    stamp_ = std::string(5000, 'x');
    Generation generation = Render(plan_, options_);
    Failure failure;
    {
      FileSizeLimit full(limit);
      failure = Publish(place_, generation, stamp_, &findings_);
    }
    for (const auto& entry : fs::recursive_directory_iterator(root_))
      EXPECT_EQ(entry.path().filename().string().find(".tmp-"), std::string::npos) << entry.path();
    if (!failure) break;
    ++failures;
    EXPECT_TRUE(failure->ends_with("File too large")) << *failure;
    // The pointer was whole, so its generation counts.
    if (CurrentGeneration(place_) == fs::path(generation.directory).filename()) continue;
    EXPECT_EQ(Generations(), before) << limit;
  }
  EXPECT_GT(failures, 20u);
  PublishSample();
  EXPECT_TRUE(fs::exists(StampPath(place_)));
}

TEST_F(PublishTest, FindsTheGenerationOfATreeThatWasMoved) {
  PublishSample();
  const auto current = CurrentGeneration(place_);
  ASSERT_TRUE(current);
  EXPECT_TRUE(PointsToGeneration(place_.output_dir + "/current.cmake"));
  EXPECT_FALSE(PointsToGeneration(place_.output_dir + "/none.cmake"));
  fs::rename(place_.output_dir, root_ + "/moved");
  EXPECT_EQ(CurrentGeneration({root_, root_ + "/moved", "moved"}), current);
}

TEST_F(PublishTest, LockKeepsOthersOut) {
  Failure failure;
  std::string path = root_ + "/lock";
  auto lock = Lock::Take(path, &failure);
  ASSERT_TRUE(lock);
  EXPECT_NE(RunCommand("flock -n " + path + " echo free"), "free\n");
  lock.reset();
  EXPECT_EQ(RunCommand("flock -n " + path + " echo free"), "free\n");
}

TEST_F(PublishTest, SaysWhatCannotBeWritten) {
  EXPECT_EQ(WriteFile("/proc/nowhere/file", "x"), "cannot create /proc/nowhere/file.tmp-" +
                                                      std::to_string(getpid()) +
                                                      ": No such file or directory");
}

TEST_F(PublishTest, WritesInTheWorkingDirectory) {
  const fs::path before = fs::current_path();
  fs::current_path(root_);
  EXPECT_EQ(WriteFile("file", "x"), std::nullopt);
  fs::current_path(before);
  EXPECT_EQ(ReadWhole(root_ + "/file"), "x");
}

// What ctest itself makes of the files.
TEST_F(PublishTest, CTestLoadsTheTests) {
  plan_.tests[0].name = "nightly.a b;c $x \"q\" \\ ]=] [x] \xc3\xa9";
  PublishSample();
  std::ofstream(root_ + "/CTestTestfile.cmake")
      << "include(" << options_.output_dir << "/current.cmake)\n"
      << "foreach(dir IN LISTS KVMTEST_ALL_HOSTS_DIRS)\n"
      << "  subdirs(\"${KVMTEST_GENERATION}/${dir}\")\nendforeach()\n"
      << "set(CTEST_RESOURCE_SPEC_FILE " << root_ << "/resources.json)\n";
  std::string output =
      RunCommand(std::string(KVMTEST_CTEST_COMMAND) + " --show-only=json-v1 --test-dir " + root_);
  auto listed = nlohmann::json::parse(output, nullptr, false);
  ASSERT_FALSE(listed.is_discarded()) << output;
  std::map<std::string, std::map<std::string, nlohmann::json>> tests;
  for (const auto& test : listed["tests"]) {
    for (const auto& property : test["properties"]) {
      tests[test["name"]][property["name"]] = property["value"];
    }
    tests[test["name"]]["command"] = test["command"];
  }
  ASSERT_EQ(tests.size(), 5u) << output;
  std::string odd = "kvm." + plan_.tests[0].name;
  ASSERT_TRUE(tests.contains(odd)) << output;
  EXPECT_EQ(tests[odd]["command"].back(), odd);
  EXPECT_EQ(tests[odd]["LABELS"], nlohmann::json({"host:hostname1", "nightly", "queue:1"}));
  auto& boot = tests["kvm.nightly.ide.boot"];
  EXPECT_EQ(boot["LABELS"],
            nlohmann::json({"guest boot", "host:hostname1", "nightly", "queue:1", "smoke"}));
  EXPECT_EQ(boot["FIXTURES_REQUIRED"], tests[odd]["FIXTURES_SETUP"]);
  EXPECT_EQ(boot["TIMEOUT"], 150.0);
  EXPECT_EQ(boot["SKIP_RETURN_CODE"], 77);
  ASSERT_EQ(boot["RESOURCE_GROUPS"].size(), 1u);
  EXPECT_EQ(boot["RESOURCE_GROUPS"][0]["requirements"].size(), 3u);
  EXPECT_EQ(tests["kvm.weekly.ide.install@hostname1"]["DISABLED"], true);
  EXPECT_EQ(tests["kvm.weekly.ide.install@hostname2"]["command"].back(), "kvm.weekly.ide.install");
  EXPECT_EQ(tests["kvm.nightly.any"]["LABELS"], nlohmann::json({"host:localhost", "nightly"}));
  output = RunCommand(std::string(KVMTEST_CTEST_COMMAND) + " -j4 --test-dir " + root_);
  EXPECT_NE(output.find("100% tests passed, 0 tests failed out of 4"), std::string::npos) << output;
}

TEST_F(PublishTest, AQueueCanBeRunByItself) {
  PublishSample();
  std::string queue =
      options_.output_dir + "/" + *CurrentGeneration(place_) + "/hostname1/queues/1";
  std::string output = RunCommand(std::string(KVMTEST_CTEST_COMMAND) + " --test-dir " + queue);
  EXPECT_NE(output.find("100% tests passed, 0 tests failed out of 2"), std::string::npos) << output;
}

}  // namespace
}  // namespace kvmtest::ctest
