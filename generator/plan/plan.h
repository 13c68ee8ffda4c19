// The plan: which test runs where, with which state and which addresses. It is a value, made once
// from the dicts of a configuration (plan/build.h); what follows (CTest files, tables) only reads
// it. Nothing here knows the language or CTest's formats.
#ifndef KVMTEST_PLAN_PLAN_H_
#define KVMTEST_PLAN_PLAN_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "plan/address.h"
#include "plan/param_runs.h"
#include "plan/string_pool.h"

namespace kvmtest::plan {

// The range of queues without `mac_ranges`. Its addresses follow from the names of call and host.
inline constexpr const char* kAutomaticRange = "auto";

// A run of addresses that one queue alone may hand out: base + offset ... base + offset + count
// - 1. The offset is that of the queue's block in its range, behind addresses nobody may have.
struct MacBlock {
  std::string range;
  Mac base_mac = 0;
  std::optional<Ip> base_ip;
  uint64_t size = 0;  // of the whole range
  uint64_t offset = 0;
  uint64_t count = 0;

  bool operator==(const MacBlock&) const = default;
};

// A queue as a test sees it: its name, the state directory (the param `env`, relative to the
// host's) and the addresses. Tests of one queue may differ in the latter two; they never run at
// once, so each combination is listed by itself.
struct QueueSetup {
  uint32_t host = 0;
  std::string queue;
  std::string state_dir;
  std::vector<MacBlock> blocks;
};

struct Host {
  std::string name;
  bool any_machine = false;         // the implicit host, or `hostname = localhost`
  bool implicit = false;            // no test names it
  std::vector<std::string> queues;  // natural order
  // What its tests share, from total_cpus and total_mem; 0: nobody said how much there is.
  uint64_t cpus = 0;
  uint64_t memory = 0;  // MiB
  // Sets of its queues, ascending, but not all: of the tests that only these queues run, as many
  // may start as there are of them (plan/gates.h).
  std::vector<std::vector<uint32_t>> gates = {};
  // As Plan's, of what the plan says of this host alone: another host's tests change nothing here.
  std::string digest = {};
  std::string whole_digest = {};
};

// Who says where the tests of a set run (the param `assign`): each dict; the planner; the planner,
// but for the queue, which is taken at run time.
enum class AssignWay : uint8_t { kManual, kAuto, kPool };

struct TestSet {
  std::string name;
  AssignWay assign = AssignWay::kManual;
};

struct Test {
  // Set, then the name without the labels of set, host and queue, then "@queue" where the same
  // test runs on several queues of the host. Unique on its host.
  std::string name;
  // The name belongs to tests of several hosts: who shows all hosts at once appends "@host".
  bool on_several_hosts = false;
  std::string cost_name;  // in files of costs: set, and the name without host and queue
  std::string full_name;
  std::string shortname;
  uint32_t set = 0;
  uint32_t host = 0;
  // In Plan::queues. One: pinned to that queue. Several: pooled, the first free one takes it.
  std::vector<uint32_t> queues;
  bool pooled = false;
  std::vector<std::string> labels;  // those of the param `labels`
  uint64_t timeout = 0;             // seconds
  bool disabled = false;
  uint64_t nics = 0;
  uint64_t expected = 0;           // milliseconds that it will take
  bool is_guessed = false;         // nobody has measured that
  uint64_t cpus = 0;               // that it takes, and
  uint64_t memory = 0;             // MiB; 0: nobody said, or nobody asks
  uint64_t cost = 0;               // higher starts earlier
  std::vector<uint32_t> required;  // direct dependencies, in Plan::tests
  std::string origin;              // file:line
  std::vector<RunId> params;       // in Plan::runs
  // What else the queue says, beside `queues`; empty if none says anything.
  std::vector<std::vector<Param>> queue_params;
  std::vector<uint64_t> queue_timeouts;  // likewise, where `timeout` is not that of all queues
};

struct Plan {
  std::vector<Host> hosts;
  std::vector<QueueSetup> queues;
  std::vector<TestSet> sets;
  std::vector<Test> tests;  // config order
  StringPool texts;
  ParamRuns runs;
  bool takes_processors = false;  // ctest counts the tests' CPUs against its -j
  // Absolute paths that STRINGs beside the file set params to, ascending.
  std::vector<Param> string_paths;
  // Who runs what, where and in which order: 16 hex digits, the same on all hosts that have the
  // same configuration and costs, wherever their files lie. So without the tests' origins, and
  // without `string_paths`, which say where a machine keeps its files.
  std::string digest;
  std::string whole_digest;  // of those too
};

}  // namespace kvmtest::plan

#endif  // KVMTEST_PLAN_PLAN_H_
