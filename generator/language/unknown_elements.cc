#include "language/unknown_elements.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cctype>

#include "language/lint.h"
#include "language/regex.h"

namespace kvmtest::language {

namespace {

constexpr size_t kShownUses = 3;

// Does it join labels, as ".." does not?
bool IsLoneDot(std::string_view line, size_t at) {
  auto is_dot = [&](size_t i) { return i < line.size() && line[i] == '.'; };
  return is_dot(at) && !is_dot(at + 1) && !is_dot(at - 1);
}

enum class Sought { kLabel, kNameInLabel, kSequence };

// Where `word` stands in `line` as a whole, not within another element, for the `nth` time, counted
// from 0; npos if nowhere.
size_t FindWord(std::string_view line, std::string_view word, Sought sought, uint32_t nth) {
  for (size_t pos = line.find(word); pos != line.npos; pos = line.find(word, pos + 1)) {
    size_t end = pos + word.size();
    bool whole = (pos == 0 || !IsPlainCharacter(line[pos - 1])) &&
                 (end == line.size() || !IsPlainCharacter(line[end]));
    if (sought == Sought::kLabel) whole &= pos == 0 || line[pos - 1] != '=';
    if (sought == Sought::kSequence) whole &= !IsLoneDot(line, pos - 1) && !IsLoneDot(line, end);
    if (whole && nth-- == 0) return pos;
  }
  return line.npos;
}

// "(os=lin)" -> "lin".
std::string_view NameOf(std::string_view label) {
  if (!label.starts_with('(')) return label;
  label.remove_prefix(label.find('=') + 1);
  label.remove_suffix(1);
  return label;
}

// Which letters and digits there are, as bits.
uint64_t Letters(std::string_view name) {
  uint64_t letters = 0;
  for (char c : name) letters |= uint64_t{1} << (static_cast<unsigned char>(c) & 63);
  return letters;
}

bool IsSameButForCase(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) {
    return std::tolower(x) == std::tolower(y);
  });
}

// How many letters may be wrong in what was meant. Short names are all alike.
size_t Tolerance(size_t size) {
  return size < 3 ? 0 : std::min<size_t>((size + 2) / 3, 3);
}

}  // namespace

UnknownElements::Element& UnknownElements::Add(std::string_view text, bool is_label, Use use) {
  auto it = index_.find(text);
  if (it == index_.end()) {
    it = index_.emplace(text, elements_.size()).first;
    elements_.push_back({std::string(text), is_label});
  }
  Element& element = elements_[it->second];
  if (use.span == element.last.span) use.nth = element.last.nth + 1;
  element.last = use;
  FileId file = (*config_.sources.same_files())[use.span.file];
  if (!element.places.emplace(file, use.span.line, use.span.column, use.nth).second) return element;
  // An only that removes everything matters most, a condition that never holds next.
  auto weight = [](const Use& u) {
    if (!u.no_match) return 0;
    if (u.kind == ItemKind::kNo) return 1;
    return u.kind == ItemKind::kOnly || u.kind == ItemKind::kJoin ? 3 : 2;
  };
  bool to_front = !element.shown.empty() && weight(use) > weight(element.shown[0]);
  element.shown.insert(to_front ? element.shown.begin() : element.shown.end(), use);
  if (element.shown.size() > kShownUses) element.shown.pop_back();
  return element;
}

void UnknownElements::AddSequence(const std::string& labels, const Use& use,
                                  const std::string& hint) {
  Add(labels, false, use).hint = hint;
}

void UnknownElements::Report(Diagnostics* diagnostics) {
  // What would be right in a larger tree comes last.
  std::stable_partition(elements_.begin(), elements_.end(), [](const Element& element) {
    return element.is_label || element.shown[0].no_match || !element.hint.empty();
  });
  for (const Element& element : elements_) {
    const char* code = element.is_label ? "unknown-label" : "unknown-sequence";
    if (diagnostics->WarningsFull(code))
      diagnostics->CountWarning(code);
    else
      ReportOne(element, diagnostics);
  }
}

