// Silent traps that are met while dicts are made, each once for a place however many dicts meet it.
#ifndef KVMTEST_LANGUAGE_TRAP_LOG_H_
#define KVMTEST_LANGUAGE_TRAP_LOG_H_

#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "language/diagnostic.h"
#include "language/tree.h"

namespace kvmtest::language {

class TrapLog {
 public:
  enum class Kind {
    kUndefinedKey,
    kListAsText,
    kStaleValue,
    kSuffixCollision,
    kJoinPrefix,
    kJoinLoss
  };
  struct Trap {
    std::string message;
    std::string word = {};  // of the statement, for the caret; empty: all of it
    std::string note = {};  // at the other place
    std::string hint = {};
  };

  // `pedantic`: whoever reports looks for those traps as well that are none most of the time.
  explicit TrapLog(bool pedantic) : pedantic_(pedantic) {}
  bool pedantic() const { return pedantic_; }

  // The trap to fill in, or null if it is known at this place. `other`: another place that the
  // trap is about, if it has one; of several the first in the text is told, whichever dict is met
  // first. Several threads may call this at once.
  Trap* Meet(const Place& place, Kind kind, const Place& other = {});
  // In the order of their places; no other thread may be at work.
  void Report(const SourceMap& sources, Diagnostics* diagnostics) const;

 private:
  struct Met {
    Place place, other;
    Trap trap;
  };
  using Where = std::tuple<FileId, uint32_t, uint16_t>;
  static Where WhereOf(const Place& place) { return {place.file, place.line, place.column}; }

  bool pedantic_;
  std::mutex mutex_;
  std::map<std::tuple<Where, Kind, Where>, Met> traps_;
};

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_TRAP_LOG_H_
