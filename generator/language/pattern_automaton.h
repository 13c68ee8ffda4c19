// A regular expression as an automaton: can be run through texts in pieces, for many texts that
// begin alike only once, which RE2 does not offer.
#ifndef KVMTEST_LANGUAGE_PATTERN_AUTOMATON_H_
#define KVMTEST_LANGUAGE_PATTERN_AUTOMATON_H_

#include <array>
#include <bitset>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kvmtest::language {

class PatternAutomaton {
 public:
  using State = uint32_t;
  static constexpr State kFound = 0;  // whatever follows

  // Finds any of the patterns, which are as TranslateRegex writes them for bytes. Null if one is
  // too large, or holds what is not understood here.
  static std::unique_ptr<PatternAutomaton> Make(std::span<const std::string> patterns);

  // False if it may find what the patterns do not: \b and \B are taken to hold everywhere.
  bool exact() const { return exact_; }

  State start() const { return start_; }
  // Texts hold no line ends.
  State Next(State state, unsigned char byte);
  // Is it found if the text ends here?
  bool FoundAtEnd(State state) const { return states_[state].found_at_end; }
  // Has so many states that it cannot go on? What Next says is then of no use.
  bool GaveUp() const { return gave_up_; }

 private:
  class Reader;

  using Bytes = std::bitset<256>;
  enum class Op : uint8_t { kByte, kSplit, kBegin, kEnd, kFound };
  struct Step {
    Op op;
    uint32_t next, other;  // kByte: the set of bytes; kSplit: another next
  };
  using Steps = std::vector<uint32_t>;
  struct DfaState {
    Steps steps;  // that wait for a byte or for the end
    bool found_at_end;
    std::array<uint16_t, 256> next;  // 0xFFFF: not known yet
  };

  void Begin();
  // Adds what can be come to from a step without a byte. True if that is where a pattern ends.
  bool Follow(uint32_t step, bool at_begin, bool at_end, Steps* out) const;
  State StateOf(Steps steps);

  std::vector<Step> steps_;
  std::vector<Bytes> sets_;
  std::vector<uint32_t> entries_;  // of the patterns
  std::map<Steps, State> index_;
  std::vector<DfaState> states_;
  State start_ = kFound;
  bool exact_ = true;
  bool gave_up_ = false;
};

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_PATTERN_AUTOMATON_H_