void UnknownElements::ReportOne(const Element& element, Diagnostics* diagnostics) {
  const Use& first = element.shown[0];
  Diagnostic diagnostic{.severity = Severity::kWarning,
                        .code = element.is_label ? "unknown-label" : "unknown-sequence",
                        .span = SpanOf(element, first),
                        .message = element.is_label
                                       ? fmt::format("no variant is named '{}'", element.text)
                                       : fmt::format("no name has '{}'", element.text)};
  if (!element.is_label && HasJoinsOfSeveral(config_.tree))
    diagnostic.message += " before it is joined";
  if (first.no_match) diagnostic.message += fmt::format(", so {}", EffectOfNoMatch(first.kind));
  const size_t more = element.places.size() - element.shown.size();
  for (size_t i = 1; i < element.shown.size(); ++i) {
    std::string note = "used here, too";
    if (i + 1 == element.shown.size() && more > 0)
      note += fmt::format(", and at {} more place{}", more, more == 1 ? "" : "s");
    diagnostic.notes.push_back({SpanOf(element, element.shown[i]), std::move(note)});
  }
  diagnostic.hint = element.hint;
  if (element.is_label) AddSuggestion(element.text, &diagnostic);
  diagnostics->Report(std::move(diagnostic));
}

void UnknownElements::CollectNames() {
  Interner seen;
  for (VariantId id = 0; id < config_.variants.size(); ++id) {
    for (const LabelText& label : config_.variants[id].labels) {
      std::string_view rest = label.name;
      for (size_t dot = 0; dot != rest.npos;) {
        dot = rest.find('.');
        std::string_view name = rest.substr(0, dot);
        if (seen.Intern(name) == names_.size()) names_.push_back({name, id, Letters(name)});
        if (dot != rest.npos) rest.remove_prefix(dot + 1);
      }
    }
  }
}

void UnknownElements::AddSuggestion(std::string_view label, Diagnostic* diagnostic) {
  if (names_.empty()) CollectNames();
  std::string_view name = NameOf(label);
  const uint64_t letters = Letters(name);
  const Name* best = nullptr;
  size_t best_distance = Tolerance(name.size()) + 1;
  for (const Name& other : names_) {
    // "(var=name)" may have another var.
    if (other.text == name) best = &other, best_distance = 0;
    if (best_distance > 1 && IsSameButForCase(other.text, name)) best = &other, best_distance = 1;
    // A change concerns two letters at most.
    size_t differing = static_cast<size_t>(std::popcount(letters ^ other.letters));
    if ((differing + 1) / 2 >= best_distance) continue;
    size_t difference = other.text.size() > name.size() ? other.text.size() - name.size()
                                                        : name.size() - other.text.size();
    if (difference >= best_distance) continue;
    size_t distance = EditDistance(name, other.text);
    bool first = distance == best_distance && best != nullptr && other.text < best->text;
    if (distance < best_distance || first) best = &other, best_distance = distance;
  }
  if (best == nullptr) return;
  diagnostic->notes.push_back(
      {config_.variants[best->variant].span, fmt::format("'{}' is defined here", best->text)});
  diagnostic->hint = fmt::format("did you mean '{}'?", best->text);
}

// An element is looked for in its line as shown, a label then by its name.
Span UnknownElements::SpanOf(const Element& element, const Use& use) const {
  if (use.exact) return use.span;
  Span span = use.span;
  std::string line = ExpandTabs(config_.sources.Line(span.file, span.line));
  size_t begin = std::min<size_t>(span.column - 1, line.size());
  std::string_view rest = std::string_view(line).substr(begin);
  std::string_view text = element.text;
  size_t pos = FindWord(rest, text, element.is_label ? Sought::kLabel : Sought::kSequence, use.nth);
  if (pos == rest.npos && element.is_label) {
    text = NameOf(text);
    pos = FindWord(rest, text, Sought::kNameInLabel, use.nth);
  }
  if (pos == rest.npos) return span;
  return {span.file, span.line, static_cast<uint32_t>(begin + pos + 1),
          static_cast<uint32_t>(text.size())};
}

}  // namespace kvmtest::language
