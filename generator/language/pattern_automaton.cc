#include "language/pattern_automaton.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace kvmtest::language {

namespace {

constexpr size_t kMaxSteps = 1000;
constexpr size_t kMaxStates = 2000;
constexpr int kMaxGroupDepth = 60;
constexpr uint16_t kUnknownState = 0xFFFF;

bool IsWordByte(unsigned char byte) {
  return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
         (byte >= '0' && byte <= '9') || byte == '_';
}

}  // namespace

// Reads the few forms that TranslateRegex writes, and makes the steps of what it has read from
// behind: each knows where to go on.
class PatternAutomaton::Reader {
 public:
  Reader(PatternAutomaton* to, std::string_view text) : to_(*to), text_(text) {}

  // The first step; empty if the pattern is not understood.
  std::optional<uint32_t> Read() {
    uint32_t tree = Alternatives();
    if (failed_ || at_ != text_.size()) return std::nullopt;
    uint32_t first = Make(tree, Add({Op::kFound, 0, 0}));
    if (failed_) return std::nullopt;
    return first;
  }

 private:
  enum class Kind { kSequence, kAlternatives, kBytes, kRepeat, kPlace };
  struct Node {
    Kind kind;
    std::vector<uint32_t> parts = {};
    uint32_t bytes = 0;  // its set
    Op place = Op::kBegin;
    uint32_t least = 0;
    std::optional<uint32_t> most = {};
  };

  bool Take(std::string_view what) {
    if (!text_.substr(at_).starts_with(what)) return false;
    at_ += what.size();
    return true;
  }

  uint32_t Fail() {
    failed_ = true;
    return 0;
  }

  uint32_t New(Node node) {
    nodes_.push_back(std::move(node));
    return static_cast<uint32_t>(nodes_.size() - 1);
  }

  uint32_t NewBytes(const Bytes& bytes) {
    to_.sets_.push_back(bytes);
    return New({.kind = Kind::kBytes, .bytes = static_cast<uint32_t>(to_.sets_.size() - 1)});
  }

  uint32_t Alternatives() {
    if (++depth_ > kMaxGroupDepth) return Fail();
    Node node{.kind = Kind::kAlternatives};
    do {
      node.parts.push_back(Sequence());
    } while (!failed_ && Take("|"));
    --depth_;
    return New(std::move(node));
  }

  uint32_t Sequence() {
    Node node{.kind = Kind::kSequence};
    while (!failed_ && at_ < text_.size() && text_[at_] != '|' && text_[at_] != ')')
      node.parts.push_back(Repeated());
    return New(std::move(node));
  }

  uint32_t Repeated() {
    uint32_t part = Item();
    Node node{.kind = Kind::kRepeat, .parts = {part}};
    if (Take("*")) return New(std::move(node));
    if (Take("+")) {
      node.least = 1;
    } else if (Take("?")) {
      node.most = 1;
    } else if (Take("{")) {
      node.least = Number(10);
      if (!Take(",")) return Fail();
      if (!Take("}")) {
        node.most = Number(10);
        if (!Take("}")) return Fail();
      }
    } else {
      return part;
    }
    return New(std::move(node));
  }

  uint32_t Item() {
    if (Take("(?s:.)")) return NewBytes(Bytes().set());
    if (Take("(?m:^)") || Take(R"(\A)")) return New({.kind = Kind::kPlace, .place = Op::kBegin});
    if (Take("(?m:$)") || Take(R"(\z)")) return New({.kind = Kind::kPlace, .place = Op::kEnd});
    if (Take(R"(\b)")) return Edge(Op::kEdge);
    if (Take(R"(\B)")) return Edge(Op::kNoEdge);
    if (Take("(?:")) {
      uint32_t inside = Alternatives();
      return failed_ || !Take(")") ? Fail() : inside;
    }
    if (Take("[")) return Set();
    Bytes bytes;
    bytes.set(Byte());
    return failed_ ? 0 : NewBytes(bytes);
  }

