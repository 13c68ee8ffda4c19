// More dicts than anyone wants: known before they are made, where that is quick, and told with the
// `variants` blocks that multiply.
#ifndef KVMTEST_LANGUAGE_EXPLOSION_H_
#define KVMTEST_LANGUAGE_EXPLOSION_H_

#include <cstdint>
#include <optional>

#include "language/config.h"
#include "language/diagnostic.h"
#include "language/prepared_tree.h"

namespace kvmtest::language {

struct QuickCount {
  uint64_t dicts = 0;  // UINT64_MAX stands for that many or more
  bool exact = false;  // else there are at least so many
};
// What is found out about the number of dicts within a millisecond, or `thorough` within a second.
QuickCount CountQuickly(const Config& config, bool thorough);
// The same of a tree that is walked: without joins.
QuickCount CountQuickly(const PreparedTree& prepared, bool defaults, bool thorough);

// How many dicts there would be without filters.
double CountWithoutFilters(const Config& config);

// Reports "too-many-dicts" with a table of the blocks that contribute most. `count`: of all dicts,
// where it is known.
void ReportTooManyDicts(const Config& config, uint64_t max, std::optional<uint64_t> count,
                        Diagnostics& diagnostics);
// The same where not the result has that many, but memory.
void ReportTooManyAtOnce(const Config& config, uint64_t max, Diagnostics& diagnostics);

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_EXPLOSION_H_
