#include "language/possible_names.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

namespace kvmtest::language {

namespace {

constexpr uint64_t kMaxBytes = 500'000;  // of names, in one search

// Of a filter that stands before what has been added to the name so far, and of one whose part
// of the name has not begun.
constexpr uint32_t kNotYet = UINT32_MAX, kFresh = UINT32_MAX - 1;
// The filter saw no more of the name, and found nothing in it.
constexpr uint32_t kMissed = UINT32_MAX - 2;

}  // namespace

// Follows names from their beginning, that is, from the latest block.
class PossibleNames::Search {
 public:
  Search(const PossibleNames& names, std::span<const WordsAt> filters, std::vector<Tail> tails,
         uint64_t bytes)
      : names_(names), filters_(filters), tails_(std::move(tails)), bytes_left_(bytes) {}

  void StartAt(BlockId block) {
    Visit({block, 0, std::vector<uint32_t>(filters_.size(), kNotYet)});
  }
  void StartFilterAt(BlockId block) { Visit({block, 0, {kFresh}}); }

  // Is there a name that passes all filters? True as well if it gave up.
  bool Run() {
    while (!open_.empty() && !GaveUp()) {
      Point point = std::move(open_.back());
      open_.pop_back();
      if (point.block != kNone)
        Variants(point);
      else if (point.tail < tails_.size())
        Subvariants(point);
      else if (Passes(point))
        return true;
    }
    return GaveUp();
  }

  bool GaveUp() const { return gave_up_; }
  uint64_t bytes_left() const { return bytes_left_; }

 private:
  // So much of a name is behind us.
  struct Point {
    BlockId block;  // that is next; none: the tails
    size_t tail;
    std::vector<uint32_t> states;  // of the filters
    bool operator<(const Point& other) const {
      return std::tie(block, tail, states) < std::tie(other.block, other.tail, other.states);
    }
  };

  void Visit(Point point) {
    for (size_t i = 0; i < filters_.size(); ++i) {
      uint32_t& state = point.states[i];
      const NamePlace& place = filters_[i].place;
      if (state == kNotYet && place.behind == point.block) state = kFresh;
      bool over = point.block == kNone &&
                  (point.tail == tails_.size() || tails_[point.tail].sub >= place.subs);
      if (over && state != kMissed && state != PatternAutomaton::kFound)
        state = FoundAtEnd(i, state) ? PatternAutomaton::kFound : kMissed;
      if (state == (filters_[i].wanted ? kMissed : PatternAutomaton::kFound)) return;
    }
    if (seen_.insert(point).second) open_.push_back(std::move(point));
  }

  bool FoundAtEnd(size_t filter, uint32_t state) const {
    const PatternAutomaton& words = *filters_[filter].words;
    return words.FoundAtEnd(state >= kMissed ? words.start() : state);
  }

  bool Passes(const Point& point) const {
    for (size_t i = 0; i < filters_.size(); ++i)
      if ((point.states[i] == PatternAutomaton::kFound) != filters_[i].wanted) return false;
    return true;
  }

  void Variants(const Point& point) {
    for (VariantId variant : names_.config_.blocks[point.block].variants)
      Visit({names_.behind_[variant], 0, After(point.states, variant)});
  }

  void Subvariants(const Point& point) {
    const Tail& tail = tails_[point.tail];
    if (tail.perhaps) Visit({kNone, point.tail + 1, point.states});
    for (VariantId variant : names_.config_.blocks[tail.block].variants)
      if (tail.only == kNone || tail.only == variant)
        Visit({kNone, point.tail + 1, After(point.states, variant)});
  }

  std::vector<uint32_t> After(std::vector<uint32_t> states, VariantId variant) {
    std::string_view label = names_.config_.variants[variant].labels[0].name;
    for (size_t i = 0; i < states.size() && !gave_up_; ++i) {
      uint32_t& state = states[i];
      if (state == kNotYet || state == kMissed) continue;
      PatternAutomaton& words = *filters_[i].words;
      state = state == kFresh ? words.start() : words.Next(state, '.');
      for (char c : label) state = words.Next(state, static_cast<unsigned char>(c));
      gave_up_ = words.GaveUp() || label.size() >= bytes_left_;
      if (!gave_up_) bytes_left_ -= label.size() + 1;
    }
    return states;
  }

  const PossibleNames& names_;
  std::span<const WordsAt> filters_;
  std::vector<Tail> tails_;
  std::vector<Point> open_;
  std::set<Point> seen_;
  uint64_t bytes_left_;
  bool gave_up_ = false;
};

PossibleNames::PossibleNames(const ConfigImpl& config, const Choices& choices)
    : config_(config), choices_(choices), behind_(config.variants.size(), kNone) {
  // A variant without a name leaves a dot behind, or does not.
  for (const Variant& variant : config.variants)
    if (variant.labels[0].name.empty()) bytes_left_ = 0;
}

std::vector<PossibleNames::Tail> PossibleNames::TailsAt(const NamePlace& place) const {
  std::vector<Tail> tails;
  for (size_t i = 0; i < place.subs; ++i) {
    const auto& [block, perhaps] = subs_[i];
    Tail tail{block, kNone, perhaps, i};
    for (VariantId outer = place.variant; outer != kNone; outer = choices_.Parent(outer))
      if (choices_.BlockOf(outer) == block) tail.only = outer;
    VariantId around = config_.blocks[block].parent;
    if (!choices_.Together(around, place.variant)) continue;
    if (tail.only != kNone)
      tail.perhaps = false;
    else
      tail.perhaps |= !choices_.Inside(place.variant, around);
    tails.push_back(tail);
  }
  return tails;
}

bool PossibleNames::CanPass(std::span<const WordsAt> filters) {
  std::vector<WordsAt> known;
  for (const WordsAt& filter : filters)
    if (filter.words != nullptr) known.push_back(filter);
  const NamePlace& place = filters.back().place;
  const uint64_t most = std::min(bytes_left_, kMaxBytes);
  Search search(*this, known, TailsAt(place), most);
  search.StartAt(place.behind);
  bool can = search.Run();
  bytes_left_ -= most - search.bytes_left();
  return can;
}

bool PossibleNames::CanBeAnywhere(PatternAutomaton* words) {
  if (words == nullptr) return true;
  std::vector<Tail> tails;
  for (size_t i = 0; i < subs_.size(); ++i) tails.push_back({subs_[i].block, kNone, true, i});
  const uint64_t most = std::min(bytes_left_, kMaxBytes);
  WordsAt filter{words, {kNone, kNone, subs_.size()}};
  Search search(*this, {&filter, 1}, std::move(tails), most);
  search.StartFilterAt(kNone);
  for (const Block& block : config_.blocks)
    if (!block.variants.empty() && !config_.variants[block.variants[0]].subvariant)
      search.StartFilterAt(config_.variants[block.variants[0]].block);
  bool can = search.Run();
  bytes_left_ -= most - search.bytes_left();
  return can;
}

}  // namespace kvmtest::language
