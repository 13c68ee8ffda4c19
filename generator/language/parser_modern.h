// Lines -> tree, for the modern dialect.
#ifndef KVMTEST_LANGUAGE_PARSER_MODERN_H_
#define KVMTEST_LANGUAGE_PARSER_MODERN_H_

#include "language/config_impl.h"
#include "language/diagnostic.h"

namespace kvmtest::language {

// Parses the main file and the strings into config->tree. What is wrong is reported; the
// tree holds what could be understood.
void ParseModern(FileReader& reader, const Input& input, ConfigImpl* config,
                 Diagnostics* diagnostics);

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_PARSER_MODERN_H_
