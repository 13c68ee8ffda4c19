// What an expansion may take before it ends with an error. A few lines can ask for more than any
// machine has; nothing that was written for tests comes near.
#ifndef KVMTEST_LANGUAGE_BOUNDS_H_
#define KVMTEST_LANGUAGE_BOUNDS_H_

#include <cstddef>
#include <cstdint>

namespace kvmtest::language {

// Of a name, in the modern dialect. Walks follow a path by recursion; the reference gives up at
// about 500 blocks one after the other, at Python's stack limit.
inline constexpr uint32_t kMaxLabels = 2000;

// Of the walk through nodes that ends at a dict. The walks to all sides of a join are one in the
// other, so with 100 nodes on a path 40 sides can be joined.
inline constexpr uint32_t kMaxJoinDepth = 4050;

// Deeper nesting of blocks, conditions and includes is a mistake (an include cycle, a generator
// gone wild); the reference gives up a little earlier, at Python's stack limit.
inline constexpr int kMaxBlockDepth = 900;

struct Bounds {
  // Of the values that operators make for one dict: `x = ${x}${x}` doubles with every line.
  size_t made_bytes = size_t{64} << 20;
  // Of a walk that comes to no dict; about a filter looked at each.
  uint64_t steps = 1'000'000'000;
  // Of the 2009 dialect's dicts that are held for the variants of a block that comes behind them;
  // what does not fit is made anew for each.
  size_t held_bytes = size_t{40} << 20;
  // Of that dialect's dicts that must be in memory at once, since a thousand blocks are behind
  // them.
  uint64_t records = 1'000'000;
};

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_BOUNDS_H_
