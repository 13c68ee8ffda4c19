// The modern dialect's tree, upside down as the reference builds it: a `variants` block
// makes a container whose children are its variants, and every variant's only child is
// what stood before the block. So the latest block is the root, the text before the
// first block is the only leaf, and a dict is a path from the root to that leaf:
//
//   x = 1                      root: container of (c, d)
//   variants:                    c -> container of (a, b)
//       - a:                            a -> leaf (x = 1)
//       - b:                            b -> leaf
//   variants:                    d -> the same container of (a, b)
//       - c:
//       - d:                   names c.a, c.b, d.a, d.b
//
// Operators apply from the leaf up, which is the order of the text.
#ifndef KVMTEST_LANGUAGE_TREE_H_
#define KVMTEST_LANGUAGE_TREE_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "language/arena.h"
#include "language/config.h"
#include "language/filter.h"
#include "language/interner.h"
#include "language/source.h"

namespace kvmtest::language {

using KeyId = uint32_t;
using NodeId = uint32_t;
using ConditionId = uint32_t;

// A Span in twelve bytes, for the many.
struct Place {
  FileId file = kNoFile;
  uint32_t line = 0;
  uint16_t column = 0;
  uint16_t length = 0;

  static Place Of(const Span& span) {
    auto clip = [](uint32_t n) { return static_cast<uint16_t>(n < 0xFFFF ? n : 0xFFFF); };
    return {span.file, span.line, clip(span.column), clip(span.length)};
  }
  Span ToSpan() const { return {file, line, column, length}; }
};

// A key's value. Values of the text live as long as the tree; values made while
// expanding live as long as their dict.
struct Value {
  std::string_view text;
  Place origin;                            // the statement that made it
  bool lasting = true;                     // as long as the expansion, not only one dict
  mutable uint32_t rendered_key = kNone;   // `rendered` is for this key
  mutable std::string_view rendered = {};  // "key":"value", in JSON, made on first use
};

enum class ItemKind : uint8_t {
  kSet,
  kAppend,
  kPrepend,
  kLazySet,
  kRegexSet,
  kRegexAppend,
  kRegexPrepend,
  kDelete,
  kSuffix,  // key: the suffix text's key
  kOnly,
  kNo,
  kJoin,
  kCondition,
  kNegativeCondition,
};

inline bool IsOperator(ItemKind kind) {
  return kind <= ItemKind::kSuffix;
}
// Does it set a key that it spells?
inline bool SetsKey(ItemKind kind) {
  return kind <= ItemKind::kLazySet;
}
// Does it put text behind, or before, the value that a key has?
inline bool Appends(ItemKind kind) {
  return kind == ItemKind::kAppend || kind == ItemKind::kRegexAppend;
}
inline bool Prepends(ItemKind kind) {
  return kind == ItemKind::kPrepend || kind == ItemKind::kRegexPrepend;
}
inline bool IsCondition(ItemKind kind) {
  return kind == ItemKind::kCondition || kind == ItemKind::kNegativeCondition;
}

// One statement of a block.
struct Item {
  ItemKind kind = ItemKind::kSet;
  bool substitutes = false;  // the value holds a '$'
  KeyId key = kNone;         // regex kinds: the pattern as written
  uint32_t id = kNone;       // only/no/join: FilterId; conditions: ConditionId
  Value value;               // its origin is the statement's place in all kinds
};

struct Condition {
  FilterId filter = 0;
  std::span<const Item> content;
};

struct Node {
  std::span<const Item> content;  // in order of text; a suffix comes last
  std::span<const NodeId> children;
  std::span<const AtomId> labels;  // what it adds to the name; empty for containers
  FilterId deps = kNone;
  VariantId variant = kNone;  // the finished node of this variant
  uint32_t map_file = kNone;  // the variant's file in the file maps (key id of basename)
  bool append_to_shortname = false;
  bool is_default = false;  // taken first, and alone, with --defaults
};

// Everything the modern front end hands to the expander.
struct Tree {
  Arena arena;
  Interner keys;
  LabelTable labels;
  std::vector<Filter> filters;  // each distinct filter once
  std::vector<Condition> conditions;
  std::vector<Node> nodes;  // children before parents
  NodeId root = 0;
  bool has_joins = false;
  bool has_suffixes = false;

  FilterId InternFilter(Filter filter);

 private:
  std::unordered_multimap<uint64_t, FilterId> filter_ids_;
};

// Is there a key such as `name_fixed`? What a dict is called is then known only when it is built.
bool MayRename(const Interner& keys);

// Where the filter selects first.
Span PlaceOfFilter(const Tree& tree, FilterId filter);

// How many parts the joins of a node put together. One is the same as an `only`.
size_t CountJoinParts(const Tree& tree, const Node& node);

// Is there a join that puts two dicts or more together?
bool HasJoinsOfSeveral(const Tree& tree);

// The tree as text, one node a line under its parent, for tests and debugging: shared
// nodes are written once and named by number after that.
std::string DumpTree(const Tree& tree, const SourceMap& sources);

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_TREE_H_
