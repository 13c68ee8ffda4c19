#ifndef KVMTEST_REPORT_CMAKE_WORDS_H_
#define KVMTEST_REPORT_CMAKE_WORDS_H_

#include <string>
#include <string_view>
#include <vector>

namespace kvmtest::report {

// What kvmtest's own CMake scripts say, as far as a report needs it: call.cmake and current.cmake
// have everything that a user wrote in bracket arguments, [==[...]==].

// The bracket arguments of a text, in order.
std::vector<std::string> BracketArguments(std::string_view text);
// Those of `set(<name> ...)`.
std::vector<std::string> SetArguments(std::string_view script, const std::string& name);

// The command line of `kvmtest-generate explain` for the tests of a call, up to --test; empty if
// the call's script (call.cmake) is not as expected.
std::vector<std::string> ExplainCommand(std::string_view call_script);

}  // namespace kvmtest::report

#endif  // KVMTEST_REPORT_CMAKE_WORDS_H_
