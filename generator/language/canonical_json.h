#ifndef KVMTEST_LANGUAGE_CANONICAL_JSON_H_
#define KVMTEST_LANGUAGE_CANONICAL_JSON_H_

#include <string_view>

#include "language/expand.h"
#include "language/json_string.h"

namespace kvmtest::language {

// Appends one of the members that are no params (name, dep, _name_map_file ...), with a comma
// behind; nothing for the file maps of a dict that has none.
void AppendSpecialMember(const Dict& dict, std::string_view key, JsonBuffer* out);

// WriteCanonicalJson into a buffer.
void AppendCanonicalJson(const Dict& dict, JsonBuffer* out);

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_CANONICAL_JSON_H_
