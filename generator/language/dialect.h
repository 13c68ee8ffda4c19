// Which dialect a tree of files is written in.
#ifndef KVMTEST_LANGUAGE_DIALECT_H_
#define KVMTEST_LANGUAGE_DIALECT_H_

#include <string>

#include "language/config_impl.h"
#include "language/diagnostic.h"

namespace kvmtest::language {

// Looks through the main file and all it includes for what only one dialect can mean; a first
// line `# dialect: 2009` or `# dialect: modern` is such a sign, and that of the main file decides.
// Without any sign: modern. Reports a tree that shows signs of both, and says so if it
// chose 2009.
Dialect DetectDialect(FileReader& reader, const std::string& path, ConfigImpl* config,
                      Diagnostics* diagnostics);

// Does neither the first line of the main file nor anything else say which dialect it is?
bool ShowsNoDialect(FileReader& reader, const std::string& path);

// Reports first lines that name another dialect than the one that the tree is read in, unless
// the user has `chosen` that; that name none; and that are not what they look like, because of a
// byte order mark.
void CheckFirstLines(const ConfigImpl& config, bool chosen, Diagnostics* diagnostics);

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_DIALECT_H_
