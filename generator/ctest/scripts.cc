#include "ctest/scripts.h"

#include <fmt/format.h>

#include <algorithm>

#include "ctest/escape.h"
#include "ctest/gates.h"
#include "ctest/quote.h"
#include "plan/gates.h"

namespace kvmtest::ctest {
namespace {

// Slack between a test's own deadline and CTest's, which kills without asking.
constexpr uint64_t kGrace = 60;

// Fixtures are items of CMake lists; names that those cannot carry are escaped.
std::string FixtureName(const std::string& test_name) {
  return ListItemFault(test_name) ? Escape(test_name) : test_name;
}

// What needs more than there is takes all, or ctest would not run it.
std::string Share(const std::string& type, uint64_t used, uint64_t total) {
  return used > 0 && total > 0 ? fmt::format(",{}:{}", type, std::min(used, total)) : "";
}

std::string QueueSet(const plan::Plan& plan, const plan::Test& test) {
  const plan::Host& host = plan.hosts[test.host];
  return QueueSetName(host.name, plan::QueueNames(host, plan::QueuesOf(plan, test)));
}

// A test takes its place on the host and its share of it, and a place in each gate around its
// queues; a pinned one its queue and the queue's addresses too.
std::string ResourceGroup(const plan::Plan& plan, const plan::Test& test,
                          const std::string& queue_set) {
  const plan::Host& machine = plan.hosts[test.host];
  const std::string& host = machine.name;
  std::string group = PoolResource(host) + ":1";
  group += Share(CpuResource(host), test.cpus, machine.cpus);
  group += Share(MemoryResource(host), test.memory, machine.memory);
  group += fmt::format("${{{}}}", GatesVariable(queue_set));
  if (test.pooled) return group;
  const plan::QueueSetup& setup = plan.queues[test.queues[0]];
  group += fmt::format(",{}:1", QueueResource(host, setup.queue));
  for (const plan::MacBlock& block : setup.blocks) {
    group += fmt::format(",{}:1", RangeResource(host, setup.queue, block));
  }
  return group;
}

std::string Joined(const std::vector<std::string>& items) {
  std::string list;
  for (const std::string& item : items) list += (list.empty() ? "" : ";") + item;
  return list;
}

// As few keys as possible: each costs ctest a walk over all tests (3.25, 4.4).
std::string Properties(const plan::Plan& plan, const Options& options, const Leaf& leaf,
                       const plan::Test& test, const std::string& queue_set, bool is_required) {
  std::string text =
      fmt::format("RESOURCE_GROUPS \"{}\" TIMEOUT ${{KVMTEST_TIMEOUT}} SKIP_RETURN_CODE 77 COST {}",
                  ResourceGroup(plan, test, queue_set), test.cost);
  if (is_required) {
    text +=
        " FIXTURES_SETUP " + Bracket(FixtureName(TestName(plan, test, options, leaf.all_hosts)));
  }
  if (!test.required.empty()) {
    std::vector<std::string> fixtures;
    for (uint32_t other : test.required) {
      fixtures.push_back(FixtureName(TestName(plan, plan.tests[other], options, leaf.all_hosts)));
    }
    text += " FIXTURES_REQUIRED " + Bracket(Joined(fixtures));
  }
  if (!test.labels.empty()) text += " LABELS " + Bracket(Joined(test.labels));
  if (plan.takes_processors && test.cpus > 1) text += fmt::format(" PROCESSORS {}", test.cpus);
  if (test.disabled) text += " DISABLED TRUE";
  return text;
}

}  // namespace

std::string Banner(const Options& options, const std::string& comment) {
  return fmt::format("# Written by kvmtest-generate {} from {}: {}. Do not edit.\n",
                     options.version, options.config, comment);
}

std::string LeafScript(const plan::Plan& plan, const Options& options, const Leaf& leaf,
                       const std::vector<bool>& is_required) {
  std::string text = Banner(options, leaf.comment);
  std::string runner = Bracket(options.runner);
  for (const std::string& arg : options.runner_args) runner += " " + Bracket(arg);
  std::string timeout;  // what KVMTEST_TIMEOUT is by now
  for (const ScriptedTest& scripted : leaf.tests) {
    const plan::Test& test = *scripted.test;
    std::string name = Bracket(TestName(plan, test, options, leaf.all_hosts));
    std::string record = Bracket(TestName(plan, test, options, false));
    const std::string queue_set = QueueSet(plan, test);
    const std::string seconds =
        fmt::format("{} + 0${{{}}}", test.timeout + kGrace, WaitVariable(queue_set));
    if (seconds != timeout) text += fmt::format("math(EXPR KVMTEST_TIMEOUT \"{}\")\n", seconds);
    timeout = seconds;
    // The launcher is empty unless the index sets one ("all hosts" through ssh).
    text +=
        fmt::format("add_test({} ${{KVMTEST_LAUNCHER}} {} --tests {} --test {} ${{{}}})\n", name,
                    runner, Bracket(scripted.description), record, WaitOptionVariable(queue_set));
    text += fmt::format(
        "set_tests_properties({} PROPERTIES {})\n", name,
        Properties(plan, options, leaf, test, queue_set, is_required[&test - plan.tests.data()]));
  }
  // After the tests: it adds the labels to those that this directory has by now.
  text +=
      fmt::format("set_directory_properties(PROPERTIES LABELS {})\n", Bracket(Joined(leaf.labels)));
  return text;
}

std::string Subdirectories(const std::vector<std::string>& directories) {
  std::string text;
  for (const std::string& directory : directories) {
    text += fmt::format("subdirs({})\n", Bracket(directory));
  }
  return text;
}

}  // namespace kvmtest::ctest
