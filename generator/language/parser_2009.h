// Lines -> program, for the 2009 dialect.
#ifndef KVMTEST_LANGUAGE_PARSER_2009_H_
#define KVMTEST_LANGUAGE_PARSER_2009_H_

#include "language/config_impl.h"
#include "language/diagnostic.h"

namespace kvmtest::language {

void Parse2009(FileReader& reader, const Input& input, ConfigImpl* config,
               Diagnostics* diagnostics);

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_PARSER_2009_H_
