// The alternatives of a regular expression, and each with none beside it: "(a|b).c" has "(?:a).c"
// and "(?:b).c".
#ifndef KVMTEST_LANGUAGE_PATTERN_BRANCHES_H_
#define KVMTEST_LANGUAGE_PATTERN_BRANCHES_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace kvmtest::language {

struct PatternBranch {
  size_t begin, end;  // in the pattern
  // The pattern finds something by way of this alternative just where this one does.
  std::string alone;
  std::string shown;    // without the group's parentheses
  bool is_whole_label;  // dots or ends are around it
  size_t inner = 0;     // so many behind this one are within it
};

// Those of the pattern and of groups in it, of which groups in groups, and those that are repeated,
// are left out; none if flags may change what the pattern means. The pattern must be right.
std::vector<PatternBranch> BranchesOf(std::string_view pattern);

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_PATTERN_BRANCHES_H_
