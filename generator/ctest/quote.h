// Text as CMake reads it.
#ifndef KVMTEST_CTEST_QUOTE_H_
#define KVMTEST_CTEST_QUOTE_H_

#include <optional>
#include <string>
#include <string_view>

namespace kvmtest::ctest {

// A bracket argument: [=[text]=], with as many '=' as the text needs. Nothing inside is special to
// CMake, but a line end at the beginning would be lost, so texts with control characters must be
// refused before (plan::NameFault).
std::string Bracket(std::string_view text);

// Why the text cannot be an item of a CMake list (a label, the name of a fixture), in words for a
// diagnostic; nothing when it can.
std::optional<std::string> ListItemFault(std::string_view text);

// What CDash makes of a label, if not what it is, in words for a diagnostic. (3.10 and 5.3: of text
// with an entity of XML only what comes behind the last one is kept; a label that is longer than
// its column is answered with 500, and all results of the run are lost.)
std::optional<std::string> LabelSlip(std::string_view text);

// Likewise, the longest name of a test that is shown whole.
constexpr size_t kLongestShownName = 255;

}  // namespace kvmtest::ctest

#endif  // KVMTEST_CTEST_QUOTE_H_
