// Which `variants` blocks mean what: hosts and queues, test sets, the rest.
#ifndef KVMTEST_PLAN_STRUCTURE_H_
#define KVMTEST_PLAN_STRUCTURE_H_

#include <vector>

#include "language/config.h"

namespace kvmtest::plan {

struct Structure {
  // Blocks (by id) of hosts and of queues: at least half of their variants assign `hostname` or
  // `queue`. Not those of tests, of which at least half assign `type`; nor those inside a set, or
  // inside a variant with a type, which are part of what these are called.
  std::vector<bool> places;
  // The last top-level block, if one of those comes before it, and less than half of its own
  // variants assign `hostname` or `queue`; else kNone.
  language::BlockId set_block = language::kNone;

  // The labels of these blocks say where a test runs, not which test it is.
  bool IsPlacement(language::BlockId block) const { return block == set_block || places[block]; }
};

Structure FindStructure(const language::Config& config);

}  // namespace kvmtest::plan

#endif  // KVMTEST_PLAN_STRUCTURE_H_
