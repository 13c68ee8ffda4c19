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

// Chooses an alternative for each filter, and for each part of it the variants that have it.
class Possible::Search {
 public:
  Search(const Possible& possible, std::span<const Clause> clauses, VariantId place,
         std::span<const VariantId> without)
      : choices_(possible.choices_),
        offers_(possible.offers_),
        clauses_(clauses),
        place_(place),
        without_(without) {}

  bool Clauses(size_t index) {
    if (index == clauses_.size()) return true;
    const std::vector<Alternative>& alternatives = clauses_[index].filter->alternatives;
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

  // A part of an alternative: labels that stand next to each other.
  struct Part {
    size_t clause;
    const Alternative* alternative;
    size_t index = 0;
    const std::vector<AtomId>& atoms() const { return alternative->blocks[index].atoms; }
  };

  bool Parts(Part part) {
    if (part.index == part.alternative->blocks.size()) return Clauses(part.clause + 1);
    for (const LabelOffers::Offer& offer : offers_.Of(part.atoms()[0])) {
      if (!Take(offer.variant)) continue;
      if (Rest(part, 0, offer)) return true;
      --taken_count_;
    }
    return false;
  }

  // The atoms from `at` on; the offer has that one and its variant is taken.
  bool Rest(Part part, size_t at, LabelOffers::Offer offer) {
    const std::vector<AtomId>& atoms = part.atoms();
    std::span<const AtomId> labels = offers_.LabelsOf(offer.variant);
    while (++at < atoms.size() && ++offer.position < labels.size())
      if (!offers_.table().Offers(labels[offer.position], atoms[at])) return false;
    if (at == atoms.size()) {
      ++part.index;
      return Parts(part);
    }
    BlockId behind = choices_.Behind(offer.variant);
    if (behind == kNone) return false;
    std::span<const LabelOffers::Offer> offers = offers_.Of(atoms[at]);
    auto next = std::lower_bound(offers.begin(), offers.end(), choices_.BlockBegin(behind),
                                 [](const auto& o, VariantId first) { return o.variant < first; });
    for (; next != offers.end() && next->variant < choices_.BlockEnd(behind); ++next) {
      if (next->position != 0 || choices_.BlockOf(next->variant) != behind || !Take(next->variant))
        continue;
      if (Rest(part, at, *next)) return true;
      --taken_count_;
    }
    return false;
  }

  bool Take(VariantId variant) {
    if (GaveUp() || ++steps_ == kMaxSteps) return false;
    if (!choices_.Together(variant, place_)) return false;
    for (size_t i = 0; i < taken_count_; ++i)
      if (!choices_.Together(variant, taken_[i])) return false;
    for (VariantId outer : without_)
      if (choices_.Inside(variant, outer)) return false;
    if (taken_count_ == kMaxTaken) {
      steps_ = kMaxSteps;
      return false;
    }
    taken_[taken_count_++] = variant;
    return true;
  }

  const Choices& choices_;
  const LabelOffers& offers_;
  std::span<const Clause> clauses_;
  VariantId place_;
  std::span<const VariantId> without_;
  std::array<VariantId, kMaxTaken> taken_;
  size_t taken_count_ = 0;
  int steps_ = 0;
};

bool Possible::All(std::span<const Clause> clauses, VariantId place,
                   std::span<const VariantId> without, bool* outside) const {
  if (offers_.has_nameless()) return true;
  Search search(*this, clauses, place, without);
  if (!search.Clauses(0)) return search.GaveUp();
  if (outside != nullptr) *outside = search.TookNothingOf(TopBlockOf(place));
  return true;
}

bool Possible::One(const Clause& clause, VariantId place) const {
  if (offers_.has_nameless()) return true;
  const BlockId block = TopBlockOf(place);
  auto [known, is_new] = found_outside_.try_emplace(clause.filter, kNone - 1);
  if (known->second == block) return true;
  Search search(*this, {&clause, 1}, place, {});
  if (!search.Clauses(0)) return search.GaveUp();
  if (search.TookNothingOf(block)) known->second = block;
  return true;
}

}  // namespace kvmtest::language
