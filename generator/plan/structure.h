// Which `variants` blocks mean what: hosts and queues, test sets, the rest.
#ifndef KVMTEST_PLAN_STRUCTURE_H_
#define KVMTEST_PLAN_STRUCTURE_H_

#include <vector>

#include "language/config.h"

namespace kvmtest::plan {

struct Structure {
  // Blocks (by id) with a variant that assigns `hostname` or `queue`.
  std::vector<bool> places;
  // The last top-level block behind all of those; kNone if there is none, or no such block.
  language::BlockId set_block = language::kNone;

  // The labels of these blocks say where a test runs, not which test it is.
  bool IsPlacement(language::BlockId block) const { return block == set_block || places[block]; }
};

Structure FindStructure(const language::Config& config);

}  // namespace kvmtest::plan

#endif  // KVMTEST_PLAN_STRUCTURE_H_
