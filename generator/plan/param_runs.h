// Params of tests, in order of their keys, as runs that tests share: those of a large tree have
// hundreds of params each, nearly all of them alike.
#ifndef KVMTEST_PLAN_PARAM_RUNS_H_
#define KVMTEST_PLAN_PARAM_RUNS_H_

#include <compare>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "plan/string_pool.h"

namespace kvmtest::plan {

struct Param {
  TextId key;
  TextId value;

  auto operator<=>(const Param&) const = default;
};

using RunId = uint32_t;

class ParamRuns {
 public:
  // The same lists always give the same runs. Where one ends is said by its last key's text alone,
  // so that a param more or less in one place leaves the runs of all others as they are.
  std::vector<RunId> Intern(const StringPool& texts, const std::vector<Param>& params);

  const std::vector<Param>& Run(RunId id) const { return runs_[id]; }
  std::vector<Param> List(const std::vector<RunId>& runs) const;
  size_t size() const { return runs_.size(); }

 private:
  RunId Add(std::span<const Param> run);
  bool Ends(const StringPool& texts, TextId key);
  // Whether it is the first run of these.
  bool BeginsWith(const StringPool& texts, std::span<const Param> params,
                  const std::vector<Param>& run);

  std::vector<std::vector<Param>> runs_;
  std::unordered_multimap<uint64_t, RunId> ids_;  // by a hash of the run
  std::vector<bool> ends_;                        // by key
  std::vector<RunId> last_;                       // of the list before, which is much like the next
};

}  // namespace kvmtest::plan

#endif  // KVMTEST_PLAN_PARAM_RUNS_H_
