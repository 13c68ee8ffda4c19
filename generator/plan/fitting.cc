#include "plan/fitting.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <map>
#include <numeric>
#include <optional>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

#include "plan/digest.h"

namespace kvmtest::plan {
namespace {

using Milliseconds = uint64_t;

constexpr size_t kFavourites = 3;
// Lanes from which pieces are moved to make room for one.
constexpr size_t kMostCleared = 8;
// How many looks at lanes one try may take to move pieces, in all.
constexpr size_t kBudget = 1'000'000, kBudgetOfPiece = 100;
// Of the scale of ends.
constexpr double kStep = 1.01;

Milliseconds EndOf(int step) {
  return static_cast<Milliseconds>(std::ceil(std::pow(kStep, step)));
}

int FirstStepOf(Milliseconds end) {
  int step = static_cast<int>(std::log(static_cast<double>(std::max<Milliseconds>(end, 1))) /
                              std::log(kStep));
  while (step > 0 && EndOf(step - 1) >= end) --step;
  while (EndOf(step) < end) ++step;
  return step;
}

uint64_t Mixed(uint64_t a, uint64_t b) {
  uint64_t x = a ^ (b * 0x9e3779b97f4a7c15);
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

// One try to find room for all under an end.
class Fitting {
 public:
  Fitting(const AssignProblem& problem, const std::vector<Demand>& demands,
          const std::vector<uint32_t>& order,
          const std::vector<std::array<uint32_t, kFavourites>>& favourites, Milliseconds end)
      : problem_(problem),
        demands_(demands),
        order_(order),
        favourites_(favourites),
        end_(end),
        load_(problem.lanes.size()),
        used_(problem.site.machines.size()),
        on_(problem.lanes.size()),
        rank_(problem.pieces.size()),
        lane_of_(problem.pieces.size()),
        searched_(problem.lanes.size()),
        budget_(kBudget + kBudgetOfPiece * problem.pieces.size()) {
    for (uint32_t i = 0; i < order.size(); ++i) rank_[order[i]] = i;
  }

  std::optional<std::vector<uint32_t>> Run() {
    for (uint32_t piece : order_) {
      std::optional<uint32_t> lane = Favourite(piece);
      if (!lane) lane = Emptiest(piece);
      if (!lane) lane = Cleared(piece);
      if (!lane) return std::nullopt;
      Put(piece, *lane);
    }
    return std::move(lane_of_);
  }

 private:
  const std::vector<uint32_t>& Admitted(uint32_t piece) const {
    return problem_.site.admitted[problem_.pieces[piece].admitted];
  }

  bool HasRoom(uint32_t lane, uint32_t piece) const {
    const Demand& what = demands_[piece];
    if (load_[lane] + what.work > end_) return false;
    const uint32_t machine = problem_.site.machine_of[lane];
    const auto& [cpus, memory] = problem_.site.machines[machine];
    const Demand& used = used_[machine];
    return (cpus == 0 || used.cpus + what.cpus <= end_ * cpus) &&
           (memory == 0 || used.memory + what.memory <= end_ * memory);
  }

  void Put(uint32_t piece, uint32_t lane) {
    const Demand& what = demands_[piece];
    load_[lane] += what.work;
    Demand& used = used_[problem_.site.machine_of[lane]];
    used.cpus += what.cpus;
    used.memory += what.memory;
    on_[lane][problem_.pieces[piece].admitted].emplace(what.work, rank_[piece]);
    lane_of_[piece] = lane;
  }

  void Remove(uint32_t piece) {
    const Demand& what = demands_[piece];
    const uint32_t lane = lane_of_[piece];
    load_[lane] -= what.work;
    Demand& used = used_[problem_.site.machine_of[lane]];
    used.cpus -= what.cpus;
    used.memory -= what.memory;
    on_[lane][problem_.pieces[piece].admitted].erase({what.work, rank_[piece]});
  }

  std::optional<uint32_t> Favourite(uint32_t piece) const {
    const size_t count = std::min(kFavourites, Admitted(piece).size());
    for (size_t i = 0; i < count; ++i)
      if (HasRoom(favourites_[piece][i], piece)) return favourites_[piece][i];
    return std::nullopt;
  }

  std::optional<uint32_t> Emptiest(uint32_t piece) const {
    std::optional<uint32_t> best;
    for (uint32_t lane : Admitted(piece))
      if ((!best || load_[lane] < load_[*best]) && HasRoom(lane, piece)) best = lane;
    return best;
  }

  // A lane from which others were moved for the piece.
  std::optional<uint32_t> Cleared(uint32_t piece) {
    ++search_;
    std::vector<uint32_t> lanes = Admitted(piece);
    const size_t count = std::min(kMostCleared, lanes.size());
    std::partial_sort(
        lanes.begin(), lanes.begin() + static_cast<ptrdiff_t>(count), lanes.end(),
        [this](uint32_t a, uint32_t b) { return std::pair(load_[a], a) < std::pair(load_[b], b); });
    for (size_t i = 0; i < count; ++i)
      if (searched_[lanes[i]] != search_ && MakeRoom(lanes[i], piece)) return lanes[i];
    return std::nullopt;
  }

  // Moves others away, and where these find no room, has others make room for them in turn; each
  // lane once. All stays where it was if that does not do.
  bool MakeRoom(uint32_t lane, uint32_t piece) {
    searched_[lane] = search_;
    const size_t before = moves_.size();
    while (budget_ > 0) {
      if (HasRoom(lane, piece)) return true;
      const std::optional<Leaving> next = NextToLeave(lane, piece);
      if (!next) break;
      Move(next->piece, next->to);
    }
    if (MakeRoomElsewhere(lane, piece)) return true;
    while (moves_.size() > before) {
      const auto [moved, from] = moves_.back();
      Move(moved, from);
      moves_.resize(moves_.size() - 2);
    }
    return false;
  }

  bool MakeRoomElsewhere(uint32_t lane, uint32_t piece) {
    for (uint32_t set : SetsOn(lane)) {
      for (uint32_t to : problem_.site.admitted[set]) {
        if (searched_[to] == search_ || budget_ == 0) continue;
        const auto other = FirstToLeave(lane, set, Lacking(lane, piece), UINT64_MAX);
        if (!other) break;
        if (!MakeRoom(to, *other)) continue;
        Move(*other, to);
        if (HasRoom(lane, piece)) return true;
      }
    }
    return false;
  }

  struct Leaving {
    uint32_t piece;
    uint32_t to;
  };

  // The shortest that makes enough room alone, else the one that makes most, of those for which
  // there is room where it is emptiest.
  std::optional<Leaving> NextToLeave(uint32_t lane, uint32_t piece) {
    const Milliseconds lacking = Lacking(lane, piece);
    std::optional<Leaving> best;
    for (uint32_t set : SetsOn(lane)) {
      const std::optional<uint32_t> to = EmptiestBut(lane, set);
      if (!to || load_[*to] >= end_) continue;
      const auto other = FirstToLeave(lane, set, lacking, end_ - load_[*to]);
      if (other && HasRoom(*to, *other) && (!best || LeavesBefore(*other, best->piece, lacking)))
        best = {*other, *to};
    }
    return best;
  }

  // How much too long the lane would be; where only CPUs or memory are short, anything helps.
  Milliseconds Lacking(uint32_t lane, uint32_t piece) const {
    const Milliseconds filled = load_[lane] + demands_[piece].work;
    return filled > end_ ? filled - end_ : 1;
  }

  bool LeavesBefore(uint32_t a, uint32_t b, Milliseconds lacking) const {
    const Milliseconds x = demands_[a].work, y = demands_[b].work;
    const bool enough = x >= lacking;
    if (enough != (y >= lacking)) return enough;
    if (x != y) return enough ? x < y : x > y;
    return rank_[a] < rank_[b];
  }

  // Of the pieces of one set on the lane, up to that long.
  std::optional<uint32_t> FirstToLeave(uint32_t lane, uint32_t set, Milliseconds lacking,
                                       Milliseconds most) const {
    const OfSet& pieces = on_[lane].at(set);
    auto found = pieces.lower_bound({lacking, 0});
    if (found != pieces.end() && found->first <= most) return order_[found->second];
    const Milliseconds shorter = std::min(most, lacking - 1);
    found = pieces.upper_bound({shorter, UINT32_MAX});
    if (found == pieces.begin()) return std::nullopt;
    // The first of its length.
    found = pieces.lower_bound({std::prev(found)->first, 0});
    return found->first == 0 ? std::nullopt : std::optional(order_[found->second]);
  }

  // The admitted sets of the pieces on a lane, in an order that does not depend on that of the
  // tests.
  std::vector<uint32_t> SetsOn(uint32_t lane) const {
    std::vector<uint32_t> sets;
    for (const auto& [set, pieces] : on_[lane])
      if (!pieces.empty()) sets.push_back(set);
    std::sort(sets.begin(), sets.end(), [&](uint32_t a, uint32_t b) {
      return problem_.site.admitted[a] < problem_.site.admitted[b];
    });
    return sets;
  }

  std::optional<uint32_t> EmptiestBut(uint32_t lane, uint32_t set) {
    const std::vector<uint32_t>& lanes = problem_.site.admitted[set];
    budget_ -= std::min<size_t>(budget_, lanes.size());
    std::optional<uint32_t> best;
    for (uint32_t other : lanes)
      if (other != lane && (!best || load_[other] < load_[*best])) best = other;
    return best;
  }

  void Move(uint32_t piece, uint32_t to) {
    moves_.emplace_back(piece, lane_of_[piece]);
    Remove(piece);
    Put(piece, to);
  }

  const AssignProblem& problem_;
  const std::vector<Demand>& demands_;
  const std::vector<uint32_t>& order_;
  const std::vector<std::array<uint32_t, kFavourites>>& favourites_;
  Milliseconds end_;
  std::vector<Milliseconds> load_;  // by lane
  std::vector<Demand> used_;        // by machine
  // By work, and place in the order, which does not depend on that of the tests.
  using OfSet = std::set<std::pair<Milliseconds, uint32_t>>;
  std::vector<std::map<uint32_t, OfSet>> on_;  // by lane and admitted set
  std::vector<uint32_t> rank_;                 // in order_
  std::vector<uint32_t> lane_of_;
  std::vector<std::pair<uint32_t, uint32_t>> moves_;  // of a search: pieces, and from where
  std::vector<uint32_t> searched_;                    // by lane: in which search
  uint32_t search_ = 0;
  size_t budget_;  // of looks at lanes
};

std::vector<uint32_t> OrderOf(const AssignProblem& problem, const std::vector<Demand>& demands) {
  std::vector<uint32_t> order(problem.pieces.size());
  std::iota(order.begin(), order.end(), 0);
  auto key = [&](uint32_t id) {
    const Piece& piece = problem.pieces[id];
    return std::tuple(problem.site.admitted[piece.admitted].size(), ~demands[id].work,
                      std::string_view(piece.name));
  };
  std::sort(order.begin(), order.end(), [&key](uint32_t a, uint32_t b) { return key(a) < key(b); });
  return order;
}

std::vector<std::array<uint32_t, kFavourites>> FavouritesOf(const AssignProblem& problem) {
  std::vector<uint64_t> lanes;
  for (const std::string& lane : problem.lanes) lanes.push_back(Digest().Add(lane).value());
  std::vector<std::array<uint32_t, kFavourites>> favourites(problem.pieces.size());
  for (size_t i = 0; i < problem.pieces.size(); ++i) {
    const uint64_t name = Digest().Add(problem.pieces[i].name).value();
    std::array<std::pair<uint64_t, uint32_t>, kFavourites> best;
    best.fill({UINT64_MAX, 0});
    for (uint32_t lane : problem.site.admitted[problem.pieces[i].admitted]) {
      std::pair<uint64_t, uint32_t> next(Mixed(name, lanes[lane]), lane);
      for (auto& place : best)
        if (next < place) std::swap(place, next);
    }
    for (size_t k = 0; k < kFavourites; ++k) favourites[i][k] = best[k].second;
  }
  return favourites;
}

}  // namespace

Assignment Fit(const AssignProblem& problem) {
  std::vector<Demand> demands;
  for (const Piece& piece : problem.pieces) demands.push_back(DemandOf(piece));
  const std::vector<uint32_t> order = OrderOf(problem, demands);
  const auto favourites = FavouritesOf(problem);
  auto fit = [&](int step) {
    return Fitting(problem, demands, order, favourites, EndOf(step)).Run();
  };
  int step = FirstStepOf(LeastEnd(problem));
  // In growing strides, then back to where it begins to fit.
  int too_short = step - 1;
  std::optional<std::vector<uint32_t>> best = fit(step);
  for (int stride = 1; !best; stride *= 2) {
    too_short = step;
    step += stride;
    best = fit(step);
  }
  while (step - too_short > 1) {
    const int middle = too_short + (step - too_short) / 2;
    if (auto lanes = fit(middle)) {
      best = std::move(lanes);
      step = middle;
    } else {
      too_short = middle;
    }
  }
  std::vector<Milliseconds> load(problem.lanes.size());
  for (size_t i = 0; i < best->size(); ++i) load[(*best)[i]] += demands[i].work;
  Assignment assignment{.lane_of = std::move(*best)};
  for (Milliseconds end : load) assignment.end = std::max(assignment.end, end);
  return assignment;
}

}  // namespace kvmtest::plan
