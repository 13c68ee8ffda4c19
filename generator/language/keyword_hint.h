// A statement's first word that is nearly a keyword.
#ifndef KVMTEST_LANGUAGE_KEYWORD_HINT_H_
#define KVMTEST_LANGUAGE_KEYWORD_HINT_H_

#include <string>
#include <string_view>

#include "language/config.h"

namespace kvmtest::language {

// "did you mean 'only'?" of a line that begins with "onyl" or "onyl:": one byte more, less or
// other, or two in the wrong order. "" of one that begins with nothing like a keyword.
std::string KeywordHint(std::string_view line, Dialect dialect);

// The same of a line that sets an odd key: keys may well begin with words of a few letters.
std::string KeywordHintInKey(std::string_view key, Dialect dialect);

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_KEYWORD_HINT_H_
