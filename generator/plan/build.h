// Configuration -> plan. The one door between the language and everything that follows.
#ifndef KVMTEST_PLAN_BUILD_H_
#define KVMTEST_PLAN_BUILD_H_

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "language/config.h"
#include "language/diagnostic.h"
#include "plan/costs.h"
#include "plan/plan.h"
#include "plan/text.h"

namespace kvmtest::plan {

struct BuildOptions {
  // Of the call. Automatic address ranges depend on it, so that two calls never share one.
  std::string name = "kvm";
  // Test sets to keep; empty: all. What the others would run still counts for who owns which
  // addresses, so that a test's addresses do not change with the selection.
  std::vector<std::string> sets = {};
  // How many queues a host has for which the configuration names none: any machine, or a host
  // that is named.
  uint32_t machine_queues = 1;
  uint32_t host_queues = 1;
  uint64_t timeout = 600;          // seconds, for tests without `test_timeout`
  uint64_t max_dicts = 1'000'000;  // an error beyond: a filter was forgotten
  // From so many dicts on, of planned sets only those are made that the planner chooses.
  uint64_t very_many = 100'000;
  Costs costs = {};         // how long tests took
  bool processors = false;  // tests without `used_cpus` take as many CPUs as their VMs have
  // Why a text cannot be a label where the tests will be loaded; nothing if it can. Sets, hosts and
  // queues are labels, too.
  std::function<std::optional<std::string>(std::string_view)> label_fault = NameFault;
  // What will become of a label where results are shown, if that is not the label.
  std::function<std::optional<std::string>(std::string_view)> label_slip =
      [](std::string_view) -> std::optional<std::string> { return std::nullopt; };
  // Longer names of tests are cut where results are shown.
  size_t longest_name = std::numeric_limits<size_t>::max();
  // STRINGs were given that may well leave some set without tests.
  bool narrowed = false;
  // Behind an error the later steps look on, as far as what is left makes sense to them: for those
  // who want to know of all slips at once. There is no plan then all the same.
  bool go_on = false;
};

// The names of the test sets as far as the text alone tells, in its order. Works on what is left of
// a configuration with errors.
std::vector<std::string> TestSetNames(const language::Config& config);

// Nothing if an error was reported.
std::optional<Plan> BuildPlan(const language::Config& config, const BuildOptions& options,
                              language::Diagnostics& diagnostics);

}  // namespace kvmtest::plan

#endif  // KVMTEST_PLAN_BUILD_H_
