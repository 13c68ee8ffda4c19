// A configuration of the 2009 dialect: a program. The reference keeps a list of dicts and lets
// every line act on it in turn; expand_2009.cc comes to the same dicts one by one.
#ifndef KVMTEST_LANGUAGE_PROGRAM_2009_H_
#define KVMTEST_LANGUAGE_PROGRAM_2009_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "language/tree.h"

namespace kvmtest::language {

struct Statement2009;
using Block2009 = std::vector<Statement2009>;

// A filter: a regular expression, found in the dotted name between dots or its ends.
struct Word2009 {
  std::string_view text;
  Span span;
};

struct Variant2009 {
  std::string_view name;
  bool add_to_shortname = true;
  std::vector<std::string_view> deps;
  VariantId id = kNone;
  Block2009 body;
};

enum class Kind2009 {
  kOperators,  // items, for the dicts that match all words
  kOnly,
  kNo,
  kException,  // body, for each dict that matches the word
  kVariants,
  kSubvariants,
};

struct Statement2009 {
  Kind2009 kind = Kind2009::kOperators;
  std::vector<Word2009> words;
  std::vector<Item> items;  // operators that stand together
  Block2009 body;
  std::vector<Variant2009> variants;
  BlockId block = kNone;  // of variants and subvariants
  // A condition that was to be a block of variants, which has been told.
  bool is_mistaken_block = false;
};

struct Program2009 {
  Block2009 body;              // the file, then the strings; included files in place
  bool changes_names = false;  // some line sets 'name', which filters look at
};

// The program as indented text, for tests.
std::string DumpProgram(const Program2009& program, const Interner& keys, const SourceMap& sources);

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_PROGRAM_2009_H_
