// The names that there can be at a place of a 2009 program, whatever filters select there and
// before, and what can be found in them. A name has the variants' labels, the latest block first,
// and behind them those of subvariants, the first block first. All are tried at once: names that
// look alike to the filters from some block on are followed only once.
#ifndef KVMTEST_LANGUAGE_POSSIBLE_NAMES_H_
#define KVMTEST_LANGUAGE_POSSIBLE_NAMES_H_

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "language/choices.h"
#include "language/config_impl.h"
#include "language/pattern_automaton.h"

namespace kvmtest::language {

// Where in the program: what has been added to names there.
struct NamePlace {
  VariantId variant = kNone;  // whose text it is
  BlockId behind = kNone;     // the last block of variants that was closed
  size_t subs = 0;            // so many blocks of subvariants were met before it, or are around it
};

// The words of an only, a no or a condition, where they stand. No automaton: nobody knows what
// they find.
struct WordsAt {
  PatternAutomaton* words = nullptr;
  NamePlace place;
  bool wanted = true;  // no: must not be found
};

class PossibleNames {
 public:
  PossibleNames(const ConfigImpl& config, const Choices& choices);

  // Told in the order of the text: what comes behind a variant's label in names, and a block of
  // subvariants; `perhaps`: in a condition.
  void SetBehind(VariantId variant, BlockId behind) { behind_[variant] = behind; }
  void AddSub(BlockId block, bool perhaps) { subs_.push_back({block, perhaps}); }

  // Can dicts that come to the last place pass all of these, which stand one after the other in
  // texts around each other? True as well if nobody knows.
  bool CanPass(std::span<const WordsAt> filters);
  // Can the words be found in any name at all, at any place?
  bool CanBeAnywhere(PatternAutomaton* words);

 private:
  class Search;
  struct Sub {
    BlockId block;
    bool perhaps;
  };
  // A block of subvariants in names, or the one of them that is sure.
  struct Tail {
    BlockId block;
    VariantId only;
    bool perhaps;
    size_t sub;
  };

  std::vector<Tail> TailsAt(const NamePlace& place) const;

  const ConfigImpl& config_;
  const Choices& choices_;
  std::vector<BlockId> behind_;  // by variant
  std::vector<Sub> subs_;
  uint64_t bytes_left_ = 20'000'000;  // of names, in all searches
};

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_POSSIBLE_NAMES_H_
