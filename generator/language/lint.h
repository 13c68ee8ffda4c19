// Warnings that need the whole configuration: filters that can do nothing, or do too much, whatever
// other filters say.
#ifndef KVMTEST_LANGUAGE_LINT_H_
#define KVMTEST_LANGUAGE_LINT_H_

#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

#include "language/config_impl.h"
#include "language/diagnostic.h"

namespace kvmtest::language {

// Of a configuration without errors:
//   unknown-label:    an element of a filter that no variant anywhere is called
//   unknown-sequence: labels that nowhere stand next to each other
//   never-matches:    an only, no or condition that can match nothing where it stands
//   nothing-left:     filters of one variant that let none of its dicts pass
void LintFilters(const ConfigImpl& config, Diagnostics* diagnostics);

// As few of the filters as together still leave nothing, which they all together do; the last
// `kept` stay in any case.
template <typename Filter, typename LeavesNothing>
std::vector<Filter> Fewest(std::vector<Filter> filters, size_t kept,
                           const LeavesNothing& leaves_nothing) {
  for (size_t i = 0; i + kept < filters.size();) {
    std::vector<Filter> fewer = filters;
    fewer.erase(fewer.begin() + static_cast<ptrdiff_t>(i));
    if (leaves_nothing(fewer))
      filters = std::move(fewer);
    else
      ++i;
  }
  return filters;
}

// So many only and no around a condition are looked at.
inline constexpr size_t kMaxFiltersAround = 100;

// Of a condition: why it never holds, and what has to do with it.
inline constexpr std::string_view kRemovedBefore = "every dict for which it would is removed";
inline std::string_view WhatRemoves(ItemKind kind) {
  if (kind == ItemKind::kOnly) return "by this 'only'";
  return kind == ItemKind::kNo ? "by this 'no'" : "this condition";
}

// What the filter of a statement does that matches nothing: "this 'only' removes everything".
std::string_view EffectOfNoMatch(ItemKind kind);

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_LINT_H_
