// CTest's resource spec: what a machine has of which type. CTest takes only one file, so those of
// all calls of a build tree, and the project's own, become one.
#ifndef KVMTEST_CTEST_RESOURCE_SPEC_H_
#define KVMTEST_CTEST_RESOURCE_SPEC_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "plan/plan.h"

namespace kvmtest::ctest {

// Slots by id, by type.
using Resources = std::map<std::string, std::map<std::string, uint64_t>>;

// The resources of one call, and the blocks of addresses its queues own: with these, calls that
// know nothing of each other are still proved not to share addresses.
struct ResourceSpec {
  struct Block {
    std::string host;
    std::string queue;
    plan::MacBlock block;
    std::string origin = {};  // file:line of a test that has it
  };
  struct State {
    std::string host;
    std::string queue;
    std::string state_dir;
  };
  // A call's queues of a host, and what its tests ask of them: what gates there are follows from
  // those of all calls (ctest/gates.h).
  struct Demand {
    std::string host;
    std::vector<std::string> queues = {};              // natural order
    uint64_t longest = 0;                              // seconds that one of them may take
    std::vector<std::vector<std::string>> pools = {};  // queues that pooled tests admit
  };
  // Which names a call's tests may have, and on which hosts (ctest/names.h).
  struct Naming {
    struct Host {
      std::string name;
      bool any_machine = false;
      bool implicit = false;
    };
    std::vector<std::string> beginnings = {};  // prefix and set
    std::string suffix = {};
    std::vector<Host> hosts = {};
  };
  Resources resources;
  std::vector<Block> blocks;
  std::vector<State> states;
  std::vector<Demand> demands;
  Naming naming = {};
};

ResourceSpec SpecOf(const plan::Plan& plan);

// Version 1.0 of CTest's format. Our own part is under "kvmtest", which CTest (3.25, 4.4) ignores.
std::string WriteSpec(const ResourceSpec& spec);

// Reads such a file of ours; on failure sets *error and returns nothing.
std::optional<ResourceSpec> ReadSpec(std::string_view text, std::string* error);

// Likewise a project's: what CTest would refuse, which then runs nothing, and what is ours.
// Comments are read over, as by CTest (3.25).
std::optional<ResourceSpec> ReadProjectSpec(std::string_view text, std::string* error);

struct NamedSpec {
  std::string name = {};  // of the call or the file, for messages
  ResourceSpec spec = {};
  bool settled = true;  // false: the call is to be made anew
};

// One spec that serves all. A host's pool becomes as large as the number of its queues in all
// calls. Anything else that two define differently is an error, and so are addresses or state
// directories that different queues own. Names are not merged. Of a spec that is not settled the
// demands count, and the resources stay that nobody else defines, for tests that are still on their
// way; nothing else.
ResourceSpec MergeSpecs(const std::vector<NamedSpec>& specs, std::vector<std::string>* errors);

}  // namespace kvmtest::ctest

#endif  // KVMTEST_CTEST_RESOURCE_SPEC_H_
