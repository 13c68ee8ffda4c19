// Warnings that need the whole configuration: filters that can do nothing, or do too much, whatever
// other filters say.
#ifndef KVMTEST_LANGUAGE_LINT_H_
#define KVMTEST_LANGUAGE_LINT_H_

#include "language/config_impl.h"
#include "language/diagnostic.h"

namespace kvmtest::language {

// Of a configuration without errors:
//   unknown-label:    an element of a filter that no variant anywhere is called
//   unknown-sequence: labels that nowhere stand next to each other
//   never-matches:    an only, no or condition that can match nothing where it stands
//   nothing-left:     filters of one variant that let none of its dicts pass
void LintFilters(const ConfigImpl& config, Diagnostics* diagnostics);

// What the filter of a statement does that matches nothing: "this 'only' removes everything".
std::string_view EffectOfNoMatch(ItemKind kind);

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_LINT_H_
