#include "plan_options.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <sstream>
#include <thread>
#include <utility>

#include "ctest/quote.h"

namespace kvmtest {
namespace {

// Guests wait more than they compute, but each needs memory: one queue per core and 2 GiB.
uint32_t MachineQueues() {
  auto pages = static_cast<uint64_t>(std::max(0L, sysconf(_SC_PHYS_PAGES)));
  auto page = static_cast<uint64_t>(std::max(0L, sysconf(_SC_PAGESIZE)));
  uint64_t by_memory = pages * page / (uint64_t{2} << 30);
  uint64_t by_cores = std::thread::hardware_concurrency();
  return static_cast<uint32_t>(std::clamp<uint64_t>(std::min(by_memory, by_cores), 1, 64));
}

// May the STRING leave out tests? Not if each of its lines is an assignment, be it below a
// condition of the same line; what else there may be is not looked into.
bool MayLeaveOut(const std::string& text) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string first;
    if (!(words >> first) || first[0] == '#') continue;
    if (first == "only" || first == "no" || line.find('=') == std::string::npos) return true;
  }
  return false;
}

}  // namespace

void PlanOptions::AddTo(CLI::App* command) {
  AddConfigOptions(command, &config);
  command->add_option("--name", name, "Of the call; automatic addresses depend on it")
      ->check([](const std::string& text) {
        return IsCallName(text) ? std::string()
                                : "'" + text +
                                      "' may hold letters, digits, '.', '_', '+' and "
                                      "'-', a letter or digit first";
      })
      ->capture_default_str();
  command->add_option("--test-set", sets, "Only the tests of this set; may be repeated")
      ->allow_extra_args(false);
  command
      ->add_option("--queues", queues,
                   "Queues of a host for which the configuration names none (default: what "
                   "this machine can bear; 1 for hosts that are named)")
      ->check(CLI::Range(1, 256));
  command->add_option("--timeout", timeout, "Seconds for tests without 'test_timeout'")
      ->check(CLI::Range(1, 366 * 86400))
      ->capture_default_str();
  command->add_option("--costs", costs, "File with the seconds that tests took in earlier runs");
  command->add_flag("--processors", processors,
                    "Count the CPUs of a test's VMs, or its 'used_cpus', against ctest's -j");
  command->add_option("--max-dicts", max_dicts, "An error beyond so many dicts; 0: no limit")
      ->capture_default_str();
}

std::optional<plan::BuildOptions> PlanOptions::Build(language::FileReader& reader,
                                                     std::string* messages) const {
  plan::BuildOptions build = Build();
  if (costs.empty()) return build;
  std::optional<std::string> text = reader.Read(costs);
  if (!text) {
    *messages +=
        fmt::format("{}: error: cannot read it: {} (--costs)\n", costs, reader.Fault(costs));
    return std::nullopt;
  }
  std::string error;
  std::optional<plan::Costs> read = plan::ParseCosts(*text, costs, &error);
  *messages += error;
  if (!read) return std::nullopt;
  build.costs = std::move(*read);
  return build;
}

plan::BuildOptions PlanOptions::Build() const {
  plan::BuildOptions build;
  build.name = name;
  build.sets = sets;
  build.machine_queues = queues > 0 ? queues : MachineQueues();
  build.host_queues = queues > 0 ? queues : 1;
  build.timeout = timeout;
  build.processors = processors;
  build.max_dicts = max_dicts;
  build.label_fault = ctest::ListItemFault;
  build.label_slip = ctest::LabelSlip;
  const size_t around = around_names.value_or(name.size() + 1);
  build.longest_name = ctest::kLongestShownName - std::min(around, ctest::kLongestShownName);
  std::vector<std::string> strings = config.AllStrings();
  build.narrowed = std::any_of(strings.begin(), strings.end(), MayLeaveOut);
  return build;
}

bool IsCallName(const std::string& name) {
  auto is_word = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  auto is_other = [](char c) { return c == '.' || c == '_' || c == '+' || c == '-'; };
  return !name.empty() && is_word(name[0]) &&
         std::all_of(name.begin(), name.end(), [&](char c) { return is_word(c) || is_other(c); });
}

}  // namespace kvmtest
