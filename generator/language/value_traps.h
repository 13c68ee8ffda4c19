// Values that hold what looks like something else: a comment, a quote, a line that goes on.
#ifndef KVMTEST_LANGUAGE_VALUE_TRAPS_H_
#define KVMTEST_LANGUAGE_VALUE_TRAPS_H_

#include <string>
#include <string_view>
#include <vector>

#include "language/config.h"

namespace kvmtest::language {

struct ValueTrap {
  const char* code;
  size_t pos;  // in the value
  size_t length;
  std::string message;
  std::string hint = {};
};

// `value`: as it is written, with its quotes.
std::vector<ValueTrap> FindValueTraps(std::string_view value, Dialect dialect);

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_VALUE_TRAPS_H_
