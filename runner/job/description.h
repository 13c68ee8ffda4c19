#ifndef KVMTEST_JOB_DESCRIPTION_H_
#define KVMTEST_JOB_DESCRIPTION_H_

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "vm/params.h"

namespace kvmtest::job {

// A block of addresses that belongs to a queue: base + offset onward, count of them.
struct Range {
  std::string name;      // "r0"
  std::string resource;  // "kvmr__hostname1__1__r0"
  std::string base_mac;
  std::string base_ip;  // may be empty
  uint64_t size = 0;    // of the whole range
  uint64_t offset = 0;
  uint64_t count = 0;
};

struct QueueChoice {
  std::string name;       // "1"
  std::string resource;   // "kvmq__hostname1__1"
  std::string lock;       // absolute: whoever runs a test on the queue holds it
  std::string state_dir;  // absolute
  std::vector<Range> ranges;
  vm::Params::Map params;  // what differs when the test runs on this queue
  double timeout = 600;    // seconds that it may take there, at most Description::timeout
};

// A test as the generator describes it (schema 1; generator/README.md): one line of
// tests.jsonl with the header's common part merged in.
struct Description {
  std::string test;
  std::string name;
  std::string shortname;
  std::string set;
  std::string host;
  std::string generation;
  std::string plan;
  std::string results_dir;
  std::string pool_resource;
  std::string origin;
  double timeout = 600;  // seconds
  std::vector<std::string> labels;
  std::vector<std::string> requires_tests;
  std::vector<QueueChoice> queues;  // one: pinned to it; more: any of them
  vm::Params::Map params;
};

// Where a description stands: "/abs/tests.jsonl@4711".
struct Location {
  std::string path;
  uint64_t offset = 0;
};
// Nothing useful after the last '@': an error text.
std::variant<Location, std::string> ParseLocation(const std::string& text);

// Reads the header and the record there, which must be that of `test`. Errors name the
// place as file@offset.
std::variant<Description, std::string> ReadDescription(const Location& location,
                                                       const std::string& test);

}  // namespace kvmtest::job

#endif  // KVMTEST_JOB_DESCRIPTION_H_
