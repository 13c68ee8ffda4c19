#include "language/path_names.h"

#include <algorithm>
#include <unordered_map>

namespace kvmtest::language {

namespace {

void AppendDotted(std::string_view part, std::string* out) {
  if (!out->empty()) *out += '.';
  *out += part;
}

uint32_t Size(const auto& container) {
  return static_cast<uint32_t>(container.size());
}

}  // namespace

PathNames::PathNames(const Tree& tree) : tree_(tree), file_of_(tree.nodes.size(), kNone) {
  std::vector<KeyId> keys;
  for (const Node& node : tree.nodes)
    if (node.variant != kNone) keys.push_back(node.map_file);
  auto before = [&tree](KeyId a, KeyId b) { return tree.keys.Text(a) < tree.keys.Text(b); };
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  std::sort(keys.begin(), keys.end(), before);
  std::unordered_map<KeyId, uint32_t> index;
  for (KeyId key : keys) {
    index[key] = Size(files_);
    files_.push_back({.key = key, .full = {}, .bare = {}});
  }
  for (NodeId id = 0; id < tree.nodes.size(); ++id)
    if (tree.nodes[id].variant != kNone) file_of_[id] = index[tree.nodes[id].map_file];
}

void PathNames::SetPath(std::span<const NodeId> path) {
  size_t same = 0;
  while (same < path.size() && same < path_.size() && path_[same].node == path[same]) ++same;
  while (path_.size() > same) Pop();
  for (NodeId id : path.subspan(same)) Push(id);
}

void PathNames::Push(NodeId id) {
  const Node& node = tree_.nodes[id];
  Step step{id, Size(name_), Size(shortname_), Size(deps_), Size(variants_), 0, 0};
  if (node.deps != kNone) AppendDeps(node);
  for (AtomId label : node.labels) {
    AppendDotted(tree_.labels.Text(label), &name_);
    if (node.append_to_shortname)
      AppendDotted(tree_.labels.Text(tree_.labels.NameAtom(label)), &shortname_);
  }
  if (file_of_[id] != kNone) {
    variants_.push_back(node.variant);
    File& file = files_[file_of_[id]];
    step.full = Size(file.full);
    step.bare = Size(file.bare);
    // In the maps a variant without a name counts, too: `c.` is one of those below `c`.
    if (file.uses++ > 0) {
      file.full += '.';
      file.bare += '.';
    }
    AppendLabels(node, true, &file.full);
    AppendLabels(node, false, &file.bare);
  }
  path_.push_back(step);
}

void PathNames::Pop() {
  const Step& step = path_.back();
  name_.resize(step.name);
  shortname_.resize(step.shortname);
  deps_.resize(step.deps);
  variants_.resize(step.variants);
  if (uint32_t file = file_of_[step.node]; file != kNone) {
    --files_[file].uses;
    files_[file].full.resize(step.full);
    files_[file].bare.resize(step.bare);
  }
  path_.pop_back();
}

void PathNames::AppendLabels(const Node& node, bool full_names, std::string* out) const {
  std::string_view separator;
  for (AtomId label : node.labels) {
    *out += separator;
    separator = ".";
    *out += tree_.labels.Text(full_names ? label : tree_.labels.NameAtom(label));
  }
}

// Each `..`-part of each alternative, below the name above the variant.
void PathNames::AppendDeps(const Node& node) {
  for (const Alternative& alternative : tree_.filters[node.deps].alternatives) {
    for (const Adjacency& block : alternative.blocks) {
      std::string& dep = deps_.emplace_back(name_);
      for (AtomId atom : block.atoms) AppendDotted(tree_.labels.Text(atom), &dep);
    }
  }
}

void PathNames::FileMaps(std::vector<FileMapEntry>* full, std::vector<FileMapEntry>* bare) const {
  full->clear();
  bare->clear();
  for (const File& file : files_) {
    if (file.uses == 0) continue;
    full->push_back({tree_.keys.Text(file.key), file.full});
    bare->push_back({tree_.keys.Text(file.key), file.bare});
  }
}

PathNames::FileMap PathNames::FileMapFrom(size_t top, bool full_names) const {
  FileMap map;
  for (size_t i = path_.size(); i-- > top;) {
    const Node& node = tree_.nodes[path_[i].node];
    if (node.variant == kNone) continue;
    std::string name;
    AppendLabels(node, full_names, &name);
    auto entry = std::find_if(map.begin(), map.end(),
                              [&node](const auto& e) { return e.first == node.map_file; });
    if (entry == map.end())
      map.emplace_back(node.map_file, std::move(name));
    else
      entry->second = name + '.' + entry->second;
  }
  return map;
}

}  // namespace kvmtest::language