  uint32_t Edge(Op op) {
    to_.asks_for_edges_ = true;
    return New({.kind = Kind::kPlace, .place = op});
  }

  uint32_t Set() {
    bool negated = Take("^");
    Bytes bytes;
    while (!failed_ && !Take("]")) {
      size_t first = Byte(), last = Take("-") ? Byte() : first;
      for (size_t byte = first; byte <= last; ++byte) bytes.set(byte);
    }
    return failed_ ? 0 : NewBytes(negated ? ~bytes : bytes);
  }

  // A letter, digit or '_', or any byte as \x{...} or \n.
  size_t Byte() {
    if (Take(R"(\n)")) return '\n';
    if (Take(R"(\x{)")) {
      size_t byte = Number(16);
      return Take("}") && byte < 256 ? byte : Fail();
    }
    if (at_ == text_.size()) return Fail();
    const auto byte = static_cast<unsigned char>(text_[at_]);
    if (!IsWordByte(byte)) return Fail();
    ++at_;
    return byte;
  }

  uint32_t Number(uint32_t base) {
    uint32_t number = 0;
    const size_t begin = at_;
    for (; at_ < text_.size() && number < 0x10000; ++at_) {
      char c = text_[at_];
      uint32_t digit = c >= '0' && c <= '9'   ? static_cast<uint32_t>(c - '0')
                       : c >= 'a' && c <= 'f' ? static_cast<uint32_t>(c - 'a' + 10)
                                              : base;
      if (digit >= base) break;
      number = number * base + digit;
    }
    return at_ == begin ? Fail() : number;
  }

  // ---- steps ----------------------------------------------------------------------------------

  uint32_t Add(Step step) {
    if (to_.steps_.size() == kMaxSteps) return Fail();
    to_.steps_.push_back(step);
    return static_cast<uint32_t>(to_.steps_.size() - 1);
  }

  // The first step of the node, which goes on with `next`.
  uint32_t Make(uint32_t id, uint32_t next) {
    if (failed_) return 0;
    const Node& node = nodes_[id];
    switch (node.kind) {
      case Kind::kBytes:
        return Add({Op::kByte, next, node.bytes});
      case Kind::kPlace:
        return Add({node.place, next, 0});
      case Kind::kSequence:
        for (auto it = node.parts.rbegin(); it != node.parts.rend(); ++it) next = Make(*it, next);
        return next;
      case Kind::kAlternatives: {
        uint32_t first = Make(node.parts[0], next);
        for (size_t i = 1; i < node.parts.size(); ++i)
          first = Add({Op::kSplit, first, Make(node.parts[i], next)});
        return first;
      }
      case Kind::kRepeat:
        return MakeRepeat(node, next);
    }
    return Fail();
  }

  uint32_t MakeRepeat(const Node& node, uint32_t next) {
    uint32_t first = next;
    if (!node.most) {
      first = Add({Op::kSplit, next, next});
      uint32_t inside = Make(node.parts[0], first);
      if (failed_) return 0;
      to_.steps_[first].other = inside;
    }
    for (uint32_t i = node.least; i < node.most.value_or(0) && !failed_; ++i)
      first = Add({Op::kSplit, next, Make(node.parts[0], first)});
    for (uint32_t i = 0; i < node.least && !failed_; ++i) first = Make(node.parts[0], first);
    return first;
  }

  PatternAutomaton& to_;
  std::string_view text_;
  size_t at_ = 0;
  int depth_ = 0;
  bool failed_ = false;
  std::vector<Node> nodes_;
};

std::unique_ptr<PatternAutomaton> PatternAutomaton::Make(std::span<const std::string> patterns) {
  auto automaton = std::make_unique<PatternAutomaton>();
  for (const std::string& pattern : patterns) {
    std::optional<uint32_t> entry = Reader(automaton.get(), pattern).Read();
    if (!entry) return nullptr;
    automaton->entries_.push_back(*entry);
  }
  automaton->Begin();
  return automaton;
}

