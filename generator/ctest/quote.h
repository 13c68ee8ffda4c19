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

}  // namespace kvmtest::ctest

#endif  // KVMTEST_CTEST_QUOTE_H_
