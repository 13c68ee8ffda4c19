#include "language/possible.h"

#include <algorithm>
#include <array>

namespace kvmtest::language {

void LabelOffers::AddVariant(std::span<const AtomId> labels) {
  labels_.insert(labels_.end(), labels.begin(), labels.end());
  begins_.push_back(static_cast<uint32_t>(labels_.size()));
  has_nameless_ |= labels.empty();
}

void LabelOffers::Finish() {
  // Count, then place: offers of one atom stand together, in the order of variants.
  offer_begins_.assign(table_.size() + 2, 0);
  auto for_each = [this](auto&& take) {
    for (VariantId variant = 0; variant + 1 < begins_.size(); ++variant) {
      for (uint32_t at = begins_[variant]; at < begins_[variant + 1]; ++at) {
        AtomId name = table_.NameAtom(labels_[at]);
        take(labels_[at], Offer{variant, at - begins_[variant]});
        if (name != labels_[at]) take(name, Offer{variant, at - begins_[variant]});
      }
    }
  };
  for_each([this](AtomId atom, Offer) { ++offer_begins_[atom + 2]; });
  for (size_t i = 2; i < offer_begins_.size(); ++i) offer_begins_[i] += offer_begins_[i - 1];
  offers_.resize(offer_begins_.back());
  for_each([this](AtomId atom, Offer offer) { offers_[offer_begins_[atom + 1]++] = offer; });
}

LabelOffers OffersOf(const ConfigImpl& config) {
  std::vector<std::span<const AtomId>> labels(config.variants.size());
  for (const Node& node : config.tree.nodes)
    if (node.variant != kNone) labels[node.variant] = node.labels;
  LabelOffers offers(config.tree.labels);
  for (std::span<const AtomId> some : labels) offers.AddVariant(some);
  offers.Finish();
  return offers;
}

// Chooses an alternative for each filter, and for each part of it the variants that have it. Then
// chooses of each unwanted alternative a part that is not to be, and of each sequence of labels
// that would be that part a variant not to take.
class Possible::Search {
 public:
  Search(const Possible& possible, std::span<const Clause> clauses, VariantId place,
         const Unwanted& unwanted)
      : choices_(possible.choices_),
        offers_(possible.offers_),
        clauses_(clauses),
        place_(place),
        unwanted_(unwanted),
        all_steps_(possible.steps_) {}
  ~Search() { all_steps_ += static_cast<uint64_t>(steps_); }
  Search(const Search&) = delete;
  Search& operator=(const Search&) = delete;

  bool Clauses(size_t index) {
    if (!CanAvoid()) return false;
    if (index == clauses_.size()) return true;
    const std::vector<Alternative>& alternatives = clauses_[index].filter->alternatives;
    const size_t taken = taken_count_;
    if (std::any_of(alternatives.begin(), alternatives.end(),
                    [this](const Alternative& a) { return Has(a); }))
      return Clauses(index + 1) || Drop(taken);
    return std::any_of(alternatives.begin(), alternatives.end(), [&](const Alternative& a) {
      return Parts({index, &a});
    });
  }
  bool GaveUp() const { return steps_ == kMaxSteps; }
  // After success: is none of the variants in that top-level block?
  bool TookNothingOf(BlockId block) const {
    return std::none_of(taken_.begin(), taken_.begin() + taken_count_,
                        [&](VariantId variant) { return choices_.TopBlockOf(variant) == block; });
  }

 private:
  static constexpr int kMaxSteps = 20000;
  static constexpr size_t kMaxTaken = 64;
  static constexpr size_t kMaxExcluded = 500;

  // A part of an alternative: labels that stand next to each other.
  struct Part {
    size_t clause;
    const Alternative* alternative;
    size_t index = 0;
    const std::vector<AtomId>& atoms() const { return alternative->blocks[index].atoms; }
  };

