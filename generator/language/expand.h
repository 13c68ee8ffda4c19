// Dicts: what a configuration expands to, one for each surviving path through the
// variants, in the reference's order.
#ifndef KVMTEST_LANGUAGE_EXPAND_H_
#define KVMTEST_LANGUAGE_EXPAND_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "language/bounds.h"
#include "language/config.h"
#include "language/diagnostic.h"

namespace kvmtest::language {

struct Param {
  std::string_view key;
  std::string_view value;
  Span origin;  // the statement that set or changed it last
};

struct FileMapEntry {
  std::string_view file;  // basename of a file with variants, or "<string>"
  std::string_view name;
};

// One dict. Lives only during the sink's call; copy what must last.
struct Dict {
  std::string_view name;
  std::string_view shortname;
  // "dep" in the modern dialect, "depend" in 2009's.
  std::span<const std::string_view> deps;
  // Sorted by key (bytes); without name, shortname, dep and the file maps.
  std::span<const Param> params;
  // Sorted by file; empty if there are no variants, and always in 2009's dialect.
  std::span<const FileMapEntry> name_map;
  std::span<const FileMapEntry> short_name_map;
  // The variants taken, in name order (latest block first).
  std::span<const VariantId> variants;
  Dialect dialect = Dialect::kModern;
  // Those of the language's own keys that have a text in place of the list or map above,
  // because of `_fixed` and its like (never in sane configs).
  std::span<const Param> replaced = {};

  std::optional<std::string_view> Get(std::string_view key) const;
  // The statement that set the param last; unknown if there is no such param.
  Span OriginOf(std::string_view key) const;
};

struct ExpandOptions {
  // Stop with an error beyond so many dicts; 0 = no limit.
  uint64_t max_dicts = 0;
  // Threads that ExpandJson may use, the calling one among them. They are started only once
  // the output has grown so long that they pay; the output does not depend on them.
  unsigned jobs = 1;
  Bounds bounds = {};
  // Of `Expand`: asked with the variants of each dict, in name order, whether to make it. Those
  // that are not made cost next to nothing where WantedIsAskedFirst(), and max_dicts counts only a
  // hundredth of them.
  std::function<bool(std::span<const VariantId>)> wanted = {};
};

// Is `wanted` asked before a dict is made (modern, without joins), and not behind it?
bool WantedIsAskedFirst(const Config& config);

// Calls `sink` with every dict in order, as soon as it is known, until it returns false.
// False if an error was reported (dicts before it were delivered; none if there are too many of a
// modern tree without joins).
bool Expand(const Config& config, const ExpandOptions& options,
            const std::function<bool(const Dict&)>& sink, Diagnostics& diagnostics);

// The same with every dict as WriteCanonicalJson has it, which is faster than both one after the
// other. `sink` gets one or more whole lines, which live only during the call; what fills no
// piece is delivered at the end, also before an error.
bool ExpandJson(const Config& config, const ExpandOptions& options,
                const std::function<bool(std::string_view lines)>& sink, Diagnostics& diagnostics);

// The names only, or only their number, without building dicts: errors that happen
// while operators are applied (a bad `?=` pattern) are not seen. Dicts are built all the same
// where joins need it, and for names where there is `name_fixed` or its like.
bool ExpandNames(const Config& config, const std::function<bool(std::string_view)>& sink,
                 Diagnostics& diagnostics, const ExpandOptions& options = {});
// `counted` is told every dict that is counted by itself, as those of joins and of 2009 are.
std::optional<uint64_t> CountDicts(
    const Config& config, Diagnostics& diagnostics, const Bounds& bounds = {},
    const std::function<void()>& counted = [] {});

// Appends the dict as one line of canonical JSON, newline included: keys in byte order,
// no blanks, UTF-8 as it is.
void WriteCanonicalJson(const Dict& dict, std::string* out);

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_EXPAND_H_
