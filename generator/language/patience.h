// Filters can be as hard as any puzzle: a walk that comes to no dict for very long gives up.
#ifndef KVMTEST_LANGUAGE_PATIENCE_H_
#define KVMTEST_LANGUAGE_PATIENCE_H_

#include <cstdint>
#include <vector>

#include "language/expand_error.h"

namespace kvmtest::language {

class Patience {
 public:
  explicit Patience(uint64_t steps) : steps_(steps) {}

  // Takes `count` more steps; false if that are too many since the last dict.
  bool Step(uint64_t count) {
    taken_ += count;
    return taken_ <= steps_;
  }
  bool IsOver() const { return taken_ > steps_; }
  // A dict was found.
  void Renew() { taken_ = 0; }

  // Where it ended most often is told, if that is known.
  struct DeadEnd {
    uint64_t count;
    Span filter;
  };
  ExpandError Error(std::vector<DeadEnd> dead_ends = {}) const;

 private:
  uint64_t steps_;
  uint64_t taken_ = 0;
};

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_PATIENCE_H_
