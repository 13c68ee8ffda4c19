#include "plan/listing.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "plan/best_order.h"

namespace kvmtest::plan {
namespace {

// All parts as tasks, by the names of their pieces.
struct Tasks {
  std::vector<Task> tasks = {};
  std::vector<uint32_t> piece_of = {};
};

Tasks TasksOf(const AssignProblem& problem, const std::vector<uint32_t>& admitted) {
  std::vector<uint32_t> order(problem.pieces.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
    return problem.pieces[a].name < problem.pieces[b].name;
  });
  Tasks all;
  for (uint32_t piece : order) {
    const auto first = static_cast<uint32_t>(all.tasks.size());
    for (const Part& part : problem.pieces[piece].parts) {
      Task task{.work = part.work,
                .cpus = part.cpus,
                .memory = part.memory,
                .admitted = admitted[piece],
                .group = piece};
      for (uint32_t other : part.required) task.required.push_back(first + other);
      all.tasks.push_back(std::move(task));
      all.piece_of.push_back(piece);
    }
  }
  return all;
}

Assignment ListIn(const AssignProblem& problem, const Site& site,
                  const std::vector<uint32_t>& admitted) {
  const Tasks all = TasksOf(problem, admitted);
  const Ordered best = BestOrder(site, all.tasks, {}, StartRule::kOnFreeLane);
  Assignment assignment{.end = best.end};
  assignment.lane_of.resize(problem.pieces.size());
  assignment.begin.resize(problem.pieces.size());
  for (size_t i = 0; i < all.tasks.size(); ++i) {
    assignment.lane_of[all.piece_of[i]] = best.runs[i].lane;
    assignment.begin[all.piece_of[i]].push_back(best.runs[i].begin);
  }
  return assignment;
}

Assignment ListAnywhere(const AssignProblem& problem) {
  std::vector<uint32_t> admitted;
  for (const Piece& piece : problem.pieces) admitted.push_back(piece.admitted);
  return ListIn(problem, problem.site, admitted);
}

// Each piece as one part, which takes as much as any of its parts.
AssignProblem Merged(AssignProblem problem) {
  for (Piece& piece : problem.pieces) {
    Part whole;
    for (const Part& part : piece.parts) {
      whole.work += part.work;
      whole.cpus = std::max(whole.cpus, part.cpus);
      whole.memory = std::max(whole.memory, part.memory);
    }
    piece.parts = {whole};
  }
  return problem;
}

}  // namespace

Assignment List(const AssignProblem& problem) {
  Assignment best = ListAnywhere(problem);
  // By parts, a queue may get the beginnings of more pieces than it can end in time.
  Assignment other = ListOn(problem, ListAnywhere(Merged(problem)).lane_of);
  return other.end < best.end ? other : best;
}

Assignment ListOn(const AssignProblem& problem, const std::vector<uint32_t>& lane_of) {
  Site site = problem.site;
  site.admitted.clear();
  for (uint32_t lane = 0; lane < site.machine_of.size(); ++lane) site.admitted.push_back({lane});
  return ListIn(problem, site, lane_of);
}

}  // namespace kvmtest::plan
