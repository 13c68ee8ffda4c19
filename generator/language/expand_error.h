// An error while expanding, and where.
#ifndef KVMTEST_LANGUAGE_EXPAND_ERROR_H_
#define KVMTEST_LANGUAGE_EXPAND_ERROR_H_

#include <string>
#include <vector>

#include "language/diagnostic.h"

namespace kvmtest::language {

struct ExpandError {
  std::string code;
  std::string message;
  Span span;
  std::vector<Note> notes = {};
  std::string hint = {};
};

inline void Report(const ExpandError& error, Diagnostics& diagnostics) {
  diagnostics.Report({.code = error.code,
                      .span = error.span,
                      .message = error.message,
                      .notes = error.notes,
                      .hint = error.hint});
}

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_EXPAND_ERROR_H_
