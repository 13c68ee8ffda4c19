// Names of the 2009 dialect: what filters look at while a program runs, and what changes
// them. (Which records there are, and what else is done to them, is expand_2009's.)
#ifndef KVMTEST_LANGUAGE_NAMES_2009_H_
#define KVMTEST_LANGUAGE_NAMES_2009_H_

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "language/dict_builder.h"
#include "language/pattern_automaton.h"
#include "language/program_2009.h"
#include "language/regex.h"

namespace kvmtest::language {

struct Names2009 {
  std::string name;
  std::string shortname;
  std::vector<std::string> depend;
  std::shared_ptr<const Value> depend_text;  // `depend = x`
};

// Is `word` in `name`, between dots or its ends?
bool FindLabel(std::string_view name, std::string_view word);

// What a filter is as a regular expression: the word between dots or the name's ends.
std::string FilterPattern2009(std::string_view word);
// All of them, by which filters are told apart.
std::string TextOf(std::span<const Word2009> words);
// What finds any of the filters in names; null if that is not understood (see PatternAutomaton).
std::unique_ptr<PatternAutomaton> FilterAutomaton2009(std::span<const Word2009> words);
// Has it a ',' that is none of "{1,2}"? It parts no filters.
bool HoldsComma2009(std::string_view word);
// All filters that are no regular expressions, in the order of the text. One is an error only where
// it is met; but who mends that one wants to know of the others.
std::vector<ExpandError> BadFilters2009(const Block2009& block);

class NameRules2009 {
 public:
  explicit NameRules2009(const Interner& keys) : keys_(keys) {}

  // Is the filter found in the name? This and the other functions are false with `error` set if
  // they cannot be done.
  bool Matches(const Word2009& word, const std::string& name, bool* result, ExpandError* error);

  // name, shortname and depend are keys like others here: what is assigned to them is what filters
  // see from then on.
  bool TouchesNames(const Item& item);
  bool Hits(const Item& item, KeyId key);
  bool Apply(const Item& item, Names2009* names, ExpandError* error);

  // What a variant does to the names of a dict that its block was run on.
  bool Enter(const Variant2009& variant, Names2009* names, ExpandError* error);
  // What a subvariant does before its block is run.
  bool EnterSub(const Variant2009& variant, Names2009* names, ExpandError* error);

 private:
  struct Matcher {
    bool literal = false;
    std::unique_ptr<Regex> regex;
    std::string error;
  };

  bool PatternMatches(const Item& item, KeyId key);

  const Interner& keys_;
  std::unordered_map<std::string_view, Matcher> matchers_;
  std::unordered_map<KeyId, std::unique_ptr<Regex>> key_patterns_;
};

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_NAMES_2009_H_
