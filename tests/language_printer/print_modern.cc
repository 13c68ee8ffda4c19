// The modern dialect: the tree is upside down, so the text is found from the root downwards and
// written from the leaf upwards. Blocks of several files stay in several, since the file maps tell.
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "language/config_impl.h"
#include "language/reserved_keys.h"
#include "printed_source.h"

namespace kvmtest::language {

namespace {

using Content = std::span<const Item>;

// A file or string that is being written.
struct Part {
  std::string path;  // empty: a string
  std::string text = {};
  std::unordered_set<KeyId> run = {};  // keys of the run of plain assignments, maybe some more

  std::string& Line(int indent) { return text.append(static_cast<size_t>(indent), ' '); }
};

std::string_view BaseName(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

bool IsKeyword(std::string_view word) {
  for (std::string_view keyword : {"variants", "only", "no", "join", "include", "del", "suffix"})
    if (word == keyword) return true;
  return false;
}

class ModernPrinter {
 public:
  explicit ModernPrinter(const ConfigImpl& config) : config_(config), tree_(config.tree) {
    while (tree_.labels.atoms().Lookup(nowhere_) != Interner::kAbsent) nowhere_ += 'x';
  }

  PrintedSource Print() {
    out_.main_path = BaseName(config_.sources.Path(0));
    Part part{.path = out_.main_path};
    PrintNode(tree_.root, {.ends_block = true}, 0, &part);
    Finish(std::move(part));
    return std::move(out_);
  }

 private:
  void Finish(Part part) {
    if (part.path.empty())
      out_.strings.push_back(std::move(part.text));
    else
      out_.files[part.path] = std::move(part.text);
  }

  // Includes a file called `name`; what it holds is for the caller to write and finish.
  Part Include(std::string_view name, int indent, Part* part) {
    std::string word = std::to_string(++includes_) + "/" + std::string(name);
    part->Line(indent) += "include " + word + "\n";
    part->run.clear();
    return {.path = part->path.substr(0, part->path.rfind('/') + 1) + word};
  }

  // Are its children variants? Else its only child is what stood before the block it begins.
  bool IsContainer(NodeId id) const {
    const Node& node = tree_.nodes[id];
    return !node.children.empty() && tree_.nodes[node.children[0]].variant != kNone;
  }
  NodeId Before(NodeId container) const {
    NodeId id = tree_.nodes[container].children[0];
    while (IsContainer(id)) id = Before(id);
    return tree_.nodes[id].children[0];
  }
  const Variant& FirstVariant(NodeId container) const {
    return config_.variants[tree_.nodes[tree_.nodes[container].children[0]].variant];
  }

  struct Place {
    bool ends_block = false;        // nothing comes after the node in its block
    bool skips_block_name = false;  // the first statement is that a block's NAME implies
  };

  // The statements of a block or variant up to where `id` is the current node.
  void PrintNode(NodeId id, Place place, int indent, Part* part) {
    Content content = tree_.nodes[id].content;
    if (!IsContainer(id))
      return PrintContent(content.subspan(place.skips_block_name ? 1 : 0), place.ends_block, indent,
                          part);
    PrintNode(Before(id), {.skips_block_name = place.skips_block_name}, indent, part);
    const Variant& variant = FirstVariant(id);
    bool is_string = config_.sources.IsString(variant.span.file);
    if (is_string && !part->path.empty()) Finish(std::exchange(*part, Part{.path = ""}));
    // What can only be said after the block in the same file is said in it.
    Content slow = content.first(SlowLines(content));
    Content rest = content.subspan(slow.size());
    std::string_view file = BaseName(config_.sources.Path(variant.span.file));
    if (is_string || file == BaseName(part->path)) {
      PrintBlock(id, !slow.empty(), indent, part);
      PrintContent(slow, false, indent, part);
    } else {
      Part included = Include(file, indent, part);
      PrintBlock(id, !slow.empty(), 0, &included);
      PrintContent(slow, false, 0, &included);
      Finish(std::move(included));
    }
    PrintContent(rest, place.ends_block, indent, part);
  }

  // `then_slow`: the lines after the block are to be read without the form of assignments, as
  // behind an empty `variants:`.
  void PrintBlock(NodeId container, bool then_slow, int indent, Part* part) {
    const std::string& name = config_.blocks[FirstVariant(container).block].name;
    part->Line(indent) += name.empty() ? "variants:\n" : "variants " + name + ":\n";
    bool has_key = !name.empty() && tree_.keys.Lookup(name) >= kReservedKeys;
    for (NodeId child : tree_.nodes[container].children) {
      const Node& node = tree_.nodes[child];
      std::string& line = part->Line(indent + 4) += node.append_to_shortname ? "- " : "- @";
      bool first = true;
      for (const LabelText& label : config_.variants[node.variant].labels)
        line += (std::exchange(first, false) ? "" : ".") + label.name;
      line += ':';
      if (node.deps != kNone) line += " " + FilterOf(node.deps);
      line += '\n';
      part->run.clear();
      PrintNode(child, {.ends_block = true, .skips_block_name = has_key}, indent + 8, part);
    }
    if (then_slow) part->Line(indent + 8) += "variants:\n";
    part->run.clear();
  }

  std::string FilterOf(FilterId id) const { return FilterText(tree_.filters[id], tree_.labels); }

  // How many statements at the beginning are read only where the form of assignments is not
  // tried: those up to a condition on a variable.
  size_t SlowLines(Content content) const {
    size_t count = 0;
    for (const Item& item : content) {
      ++count;
      if (IsCondition(item.kind))
        return FilterOf(tree_.conditions[item.id].filter).find('=') != std::string::npos ? count
                                                                                         : 0;
      if (item.kind < ItemKind::kDelete) return 0;
    }
    return 0;
  }

  // A `suffix` acts at the end of its block; where it stands elsewhere it came from a file.
  void PrintContent(Content content, bool ends_block, int indent, Part* part) {
    for (size_t i = 0; i < content.size(); ++i) {
      const Item& item = content[i];
      if (item.kind == ItemKind::kSuffix && !(ends_block && i + 1 == content.size())) {
        Part included = Include("suffix.cfg", indent, part);
        PrintItem(item, 0, &included);
        Finish(std::move(included));
      } else {
        PrintItem(item, indent, part);
      }
    }
  }

  void PrintItem(const Item& item, int indent, Part* part) {
    if (item.kind < ItemKind::kDelete) return PrintAssignment(item, indent, part);
    if (IsCondition(item.kind)) {
      const Condition& condition = tree_.conditions[item.id];
      std::string filter = FilterOf(condition.filter);
      if (item.kind == ItemKind::kNegativeCondition)
        filter = "!" + filter;
      else if (filter == "variants")
        filter += ',';
      part->Line(indent) += filter + ":\n";
      return PrintContent(condition.content, true, indent + 4, part);
    }
    std::string& line = part->Line(indent);
    if (item.kind == ItemKind::kDelete)
      (line += "del ") += tree_.keys.Text(item.key);
    else if (item.kind == ItemKind::kSuffix)
      (line += "suffix ") += tree_.keys.Text(item.key);
    else
      line += (item.kind == ItemKind::kOnly ? "only #"
               : item.kind == ItemKind::kNo ? "no #"
                                            : "join #");
    if (item.id != kNone && !tree_.filters[item.id].alternatives.empty()) {
      line.pop_back();
      line += FilterOf(item.id);
    }
    line += '\n';
  }

  void PrintAssignment(const Item& item, int indent, Part* part) {
    static constexpr const char* kOperators[] = {"=", "+=", "<=", "~=", "?=", "?+=", "?<="};
    // A pattern that is also a key of the run before it would be folded into that.
    if (item.kind >= ItemKind::kRegexSet && part->run.contains(item.key)) {
      part->Line(indent) += "name += ends the run\n";
      part->run.clear();
    }
    if (item.kind == ItemKind::kSet) part->run.insert(item.key);
    std::string key(tree_.keys.Text(item.key));
    // The rest of a condition's line is no comment whatever it begins with.
    if (key.starts_with('#') || key.starts_with("//")) key = "!" + nowhere_ + ": " + key;
    // A blank that begins a line is indentation, and one behind a keyword makes it one.
    if (!key.empty() && !IsKeyword(key)) key += ' ';
    part->Line(indent) += key + kOperators[static_cast<size_t>(item.kind)] + " \"" +
                          std::string(item.value.text) + "\"\n";
  }

  const ConfigImpl& config_;
  const Tree& tree_;
  PrintedSource out_;
  std::string nowhere_ = "nowhere";  // no variant is called so
  int includes_ = 0;
};

}  // namespace

PrintedSource PrintModern(const Config& config) {
  return ModernPrinter(config.impl()).Print();
}

}  // namespace kvmtest::language
