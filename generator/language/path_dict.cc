#include "language/path_dict.h"

#include <algorithm>

#include "language/python_text.h"
#include "language/reserved_keys.h"

namespace kvmtest::language {

void PathDict::BeginPath(std::span<const NodeId> path, const Context& context) {
  path_ = path;
  context_ = &context;
  error_ = {};
  MakeNames();
  MakeDeps();
}

namespace {

void AppendDotted(std::string_view part, std::string* out) {
  if (!out->empty()) *out += '.';
  *out += part;
}

}  // namespace

void PathDict::MakeNames() {
  name_.clear();
  shortname_.clear();
  variants_.clear();
  for (NodeId id : path_) {
    const Node& node = tree_.nodes[id];
    if (node.variant != kNone) variants_.push_back(node.variant);
    for (AtomId label : node.labels) {
      AppendDotted(tree_.labels.Text(label), &name_);
      if (node.append_to_shortname)
        AppendDotted(tree_.labels.Text(tree_.labels.NameAtom(label)), &shortname_);
    }
  }
}

// Each `..`-part of each alternative, below the name above the variant.
void PathDict::MakeDeps() {
  deps_.clear();
  std::string above;
  for (NodeId id : path_) {
    const Node& node = tree_.nodes[id];
    if (node.deps != kNone) {
      for (const Alternative& alternative : tree_.filters[node.deps].alternatives) {
        for (const Adjacency& block : alternative.blocks) {
          std::string dep = above;
          for (AtomId atom : block.atoms) AppendDotted(tree_.labels.Text(atom), &dep);
          deps_.push_back(std::move(dep));
        }
      }
    }
    for (AtomId label : node.labels) AppendDotted(tree_.labels.Text(label), &above);
  }
}

bool PathDict::ApplyPath() {
  builder_.Begin();
  for (current_ = path_.size(); current_-- > 0;)
    if (!ApplyContent(tree_.nodes[path_[current_]].content)) return false;
  current_ = 0;
  if (!builder_.ApplyLimits(*this)) return false;
  return true;
}

bool PathDict::ApplyContent(std::span<const Item> content) {
  for (const Item& item : content) {
    if (IsOperator(item.kind)) {
      if (!builder_.Apply(item, *this)) return false;
    } else if (item.kind == ItemKind::kCondition || item.kind == ItemKind::kNegativeCondition) {
      const Condition& condition = tree_.conditions[item.id];
      if (context_->Matches(condition.filter) == (item.kind == ItemKind::kCondition) &&
          !ApplyContent(condition.content))
        return false;
    } else if (item.kind == ItemKind::kJoin && path_.size() > current_ &&
               std::none_of(tree_.nodes[path_[current_]].content.begin(),
                            tree_.nodes[path_[current_]].content.end(),
                            [&item](const Item& own) { return &own == &item; })) {
      error_ = {"join-in-condition", "'join' inside a condition does not work",
                item.value.origin.ToSpan()};
      return false;
    }
  }
  return true;
}

// From the leaf up, a file comes in where it is met first; a name grows at the front, so
// it reads from the top.
void PathDict::MakeFileMap(size_t top, bool full_names, FileMap* out) const {
  size_t files = 0;
  for (size_t i = path_.size(); i-- > top;) {
    const Node& node = tree_.nodes[path_[i]];
    if (node.variant == kNone) continue;
    auto end = out->begin() + static_cast<ptrdiff_t>(files);
    if (std::any_of(out->begin(), end, [&](const auto& e) { return e.first == node.map_file; }))
      continue;
    if (files == out->size()) out->emplace_back();
    (*out)[files].first = node.map_file;
    (*out)[files++].second.clear();  // keeps its memory for the next dict
  }
  out->resize(files);
  for (size_t i = top; i < path_.size(); ++i) {
    const Node& node = tree_.nodes[path_[i]];
    if (node.variant == kNone) continue;
    std::string& text = std::find_if(out->begin(), out->end(), [&](const auto& entry) {
                          return entry.first == node.map_file;
                        })->second;
    for (AtomId label : node.labels)
      AppendDotted(tree_.labels.Text(full_names ? label : tree_.labels.NameAtom(label)), &text);
  }
}

bool PathDict::Text(KeyId reserved, std::string* out) const {
  switch (reserved) {
    case kNameKey:
      *out = name_;
      return true;
    case kShortnameKey:
      *out = shortname_;
      return true;
    case kDepKey: {
      *out = "[";
      for (const std::string& dep : deps_) {
        if (out->size() > 1) *out += ", ";
        *out += python::Repr(dep);
      }
      *out += ']';
      return true;
    }
    case kNameMapKey:
    case kShortNameMapKey: {
      // A variant's map entries come after all its own text.
      FileMap map;
      MakeFileMap(current_ + 1, reserved == kNameMapKey, &map);
      if (map.empty()) return false;
      *out = "{";
      for (const auto& [file, name] : map) {
        if (out->size() > 1) *out += ", ";
        *out += python::Repr(tree_.keys.Text(file)) + ": " + python::Repr(name);
      }
      *out += '}';
      return true;
    }
    default:
      return false;
  }
}

void PathDict::FillMap(bool full_names, FileMap* map, std::vector<FileMapEntry>* out) {
  MakeFileMap(0, full_names, map);
  out->clear();
  for (const auto& [file, name] : *map) out->push_back({tree_.keys.Text(file), name});
  std::sort(out->begin(), out->end(),
            [](const FileMapEntry& a, const FileMapEntry& b) { return a.file < b.file; });
}

void PathDict::Finish(bool rendered, Dict* dict) {
  builder_.Flatten();
  FillMap(true, &name_map_, &name_entries_);
  FillMap(false, &short_name_map_, &short_name_entries_);
  dep_views_.assign(deps_.begin(), deps_.end());
  params_.clear();
  builder_.Params(rendered, &params_);
  *dict = {};
  dict->name = name_;
  dict->shortname = shortname_;
  dict->deps = dep_views_;
  dict->params = params_;
  dict->name_map = name_entries_;
  dict->short_name_map = short_name_entries_;
  dict->variants = variants_;
  // `name_fixed = x` and its like.
  if (const Value* value = builder_.Find(kNameKey)) dict->name = value->text;
  if (const Value* value = builder_.Find(kShortnameKey)) dict->shortname = value->text;
  if (const Value* value = builder_.Find(kDepKey)) dict->deps_text = value->text;
}

}  // namespace kvmtest::language
