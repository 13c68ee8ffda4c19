// What `plan` and `ctest` have in common: which configuration, which sets, how many queues.
#ifndef KVMTEST_GENERATOR_PLAN_OPTIONS_H_
#define KVMTEST_GENERATOR_PLAN_OPTIONS_H_

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "dicts_command.h"
#include "plan/build.h"

namespace kvmtest {

struct PlanOptions {
  ConfigOptions config;
  std::string name = "kvm";
  std::vector<std::string> sets;
  uint32_t queues = 0;  // 0: what the machine can bear
  uint64_t timeout = 600;
  uint64_t max_dicts = 1'000'000;
  std::string costs;  // path of a file
  bool processors = false;

  void AddTo(CLI::App* command);

  // What is put around the tests' names; nothing: the call's name and a dot.
  std::optional<size_t> around_names = {};

  // Without what is in files.
  plan::BuildOptions Build() const;
  // Nothing, with the reason behind `messages`, if the file of costs cannot be read.
  std::optional<plan::BuildOptions> Build(language::FileReader& reader,
                                          std::string* messages) const;
};

// Tests of a named call become CTest names, directories and resource types.
bool IsCallName(const std::string& name);

}  // namespace kvmtest

#endif  // KVMTEST_GENERATOR_PLAN_OPTIONS_H_
