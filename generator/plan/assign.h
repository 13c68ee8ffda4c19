// Which queue runs what, so that the last one ends soonest.
#ifndef KVMTEST_PLAN_ASSIGN_H_
#define KVMTEST_PLAN_ASSIGN_H_

#include <cstdint>
#include <string>
#include <vector>

#include "plan/timeline.h"

namespace kvmtest::plan {

struct Part {         // a test
  uint64_t work = 0;  // milliseconds
  uint64_t cpus = 0;
  uint64_t memory = 0;                  // MiB
  std::vector<uint32_t> required = {};  // parts of the same piece; no circles
};

// Tests that stay together: one, or all that require each other.
struct Piece {
  std::string name = {};
  std::vector<Part> parts = {};
  uint32_t admitted = 0;  // in Site::admitted
};

struct AssignProblem {
  Site site = {};                       // lanes that admit something are listed in ascending order
  std::vector<std::string> lanes = {};  // names of host and queue, beside Site::machine_of
  std::vector<Piece> pieces = {};
};

struct Assignment {
  std::vector<uint32_t> lane_of = {};  // of each piece
  // Of each piece's parts, milliseconds; empty if any order will do.
  std::vector<std::vector<uint64_t>> begin = {};
  uint64_t end = 0;  // of the last piece, milliseconds
};

Assignment Assign(const AssignProblem& problem);

// Of all parts of a piece, or of several.
struct Demand {
  uint64_t work = 0;    // milliseconds on a queue
  uint64_t cpus = 0;    // milliseconds times CPUs
  uint64_t memory = 0;  // milliseconds times MiB

  void Add(const Part& part) {
    work += part.work;
    cpus += part.work * part.cpus;
    memory += part.work * part.memory;
  }
};

Demand DemandOf(const Piece& piece);

// No assignment ends sooner, in milliseconds: the longest piece; the work that some lanes alone
// admit, divided among these; what it takes of the machines' CPUs and memory, likewise.
uint64_t LeastEnd(const AssignProblem& problem);

}  // namespace kvmtest::plan

#endif  // KVMTEST_PLAN_ASSIGN_H_
