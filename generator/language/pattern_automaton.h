// A regular expression as an automaton: can be run through texts in pieces, for many texts that
// begin alike only once, which RE2 does not offer.
#ifndef KVMTEST_LANGUAGE_PATTERN_AUTOMATON_H_
#define KVMTEST_LANGUAGE_PATTERN_AUTOMATON_H_

#include <array>
#include <bitset>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kvmtest::language {

class PatternAutomaton {
 public:
  using State = uint32_t;
  static constexpr State kFound = 0;  // whatever follows

  // Finds any of the patterns, which are as TranslateRegex writes them for bytes. Null if one is
  // too large, or holds what is not understood here.
  static std::unique_ptr<PatternAutomaton> Make(std::span<const std::string> patterns);

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
  enum class Op : uint8_t { kByte, kSplit, kBegin, kEnd, kEdge, kNoEdge, kFound };
  struct Step {
    Op op;
    uint32_t next, other;  // kByte: the set of bytes; kSplit: another next
  };
  using Steps = std::vector<uint32_t>;
  struct DfaState {
    Steps steps;         // that wait for a byte or for the end
    bool is_after_word;  // the last byte was a letter, digit or '_'; only where that is asked
    bool found_at_end = false;
    std::array<uint16_t, 256> next = {};  // 0xFFFF: not known yet
  };
  // Between two bytes, or at the text's ends.
  struct Place {
    bool is_begin = false;
    bool is_end = false;
    std::optional<bool> is_edge = {};  // of a word; not known before the next byte
  };

  void Begin();
  // Adds what can be come to from a step without a byte. True if that is where a pattern ends.
  bool Follow(uint32_t step, const Place& place, Steps* out) const;
  // The same from all steps of a state.
  bool FollowAll(const DfaState& state, const Place& place, Steps* out) const;
  DfaState& AddState(Steps steps, bool is_after_word);
  State StateOf(Steps steps, bool is_after_word);

  std::vector<Step> steps_;
  std::vector<Bytes> sets_;
  std::vector<uint32_t> entries_;  // of the patterns
  std::map<std::pair<Steps, bool>, State> index_;
  std::vector<DfaState> states_;
  State start_ = kFound;
  bool asks_for_edges_ = false;
  bool gave_up_ = false;
};

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_PATTERN_AUTOMATON_H_
