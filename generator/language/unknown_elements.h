// Elements of filters that no name has: labels that no variant is called, and labels that never
// stand next to each other. Each is told once, with the places that use it.
#ifndef KVMTEST_LANGUAGE_UNKNOWN_ELEMENTS_H_
#define KVMTEST_LANGUAGE_UNKNOWN_ELEMENTS_H_

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "language/config_impl.h"
#include "language/diagnostic.h"

namespace kvmtest::language {

class UnknownElements {
 public:
  // Where an element is used.
  struct Use {
    Span span;           // of the element, or of the statement
    bool exact = false;  // of the element
    ItemKind kind = ItemKind::kNo;
    bool no_match = false;  // the whole filter matches nothing, for elements like this
    uint32_t nth = 0;       // of a statement that has the element more than once
  };

  explicit UnknownElements(const ConfigImpl& config) : config_(config) {}
  // A label as it is shown: "x" or "(var=x)".
  void AddLabel(std::string_view label, const Use& use) { Add(label, true, use); }
  // "a.b", and what might have been meant.
  void AddSequence(const std::string& labels, const Use& use, const std::string& hint);
  void Report(Diagnostics* diagnostics);

 private:
  struct Element {
    std::string text;
    bool is_label;
    std::string hint = {};
    std::vector<Use> shown = {};  // the first few uses
    Use last = {};
    // All of them; a file that is included again has the same ones.
    std::set<std::tuple<FileId, uint32_t, uint32_t, uint32_t>> places = {};
  };

  Element& Add(std::string_view text, bool is_label, Use use);
  void ReportOne(const Element& element, Diagnostics* diagnostics);
  void CollectNames();
  void AddSuggestion(std::string_view label, Diagnostic* diagnostic);
  Span SpanOf(const Element& element, const Use& use) const;

  const ConfigImpl& config_;
  std::vector<Element> elements_;
  std::map<std::string, size_t, std::less<>> index_;
  struct Name {
    std::string_view text;
    VariantId variant;  // the first that is called so
    uint64_t letters;
  };
  std::vector<Name> names_;  // each once
};

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_UNKNOWN_ELEMENTS_H_
