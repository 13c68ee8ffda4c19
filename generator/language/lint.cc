#include "language/lint.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>

namespace kvmtest::language {

namespace {

// Where `word` stands in `line` as a whole identifier; npos if nowhere.
size_t FindWord(std::string_view line, std::string_view word) {
  auto inside = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-';
  };
  for (size_t pos = line.find(word); pos != line.npos; pos = line.find(word, pos + 1)) {
    size_t end = pos + word.size();
    if ((pos == 0 || !inside(line[pos - 1])) && (end == line.size() || !inside(line[end])))
      return pos;
  }
  return line.npos;
}

class Linter {
 public:
  Linter(const ConfigImpl& config, Diagnostics* diagnostics)
      : config_(config), diagnostics_(*diagnostics) {
    for (VariantId id = 0; id < config.variants.size(); ++id) AddNames(id);
  }

  void LintTree() {
    const Tree& tree = config_.tree;
    std::vector<uint8_t> offered(tree.labels.size(), 0);
    for (const Node& node : tree.nodes)
      for (AtomId label : node.labels) offered[label] = offered[tree.labels.NameAtom(label)] = 1;
    // Most filters are fine; look at the statements only for the others.
    unknown_.resize(tree.filters.size());
    bool any = false;
    for (FilterId id = 0; id < tree.filters.size(); ++id) {
      for (const Alternative& alternative : tree.filters[id].alternatives)
        for (const Adjacency& block : alternative.blocks)
          for (AtomId atom : block.atoms)
            if (!offered[atom]) unknown_[id].push_back(atom);
      any |= !unknown_[id].empty();
    }
    if (!any) return;
    for (const Node& node : tree.nodes) LintContent(node.content);
  }

  void LintProgram(const Block2009& block) {
    for (const Statement2009& statement : block) {
      for (const Word2009& word : statement.words) LintWord(word);
      LintProgram(statement.body);
      for (const Variant2009& variant : statement.variants) LintProgram(variant.body);
    }
  }

 private:
  void AddNames(VariantId id) {
    for (const LabelText& label : config_.variants[id].labels) {
      std::string_view rest = label.name;
      for (size_t dot = 0; dot != rest.npos;) {
        dot = rest.find('.');
        names_.emplace(rest.substr(0, dot), id);
        if (dot != rest.npos) rest.remove_prefix(dot + 1);
      }
    }
  }

  void LintContent(std::span<const Item> content) {
    for (const Item& item : content) {
      FilterId filter = kNone;
      if (item.kind == ItemKind::kOnly || item.kind == ItemKind::kNo) filter = item.id;
      if (item.kind == ItemKind::kCondition || item.kind == ItemKind::kNegativeCondition) {
        filter = config_.tree.conditions[item.id].filter;
        LintContent(config_.tree.conditions[item.id].content);
      }
      if (filter == kNone || unknown_[filter].empty()) continue;
      for (AtomId atom : unknown_[filter])
        Warn(item.value.origin.ToSpan(), config_.tree.labels.Text(atom));
    }
  }

  void LintWord(const Word2009& word) {
    bool literal =
        !word.text.empty() && std::all_of(word.text.begin(), word.text.end(), [](char c) {
          return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-';
        });
    if (!literal || names_.contains(word.text)) return;
    Report(word.span, word.text, word.text);
  }

  void Warn(Span span, std::string_view atom) {
    if (diagnostics_.WarningsFull()) return diagnostics_.CountWarning();
    // "(os=lin)" is looked for as written, then by its name.
    std::string_view name = atom;
    if (name.starts_with('(')) {
      name = name.substr(name.find('=') + 1);
      name.remove_suffix(1);
    }
    std::string line = ExpandTabs(config_.sources.Line(span.file, span.line));
    size_t pos = line.find(atom, span.column - 1);
    size_t length = atom.size();
    if (!atom.starts_with('(') || pos == line.npos) {
      pos = FindWord(std::string_view(line).substr(std::min<size_t>(span.column - 1, line.size())),
                     name);
      if (pos != line.npos) pos += span.column - 1;
      length = name.size();
    }
    if (pos != line.npos)
      span = {span.file, span.line, static_cast<uint32_t>(pos + 1), static_cast<uint32_t>(length)};
    Report(span, atom, name);
  }

  void Report(const Span& span, std::string_view shown, std::string_view name) {
    Diagnostic diagnostic{.severity = Severity::kWarning,
                          .code = "unknown-label",
                          .span = span,
                          .message = fmt::format("no variant is named '{}'", shown)};
    auto best = names_.end();
    // A third of the letters may be wrong, but never all of them.
    size_t best_distance = std::min((name.size() + 2) / 3 + 1, name.size());
    for (auto it = names_.begin(); it != names_.end(); ++it) {
      size_t difference = it->first.size() > name.size() ? it->first.size() - name.size()
                                                         : name.size() - it->first.size();
      if (difference >= best_distance || it->first == name) continue;
      size_t distance = EditDistance(name, it->first);
      if (distance < best_distance) best = it, best_distance = distance;
    }
    if (best != names_.end()) {
      diagnostic.notes.push_back(
          {config_.variants[best->second].span, fmt::format("'{}' is defined here", best->first)});
      diagnostic.hint = fmt::format("did you mean '{}'?", best->first);
    }
    diagnostics_.Report(std::move(diagnostic));
  }

  const ConfigImpl& config_;
  Diagnostics& diagnostics_;
  std::map<std::string_view, VariantId> names_;  // each with the first variant called so
  std::vector<std::vector<AtomId>> unknown_;     // by filter
};

}  // namespace

void WarnUnknownLabels(const ConfigImpl& config, Diagnostics* diagnostics) {
  if (!diagnostics->warnings()) return;
  Linter linter(config, diagnostics);
  if (config.dialect == Dialect::k2009)
    linter.LintProgram(config.program.body);
  else
    linter.LintTree();
}

}  // namespace kvmtest::language
