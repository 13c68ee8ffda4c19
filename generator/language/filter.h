// Filters of the modern dialect: what stands after only, no, join, in conditions and in
// dependencies.
//
//   F = alternative { (", " or blank) alternative }     any
//   alternative = adjacency { ".." adjacency }           all, in any order
//   adjacency = element { "." element }                  labels next to each other
//   element = name | (name) | (variable = name)
#ifndef KVMTEST_LANGUAGE_FILTER_H_
#define KVMTEST_LANGUAGE_FILTER_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "language/interner.h"
#include "language/lexer.h"

namespace kvmtest::language {

// What a filter element asks for and a label offers, as a number: a label (os=lin) is
// the atom "(os=lin)" and also offers the atom "lin".
using AtomId = uint32_t;

// Labels are named by the atom of their full text.
class LabelTable {
 public:
  AtomId Bare(std::string_view name) { return Add(name, kSelf); }
  // `text` must be "(var=name)" and live as long as the table.
  AtomId Full(std::string_view text, AtomId name) { return Add(text, name); }

  // The atom that matches a filter element without variable.
  AtomId NameAtom(AtomId label) const { return name_of_[label]; }
  bool Offers(AtomId label, AtomId atom) const { return label == atom || name_of_[label] == atom; }
  std::string_view Text(AtomId atom) const { return atoms_.Text(atom); }
  size_t size() const { return atoms_.size(); }
  const Interner& atoms() const { return atoms_; }

 private:
  static constexpr AtomId kSelf = UINT32_MAX;
  AtomId Add(std::string_view text, AtomId name) {
    AtomId id = atoms_.Intern(text);
    if (id == name_of_.size()) name_of_.push_back(name == kSelf ? id : name);
    return id;
  }

  Interner atoms_;
  std::vector<AtomId> name_of_;
};

using FilterId = uint32_t;

struct Adjacency {
  std::vector<AtomId> atoms;
  bool operator==(const Adjacency&) const = default;
};

struct Alternative {
  std::vector<Adjacency> blocks;
  bool operator==(const Alternative&) const = default;
};

struct Filter {
  std::vector<Alternative> alternatives;  // none: matches nothing
  std::vector<AtomId> any;  // set if every alternative is one lone element: those elements
  bool simple = true;       // `any` says it all

  bool operator==(const Filter& other) const { return alternatives == other.alternatives; }
};

// Is the adjacency somewhere in `labels`?
bool Occurs(const Adjacency& block, std::span<const AtomId> labels, const LabelTable& table);
bool Matches(const Alternative& alternative, std::span<const AtomId> labels,
             const LabelTable& table);
bool Matches(const Filter& filter, std::span<const AtomId> labels, const LabelTable& table);
// "(os=lin).a".
std::string NameText(std::span<const AtomId> labels, const LabelTable& table);
// How the filter is written: "a..b.c, (os=lin)".
std::string FilterText(const Filter& filter, const LabelTable& table);
std::string AlternativeText(const Alternative& alternative, const LabelTable& table);

// A filter's syntax error: what was found where.
struct FilterError {
  std::string message;
  uint32_t pos = 0;
  uint32_t length = 1;
  std::string hint = {};
};

class Arena;

// An alternative that begins with a dot (`a .b`) has an empty part. The reference cannot match
// that, but as a dependency it takes it for what stands above the variant.
enum class FilterUse { kMatching, kDependencies };

// Reads the tokens (ended by kEnd) as a filter; false with `error` filled in.
bool ParseFilter(std::span<const Token> tokens, FilterUse use, LabelTable* labels, Arena* arena,
                 Filter* filter, FilterError* error);

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_FILTER_H_
