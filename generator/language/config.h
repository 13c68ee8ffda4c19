// The public face of the language room: text in, Config out.
//
//   DiskReader reader;
//   Diagnostics diagnostics;
//   auto config = ParseConfig(reader, {.path = "sets.cfg", .strings = {"only nightly"}},
//   diagnostics); if (!diagnostics.HasErrors())
//     Expand(*config, {}, [](const Dict& dict) { ...; return true; }, diagnostics);
#ifndef KVMTEST_LANGUAGE_CONFIG_H_
#define KVMTEST_LANGUAGE_CONFIG_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "language/diagnostic.h"
#include "language/source.h"

namespace kvmtest::language {

enum class Dialect { kAuto, k2009, kModern };

struct Input {
  std::string path;
  std::vector<std::string> strings = {};  // parsed after the file, one by one
  Dialect dialect = Dialect::kAuto;
  bool strict = false;    // silent traps are errors
  bool defaults = false;  // only default variants where a block has one
  // An error when includes bring more than this: a file that includes another twice, which
  // includes another twice, ... . A file counts as often as it is included.
  uint64_t max_included_lines = 10'000'000;
};

using VariantId = uint32_t;
using BlockId = uint32_t;
inline constexpr uint32_t kNone = UINT32_MAX;

// One label of a name: "os=lin" has a variable, "lin" has none.
struct LabelText {
  std::string var;
  std::string name;
  std::string Text() const {
    if (var.empty()) return name;
    std::string text;
    text.reserve(var.size() + name.size() + 3);
    return ((((text += '(') += var) += '=') += name) += ')';
  }
};

// One `- name:` of a `variants` block.
struct Variant {
  std::vector<LabelText> labels;  // `- 5.3:` has two in the modern dialect, one in 2009's
  std::string text;               // the labels' full texts joined by '.', as in a dict's name
  Span span;                      // of the name after `- `
  BlockId block = kNone;
  bool is_default = false;  // `@` or `[default=...]`: left out of the shortname
  bool subvariant = false;  // 2009 `subvariants`: appended to the name, not prepended
};

// One `variants` block.
struct Block {
  VariantId parent = kNone;  // the variant whose text holds the block; kNone: top level
  std::string name;          // `variants NAME:`
  Span span;                 // of the word `variants`
  std::vector<VariantId> variants;
};

// A file that was read or looked for.
struct InputFile {
  std::string path;
  bool present = true;  // false: an include that was absent
};

class ConfigImpl;  // the tree; internal (tree.h)

class Config {
 public:
  explicit Config(std::unique_ptr<ConfigImpl> impl);
  ~Config();

  const SourceMap& sources() const;
  // Never kAuto.
  Dialect dialect() const;
  // Every path read, in order, and every include path that was absent (each once).
  const std::vector<InputFile>& inputs() const;
  // All `variants` blocks in the order of their text (an include stands where it is
  // written; a file included twice gives its blocks twice).
  const std::vector<Block>& blocks() const;
  const std::vector<Variant>& variants() const;
  const Variant& variant(VariantId id) const { return variants()[id]; }
  // Does the variant's own text, conditions included but nested `variants` blocks not,
  // assign `key`? A named block's implied `NAME = variant` counts.
  bool VariantAssigns(VariantId id, std::string_view key) const;

  const ConfigImpl& impl() const { return *impl_; }
  ConfigImpl& impl() { return *impl_; }

 private:
  std::unique_ptr<ConfigImpl> impl_;
};

// Parses the file and then the strings. On errors, diagnostics.HasErrors(); the Config
// then holds what could be parsed (so that test sets can still be listed) and must not
// be expanded. It is null only if the main file cannot be read, see diagnostics.
std::unique_ptr<Config> ParseConfig(FileReader& reader, const Input& input,
                                    Diagnostics& diagnostics);

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_CONFIG_H_