  bool Parts(Part part) {
    if (part.index == part.alternative->blocks.size()) return Clauses(part.clause + 1);
    const std::vector<AtomId>& atoms = part.atoms();
    ++part.index;
    const size_t taken = taken_count_;
    if (Has(atoms)) return Parts(part) || Drop(taken);
    for (const LabelOffers::Offer& offer : offers_.Of(atoms[0]))
      if (Sequence(atoms, 0, offer, [&] { return Parts(part); })) return true;
    return false;
  }

  // Takes the variants that have the atoms from `at` on, the first of them where the offer is, in
  // every way until `found` is content with one.
  template <typename Found>
  bool Sequence(const std::vector<AtomId>& atoms, size_t at, LabelOffers::Offer offer,
                const Found& found) {
    if (!Take(offer.variant)) return false;
    return Rest(atoms, at, offer, found) || Drop(taken_count_ - 1);
  }

  template <typename Found>
  bool Rest(const std::vector<AtomId>& atoms, size_t at, LabelOffers::Offer offer,
            const Found& found) {
    std::span<const AtomId> labels = offers_.LabelsOf(offer.variant);
    while (++at < atoms.size() && ++offer.position < labels.size())
      if (!offers_.table().Offers(labels[offer.position], atoms[at])) return false;
    if (at == atoms.size()) return found();
    BlockId behind = choices_.Behind(offer.variant);
    if (behind == kNone) return false;
    std::span<const LabelOffers::Offer> offers = offers_.Of(atoms[at]);
    auto next = std::lower_bound(offers.begin(), offers.end(), choices_.BlockBegin(behind),
                                 [](const auto& o, VariantId first) { return o.variant < first; });
    for (; next != offers.end() && next->variant < choices_.BlockEnd(behind); ++next) {
      if (next->position != 0 || choices_.BlockOf(next->variant) != behind) continue;
      if (Sequence(atoms, at, *next, found)) return true;
    }
    return false;
  }

  bool Take(VariantId variant) {
    if (GaveUp()) return false;
    if (looks_only_) return IsTaken(variant) && Push(variant);
    if (++steps_ == kMaxSteps) return false;
    if (!choices_.Together(variant, place_)) return false;
    for (size_t i = 0; i < taken_count_; ++i)
      if (!choices_.Together(variant, taken_[i])) return false;
    for (VariantId outer : unwanted_.variants)
      if (choices_.Inside(variant, outer)) return false;
    for (VariantId outer : excluded_)
      if (choices_.Inside(variant, outer)) return false;
    return Push(variant);
  }

  // Back to the first so many; false.
  bool Drop(size_t taken) {
    taken_count_ = taken;
    return false;
  }

  bool Push(VariantId variant) {
    if (taken_count_ == kMaxTaken) {
      steps_ = kMaxSteps;
      return false;
    }
    taken_[taken_count_++] = variant;
    return true;
  }

  // ---- what is there already --------------------------------------------------------------------

  bool IsTaken(VariantId variant) const {
    return choices_.Inside(place_, variant) ||
           std::any_of(taken_.begin(), taken_.begin() + taken_count_,
                       [&](VariantId taken) { return choices_.Inside(taken, variant); });
  }

  // These take again what they find. Without them a search that must fail tries all there is.
  bool Has(const Alternative& alternative) {
    const size_t taken = taken_count_;
    return std::all_of(alternative.blocks.begin(), alternative.blocks.end(),
                       [this](const Adjacency& part) { return Has(part.atoms); }) ||
           Drop(taken);
  }
  bool Has(const std::vector<AtomId>& atoms) {
    if (unwanted_.alternatives.empty()) return false;  // then it soon ends
    looks_only_ = true;
    bool has = BeginsIn(place_, atoms);
    for (size_t i = 0, taken = taken_count_; i < taken && !has; ++i)
      has = BeginsIn(taken_[i], atoms);
    looks_only_ = false;
    return has;
  }
  bool BeginsIn(VariantId variant, const std::vector<AtomId>& atoms) {
    for (; variant != kNone; variant = choices_.Parent(variant)) {
      std::span<const AtomId> labels = offers_.LabelsOf(variant);
      for (uint32_t i = 0; i < labels.size(); ++i)
        if (offers_.table().Offers(labels[i], atoms[0]) &&
            Sequence(atoms, 0, {variant, i}, [] { return true; }))
          return true;
    }
    return false;
  }

