// What there is to select, and what the test sets together select of it.
#ifndef KVMTEST_PLAN_SELECTION_H_
#define KVMTEST_PLAN_SELECTION_H_

#include "plan/draft.h"

namespace kvmtest::plan {

// Warns of tests, and of queues of hosts, that are there if the test sets' own text is left out,
// but that no set selects: a test that is new, a host's queue that the sets forgot. Silent where
// there are no sets, or where STRINGs narrow them. Leaves `config` without that text.
void WarnOfUnselected(const Context& context, language::Config* config);

}  // namespace kvmtest::plan

#endif  // KVMTEST_PLAN_SELECTION_H_
