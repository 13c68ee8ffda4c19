// A path through the modern tree -> its dict: names, dependencies, file maps, and the
// operators of all its nodes applied from the leaf up.
#ifndef KVMTEST_LANGUAGE_PATH_DICT_H_
#define KVMTEST_LANGUAGE_PATH_DICT_H_

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "language/dict_builder.h"
#include "language/expand.h"
#include "language/prepared_tree.h"

namespace kvmtest::language {

class PathDict : public SpecialKeys {
 public:
  explicit PathDict(const PreparedTree& prepared)
      : prepared_(prepared), tree_(prepared.tree()), builder_(tree_.keys, Dialect::kModern) {}

  // Names, dependencies and file maps of the path. `context` holds its labels.
  void BeginPath(std::span<const NodeId> path, const Context& context);
  // Applies all operators and limits; false with error() set.
  bool ApplyPath();
  // Fills the dict; what it points to lives until the next BeginPath. Flattens suffixes.
  void Finish(bool rendered, Dict* dict);

  DictBuilder& builder() { return builder_; }
  const ExpandError& error() const { return error_.code.empty() ? builder_.error() : error_; }
  const std::string& name() const { return name_; }
  const std::string& shortname() const { return shortname_; }
  const std::vector<std::string>& deps() const { return deps_; }

  bool Text(KeyId reserved, std::string* out) const override;

  // A file map as far as the nodes from `top` of the path down fill it, in Python's order.
  using FileMap = std::vector<std::pair<KeyId, std::string>>;
  void MakeFileMap(size_t top, bool full_names, FileMap* out) const;

 private:
  void MakeNames();
  void MakeDeps();
  bool ApplyContent(std::span<const Item> content);
  void FillMap(bool full_names, FileMap* map, std::vector<FileMapEntry>* out);

  const PreparedTree& prepared_;
  const Tree& tree_;
  DictBuilder builder_;
  const Context* context_ = nullptr;
  std::span<const NodeId> path_;
  size_t current_ = 0;  // index of the node whose content is applied
  std::string name_;
  std::string shortname_;
  std::vector<std::string> deps_;
  std::vector<std::string_view> dep_views_;
  std::vector<VariantId> variants_;
  FileMap name_map_, short_name_map_;
  std::vector<FileMapEntry> name_entries_, short_name_entries_;
  std::vector<Param> params_;
  ExpandError error_;
};

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_PATH_DICT_H_
