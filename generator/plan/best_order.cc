#include "plan/best_order.h"

#include <algorithm>
#include <numeric>
#include <tuple>
#include <utility>

namespace kvmtest::plan {
namespace {

// How a task stands to those that require it.
struct Standing {
  size_t level = 0;  // 0: none does
  double time = 0;   // milliseconds until the last of them has ended
};

std::vector<Standing> StandingsOf(const std::vector<Task>& tasks) {
  std::vector<size_t> waited_for(tasks.size());
  for (const Task& task : tasks)
    for (uint32_t other : task.required) ++waited_for[other];
  std::vector<uint32_t> open;  // nothing that requires them is unknown
  for (uint32_t id = 0; id < tasks.size(); ++id)
    if (waited_for[id] == 0) open.push_back(id);
  std::vector<Standing> standings(tasks.size());
  while (!open.empty()) {
    const uint32_t id = open.back();
    open.pop_back();
    Standing& own = standings[id];  // so far the time behind it
    own.time += static_cast<double>(std::max<uint64_t>(tasks[id].work, 1));
    for (uint32_t other : tasks[id].required) {
      Standing& required = standings[other];
      required.level = std::max(required.level, own.level + 1);
      required.time = std::max(required.time, own.time);
      if (--waited_for[other] == 0) open.push_back(other);
    }
  }
  return standings;
}

std::vector<uint32_t> Sorted(const std::vector<Standing>& standings,
                             const std::vector<double>& keys) {
  std::vector<uint32_t> order(keys.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
    return std::tuple(standings[b].level, keys[b], a) < std::tuple(standings[a].level, keys[a], b);
  });
  return order;
}

// Of the machine of which the task takes most.
double ShareOf(const Site& site, const Task& task) {
  auto share = [](uint64_t used, uint64_t total) {
    return total == 0 ? 0 : static_cast<double>(used) / static_cast<double>(total);
  };
  double most = 0;
  for (uint32_t lane : site.admitted[task.admitted]) {
    const Machine& machine = site.machines[site.machine_of[lane]];
    most = std::max({most, share(task.cpus, machine.cpus), share(task.memory, machine.memory)});
  }
  return most;
}

class Search {
 public:
  Search(const Site& site, const std::vector<Task>& tasks, StartRule rule)
      : site_(site), tasks_(tasks), rule_(rule), standings_(StandingsOf(tasks)) {}

  Ordered Run(const std::vector<double>& first) {
    std::vector<double> best_keys;
    for (std::vector<double>& keys : Rules(first))
      if (Try(keys)) best_keys = std::move(keys);
    Improve(std::move(best_keys));
    return std::move(best_);
  }

 private:
  std::vector<std::vector<double>> Rules(const std::vector<double>& first) const {
    constexpr double kBefore = 1e15;  // any time
    const size_t count = tasks_.size();
    std::vector<double> long_ones(count), rare(count), area(count), large(count);
    for (size_t i = 0; i < count; ++i) {
      const double time = standings_[i].time;
      const double share = ShareOf(site_, tasks_[i]);
      long_ones[i] = time;
      rare[i] = time / static_cast<double>(site_.admitted[tasks_[i].admitted].size());
      area[i] = time * share;
      large[i] = time + share * kBefore;
    }
    std::vector<std::vector<double>> rules;
    if (!first.empty()) rules.push_back(first);
    for (std::vector<double>* rule : {&long_ones, &rare, &area, &large})
      if (rules.empty() || *rule != rules.back()) rules.push_back(std::move(*rule));
    return rules;
  }

  // Does it end sooner than the best so far?
  bool Try(const std::vector<double>& keys) {
    last_.order = Sorted(standings_, keys);
    last_.runs = RunsInOrder(site_, tasks_, last_.order, rule_);
    last_.end = 0;
    for (const kvmtest::plan::Run& run : last_.runs) last_.end = std::max(last_.end, run.end);
    if (!best_.order.empty() && last_.end >= best_.end) return false;
    best_ = last_;
    return true;
  }

  void Improve(std::vector<double> keys) {
    constexpr size_t kMostTried = 40'000;  // tasks in all rounds
    constexpr size_t kMostRounds = 64;
    constexpr double kSooner = 1.2;
    const size_t rounds = std::min(kMostRounds, kMostTried / (tasks_.size() + 1));
    last_ = best_;
    for (size_t round = 0; round < rounds && best_.end > LeastEnd(); ++round) {
      for (size_t i = 0; i < keys.size(); ++i)
        if (last_.runs[i].end / 9 >= last_.end / 10) keys[i] *= kSooner;
      Try(keys);
    }
  }

  // Of any order: on each lane what only it may run.
  uint64_t LeastEnd() const {
    std::vector<uint64_t> work(site_.machine_of.size());
    for (const Task& task : tasks_) {
      const std::vector<uint32_t>& lanes = site_.admitted[task.admitted];
      if (lanes.size() == 1) work[lanes[0]] += task.work;
    }
    return *std::max_element(work.begin(), work.end());
  }

  const Site& site_;
  const std::vector<Task>& tasks_;
  const StartRule rule_;
  const std::vector<Standing> standings_;
  Ordered last_, best_;
};

}  // namespace

std::vector<uint32_t> StartOrder(const std::vector<Task>& tasks, const std::vector<double>& keys) {
  return Sorted(StandingsOf(tasks), keys);
}

std::vector<Run> RunsInOrder(const Site& site, const std::vector<Task>& tasks,
                             const std::vector<uint32_t>& order, StartRule rule) {
  std::vector<uint32_t> place(order.size());
  for (uint32_t i = 0; i < order.size(); ++i) place[order[i]] = i;
  std::vector<Task> in_order;
  for (uint32_t id : order) {
    in_order.push_back(tasks[id]);
    for (uint32_t& other : in_order.back().required) other = place[other];
  }
  const std::vector<Run> found = Simulate(site, in_order, rule);
  std::vector<Run> runs(order.size());
  for (uint32_t i = 0; i < order.size(); ++i) runs[order[i]] = found[i];
  return runs;
}

Ordered BestOrder(const Site& site, const std::vector<Task>& tasks,
                  const std::vector<double>& first, StartRule rule) {
  if (tasks.empty()) return {};
  return Search(site, tasks, rule).Run(first);
}

}  // namespace kvmtest::plan
