// Which queue runs what, so that the last one ends soonest.
//
// Everything is fitted under a common end: the earliest of a fixed scale under which all find room.
// What few queues admit comes first, and of that what takes longest; each piece goes to the first
// of its favourites with room, else to the queue with most room, else to one from which shorter
// pieces can be moved. Favourites depend on names alone, and the scale on nothing, so that a small
// change of the tests moves few of them.
#ifndef KVMTEST_PLAN_ASSIGN_H_
#define KVMTEST_PLAN_ASSIGN_H_

#include <cstdint>
#include <string>
#include <vector>

#include "plan/timeline.h"

namespace kvmtest::plan {

struct Lane {            // a queue
  uint32_t machine = 0;  // in Assignment::machines
  std::string name;      // of host and queue
};

// Tests that stay together: one, or all that require each other.
struct Piece {
  std::string name;
  uint64_t work = 0;         // milliseconds on a queue
  uint64_t cpu_work = 0;     // milliseconds times CPUs
  uint64_t memory_work = 0;  // milliseconds times MiB
  uint32_t admitted = 0;     // in AssignProblem::admitted
};

struct AssignProblem {
  std::vector<Machine> machines;
  std::vector<Lane> lanes;
  std::vector<std::vector<uint32_t>> admitted;  // lanes, ascending, at least one
  std::vector<Piece> pieces;
};

// The lane of each piece.
std::vector<uint32_t> Assign(const AssignProblem& problem);

// No assignment ends sooner, in milliseconds: the longest piece, and the work that some lanes alone
// admit, divided among these.
uint64_t LeastEnd(const AssignProblem& problem);

}  // namespace kvmtest::plan

#endif  // KVMTEST_PLAN_ASSIGN_H_
