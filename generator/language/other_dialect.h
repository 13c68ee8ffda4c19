// A tree without any sign of its dialect is read as modern. Is it the same to the other?
#ifndef KVMTEST_LANGUAGE_OTHER_DIALECT_H_
#define KVMTEST_LANGUAGE_OTHER_DIALECT_H_

#include "language/config.h"
#include "language/diagnostic.h"

namespace kvmtest::language {

// The warning "dialects-differ" if `config`, which `input` gave without errors, shows no sign of
// its dialect and the 2009 dialect makes something else of it: the first difference. Of more than
// `max_dicts` dicts (0: no limit) only the first are compared.
void WarnOfOtherDialect(FileReader& reader, const Input& input, const Config& config,
                        uint64_t max_dicts, Diagnostics& diagnostics);

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_OTHER_DIALECT_H_
