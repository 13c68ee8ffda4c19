#include "plan/timeline.h"

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <queue>
#include <tuple>
#include <utility>

namespace kvmtest::plan {
namespace {

template <typename T>
using Earliest = std::priority_queue<T, std::vector<T>, std::greater<>>;

class Simulation {
 public:
  Simulation(const Site& site, const std::vector<Task>& tasks, StartRule rule)
      : site_(site),
        tasks_(tasks),
        on_place_(rule == StartRule::kOnFreePlace),
        machines_(site.machines.size()),
        lanes_(site.machine_of.size()),
        line_of_(tasks.size()),
        lane_of_group_(GroupsOf(tasks)),
        gates_of_(site.admitted.size()),
        used_of_gate_(site.gates.size()),
        waits_for_(tasks.size()),
        waited_for_by_(tasks.size()),
        runs_(tasks.size(), {UINT64_MAX, UINT64_MAX, 0}) {
    for (uint32_t machine : site.machine_of) ++machines_[machine].places;
    if (on_place_ && !site.gates.empty()) FindGates();
    for (uint32_t id = 0; id < tasks.size(); ++id) {
      waits_for_[id] = tasks[id].required.size();
      for (uint32_t other : tasks[id].required) waited_for_by_[other].push_back(id);
      if (waits_for_[id] == 0) Queue(id);
    }
  }

  std::vector<Run> Take() {
    StartOn(AllMachines());
    while (!running_.empty()) {
      now_ = running_.top().first;
      touched_.clear();
      anywhere_ = false;
      do {
        const uint32_t id = running_.top().second;
        running_.pop();
        touched_.push_back(site_.machine_of[runs_[id].lane]);
        End(id);
        // ctest sees them end one by one, and starts what it can after each (3.25).
      } while (!on_place_ && !running_.empty() && running_.top().first == now_);
      std::sort(touched_.begin(), touched_.end());
      touched_.erase(std::unique(touched_.begin(), touched_.end()), touched_.end());
      // Elsewhere nothing has changed, unless there is something new to run.
      StartOn(anywhere_ ? AllMachines() : touched_);
    }
    return std::move(runs_);
  }

 private:
  struct MachineState {
    uint64_t places = 0;
    uint64_t cpus = 0;
    uint64_t memory = 0;
    std::vector<uint32_t> lines = {};    // of tasks that it may run
    std::vector<uint32_t> waiting = {};  // started, but their lanes are not free
  };
  struct LaneState {
    bool is_free = true;
    bool is_booked = false;  // by a task that no other lane runs
  };
  // Tasks alike in where they can run and what they need: if the first cannot start, none can.
  struct Line {
    std::vector<std::pair<uint32_t, std::vector<uint32_t>>> lanes = {};  // by machine
    Earliest<uint32_t> tasks = {};
  };

  static size_t GroupsOf(const std::vector<Task>& tasks) {
    size_t groups = 0;
    for (const Task& task : tasks)
      if (task.group != kNoGroup) groups = std::max<size_t>(groups, task.group + 1);
    return groups;
  }

  void FindGates() {
    for (size_t i = 0; i < site_.admitted.size(); ++i) {
      std::vector<uint32_t> lanes = site_.admitted[i];
      std::sort(lanes.begin(), lanes.end());
      gates_of_[i] = GatesOf(site_.gates, lanes);
    }
  }

  // The lane of the task's group, if that has one.
  std::optional<uint32_t> LaneOfGroup(uint32_t id) const {
    return tasks_[id].group == kNoGroup ? std::nullopt : lane_of_group_[tasks_[id].group];
  }

  // It waits for nothing but a lane.
  void Queue(uint32_t id) {
    line_of_[id] = LineOf(id);
    lines_[line_of_[id]].tasks.push(id);
  }

  uint32_t LineOf(uint32_t id) {
    const Task& task = tasks_[id];
    const std::optional<uint32_t> lane = LaneOfGroup(id);
    auto [it, is_new] = line_known_.try_emplace(
        std::tuple(lane.has_value(), lane.value_or(task.admitted), task.cpus, task.memory),
        static_cast<uint32_t>(lines_.size()));
    if (!is_new) return it->second;
    std::map<uint32_t, std::vector<uint32_t>> lanes;  // by machine
    if (lane) {
      lanes[site_.machine_of[*lane]].push_back(*lane);
    } else {
      for (uint32_t each : site_.admitted[task.admitted])
        lanes[site_.machine_of[each]].push_back(each);
    }
    for (const auto& [machine, _] : lanes) machines_[machine].lines.push_back(it->second);
    lines_.push_back({.lanes = {lanes.begin(), lanes.end()}});
    return it->second;
  }

