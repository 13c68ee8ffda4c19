// A path through the modern tree -> its dict: names, dependencies, file maps, and the
// operators of all its nodes applied from the leaf up.
#ifndef KVMTEST_LANGUAGE_PATH_DICT_H_
#define KVMTEST_LANGUAGE_PATH_DICT_H_

#include <span>
#include <string_view>
#include <vector>

#include "language/dict_builder.h"
#include "language/expand.h"
#include "language/path_names.h"
#include "language/prepared_tree.h"

namespace kvmtest::language {

class PathDict : public SpecialKeys {
 public:
  // `ordered`: the builder's Ordered() will be asked for, and of several dicts.
  PathDict(const PreparedTree& prepared, bool ordered)
      : tree_(prepared.tree()),
        one_at_a_time_(!ordered),
        programs_(tree_.nodes.size()),
        condition_programs_(tree_.conditions.size()),
        builder_(tree_.keys, Dialect::kModern, ordered || tree_.has_suffixes, prepared.bounds()),
        names_(tree_) {}

  // `context` holds the path's labels.
  void BeginPath(std::span<const NodeId> path, const Context& context);
  // For who applies operators himself: the node of the path whose content is applied, which
  // file maps depend on.
  void SetCurrent(size_t index) { current_ = index; }
  // Applies all operators and limits; false with error() set.
  bool ApplyPath();
  // One of these two ends a path. What `dict` points to lives until the next BeginPath.
  void Finish(Dict* dict);
  void FinishJson(JsonBuffer* out);

  DictBuilder& builder() { return builder_; }
  const ExpandError& error() const { return builder_.error(); }
  const PathNames& names() const { return names_; }

  bool Text(KeyId reserved, std::string* out) const override;

 private:
  // Content made ready for applying, with its own copies of the values: plain assignments in runs,
  // and between them what takes more thought. only and no are no business of this class.
  struct Step {
    std::span<const ParamTable::Assignment> sets;
    const Item* then = nullptr;  // null in the last step
  };
  using Program = std::span<const Step>;

  Program Compile(std::span<const Item> content);
  void FillHead(Dict* dict);
  bool Run(Program program);

  const Tree& tree_;
  bool one_at_a_time_;
  Arena arena_;
  std::vector<Program> programs_;            // by node, made when first met; never empty then
  std::vector<Program> condition_programs_;  // by condition
  DictBuilder builder_;
  PathNames names_;
  const Context* context_ = nullptr;
  std::span<const NodeId> path_;
  size_t current_ = 0;  // index of the node whose content is applied
  std::vector<std::string_view> dep_views_;
  std::vector<FileMapEntry> name_entries_, short_name_entries_;
  std::vector<Param> params_;
};

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_PATH_DICT_H_
