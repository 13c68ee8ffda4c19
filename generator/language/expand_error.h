// An error while expanding, and where.
#ifndef KVMTEST_LANGUAGE_EXPAND_ERROR_H_
#define KVMTEST_LANGUAGE_EXPAND_ERROR_H_

#include <string>

#include "language/diagnostic.h"

namespace kvmtest::language {

struct ExpandError {
  std::string code;
  std::string message;
  Span span;
};

inline void Report(const ExpandError& error, Diagnostics& diagnostics) {
  diagnostics.Report({.code = error.code, .span = error.span, .message = error.message});
}

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_EXPAND_ERROR_H_
