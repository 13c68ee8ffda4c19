// The walk for trees with `join`: node by node as the reference does it, because joins make
// what a node yields depend on more than labels and filters.
#ifndef KVMTEST_LANGUAGE_JOINED_WALKER_H_
#define KVMTEST_LANGUAGE_JOINED_WALKER_H_

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "language/path_dict.h"
#include "language/patience.h"
#include "language/prepared_tree.h"

namespace kvmtest::language {

// A dict that must outlive its path, because a join puts two together.
struct StoredDict {
  std::string name;
  std::string shortname;
  std::vector<std::string> deps;
  std::vector<std::pair<KeyId, std::string>> name_map, short_name_map;
  std::vector<VariantId> variants;
  std::vector<std::vector<NodeId>> paths;  // from the root to the leaf; several if joined
  struct Entry {
    KeyId key;
    std::string text;
    Place origin;
  };
  std::vector<Entry> entries;  // in Python's order, reserved keys among them if overwritten
};

class JoinedWalker {
 public:
  // `forgets`: a third join does not see the filters of the second, as it should be.
  JoinedWalker(PreparedTree& prepared, bool defaults, bool forgets = false)
      : prepared_(prepared),
        tree_(prepared.tree()),
        defaults_(defaults),
        forgets_(forgets),
        context_(prepared),
        dict_(prepared, /*ordered=*/true),
        joins_(tree_.nodes.size()),
        patience_(prepared.bounds().steps) {}

  using Sink = std::function<bool(const StoredDict&)>;
  // False if the sink stopped or an error was met.
  bool Walk(const Sink& sink);

  // Where to note silent traps; null: nowhere.
  void set_traps(TrapLog* traps) {
    traps_ = traps;
    dict_.builder().set_traps(traps);
  }

  bool failed() const { return !error_.code.empty(); }
  const ExpandError& error() const { return error_; }
  // Fills `dict` from a stored one, suffixes flattened.
  void Finish(const StoredDict& stored, Dict* dict);

 private:
  using Constraints = std::vector<ConstraintId>;
  // What the reference changes in a node while a join of it is running: its joins are gone
  // and `only`s come instead. The list is shared by reference between the levels of a join,
  // just as Python's lists are, which is why later levels see filters of earlier ones.
  struct JoinState {
    bool expanded = false;
    std::shared_ptr<Constraints> onlys;
  };

  // At the first join on the path.
  void FailAtJoin(std::string code, std::string message);
  bool Visit(NodeId node, const Constraints& open, const Sink& sink);
  bool VisitPlain(NodeId node, const Constraints& open, const Sink& sink);
  bool Multiply(NodeId node, std::span<const ConstraintId> onlys, const Constraints& open,
                const Sink& sink);
  void LeaveTo(size_t depth);
  bool Children(NodeId node, const Constraints& open, const Sink& sink);
  bool Leaf(const Sink& sink);
  bool Combine(const StoredDict& first, const StoredDict& second, StoredDict* out);
  // The statement of the join that is running.
  Place JoinPlace() const;
  void NoteLoss(NodeId node);
  bool JoinNames(const std::string& first, const std::string& second, std::string* out);
  void Store(StoredDict* out);
  // An only for every alternative of every join of the node.
  Constraints OnlysOf(NodeId node);

  PreparedTree& prepared_;
  const Tree& tree_;
  bool defaults_;
  bool forgets_;
  Context context_;
  PathDict dict_;
  std::vector<NodeId> path_;
  std::vector<JoinState> joins_;
  uint32_t joining_ = 0;  // dicts that wait to be joined
  Patience patience_;
  uint32_t depth_ = 0;  // of the recursion, a level of a join counting as several nodes
  std::unordered_map<NodeId, Constraints> onlys_;
  ExpandError error_;
  TrapLog* traps_ = nullptr;

  // Backing of a finished dict.
  std::vector<Value> values_;
  std::vector<Param> params_;
  std::vector<FileMapEntry> name_entries_, short_name_entries_;
  std::vector<std::string_view> dep_views_;
};

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_JOINED_WALKER_H_
