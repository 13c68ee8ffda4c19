// Which texts may be names. Config files are bytes; what we make of them goes into JSON, scripts
// and reports, so a name is refused early and clearly rather than mangled late.
#ifndef KVMTEST_PLAN_TEXT_H_
#define KVMTEST_PLAN_TEXT_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "language/diagnostic.h"
#include "language/json_string.h"

namespace kvmtest::plan {

// For those behind the plan, who know nothing of the language.
using language::AppendJsonString;
using language::DidYouMean;

bool IsUtf8(std::string_view text);

// Why the text cannot be a name, in words for a diagnostic ("it is empty"); nothing when it can.
std::optional<std::string> NameFault(std::string_view text);

// The words of a text, as Python's split(): `mac_ranges = r0 r1`.
std::vector<std::string_view> Words(std::string_view text);

}  // namespace kvmtest::plan

#endif  // KVMTEST_PLAN_TEXT_H_
