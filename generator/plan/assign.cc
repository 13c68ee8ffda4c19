#include "plan/assign.h"

#include <algorithm>

#include "plan/fitting.h"
#include "plan/listing.h"

namespace kvmtest::plan {
namespace {

bool HasLimits(const Site& site) {
  return std::any_of(site.machines.begin(), site.machines.end(),
                     [](const Machine& machine) { return machine.cpus > 0 || machine.memory > 0; });
}

uint64_t Quotient(uint64_t a, uint64_t b) {
  return (a + b - 1) / b;
}

// On the machines of these lanes, where all of them have limits.
uint64_t EndByMachines(const Site& site, const std::vector<uint32_t>& lanes, const Demand& demand) {
  std::vector<uint32_t> machines;
  machines.reserve(lanes.size());
  for (uint32_t lane : lanes) machines.push_back(site.machine_of[lane]);
  std::sort(machines.begin(), machines.end());
  machines.erase(std::unique(machines.begin(), machines.end()), machines.end());
  Machine all;
  bool cpus = true, memory = true;
  for (uint32_t id : machines) {
    all.cpus += site.machines[id].cpus;
    all.memory += site.machines[id].memory;
    cpus &= site.machines[id].cpus > 0;
    memory &= site.machines[id].memory > 0;
  }
  return std::max(cpus ? Quotient(demand.cpus, all.cpus) : 0,
                  memory ? Quotient(demand.memory, all.memory) : 0);
}

}  // namespace

Demand DemandOf(const Piece& piece) {
  Demand demand;
  for (const Part& part : piece.parts) demand.Add(part);
  return demand;
}

Assignment Assign(const AssignProblem& problem) {
  Assignment fitted = Fit(problem);
  if (!HasLimits(problem.site)) return fitted;
  // What moves tests about has to be worth it.
  auto is_worth_it = [&](uint64_t end) {
    constexpr double kWorthIt = 1.03;
    return static_cast<double>(fitted.end) > static_cast<double>(end) * kWorthIt;
  };
  fitted = ListOn(problem, fitted.lane_of);
  if (!is_worth_it(LeastEnd(problem))) return fitted;
  Assignment listed = List(problem);
  return is_worth_it(listed.end) ? listed : fitted;
}

uint64_t LeastEnd(const AssignProblem& problem) {
  const Site& site = problem.site;
  const size_t sets = site.admitted.size();
  std::vector<Demand> demands(sets);
  uint64_t least = 0;
  for (const Piece& piece : problem.pieces) {
    for (const Part& part : piece.parts) demands[piece.admitted].Add(part);
    least = std::max(least, DemandOf(piece).work);
  }
  for (const std::vector<uint32_t>& lanes : site.admitted) {
    Demand inside;
    for (size_t b = 0; b < sets; ++b) {
      const std::vector<uint32_t>& other = site.admitted[b];
      if (!std::includes(lanes.begin(), lanes.end(), other.begin(), other.end())) continue;
      inside.work += demands[b].work;
      inside.cpus += demands[b].cpus;
      inside.memory += demands[b].memory;
    }
    least =
        std::max({least, Quotient(inside.work, lanes.size()), EndByMachines(site, lanes, inside)});
  }
  return least;
}

}  // namespace kvmtest::plan
