// What a path through the modern tree is called: name, shortname, dependencies, file maps
// and variants. Paths come one after the other and share their beginnings, so what the
// last one had is kept as far as the new one goes the same way.
#ifndef KVMTEST_LANGUAGE_PATH_NAMES_H_
#define KVMTEST_LANGUAGE_PATH_NAMES_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "language/expand.h"
#include "language/tree.h"

namespace kvmtest::language {

class PathNames {
 public:
  explicit PathNames(const Tree& tree);

  // The nodes from the root to the leaf.
  void SetPath(std::span<const NodeId> path);

  // Valid until the next SetPath.
  const std::string& name() const { return name_; }
  const std::string& shortname() const { return shortname_; }
  const std::vector<std::string>& deps() const { return deps_; }
  const std::vector<VariantId>& variants() const { return variants_; }
  // Sorted by file. `out` is replaced; what it points to is valid until the next SetPath.
  void FileMaps(std::vector<FileMapEntry>* full, std::vector<FileMapEntry>* bare) const;

  // A file map as far as the nodes from `top` of the path down fill it, in Python's order:
  // from the leaf up, a file comes in where it is met first.
  using FileMap = std::vector<std::pair<KeyId, std::string>>;
  FileMap FileMapFrom(size_t top, bool full_names) const;

 private:
  // What a node adds, and how to take it back.
  struct Step {
    NodeId node;
    uint32_t name, shortname, deps, variants;  // their sizes before
    uint32_t full, bare;                       // of the maps of the node's file
  };
  struct File {
    KeyId key = kNone;
    uint32_t uses = 0;  // nodes of the path with variants of this file
    std::string full, bare;
  };

  void Push(NodeId id);
  void Pop();
  void AppendDeps(const Node& node);
  void AppendLabels(const Node& node, bool full_names, std::string* out) const;

  const Tree& tree_;
  std::vector<Step> path_;
  std::string name_, shortname_;
  std::vector<std::string> deps_;
  std::vector<VariantId> variants_;
  std::vector<File> files_;        // sorted by text
  std::vector<uint32_t> file_of_;  // by node; kNone: no variant
};

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_PATH_NAMES_H_
