#include "language/lint_branches_2009.h"

#include <memory>

#include "language/names_2009.h"
#include "language/pattern_automaton.h"
#include "language/pattern_branches.h"
#include "language/regex.h"

namespace kvmtest::language {

namespace {

constexpr size_t kMaxPatterns = 2000;  // that are looked for in names

}  // namespace

bool LintBranches2009::IsKnown(const std::string& pattern, PossibleNames* names) {
  if (known_.size() >= kMaxPatterns) return true;
  auto [it, is_new] = known_.try_emplace(pattern, true);
  if (!is_new) return it->second;
  const Word2009 word{pattern, {}};
  std::unique_ptr<PatternAutomaton> automaton = FilterAutomaton2009({&word, 1});
  it->second = names->CanBeAnywhere(automaton.get());
  return it->second;
}

void LintBranches2009::Report(const std::function<bool(std::string_view)>& is_label,
                              const std::function<std::string(std::string_view)>& hint,
                              PossibleNames* names, UnknownElements* unknown) {
  for (const auto& [word, kind] : words_) {
    // Where a column is one byte.
    if (word->text.find('\t') != word->text.npos) continue;
    const std::vector<PatternBranch> branches = BranchesOf(word->text);
    for (size_t i = 0; i < branches.size(); ++i) {
      const PatternBranch& branch = branches[i];
      const bool is_plain = IsLiteralPattern(branch.alone);
      if (is_plain ? is_label(branch.alone) : IsKnown(branch.alone, names)) continue;
      i += branch.inner;
      UnknownElements::Use use{.span = word->span, .exact = true, .kind = kind};
      use.span.column += static_cast<uint32_t>(branch.begin);
      use.span.length = static_cast<uint32_t>(branch.end - branch.begin);
      const std::string_view text =
          std::string_view(word->text).substr(branch.begin, branch.end - branch.begin);
      if (branch.is_whole_label && IsLiteralPattern(text) && !is_label(text))
        unknown->AddLabel(text, use);
      else if (IsLiteralPattern(branch.shown))
        unknown->AddLabel(branch.shown, use);
      else
        unknown->AddSequence(branch.shown, use, hint(branch.shown));
    }
  }
}

}  // namespace kvmtest::language
