// The gates (plan/gates.h) of a build tree. Its calls share the queues of their hosts and may be
// generated apart, so the scripts of each name only the queues that admit a test; what that means
// beside the others is in <root>/resources.cmake, which whoever loads the scripts includes first.
#ifndef KVMTEST_CTEST_GATES_H_
#define KVMTEST_CTEST_GATES_H_

#include <string>
#include <vector>

#include "ctest/resource_spec.h"

namespace kvmtest::ctest {

// The CMake variables that hold, for tests that a set of queues (QueueSetName) runs: what to take
// beside the rest, as the end of a resource group; seconds that they may have to wait for a queue;
// and what tells the runner. Not set where it is nothing.
std::string GatesVariable(const std::string& queue_set);
std::string WaitVariable(const std::string& queue_set);
std::string WaitOptionVariable(const std::string& queue_set);

struct TreeGates {
  Resources resources;
  std::string script;                 // of CMake, sets the variables
  std::vector<std::string> warnings;  // without "warning: "
};

// From the merged spec of all calls.
TreeGates GatesOfTree(const ResourceSpec& merged);

}  // namespace kvmtest::ctest

#endif  // KVMTEST_CTEST_GATES_H_
