#include "plan/param_runs.h"

#include <algorithm>

#include "plan/digest.h"

namespace kvmtest::plan {
namespace {

// Of so many keys one ends a run, on average.
constexpr uint64_t kRunLength = 16;

uint64_t HashOf(std::span<const Param> run) {
  uint64_t hash = run.size();
  for (Param param : run) {
    hash = (hash ^ (uint64_t{param.key} << 32 | param.value)) * 0x9e3779b97f4a7c15;
    hash ^= hash >> 29;
  }
  return hash;
}

}  // namespace

std::vector<RunId> ParamRuns::Intern(const StringPool& texts, const std::vector<Param>& params) {
  std::vector<RunId> ids;
  ids.reserve(last_.size());
  auto known = last_.begin();
  for (std::span<const Param> rest = params; !rest.empty();) {
    size_t size = 0;
    if (known != last_.end() && BeginsWith(texts, rest, runs_[*known])) {
      size = runs_[*known].size();
      ids.push_back(*known++);
    } else {
      while (size < rest.size() && !Ends(texts, rest[size++].key)) continue;
      ids.push_back(Add(rest.first(size)));
      // Both lists go on alike behind the same key.
      auto same = std::find_if(
          known, last_.end(), [&](RunId id) { return runs_[id].back().key == rest[size - 1].key; });
      if (same != last_.end()) known = same + 1;
    }
    rest = rest.subspan(size);
  }
  ids.shrink_to_fit();
  return last_ = ids;
}

bool ParamRuns::BeginsWith(const StringPool& texts, std::span<const Param> params,
                           const std::vector<Param>& run) {
  if (run.size() > params.size() || !std::equal(run.begin(), run.end(), params.begin()))
    return false;
  return run.size() == params.size() || Ends(texts, run.back().key);
}

std::vector<Param> ParamRuns::List(const std::vector<RunId>& runs) const {
  std::vector<Param> params;
  for (RunId id : runs) params.insert(params.end(), Run(id).begin(), Run(id).end());
  return params;
}

RunId ParamRuns::Add(std::span<const Param> run) {
  const uint64_t hash = HashOf(run);
  auto [begin, end] = ids_.equal_range(hash);
  for (auto known = begin; known != end; ++known) {
    const std::vector<Param>& other = runs_[known->second];
    if (std::equal(other.begin(), other.end(), run.begin(), run.end())) return known->second;
  }
  auto id = static_cast<RunId>(runs_.size());
  runs_.emplace_back(run.begin(), run.end());
  ids_.emplace(hash, id);
  return id;
}

bool ParamRuns::Ends(const StringPool& texts, TextId key) {
  while (ends_.size() <= key) {
    auto id = static_cast<TextId>(ends_.size());
    ends_.push_back(Fnv1a(texts.Text(id)) % kRunLength == 0);
  }
  return ends_[key];
}

}  // namespace kvmtest::plan
