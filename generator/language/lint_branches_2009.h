// Alternatives of 2009's regular expressions, as in `only RHEL|Windwos`, by way of which no name is
// found.
#ifndef KVMTEST_LANGUAGE_LINT_BRANCHES_2009_H_
#define KVMTEST_LANGUAGE_LINT_BRANCHES_2009_H_

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "language/config_impl.h"
#include "language/possible_names.h"
#include "language/unknown_elements.h"

namespace kvmtest::language {

class LintBranches2009 {
 public:
  // A word that some name has.
  void Add(const Word2009& word, ItemKind kind) {
    if (word.text.find('|') != word.text.npos) words_.emplace_back(&word, kind);
  }
  // `is_label`: is some variant called so, or a part of it? `hint`: what may have been meant by a
  // regular expression that no name has.
  void Report(const std::function<bool(std::string_view)>& is_label,
              const std::function<std::string(std::string_view)>& hint, PossibleNames* names,
              UnknownElements* unknown);

 private:
  bool IsKnown(const std::string& pattern, PossibleNames* names);

  std::vector<std::pair<const Word2009*, ItemKind>> words_;
  std::map<std::string, bool> known_;
};

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_LINT_BRANCHES_2009_H_
