// A small plan made by hand: a host with two queues and tests that depend on each other, a second
// host with one of the same tests, and a host that any machine may be.
#ifndef KVMTEST_TESTS_UNIT_CTEST_SAMPLE_PLAN_H_
#define KVMTEST_TESTS_UNIT_CTEST_SAMPLE_PLAN_H_

#include "ctest/generation.h"
#include "plan/plan.h"

namespace kvmtest::ctest {

inline std::vector<plan::Param> Params(
    plan::Plan* plan, const std::vector<std::pair<std::string, std::string>>& params) {
  std::vector<plan::Param> result;
  for (const auto& [key, value] : params) {
    result.push_back({plan->texts.Intern(key), plan->texts.Intern(value)});
  }
  return result;
}

inline std::vector<plan::RunId> Runs(
    plan::Plan* plan, const std::vector<std::pair<std::string, std::string>>& params) {
  return plan->runs.Intern(plan->texts, Params(plan, params));
}

inline plan::Plan SamplePlan() {
  plan::Plan plan;
  plan.digest = plan.whole_digest = "0123456789abcdef";
  plan.sets = {{"nightly", plan::AssignWay::kAuto}, {"weekly"}};
  plan.hosts = {{"hostname1", false, false, {"1", "q-2"}},
                {"hostname2", false, false, {"1"}},
                {"localhost", true, true, {"1", "2"}}};
  for (size_t i = 0; i < plan.hosts.size(); ++i)
    plan.hosts[i].digest = plan.hosts[i].whole_digest = std::string(16, static_cast<char>('1' + i));
  plan::Ip ip = *plan::ParseIp("10.20.0.0");
  plan.queues = {{0, "1", "env", {{"r0", 0x525400100000, ip, 256, 1, 254}}},
                 {0, "q-2", "env2", {{"r1", 0x525400100100, {}, 256, 128, 128}}},
                 {1, "1", "env", {{"r2", 0x525400100200, {}, 256, 0, 256}}},
                 {2, "1", "env1", {}},
                 {2, "2", "env2", {}}};
  auto add = [&plan](const char* name, uint32_t set, uint32_t host, std::vector<uint32_t> queues) {
    plan::Test test;
    test.name = plan.sets[set].name + "." + name;
    test.cost_name = test.name;
    test.full_name = plan.sets[set].name + "." + plan.hosts[host].name + "." + name;
    test.shortname = name;
    test.set = set;
    test.host = host;
    test.queues = std::move(queues);
    test.pooled = test.queues.size() > 1;
    test.timeout = 600;
    test.cost = 10 - plan.tests.size();
    test.origin = "kvm_tests.cfg:" + std::to_string(10 + plan.tests.size());
    plan.tests.push_back(std::move(test));
    return &plan.tests.back();
  };
  add("ide.install", 0, 0, {0})->params =
      Runs(&plan, {{"mem", "512"}, {"queue", "1"}, {"type", "steps"}});
  plan::Test* boot = add("ide.boot", 0, 0, {0});
  boot->params = Runs(&plan, {{"mem", "512"}, {"queue", "1"}, {"type", "boot"}});
  boot->required = {0};
  boot->labels = {"smoke", "guest boot"};
  boot->timeout = 90;
  plan::Test* weekly = add("ide.install", 1, 0, {1});
  weekly->params = Runs(&plan, {{"queue", "q-2"}, {"say", "\"hi\"\t\\"}, {"type", "steps"}});
  weekly->on_several_hosts = true;
  weekly->disabled = true;
  plan::Test* other = add("ide.install", 1, 1, {2});
  other->params = Runs(&plan, {{"mem", "512"}});
  other->on_several_hosts = true;
  plan::Test* any = add("any", 0, 2, {3, 4});
  any->params = Runs(&plan, {{"mem", "1024"}});
  any->queue_params = {Params(&plan, {{"queue", "1"}}),
                       Params(&plan, {{"k", "2"}, {"queue", "2"}})};
  return plan;
}

inline Options SampleOptions() {
  Options options;
  options.name = "kvm";
  options.config = "sets.cfg";
  options.output_dir = "/b/kvmtest/kvm";
  options.state_dir = "/b/kvmtest/state";
  options.root = "/b/kvmtest";
  options.runner = "/usr/bin/kvmtest-run";
  options.test_prefix = "kvm.";
  options.version = "1.2.3";
  return options;
}

}  // namespace kvmtest::ctest

#endif  // KVMTEST_TESTS_UNIT_CTEST_SAMPLE_PLAN_H_
