// Runs a program of the 2009 dialect and keeps of every dict what was done to it, and what
// would have removed it: filters remove nothing here. Dicts that cannot get the name in
// question are left behind at once, so that a product of any size is run for one name.
#ifndef KVMTEST_LANGUAGE_TRACE_2009_H_
#define KVMTEST_LANGUAGE_TRACE_2009_H_

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "language/config_impl.h"
#include "language/explain.h"
#include "language/names_2009.h"
#include "language/tree_extract.h"

namespace kvmtest::language {

// What a statement stands in, from the inside.
struct Scope2009 {
  const Scope2009* outer = nullptr;
  VariantId variant = kNone;
  const Word2009* condition = nullptr;  // set or `variant` is
};

// A dict, and what was done to it, the last first.
struct Traced2009 : Names2009 {
  enum class Kind {
    kItems,
    kSkipped,  // items that do not apply, because of the scope's condition
    kNames,    // an item that changed the name or short name
    kFilter,   // an only or no that removes the dict
    kNothing,  // a block without variants
  };
  struct Event {
    const Event* before = nullptr;
    Kind kind = Kind::kItems;
    const Scope2009* scope = nullptr;
    std::span<const Item> items = {};
    const Statement2009* statement = nullptr;  // kFilter, kNothing
    const Word2009* word = nullptr;            // of a no: what was found
    std::string_view name = {};                // kFilter: as it was seen; kNames: if it changed
    std::string_view shortname = {};           // kNames: if it changed
  };
  struct Taken {
    const Taken* before;
    const Variant2009* variant;
    bool append;
  };
  const Event* events = nullptr;
  const Taken* taken = nullptr;
  std::vector<VariantId> depend_of;  // parallel to `depend`
  bool removed = false;
};

class Tracer2009 {
 public:
  Tracer2009(const ConfigImpl& config, const Bounds& bounds);

  // Only dicts that can be called so. Without effect on programs that assign to names.
  void OnlyNamed(std::string_view name, NameKind kind);
  // All dicts if they are not too many; removed ones, too, if `keep_removed`.
  bool Run(bool keep_removed, std::vector<Traced2009>* result);

  // What did not go well if Run is false: an error, or there were too many dicts.
  const ExpandError& error() const { return error_; }

 private:
  using List = std::vector<Traced2009>;

  bool RunBlock(const Block2009& block, const Scope2009* scope, List* list);
  bool RunStatement(const Statement2009& statement, const Scope2009* scope, List* list);
  bool RunOperators(const Statement2009& statement, const Scope2009* scope, List* list);
  bool RunOnlyNo(const Statement2009& statement, const Scope2009* scope, List* list);
  bool RunException(const Statement2009& statement, const Scope2009* scope, List* list);
  bool RunVariants(const Statement2009& statement, const Scope2009* scope, List* list);
  bool RunSubvariants(const Statement2009& statement, const Scope2009* scope, List* list);

  bool ApplyItems(std::span<const Item> items, const Scope2009* scope, Traced2009* dict);
  void SkipBlock(const Block2009& block, const Scope2009* scope, Traced2009* dict);
  // A block without variants: no dict passes it.
  void KeepNone(const Statement2009& statement, const Scope2009* scope, List* list);
  void Take(const Variant2009& variant, bool append, Traced2009* dict);
  bool CanBeWanted(const Traced2009& dict) const;
  bool TooMany(size_t dicts);
  const Scope2009* Inside(const Scope2009* outer, VariantId variant, const Word2009* condition);
  void Note(const Traced2009::Event& event, Traced2009* dict);
  void Survey(const Block2009& block);

  const ConfigImpl& config_;
  NameRules2009 rules_;
  Arena arena_;
  size_t max_dicts_;  // at a time
  bool keep_removed_ = false;
  bool has_subvariants_ = false;
  bool assigns_names_ = false;
  bool narrowed_ = false;
  std::string wanted_;
  NameKind wanted_kind_ = NameKind::kFull;
  ExpandError error_;
};

// The statement for people.
ExplainedStatement StatementIn(const Scope2009* scope, const Span& span);

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_TRACE_2009_H_
