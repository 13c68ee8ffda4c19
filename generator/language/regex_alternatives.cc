#include "language/regex_alternatives.h"

#include <algorithm>

namespace kvmtest::language {

size_t BehindCharacter(std::string_view pattern, size_t at) {
  auto is_at = [pattern](size_t pos, char c) { return pos < pattern.size() && pattern[pos] == c; };
  if (is_at(at, '\\')) return std::min(at + 2, pattern.size());
  if (!is_at(at, '[')) return at + 1;
  ++at;
  if (is_at(at, '^')) ++at;
  // A ']' that comes first is one of the set.
  do at += is_at(at, '\\') ? 2 : 1;
  while (at < pattern.size() && !is_at(at, ']'));
  return std::min(at + 1, pattern.size());
}

std::vector<std::string_view> AlternativesOf(std::string_view pattern) {
  if (pattern.find("(?") != pattern.npos) return {pattern};
  std::vector<std::string_view> alternatives;
  size_t begin = 0, depth = 0, at = 0;
  bool is_group = pattern.starts_with('(');  // one around all
  while (at < pattern.size()) {
    const char c = pattern[at];
    if (c == '(') ++depth;
    if (c == ')' && depth-- == 0) return {pattern};  // which is none
    if (c == '|' && depth == 0) {
      alternatives.push_back(pattern.substr(begin, at - begin));
      begin = at + 1;
    }
    at = BehindCharacter(pattern, at);
    if (depth == 0 && at < pattern.size()) is_group = false;
  }
  if (is_group && depth == 0) return AlternativesOf(pattern.substr(1, pattern.size() - 2));
  alternatives.push_back(pattern.substr(begin));
  return alternatives;
}

}  // namespace kvmtest::language
