#include "ctest/scripts.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string>

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

// What the script says of where a test runs and what it takes.
struct Allotment {
  std::string resources;  // a quoted resource group
  std::string wait;       // names of variables
  std::string wait_option;
};

// Most tests of a leaf take the same, so it is put into words once for those that follow each
// other.
class Allotments {
 public:
  explicit Allotments(const plan::Plan& plan) : plan_(plan) {}

  const Allotment& Of(const plan::Test& test) {
    const bool is_known = last_ != nullptr && last_->queues == test.queues &&
                          last_->host == test.host && last_->pooled == test.pooled &&
                          last_->cpus == test.cpus && last_->memory == test.memory;
    last_ = &test;
    if (is_known) return allotment_;
    const std::string queue_set = QueueSet(plan_, test);
    allotment_ = {fmt::format("\"{}\"", ResourceGroup(plan_, test, queue_set)),
                  WaitVariable(queue_set), WaitOptionVariable(queue_set)};
    return allotment_;
  }

 private:
  const plan::Plan& plan_;
  const plan::Test* last_ = nullptr;
  Allotment allotment_;
};

std::string Joined(const std::vector<std::string>& items) {
  std::string list;
  for (const std::string& item : items) list += (list.empty() ? "" : ";") + item;
  return list;
}

// A fixture makes ctest run what is required whenever it runs the test. Otherwise it only keeps
// the order, and the runner looks whether what is required has passed before.
void AddRequirements(const plan::Plan& plan, const Options& options, const Leaf& leaf,
                     const plan::Test& test, bool is_required, TestProperties* properties) {
  auto name = [&](const plan::Test& other) {
    return TestName(plan, other, options, leaf.all_hosts);
  };
  if (options.pulls_required && is_required) {
    properties->Append("FIXTURES_SETUP", {FixtureName(name(test))});
  }
  std::vector<std::string> required;
  for (uint32_t other : test.required) required.push_back(name(plan.tests[other]));
  if (options.pulls_required) {
    for (std::string& item : required) item = FixtureName(item);
    properties->Append("FIXTURES_REQUIRED", required);
  } else {
    // One that no list can carry is left to the runner.
    std::erase_if(required,
                  [](const std::string& item) { return ListItemFault(item).has_value(); });
    properties->Append("DEPENDS", required);
  }
}

// As ctest takes them from CMake (3.25 to 4.4), for `ctest --show-only=json-v1`: file, line and
// command of each step of the call stack, whose innermost one is enough.
std::string BacktraceOf(const std::string& origin) {
  size_t colon = origin.rfind(':');
  return Bracket(fmt::format("{};{};", origin.substr(0, colon), origin.substr(colon + 1)));
}

std::string Properties(const plan::Plan& plan, const Options& options, const Leaf& leaf,
                       const plan::Test& test, const Allotment& allotment, bool is_required) {
  TestProperties properties;
  properties.Set("RESOURCE_GROUPS", allotment.resources);
  properties.Set("TIMEOUT", "${KVMTEST_TIMEOUT}");
  properties.Set("SKIP_RETURN_CODE", "77");
  if (options.order_by_plan) properties.Set("COST", std::to_string(test.cost));
  AddRequirements(plan, options, leaf, test, is_required, &properties);
  if (!test.labels.empty()) properties.Set("LABELS", Bracket(Joined(test.labels)));
  if (plan.takes_processors && test.cpus > 1) {
    properties.Set("PROCESSORS", fmt::format("{}", test.cpus));
  }
  if (options.source_locations && !ListItemFault(test.origin)) {
    properties.Set("_BACKTRACE_TRIPLES", BacktraceOf(test.origin));
  }
  properties.AddOwn(options.properties);
  // The last one counts: no call makes a test run that the configuration skips.
  if (test.disabled) properties.Set("DISABLED", "TRUE");
  return properties.Text();
}

}  // namespace

std::string Banner(const Options& options, const std::string& comment) {
  return fmt::format("# Written by kvmtest-generate {} from {}: {}. Do not edit.\n",
                     options.version, options.config, comment);
}

std::string LeafScript(const plan::Plan& plan, const Options& options, const Leaf& leaf,
                       const std::vector<bool>& is_required) {
  std::string text = Banner(options, leaf.comment);
  // Word for word: a list of CMake's would lose some.
  std::string runner;
  for (const std::string& word : options.launcher) runner += Bracket(word) + " ";
  runner += Bracket(options.runner);
  for (const std::string& arg : options.runner_args) runner += " " + Bracket(arg);
  // No script names the directory of its generation, so that the next one may have the same script.
  text += fmt::format(
      "get_filename_component(KVMTEST_TESTS \"${{CMAKE_CURRENT_LIST_DIR}}/{}\" ABSOLUTE)\n",
      leaf.descriptions);
  Allotments allotments(plan);
  std::string timeout;  // what KVMTEST_TIMEOUT is by now
  for (const ScriptedTest& scripted : leaf.tests) {
    const plan::Test& test = *scripted.test;
    const Allotment& allotment = allotments.Of(test);
    std::string name = Bracket(TestName(plan, test, options, leaf.all_hosts));
    std::string record = Bracket(TestName(plan, test, options, false));
    const std::string seconds = fmt::format("{} + 0${{{}}}", test.timeout + kGrace, allotment.wait);
    if (seconds != timeout) text += fmt::format("math(EXPR KVMTEST_TIMEOUT \"{}\")\n", seconds);
    timeout = seconds;
    fmt::format_to(std::back_inserter(text),
                   "add_test({} {} --tests \"${{KVMTEST_TESTS}}@{}\" --test {} "
                   "${{{}}})\n",
                   name, runner, scripted.offset, record, allotment.wait_option);
    text.append("set_tests_properties(").append(name).append(" PROPERTIES ");
    text +=
        Properties(plan, options, leaf, test, allotment, is_required[&test - plan.tests.data()]);
    text += ")\n";
  }
  // After the tests: it adds the labels to those that this directory has by now.
  text +=
      fmt::format("set_directory_properties(PROPERTIES LABELS {})\n", Bracket(Joined(leaf.labels)));
  return text;
}

std::string TestList(const plan::Plan& plan, const Options& options, const Leaf& leaf) {
  std::string text;
  for (const ScriptedTest& scripted : leaf.tests) {
    std::string name = TestName(plan, *scripted.test, options, leaf.all_hosts);
    if (!ListItemFault(name)) {
      text += fmt::format("list(APPEND kvmtest_test_list {})\n", Bracket(name));
    }
  }
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
