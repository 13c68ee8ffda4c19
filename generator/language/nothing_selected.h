// Why a configuration selects nothing: which filters would have to go for dicts to come back.
#ifndef KVMTEST_LANGUAGE_NOTHING_SELECTED_H_
#define KVMTEST_LANGUAGE_NOTHING_SELECTED_H_

#include <cstdint>
#include <vector>

#include "language/config.h"
#include "language/diagnostic.h"

namespace kvmtest::language {

// Notes for a message that says that nothing is selected, or nothing with the variant `within`:
// each filter whose removal alone brings dicts back; where there is none, the fewest filters that
// have to go together. Empty where that would take long to find out, and if nothing is amiss.
std::vector<Note> WhyNothingIsSelected(const Config& config, VariantId within = kNone);

// The warning "nothing-selected" with those notes.
void WarnNothingSelected(const Config& config, Diagnostics& diagnostics);

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_NOTHING_SELECTED_H_
