// Plan -> the files of one generation, as texts by path. Nothing here touches the disk
// (ctest/publish.h does); what the files are for is told in generator/README.md.
#ifndef KVMTEST_CTEST_GENERATION_H_
#define KVMTEST_CTEST_GENERATION_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "ctest/properties.h"
#include "plan/plan.h"

namespace kvmtest::ctest {

struct Options {
  std::string name;        // of the kvm_discover_tests call
  std::string config;      // as the user spelled it; for comments only
  std::string output_dir;  // absolute: <root>/<name>
  std::string state_dir;   // absolute: the queues' states, by host
  std::string root;        // absolute: what all calls of the build tree share
  std::string runner;      // absolute
  std::vector<std::string> runner_args;
  std::vector<std::string> launcher;  // words before the runner
  std::vector<std::string> labels;    // of every test, beside those of the configuration
  std::string test_prefix;            // of CTest names, usually "<name>."
  std::string test_suffix;
  std::vector<Property> properties;  // further ones of every test
  bool order_by_plan = true;         // else ctest orders by what it has measured
  bool pulls_required = true;        // a selected test brings along those that it requires
  bool source_locations = false;     // tells IDEs where a test comes from
  bool test_lists = false;           // writes the names for CMake to read, too
  std::string version;               // of the generator
  std::string merge_spec;            // the project's own resource spec, JSON; empty for none
  std::string merge_spec_path;       // where that came from, for messages
};

struct Generation {
  std::string digest;                        // 16 hex digits
  std::string directory;                     // absolute
  std::map<std::string, std::string> files;  // by path in the directory
  std::string pointer;                       // text of current.cmake
  std::vector<std::string> errors;           // "place: error: text" lines; then nothing else holds
};

// Sets, hosts, queues and labels of the plan are such that ListItemFault (quote.h) finds nothing.
Generation Render(const plan::Plan& plan, const Options& options);

// The CTest name of a test; `all_hosts`: when the tests of all hosts are shown at once.
std::string TestName(const plan::Plan& plan, const plan::Test& test, const Options& options,
                     bool all_hosts);

}  // namespace kvmtest::ctest

#endif  // KVMTEST_CTEST_GENERATION_H_
