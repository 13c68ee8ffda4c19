#ifndef KVMTEST_VM_CONSOLE_PATTERNS_H_
#define KVMTEST_VM_CONSOLE_PATTERNS_H_

#include <string>
#include <variant>
#include <vector>

#include "vm/params.h"

namespace kvmtest::vm {

// What a test says of its VM's console: regular expressions (RE2) for single lines.
struct ConsolePatterns {
  std::string fail;                 // a line that fails the test; empty: none but the known ones
  std::string ignore;               // lines that are no failure whatever they say
  std::vector<std::string> expect;  // each must have matched some line by the test's end
};

// From console_fail, console_ignore and console_expect. The last is a list, with " && " between its
// members; the first two have '|' for that.
std::variant<ConsolePatterns, ParamError> ReadConsolePatterns(const Params& vm_params);

}  // namespace kvmtest::vm

#endif  // KVMTEST_VM_CONSOLE_PATTERNS_H_