  // ---- what is not to be ------------------------------------------------------------------------

  bool CanAvoid() {
    const size_t taken = taken_count_;
    bool can = Avoid(0);
    Drop(taken);
    excluded_.clear();
    return can;
  }

  // Does a dict with what is taken match none of the unwanted alternatives from `index` on?
  bool Avoid(size_t index) {
    if (index == unwanted_.alternatives.size()) return true;
    const std::vector<Adjacency>& parts = unwanted_.alternatives[index]->blocks;
    return std::any_of(parts.begin(), parts.end(),
                       [&](const Adjacency& part) { return AvoidPart(index, part.atoms, 0); });
  }

  // Lets it have none of the sequences that begin with the offers from `first` on.
  bool AvoidPart(size_t index, const std::vector<AtomId>& atoms, size_t first) {
    std::span<const LabelOffers::Offer> offers = offers_.Of(atoms[0]);
    const size_t taken = taken_count_, excluded = excluded_.size();
    auto any = [] { return true; };
    while (first < offers.size() && !Sequence(atoms, 0, offers[first], any)) ++first;
    if (first == offers.size()) return Avoid(index + 1);
    const std::vector<VariantId> sequence(taken_.begin() + taken, taken_.begin() + taken_count_);
    Drop(taken);
    // Without its first variant; or with that one, but without the second; and so on.
    for (VariantId variant : sequence) {
      if (Exclude(variant) && AvoidPart(index, atoms, first)) return true;
      excluded_.resize(excluded);
      if (!Take(variant)) break;
    }
    return Drop(taken);
  }

  // A block of which nothing is left takes the variant with it in whose text it stands.
  bool Exclude(VariantId variant) {
    for (;; variant = choices_.Parent(variant)) {
      if (choices_.Inside(place_, variant)) return false;
      for (size_t i = 0; i < taken_count_; ++i)
        if (choices_.Inside(taken_[i], variant)) return false;
      if (excluded_.size() == kMaxExcluded) steps_ = kMaxSteps;
      excluded_.push_back(variant);
      auto of_block = [this, block = choices_.BlockOf(variant)](VariantId other) {
        return choices_.BlockOf(other) == block;
      };
      auto left = choices_.SizeOf(choices_.BlockOf(variant)) -
                  std::count_if(unwanted_.variants.begin(), unwanted_.variants.end(), of_block) -
                  std::count_if(excluded_.begin(), excluded_.end(), of_block);
      if (left > 0) return true;
    }
  }

  const Choices& choices_;
  const LabelOffers& offers_;
  std::span<const Clause> clauses_;
  VariantId place_;
  const Unwanted& unwanted_;
  std::vector<VariantId> excluded_;  // for what else is unwanted
  std::array<VariantId, kMaxTaken> taken_;
  size_t taken_count_ = 0;
  int steps_ = 0;
  uint64_t& all_steps_;
  bool looks_only_ = false;  // at what is taken
};

bool Possible::All(std::span<const Clause> clauses, VariantId place, const Unwanted& unwanted,
                   bool* outside) const {
  if (offers_.has_nameless()) return true;
  Search search(*this, clauses, place, unwanted);
  if (!search.Clauses(0)) return search.GaveUp();
  if (outside != nullptr) *outside = search.TookNothingOf(TopBlockOf(place));
  return true;
}

bool Possible::One(const Clause& clause, VariantId place) const {
  if (offers_.has_nameless()) return true;
  const BlockId block = TopBlockOf(place);
  auto [known, is_new] = found_outside_.try_emplace(clause.filter, kNone - 1);
  if (known->second == block) return true;
  const Unwanted nothing;
  Search search(*this, {&clause, 1}, place, nothing);
  if (!search.Clauses(0)) return search.GaveUp();
  if (search.TookNothingOf(block)) known->second = block;
  return true;
}

}  // namespace kvmtest::language
