// Runs a program of the 2009 dialect. Dicts do not know of each other, and the last `variants`
// block is the outermost loop, over all dicts that come to it: held in memory if they are few, else
// made anew for each of its variants. So they come one by one, in any number.
#ifndef KVMTEST_LANGUAGE_EXPAND_2009_H_
#define KVMTEST_LANGUAGE_EXPAND_2009_H_

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "language/config_impl.h"
#include "language/dict_builder.h"
#include "language/expand.h"
#include "language/held_2009.h"
#include "language/name_class_sets_2009.h"
#include "language/name_classes_2009.h"
#include "language/names_2009.h"
#include "language/patience.h"

namespace kvmtest::language {

class Runner2009 {
 public:
  explicit Runner2009(const ConfigImpl& config, const Bounds& bounds = {});

  // Dicts that no more than `most` filters remove are kept, marked with these.
  void KeepRemoved(size_t most) { most_removed_ = most; }
  // Does not go on with dicts of which filters further down leave nothing.
  void PassOverLost(std::optional<NameClasses2009> classes) {
    sets_ = NameClassSets2009(std::move(classes));
  }
  // Met more than bounds.records dicts where they cannot come one by one.
  bool too_many_records() const { return too_many_records_; }

  using Sink = std::function<bool(const Record2009&)>;
  // Every dict in order. False if the sink stopped or an error was met.
  bool Run(const Sink& sink);
  bool failed() const { return !error_.code.empty(); }
  const ExpandError& error() const { return error_; }

  // Applies the record's operators. What they point to lives until the next of these calls.
  bool Finish(const Record2009& record, Dict* dict);
  bool FinishJson(const Record2009& record, JsonBuffer* out);

 private:
  bool FillHead(const Record2009& record, Dict* dict);
  using List = Records2009;
  using Body = std::span<const Statement2009>;

  // Gives to the sink what the body makes of the source's dicts; those whose names are of no use
  // may be left out.
  using Use = NameClassSets2009::Set;
  bool Stream(Body body, const Source2009& source, const RecordsSink2009& sink, const Use& use);
  bool StreamBody(Body body, const Source2009& source, const RecordsSink2009& sink, const Use& use);
  bool StreamBehindList(Body head, Body tail, const Source2009& source, const RecordsSink2009& sink,
                        const Use& use);
  bool StreamVariants(const Statement2009& statement, const Source2009& source,
                      const RecordsSink2009& sink, const Use& use);
  bool StreamVariant(const Statement2009& statement, const Variant2009& variant,
                     const Source2009& source, const RecordsSink2009& sink, const Use& use);
  // What comes to a block, for each of its variants. Dicts of which filters leave few are held in
  // any case, as long as memory lasts: making them anew and anew would take more time with every
  // block.
  enum class Holding { kUntried, kTooMany, kDear, kNever };
  // Of making them once.
  struct Cost {
    uint64_t dicts = 0;
    uint64_t entered = 0;
    size_t blocks = 0;  // that they were not held for
    // Without filters, a variant is entered in each of those blocks, and few in others.
    bool IsDear() const { return entered > dicts * (2 * blocks + 4); }
    // The first of them cost what is held for all.
    bool IsDearSoFar() const { return entered > 200'000 + dicts * (2 * blocks + 4); }
  };
  // With classes only dicts of use are made: each leads to others, which it is worth.
  bool MayBeDear() const { return !sets_.classes(); }
  Source2009 CountCost(const Source2009& source, Cost* cost);
  // Tries to hold them: then `each` is what is held. False if an error was met.
  bool Hold(const Source2009& source, const Use& use, Holding* holding, Held2009* held,
            Source2009* each);
  bool StreamEach(const Statement2009& statement, const Source2009& source,
                  const RecordsSink2009& sink, const Use& use);
  bool StreamOne(const Statement2009& statement, const Record2009& record,
                 const RecordsSink2009& sink, const Use& use);
  bool StreamList(Body body, List& list, const RecordsSink2009& sink, const Use& use);

  // The same for a list.
  bool HasPatience(size_t records);
  bool RunBlock(Body block, List* list);
  bool RunStatement(const Statement2009& statement, List* list);
  bool RunOperators(const Statement2009& statement, List* list);
  bool RunOnlyNo(const Statement2009& statement, List* list);
  bool KeepsRemoved(const Statement2009& statement, Record2009* record);
  bool TooMany(const List& list);
  bool RunException(const Statement2009& statement, List* list);
  bool RunVariants(const Statement2009& statement, List* list);
  bool RunSubvariants(const Statement2009& statement, List* list);
  bool Enter(const Statement2009& block, const Variant2009& variant, List* list,
             const Use& use = {});
  bool ApplyToRecord(const Statement2009& statement, Record2009* record);
  bool Matches(const Word2009& word, const std::string& name, bool* result);

  Program2009 program_;  // with its own values: the builder notes at them what they are written as
  DictBuilder builder_;
  NameRules2009 rules_;
  ExpandError error_;
  NameClassSets2009 sets_{std::nullopt};
  size_t most_removed_ = 0;
  uint64_t max_records_;
  Patience patience_;
  std::unordered_map<const Statement2009*, uint64_t> dead_ends_;  // dicts, by only and no
  Room2009 room_;
  // By blocks of variants; the same dicts come to one each time.
  std::unordered_map<const Statement2009*, Holding> holding_;
  bool too_many_somewhere_ = false;
  uint64_t entered_ = 0;  // variants, by dicts
  size_t made_anew_ = 0;  // blocks that are being run on dicts not held
  size_t depth_ = 0;
  bool too_many_records_ = false;

  std::vector<Param> params_;
  std::vector<std::string_view> dep_views_;
  std::vector<VariantId> variants_;
};

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_EXPAND_2009_H_
