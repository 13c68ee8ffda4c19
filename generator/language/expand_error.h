// An error while expanding, and where.
#ifndef KVMTEST_LANGUAGE_EXPAND_ERROR_H_
#define KVMTEST_LANGUAGE_EXPAND_ERROR_H_

#include <string>

#include "language/source.h"

namespace kvmtest::language {

struct ExpandError {
  std::string code;
  std::string message;
  Span span;
};

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_EXPAND_ERROR_H_