void PatternAutomaton::Begin() {
  AddState({}, false).found_at_end = true;  // kFound, which stays: all next are 0
  states_[kFound].next.fill(kFound);
  Steps steps;
  bool found = false;
  for (uint32_t entry : entries_) found |= Follow(entry, {.is_begin = true}, &steps);
  if (found) return;
  // By itself, even if some other state has the same steps: here the text may be empty.
  start_ = static_cast<State>(states_.size());
  AddState(std::move(steps), false);
}

bool PatternAutomaton::Follow(uint32_t step, const Place& place, Steps* out) const {
  std::vector<uint32_t> open = {step};
  std::vector<bool> seen(steps_.size());
  while (!open.empty()) {
    uint32_t at = open.back();
    open.pop_back();
    if (seen[at]) continue;
    seen[at] = true;
    const Step& here = steps_[at];
    bool goes_on = false, waits = false;
    switch (here.op) {
      case Op::kFound:
        return true;
      case Op::kSplit:
        open.push_back(here.other);
        goes_on = true;
        break;
      case Op::kBegin:
        goes_on = place.is_begin;
        break;
      case Op::kEnd:
        goes_on = place.is_end;
        waits = true;
        break;
      case Op::kEdge:
      case Op::kNoEdge:
        waits = !place.is_edge;
        // An empty text has neither.
        goes_on = place.is_edge == (here.op == Op::kEdge) && !(place.is_begin && place.is_end);
        break;
      case Op::kByte:
        waits = true;
    }
    if (goes_on) open.push_back(here.next);
    if (waits && out != nullptr) out->push_back(at);
  }
  return false;
}

bool PatternAutomaton::FollowAll(const DfaState& state, const Place& place, Steps* out) const {
  bool found = false;
  for (uint32_t step : state.steps) found |= Follow(step, place, out);
  return found;
}

PatternAutomaton::DfaState& PatternAutomaton::AddState(Steps steps, bool is_after_word) {
  const bool is_begin = states_.size() == start_;
  DfaState& state = states_.emplace_back(DfaState{std::move(steps), is_after_word});
  state.found_at_end =
      FollowAll(state, {.is_begin = is_begin, .is_end = true, .is_edge = is_after_word}, nullptr);
  state.next.fill(kUnknownState);
  return state;
}

PatternAutomaton::State PatternAutomaton::StateOf(Steps steps, bool is_after_word) {
  std::sort(steps.begin(), steps.end());
  steps.erase(std::unique(steps.begin(), steps.end()), steps.end());
  is_after_word = is_after_word && asks_for_edges_ &&
                  std::any_of(steps.begin(), steps.end(),
                              [this](uint32_t step) { return steps_[step].op != Op::kByte; });
  auto [it, is_new] = index_.try_emplace({std::move(steps), is_after_word}, kFound);
  if (!is_new) return it->second;
  if (states_.size() == kMaxStates) {
    gave_up_ = true;
    return kFound;
  }
  it->second = static_cast<State>(states_.size());
  AddState(it->first.first, is_after_word);
  return it->second;
}

PatternAutomaton::State PatternAutomaton::Next(State state, unsigned char byte) {
  if (uint16_t known = states_[state].next[byte]; known != kUnknownState) return known;
  const bool is_edge = states_[state].is_after_word != IsWordByte(byte);
  Steps waiting, steps;
  bool found =
      FollowAll(states_[state], {.is_begin = state == start_, .is_edge = is_edge}, &waiting);
  for (uint32_t step : waiting) {
    const Step& here = steps_[step];
    if (here.op == Op::kByte && sets_[here.other].test(byte))
      found |= Follow(here.next, {}, &steps);
  }
  // It may as well begin here.
  for (uint32_t entry : entries_) found |= Follow(entry, {}, &steps);
  State next = found ? kFound : StateOf(std::move(steps), IsWordByte(byte));
  states_[state].next[byte] = static_cast<uint16_t>(next);
  return next;
}

}  // namespace kvmtest::language
