#include "plan/timeline.h"

#include <algorithm>
#include <map>
#include <queue>
#include <utility>

namespace kvmtest::plan {
namespace {

class Simulation {
 public:
  Simulation(const std::vector<Task>& tasks, uint32_t lanes, const Machine& machine)
      : tasks_(tasks),
        machine_(machine),
        lane_is_free_(lanes, true),
        waits_for_(tasks.size()),
        waited_for_by_(tasks.size()),
        runs_(tasks.size(), {UINT64_MAX, UINT64_MAX, 0}) {
    for (uint32_t id = 0; id < tasks.size(); ++id) {
      waits_for_[id] = tasks[id].required.size();
      for (uint32_t other : tasks[id].required) waited_for_by_[other].push_back(id);
      if (waits_for_[id] == 0) Ready(id);
    }
  }

  std::vector<Run> Take() {
    Start();
    while (!running_.empty()) {
      now_ = running_.top().first;
      while (!running_.empty() && running_.top().first == now_) {
        End(running_.top().second);
        running_.pop();
      }
      Start();
    }
    return std::move(runs_);
  }

 private:
  // Tasks for the same lanes that wait for nothing but these, in their order.
  using Line = std::priority_queue<uint32_t, std::vector<uint32_t>, std::greater<>>;

  void Ready(uint32_t id) { lines_[tasks_[id].lanes].push(id); }

  // Of all lines the first task that can start, until there is none.
  void Start() {
    std::vector<uint32_t> passed_over;
    while (true) {
      Line* line = nullptr;
      uint32_t lane = 0;
      for (auto& [lanes, candidate] : lines_) {
        if (candidate.empty() || (line != nullptr && line->top() < candidate.top())) continue;
        auto free = std::find_if(lanes.begin(), lanes.end(),
                                 [this](uint32_t id) { return lane_is_free_[id]; });
        if (free == lanes.end()) continue;
        line = &candidate;
        lane = *free;
      }
      if (line == nullptr) break;
      const uint32_t id = line->top();
      line->pop();
      if (HasRoom(tasks_[id]))
        Begin(id, lane);
      else
        passed_over.push_back(id);
    }
    for (uint32_t id : passed_over) Ready(id);
  }

  bool HasRoom(const Task& task) const {
    return running_.empty() || ((machine_.cpus == 0 || cpus_ + task.cpus <= machine_.cpus) &&
                                (machine_.memory == 0 || memory_ + task.memory <= machine_.memory));
  }

  void Begin(uint32_t id, uint32_t lane) {
    lane_is_free_[lane] = false;
    cpus_ += tasks_[id].cpus;
    memory_ += tasks_[id].memory;
    runs_[id] = {now_, now_ + tasks_[id].work, lane};
    running_.emplace(runs_[id].end, id);
  }

  void End(uint32_t id) {
    lane_is_free_[runs_[id].lane] = true;
    cpus_ -= tasks_[id].cpus;
    memory_ -= tasks_[id].memory;
    for (uint32_t other : waited_for_by_[id])
      if (--waits_for_[other] == 0) Ready(other);
  }

  const std::vector<Task>& tasks_;
  const Machine& machine_;
  std::vector<bool> lane_is_free_;
  std::vector<size_t> waits_for_;  // so many others
  std::vector<std::vector<uint32_t>> waited_for_by_;
  std::vector<Run> runs_;
  std::map<std::vector<uint32_t>, Line> lines_;
  using Ending = std::pair<uint64_t, uint32_t>;
  std::priority_queue<Ending, std::vector<Ending>, std::greater<>> running_;
  uint64_t now_ = 0;
  uint64_t cpus_ = 0;
  uint64_t memory_ = 0;
};

}  // namespace

std::vector<Run> Simulate(const std::vector<Task>& tasks, uint32_t lanes, const Machine& machine) {
  return Simulation(tasks, lanes, machine).Take();
}

}  // namespace kvmtest::plan