  std::vector<uint32_t> AllMachines() const {
    std::vector<uint32_t> all(machines_.size());
    for (uint32_t i = 0; i < all.size(); ++i) all[i] = i;
    return all;
  }

  // ---- starting ----

  // The first of all lines that can start, until none can.
  void StartOn(const std::vector<uint32_t>& machines) {
    Earliest<std::pair<uint32_t, uint32_t>> fronts;  // task, line
    auto add = [&](uint32_t line) {
      if (!lines_[line].tasks.empty()) fronts.emplace(lines_[line].tasks.top(), line);
    };
    std::vector<uint32_t> lines;
    for (uint32_t machine : machines) {
      const std::vector<uint32_t>& its = machines_[machine].lines;
      for (uint32_t line : its)
        if (!lines_[line].tasks.empty()) lines.push_back(line);
    }
    if (machines.size() > 1) {
      std::sort(lines.begin(), lines.end());
      lines.erase(std::unique(lines.begin(), lines.end()), lines.end());
    }
    for (uint32_t line : lines) add(line);
    while (!fronts.empty()) {
      const auto [id, line] = fronts.top();
      fronts.pop();
      if (LineOf(id) != line) {  // its group has a lane by now
        lines_[line].tasks.pop();
        add(line);
        Queue(id);
        if (lines_[line_of_[id]].tasks.top() == id) add(line_of_[id]);
        continue;
      }
      const std::vector<uint32_t>* lanes = BestLanes(lines_[line], id, machines);
      if (lanes == nullptr) continue;
      lines_[line].tasks.pop();
      Start(id, *lanes);
      add(line);
    }
  }

  // Those of the machine of which least is then in use.
  const std::vector<uint32_t>* BestLanes(const Line& line, uint32_t id,
                                         const std::vector<uint32_t>& machines) const {
    const std::vector<uint32_t>* best = nullptr;
    double least = 0;
    for (uint32_t machine : machines) {
      auto lanes = std::lower_bound(line.lanes.begin(), line.lanes.end(), machine,
                                    [](const auto& a, uint32_t b) { return a.first < b; });
      if (lanes == line.lanes.end() || lanes->first != machine) continue;
      if (!CanStart(id, machine, lanes->second)) continue;
      const double used = UseWith(tasks_[id], machine);
      if (best != nullptr && used >= least) continue;
      best = &lanes->second;
      least = used;
    }
    return best;
  }

  bool CanStart(uint32_t id, uint32_t machine, const std::vector<uint32_t>& lanes) const {
    const MachineState& state = machines_[machine];
    const Machine& limits = site_.machines[machine];
    const Task& task = tasks_[id];
    auto fits = [](uint64_t used, uint64_t more, uint64_t limit) {
      return limit == 0 || used + std::min(more, limit) <= limit;
    };
    if (!fits(state.cpus, task.cpus, limits.cpus)) return false;
    if (!fits(state.memory, task.memory, limits.memory)) return false;
    if (!on_place_) return FreeLane(lanes).has_value();
    const std::vector<uint32_t>& gates = gates_of_[task.admitted];
    auto is_open = [&](uint32_t gate) { return used_of_gate_[gate] < site_.gates[gate].size(); };
    return state.places > 0 && (lanes.size() > 1 || !lanes_[lanes[0]].is_booked) &&
           std::all_of(gates.begin(), gates.end(), is_open);
  }

  double UseWith(const Task& task, uint32_t machine) const {
    auto share = [](uint64_t used, uint64_t limit) {
      return limit == 0 ? 0 : static_cast<double>(used) / static_cast<double>(limit);
    };
    const MachineState& state = machines_[machine];
    const Machine& limits = site_.machines[machine];
    return std::max(share(state.cpus + task.cpus, limits.cpus),
                    share(state.memory + task.memory, limits.memory));
  }

  std::optional<uint32_t> FreeLane(const std::vector<uint32_t>& lanes) const {
    for (uint32_t lane : lanes)
      if (lanes_[lane].is_free) return lane;
    return std::nullopt;
  }

