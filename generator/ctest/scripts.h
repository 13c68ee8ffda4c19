// The scripts that ctest reads: tests of one set and queue (a leaf, whose directory carries their
// labels), and what a host, or one queue of it, includes.
#ifndef KVMTEST_CTEST_SCRIPTS_H_
#define KVMTEST_CTEST_SCRIPTS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "ctest/generation.h"
#include "plan/plan.h"

namespace kvmtest::ctest {

struct ScriptedTest {
  const plan::Test* test;
  uint64_t offset;  // of its record in the file of descriptions
};

struct Leaf {
  std::string comment;  // set, host and queue in words
  std::vector<std::string> labels;
  std::vector<ScriptedTest> tests;
  bool all_hosts;            // names as they are when all hosts are shown
  std::string descriptions;  // the file, relative to the leaf's directory
};

// For tests it expects what <root>/resources.cmake sets (ctest/gates.h).
std::string LeafScript(const plan::Plan& plan, const Options& options, const Leaf& leaf,
                       const std::vector<bool>& is_required);

// The part of a script that puts the leaf's tests behind those of the list kvmtest_test_list.
std::string TestList(const plan::Plan& plan, const Options& options, const Leaf& leaf);

// The part of a script that includes other directories, relative to its own.
std::string Subdirectories(const std::vector<std::string>& directories);

// The first line of every generated script.
std::string Banner(const Options& options, const std::string& comment);

}  // namespace kvmtest::ctest

#endif  // KVMTEST_CTEST_SCRIPTS_H_
