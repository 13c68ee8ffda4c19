// Runs a program of the 2009 dialect.
#ifndef KVMTEST_LANGUAGE_EXPAND_2009_H_
#define KVMTEST_LANGUAGE_EXPAND_2009_H_

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "language/config_impl.h"
#include "language/dict_builder.h"
#include "language/expand.h"
#include "language/names_2009.h"

namespace kvmtest::language {

// A dict of the running list: its names, which filters look at, and what was done to the
// rest, applied only when the dict is complete.
struct Record2009 : Names2009 {
  struct Step {
    const Step* before;
    std::span<const Item> items;
  };
  struct Taken {
    const Taken* before;
    VariantId variant;
    bool append;  // subvariants
  };
  struct Removed {
    const Removed* before;
    const Statement2009* statement;
    size_t count;
  };
  const Step* steps = nullptr;
  const Taken* taken = nullptr;
  const Removed* removed = nullptr;  // by filters, see Runner2009::KeepRemoved
};

class Runner2009 {
 public:
  explicit Runner2009(const ConfigImpl& config, const Bounds& bounds = {});

  // Dicts that no more than `most` filters remove are kept, marked with these.
  void KeepRemoved(size_t most) { most_removed_ = most; }
  // Stops once a list has more records; 0: no limit.
  void set_max_records(uint64_t max) { max_records_ = max; }
  bool too_many_records() const { return too_many_records_; }

  using Sink = std::function<bool(const Record2009&)>;
  // Every dict in order; the last top-level `variants` block is not expanded at once but
  // variant by variant. False if the sink stopped or an error was met.
  bool Run(const Sink& sink);
  bool failed() const { return !error_.code.empty(); }
  const ExpandError& error() const { return error_; }

  // Applies the record's operators. What they point to lives until the next of these calls.
  bool Finish(const Record2009& record, Dict* dict);
  bool FinishJson(const Record2009& record, JsonBuffer* out);

 private:
  bool FillHead(const Record2009& record, Dict* dict);
  using List = std::vector<Record2009>;

  bool RunBlock(const Block2009& block, List* list);
  bool RunBlock(std::span<const Statement2009> block, List* list);
  bool RunStatement(const Statement2009& statement, List* list);
  bool RunOperators(const Statement2009& statement, List* list);
  bool RunOnlyNo(const Statement2009& statement, List* list);
  bool KeepsRemoved(const Statement2009& statement, Record2009* record);
  bool TooMany(const List& list);
  bool RunException(const Statement2009& statement, List* list);
  bool RunVariants(const Statement2009& statement, List* list);
  bool RunVariant(const Variant2009& variant, List* list);
  bool RunSubvariants(const Statement2009& statement, List* list);
  bool ApplyToRecord(std::span<const Item> items, Record2009* record);
  bool Matches(const Word2009& word, const std::string& name, bool* result);

  Program2009 program_;  // with its own values: the builder notes at them what they are written as
  DictBuilder builder_;
  Arena arena_;
  NameRules2009 rules_;
  ExpandError error_;
  size_t most_removed_ = 0;
  uint64_t max_records_ = 0;
  bool too_many_records_ = false;

  std::vector<Param> params_;
  std::vector<std::string_view> dep_views_;
  std::vector<VariantId> variants_;
  std::vector<const Record2009::Step*> chain_;
};

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_EXPAND_2009_H_