  // Lanes of one machine.
  void Start(uint32_t id, const std::vector<uint32_t>& lanes) {
    const uint32_t machine = site_.machine_of[lanes[0]];
    MachineState& state = machines_[machine];
    --state.places;
    Take(id, machine, &state);
    if (lanes.size() == 1) lanes_[lanes[0]].is_booked = true;
    for (uint32_t gate : gates_of_[tasks_[id].admitted]) ++used_of_gate_[gate];
    if (auto lane = FreeLane(lanes))
      Begin(id, *lane);
    else
      state.waiting.push_back(id);
  }

  void Take(uint32_t id, uint32_t machine, MachineState* state) const {
    const Machine& limits = site_.machines[machine];
    state->cpus += std::min(tasks_[id].cpus, limits.cpus);
    state->memory += std::min(tasks_[id].memory, limits.memory);
  }

  void Begin(uint32_t id, uint32_t lane) {
    lanes_[lane].is_free = false;
    if (tasks_[id].group != kNoGroup) lane_of_group_[tasks_[id].group] = lane;
    runs_[id] = {now_, now_ + tasks_[id].work, lane};
    running_.emplace(runs_[id].end, id);
  }

  // ---- ending ----

  void End(uint32_t id) {
    const uint32_t lane = runs_[id].lane;
    const uint32_t machine = site_.machine_of[lane];
    MachineState& state = machines_[machine];
    const Machine& limits = site_.machines[machine];
    ++state.places;
    state.cpus -= std::min(tasks_[id].cpus, limits.cpus);
    state.memory -= std::min(tasks_[id].memory, limits.memory);
    lanes_[lane].is_free = true;
    if (LanesOn(id, machine).size() == 1) lanes_[lane].is_booked = false;
    for (uint32_t gate : gates_of_[tasks_[id].admitted]) --used_of_gate_[gate];
    HandOver(lane, &state);
    for (uint32_t other : waited_for_by_[id]) {
      if (--waits_for_[other] > 0) continue;
      Queue(other);
      if (auto own = LaneOfGroup(other))
        touched_.push_back(site_.machine_of[*own]);
      else
        anywhere_ = true;
    }
  }

  const std::vector<uint32_t>& LanesOn(uint32_t id, uint32_t machine) const {
    const Line& line = lines_[line_of_[id]];
    return std::find_if(line.lanes.begin(), line.lanes.end(),
                        [machine](const auto& lanes) { return lanes.first == machine; })
        ->second;
  }

  void HandOver(uint32_t lane, MachineState* state) {
    auto next = std::find_if(state->waiting.begin(), state->waiting.end(), [&](uint32_t id) {
      const std::vector<uint32_t>& lanes = site_.admitted[tasks_[id].admitted];
      return std::find(lanes.begin(), lanes.end(), lane) != lanes.end();
    });
    if (next == state->waiting.end()) return;
    Begin(*next, lane);
    state->waiting.erase(next);
  }

  const Site& site_;
  const std::vector<Task>& tasks_;
  const bool on_place_;
  std::vector<MachineState> machines_;
  std::vector<LaneState> lanes_;
  std::vector<Line> lines_;
  std::vector<uint32_t> line_of_;
  // By group's lane, or by set of lanes; then CPUs and memory.
  std::map<std::tuple<bool, uint32_t, uint64_t, uint64_t>, uint32_t> line_known_;
  std::vector<std::optional<uint32_t>> lane_of_group_;
  std::vector<std::vector<uint32_t>> gates_of_;  // by Task::admitted
  std::vector<size_t> used_of_gate_;
  std::vector<size_t> waits_for_;  // so many others
  std::vector<std::vector<uint32_t>> waited_for_by_;
  std::vector<Run> runs_;
  Earliest<std::pair<uint64_t, uint32_t>> running_;
  std::vector<uint32_t> touched_;  // machines on which something has changed
  bool anywhere_ = false;          // on all
  uint64_t now_ = 0;
};

}  // namespace

std::vector<uint32_t> GatesOf(const std::vector<std::vector<uint32_t>>& gates,
                              const std::vector<uint32_t>& lanes) {
  std::vector<uint32_t> around;
  for (uint32_t i = 0; i < gates.size(); ++i) {
    const std::vector<uint32_t>& gate = gates[i];
    if (std::includes(gate.begin(), gate.end(), lanes.begin(), lanes.end())) around.push_back(i);
  }
  return around;
}

std::vector<Run> Simulate(const Site& site, const std::vector<Task>& tasks, StartRule rule) {
  return Simulation(site, tasks, rule).Take();
}

}  // namespace kvmtest::plan
